package phone_test

import (
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"tinycheck"
	"tinycheck/internal/decode"
	"tinycheck/internal/scenario"
)

// told is what traffic tells of names, and by which way.
type told map[string]bool

// see is what the decoder tells.
func (n told) see(e tinycheck.Event) {
	switch f := e.Fact.(type) {
	case tinycheck.DNSQuery:
		n[fmt.Sprintf("question %s %s", f.Type, f.Name)] = true
	case tinycheck.ClientHello:
		n[fmt.Sprintf("hello %s %s %s", f.Via, f.SNI, f.JA4)] = true
	case tinycheck.HTTPRequest:
		n[fmt.Sprintf("http %s %s%s", f.Method, f.Host, f.Path)] = true
	case tinycheck.Certificate:
		n["certificate "+f.SHA256] = true
	case tinycheck.TunnelSeen:
		n[fmt.Sprintf("tunnel %s", f.Kind)] = true
	case tinycheck.DHCPRequest:
		n[fmt.Sprintf("joins %s %s %s %v %v", f.MAC, f.Name, f.VendorClass, f.Parameters, f.Options)] = true
	}
}

// inScenario is what the composed packets tell.
func inScenario(t testing.TB, s *scenario.Scenario) told {
	t.Helper()
	n := make(told)
	d := decode.New(decode.Config{}, n.see)
	if err := s.Packets(func(p *tinycheck.Packet) error { d.Decode(p); return nil }); err != nil {
		t.Fatal(err)
	}
	d.End()
	return n
}

// inFile is what a recording tells.
func inFile(t testing.TB, path string) told {
	t.Helper()
	n := make(told)
	d := decode.New(decode.Config{}, n.see)
	each(t, path, d.Decode)
	d.End()
	return n
}

// endsIn are all addresses of a recording.
func endsIn(t testing.TB, path string) map[netip.Addr]bool {
	t.Helper()
	ends := make(map[netip.Addr]bool)
	each(t, path, func(p *tinycheck.Packet) {
		packet := gopacket.NewPacket(p.Data, layers.LinkTypeEthernet, gopacket.NoCopy)
		if l := packet.NetworkLayer(); l != nil {
			for _, e := range []gopacket.Endpoint{l.NetworkFlow().Src(), l.NetworkFlow().Dst()} {
				a, _ := netip.AddrFromSlice(e.Raw())
				ends[a] = true
			}
		}
	})
	return ends
}

// flagsIn are the ports that segments with one of the flags go to, in their order.
func flagsIn(t testing.TB, path string, flag func(*layers.TCP) bool) (ports []int) {
	t.Helper()
	each(t, path, func(p *tinycheck.Packet) {
		packet := gopacket.NewPacket(p.Data, layers.LinkTypeEthernet, gopacket.NoCopy)
		if l, ok := packet.TransportLayer().(*layers.TCP); ok && flag(l) {
			ports = append(ports, int(l.DstPort))
		}
	})
	return ports
}

// hopsIn are the hops that are left to packets for an address.
func hopsIn(t testing.TB, path, to string) (hops []uint8) {
	t.Helper()
	each(t, path, func(p *tinycheck.Packet) {
		packet := gopacket.NewPacket(p.Data, layers.LinkTypeEthernet, gopacket.NoCopy)
		if l, ok := packet.NetworkLayer().(*layers.IPv4); ok && l.DstIP.String() == to {
			hops = append(hops, l.TTL)
		}
	})
	return hops
}

func each(t testing.TB, path string, f func(*tinycheck.Packet)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := pcapgo.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for number := int64(1); ; number++ {
		data, info, err := r.ReadPacketData()
		if err != nil {
			return
		}
		f(&tinycheck.Packet{Number: number, Time: info.Timestamp, Length: info.Length, Link: tinycheck.LinkEthernet, Data: data})
	}
}

// same compares what was told.
func same(t testing.TB, want, got told) {
	t.Helper()
	if len(want) == 0 {
		t.Error("the scenario tells no names")
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !got[name] {
			t.Errorf("not seen: %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if !want[name] {
			t.Errorf("not in the scenario: %s", name)
		}
	}
}
