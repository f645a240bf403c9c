package gateway

import (
	"encoding/binary"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// What is asked of the kernel here and nowhere else in the house: every route,
// and who is at the other end of an interface (rtnetlink(7)).

// routes are the networks that this machine has a route to, in any table, but
// for the default routes.
func routes() (list []netip.Prefix, err error) {
	err = ask(unix.RTM_GETROUTE, func(b []byte) {
		if p, ok := routeOf(b); ok && len(list) < maxRoutes {
			list = append(list, p)
		}
	})
	return list, err
}

// routeOf reads a struct rtmsg and its attributes.
func routeOf(b []byte) (netip.Prefix, bool) {
	if len(b) < unix.SizeofRtMsg || b[1] == 0 {
		return netip.Prefix{}, false
	}
	bits := int(b[1])
	to, ok := netip.AddrFromSlice(attributes(b[unix.SizeofRtMsg:])[unix.RTA_DST])
	p := netip.PrefixFrom(to, bits).Masked()
	return p, ok && p.IsValid()
}

// neighbour is a machine that shares a network with us.
type neighbour struct {
	addr   netip.Addr
	mac    tinycheck.MAC // zero when it does not answer
	silent time.Duration // since it was last known to be there
	here   bool          // it answers, as far as the kernel cares to know
}

// neighbours are those on one interface that somebody has talked to.
func neighbours(index int) (list []neighbour, err error) {
	err = ask(unix.RTM_GETNEIGH, func(b []byte) {
		if n, ok := neighbourOf(b, index); ok {
			list = append(list, n)
		}
	})
	return list, err
}

// Reachability as RFC 4861 section 7.3.2 has it; the kernel does the same for ARP.
const (
	stateAnswers = unix.NUD_REACHABLE | unix.NUD_DELAY | unix.NUD_PROBE | unix.NUD_STALE | unix.NUD_PERMANENT
	stateNoted   = stateAnswers | unix.NUD_FAILED | unix.NUD_INCOMPLETE
)

// neighbourOf reads a struct ndmsg and its attributes.
func neighbourOf(b []byte, index int) (n neighbour, ok bool) {
	if len(b) < unix.SizeofNdMsg || int(binary.NativeEndian.Uint32(b[4:])) != index {
		return n, false
	}
	state := binary.NativeEndian.Uint16(b[8:])
	a := attributes(b[unix.SizeofNdMsg:])
	n.addr, ok = netip.AddrFromSlice(a[unix.NDA_DST])
	if mac := a[unix.NDA_LLADDR]; len(mac) == len(n.mac) {
		n.mac = tinycheck.MAC(mac)
	}
	if info := a[unix.NDA_CACHEINFO]; len(info) >= 4 { // struct nda_cacheinfo: confirmed, in hundredths of a second
		n.silent = time.Duration(binary.NativeEndian.Uint32(info)) * 10 * time.Millisecond
	}
	n.here = state&stateAnswers != 0 && n.mac != (tinycheck.MAC{}) && n.silent < staleAfter
	return n, ok && state&stateNoted != 0
}

// ask dumps a table of the kernel, one entry at a time.
func ask(kind int, entry func(b []byte)) error {
	const op = "ask the kernel for routes and neighbours"
	answer, err := syscall.NetlinkRIB(kind, unix.AF_UNSPEC)
	if err != nil {
		return fail(op, os.NewSyscallError("rtnetlink", err))
	}
	messages, err := syscall.ParseNetlinkMessage(answer)
	if err != nil {
		return fail(op, os.NewSyscallError("rtnetlink", err))
	}
	for _, m := range messages {
		if m.Header.Type == uint16(kind)-2 { // RTM_NEW… is two below RTM_GET…
			entry(m.Data)
		}
	}
	return nil
}

// attributes reads struct rtattr one after the other (rtnetlink(3)).
func attributes(b []byte) map[uint16][]byte {
	list := make(map[uint16][]byte)
	for len(b) >= unix.SizeofRtAttr {
		size := int(binary.NativeEndian.Uint16(b))
		if size < unix.SizeofRtAttr || size > len(b) {
			break
		}
		list[binary.NativeEndian.Uint16(b[2:])] = b[unix.SizeofRtAttr:size]
		b = b[min(len(b), (size+3)&^3):]
	}
	return list
}
