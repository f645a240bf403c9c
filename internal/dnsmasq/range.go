package dnsmasq

import (
	"crypto/rand"
	"encoding/binary"
	"math/big"
	"net/netip"
)

// room is where addresses for guests can be: the larger part of the network,
// before or after our own address, without its first and last address.
func (c Config) room() (lowest, highest netip.Addr) {
	own := c.Address.Addr()
	lowest, highest = c.Address.Masked().Addr().Next(), last(c.Address).Prev()
	if count(lowest, own) > count(own, highest) {
		return lowest, own.Prev()
	}
	return own.Next(), highest
}

// span is how many addresses are given away: about half of the room, so that
// where they begin can be anywhere.
func (c Config) span() int {
	lowest, highest := c.room()
	return min(max(count(lowest, highest)/2, fewest), most)
}

// pool is the addresses that are given away. dnsmasq goes through it in order,
// beginning after the highest that is taken (dhcp-sequential-ip), where it would
// otherwise make an address of the phone's MAC.
func (c Config) pool() (first, final netip.Addr) {
	first, _ = c.room()
	if c.First.IsValid() {
		first = c.First
	}
	return first, move(first, c.span()-1)
}

// draw chooses where the pool begins.
func (c Config) draw() (netip.Addr, error) {
	lowest, highest := c.room()
	n, err := rand.Int(rand.Reader, big.NewInt(int64(count(lowest, highest)-c.span()+1)))
	if err != nil {
		return netip.Addr{}, err
	}
	return move(lowest, int(n.Int64())), nil
}

// last is the address of everybody in the network.
func last(p netip.Prefix) netip.Addr {
	return move(p.Masked().Addr(), 1<<(32-p.Bits())-1)
}

// mask is the prefix length in the old spelling.
func mask(p netip.Prefix) netip.Addr {
	return fromNumber(^uint32(0) << (32 - p.Bits()))
}

// count is how many addresses there are from a to b, both included.
func count(a, b netip.Addr) int { return int(number(b)) - int(number(a)) + 1 }

func move(a netip.Addr, by int) netip.Addr { return fromNumber(number(a) + uint32(by)) }

func number(a netip.Addr) uint32 {
	four := a.As4()
	return binary.BigEndian.Uint32(four[:])
}

func fromNumber(n uint32) netip.Addr {
	var four [4]byte
	binary.BigEndian.PutUint32(four[:], n)
	return netip.AddrFrom4(four)
}
