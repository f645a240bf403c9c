package phone

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/wire/dhcp"
	"tinycheck/internal/wire/ip"
	"tinycheck/internal/wire/link"
)

// The messages are those of the scenario's phone, down to the order of the
// options, by which boxes tell kinds of phones apart. They go through a packet
// socket (packet(7)), because the interface has no address yet.

var (
	errSilent  = errors.New("nobody answers")
	errDenied  = errors.New("the server takes its offer back")
	errNothing = errors.New("a lease without an address")
)

// lease is what the box gave.
type lease struct {
	prefix netip.Prefix
	router netip.Addr
	server netip.Addr // of DNS
	life   time.Duration
}

// request asks for an address: discover, offer, request, acknowledgement (RFC
// 2131 section 3.1).
func (p *Phone) request(ctx context.Context) (lease, error) {
	m := p.script.Joining.Discover
	m.TransactionID = rand.Uint32()
	offer, err := p.exchangeDHCP(ctx, m, dhcp.Offer)
	if err != nil {
		return lease{}, err
	}
	again := p.script.Joining.Request
	again.TransactionID, again.Requested, again.Server = m.TransactionID, offer.Your, offer.Server
	return p.acknowledged(ctx, again)
}

// prolong asks for more time, RFC 2131 section 4.3.2.
func (p *Phone) prolong(ctx context.Context) (lease, error) {
	m := p.script.Joining.Request
	m.TransactionID, m.Client = rand.Uint32(), p.lease.prefix.Addr()
	m.Requested, m.Server = netip.Addr{}, netip.Addr{}
	m.Options = slices.DeleteFunc(slices.Clone(m.Options), func(code uint8) bool {
		return code == dhcp.OptionRequested || code == dhcp.OptionServer
	})
	return p.acknowledged(ctx, m)
}

func (p *Phone) acknowledged(ctx context.Context, m dhcp.V4) (lease, error) {
	ack, err := p.exchangeDHCP(ctx, m, dhcp.Ack)
	if err != nil {
		return lease{}, err
	}
	l := lease{life: time.Duration(ack.Lease) * time.Second}
	ones := 24
	if ack.SubnetMask.Is4() {
		ones = bits(ack.SubnetMask)
	}
	l.prefix = netip.PrefixFrom(ack.Your, ones)
	if !l.prefix.IsValid() {
		return lease{}, errNothing
	}
	if len(ack.Routers) > 0 {
		l.router = ack.Routers[0]
	}
	if len(ack.DNS) > 0 {
		l.server = ack.DNS[0]
	}
	return l, nil
}

func bits(mask netip.Addr) (n int) {
	for m := binary.BigEndian.Uint32(mask.AsSlice()); m&(1<<31) != 0; m <<= 1 {
		n++
	}
	return n
}

// exchangeDHCP says one message, again when nobody answers, and waits for one of
// that type.
func (p *Phone) exchangeDHCP(ctx context.Context, m dhcp.V4, want dhcp.MessageType) (dhcp.V4, error) {
	m.ClientMAC = dhcp.MAC(p.mac)
	if len(m.ClientID) == 1+len(p.mac) {
		m.ClientID = append([]byte{1}, p.mac[:]...)
	}
	body, err := dhcp.AppendV4(nil, m)
	if err != nil {
		return dhcp.V4{}, err
	}
	socket, err := p.packetSocket()
	if err != nil {
		return dhcp.V4{}, err
	}
	defer socket.Close()
	defer context.AfterFunc(ctx, func() { _ = socket.SetDeadline(time.Unix(1, 0)) })()
	for try := range tries {
		if ctx.Err() != nil {
			break
		}
		if _, err := socket.Write(p.frame(m.Client, body)); err != nil {
			return dhcp.V4{}, err
		}
		_ = socket.SetReadDeadline(time.Now().Add(oneTry << try))
		if answer, err := readDHCP(socket, m.TransactionID, want); !errors.Is(err, os.ErrDeadlineExceeded) {
			return answer, err
		}
	}
	return dhcp.V4{}, errSilent
}

// packetSocket gets and sends whole frames of IPv4 on the interface.
func (p *Phone) packetSocket() (*os.File, error) {
	const kind = unix.ETH_P_IP>>8 | unix.ETH_P_IP&0xff<<8 // in the order of the network
	fd, err := -1, error(nil)
	entered := p.space.do(func() {
		fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, kind)
		if err == nil {
			err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: kind, Ifindex: p.index})
		}
	})
	if err = errors.Join(entered, err); err != nil {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
		return nil, err
	}
	return os.NewFile(uintptr(fd), "dhcp"), nil
}

func readDHCP(socket *os.File, id uint32, want dhcp.MessageType) (dhcp.V4, error) {
	room := make([]byte, maxDatagram)
	for {
		n, err := socket.Read(room)
		if err != nil {
			return dhcp.V4{}, err
		}
		m, ok := parseDHCP(room[:n])
		if !ok || m.TransactionID != id || m.Op != dhcp.FromServer {
			continue
		}
		switch m.Type {
		case want:
			return m, nil
		case dhcp.Nak:
			return dhcp.V4{}, errDenied
		}
	}
}

func parseDHCP(frame []byte) (m dhcp.V4, ok bool) {
	var f link.Frame
	var d ip.Datagram
	var u ip.UDP
	if link.Parse(tinycheck.LinkEthernet, frame, &f) != nil || f.Protocol != link.IPv4 || ip.Parse(f.Payload, &d) != nil || d.Fragmented() ||
		d.Proto != ip.ProtoUDP || ip.ParseUDP(d.Payload, &u) != nil || u.DstPort != portDHCPClient {
		return m, false
	}
	m, err := dhcp.ParseV4(u.Payload)
	return m, err == nil
}

// frame puts a message to everybody into UDP, IPv4 and Ethernet.
func (p *Phone) frame(from netip.Addr, body []byte) []byte {
	be := binary.BigEndian
	var src [4]byte
	if from.Is4() {
		src = from.As4()
	}
	out := append(append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, p.mac[:]...), 0x08, 0x00)
	start := len(out)
	out = be.AppendUint16(append(out, 0x45, 0), uint16(28+len(body)))
	out = append(out, byte(rand.Uint32()), byte(rand.Uint32()), 0, 0, 64, ip.ProtoUDP, 0, 0)
	out = append(append(out, src[:]...), 255, 255, 255, 255)
	be.PutUint16(out[start+10:], sum(out[start:], 0))
	udp := be.AppendUint16(nil, portDHCPClient)
	udp = be.AppendUint16(udp, portDHCPServer)
	udp = append(be.AppendUint16(udp, uint16(8+len(body))), 0, 0)
	udp = append(udp, body...)
	pseudo := uint32(be.Uint16(src[:])) + uint32(be.Uint16(src[2:])) + 2*0xffff + ip.ProtoUDP + uint32(len(udp))
	be.PutUint16(udp[6:], sum(udp, pseudo))
	return append(out, udp...)
}

// sum is the checksum of RFC 1071.
func sum(b []byte, start uint32) uint16 {
	for ; len(b) > 1; b = b[2:] {
		start += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		start += uint32(b[0]) << 8
	}
	for start > 0xffff {
		start = start>>16 + start&0xffff
	}
	return ^uint16(start)
}
