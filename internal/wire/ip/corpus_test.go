package ip_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"tinycheck"
	"tinycheck/internal/wire/ip"
	"tinycheck/internal/wire/link"
)

// tuple is one packet as a flow table sees it.
type tuple struct {
	proto    uint8
	src, dst netip.AddrPort
	size     int // of the payload
}

func (p tuple) String() string { return fmt.Sprint(p.proto, " ", p.src, " > ", p.dst, " ", p.size) }

// line is the way of a packet from the recorder to the flow table.
type line struct {
	parts ip.Reassembler
	depth int // layers of tunnels to follow
	found []tuple
}

func (l *line) read(r record) {
	var f link.Frame
	for ok := link.Parse(r.link, r.data, &f) == nil; ok; ok = f.Next() {
		if f.Protocol == link.IPv4 || f.Protocol == link.IPv6 {
			l.packet(f.Payload, r.time, 0)
		}
	}
}

func (l *line) packet(data []byte, now int64, depth int) {
	var d ip.Datagram
	if ip.Parse(data, &d) != nil {
		return
	}
	if _, ok := l.parts.Add(&d, now); !ok {
		return
	}
	var u ip.UDP
	switch d.Proto {
	case ip.ProtoTCP:
		var t ip.TCP
		_ = ip.ParseTCP(d.Payload, &t) // what is readable before the damage counts
		l.note(&d, t.SrcPort, t.DstPort, len(t.Payload))
	case ip.ProtoUDP:
		_ = ip.ParseUDP(d.Payload, &u)
		l.note(&d, u.SrcPort, u.DstPort, len(u.Payload))
	}
	if depth >= l.depth {
		return
	}
	inner, w, ok := ip.Unwrap(&d, &u)
	if !ok {
		return
	}
	inner = slices.Clone(inner) // of the reassembler, which goes on
	switch w.Kind {
	case ip.KindEthernet, ip.KindPPP:
		kind := tinycheck.LinkEthernet
		if w.Kind == ip.KindPPP {
			kind = tinycheck.LinkPPP
		}
		var f link.Frame
		if link.Parse(kind, inner, &f) == nil && (f.Protocol == link.IPv4 || f.Protocol == link.IPv6) {
			l.packet(f.Payload, now, depth+1)
		}
	default:
		l.packet(inner, now, depth+1)
	}
}

func (l *line) note(d *ip.Datagram, src, dst uint16, size int) {
	l.found = append(l.found, tuple{d.Proto, netip.AddrPortFrom(d.Src, src), netip.AddrPortFrom(d.Dst, dst), size})
}

func tuples(records []record, depth int) []tuple {
	l := line{depth: depth}
	for _, r := range records {
		l.read(r)
	}
	return l.found
}

// TestVariants: the same traffic behind another link layer, or in fragments, is
// the same traffic.
func TestVariants(t *testing.T) {
	root := corpus(t)
	seen := map[string]int{}
	for _, path := range captures(t, "pcaps/variants") {
		name := filepath.Base(path)
		stem := strings.TrimSuffix(strings.TrimSuffix(name, ".pcapng"), ".pcap")
		dot := strings.LastIndexByte(stem, '.')
		source, rest, _ := strings.Cut(stem[:dot], "_")
		variant := stem[dot+1:]
		originals, err := filepath.Glob(filepath.Join(root, "pcaps", source, rest+".*"))
		if err != nil || len(originals) == 0 {
			t.Errorf("no original of %s", name)
			continue
		}
		if variant == "trunc" { // cut inside on purpose
			continue
		}
		want, got := tuples(readCapture(t, originals[0]), 0), tuples(readCapture(t, path), 0)
		if len(want) == 0 {
			t.Errorf("%s: nothing read from the original", name)
		}
		if !slices.Equal(want, got) {
			t.Errorf("%s: %d packets, original has %d", name, len(got), len(want))
		}
		seen[variant]++
	}
	t.Logf("variants: %v", seen)
	if len(seen) < 10 {
		t.Errorf("only %d kinds of variants", len(seen))
	}
}

// oracleLinks are the link types that gopacket reads by itself. Plain 802.11 is not
// among them: gopacket always takes the last four bytes for a check sequence,
// which these captures do not have.
var oracleLinks = map[tinycheck.LinkType]gopacket.Decoder{
	tinycheck.LinkEthernet: layers.LinkTypeEthernet,
	tinycheck.LinkRaw:      layers.LinkTypeRaw,
	tinycheck.LinkSLL:      layers.LinkTypeLinuxSLL,
	tinycheck.LinkIPv4:     layers.LinkTypeIPv4,
	tinycheck.LinkIPv6:     layers.LinkTypeIPv6,
	tinycheck.LinkRadiotap: layers.LinkTypeIEEE80211Radio,
}

// oracle gives what gopacket makes of a packet: the first IP layer and the
// transport right behind it. ok is false where gopacket gives up or where it is
// known to read otherwise, with the reason beside.
func oracle(r record) (p tuple, ok bool) {
	defer func() {
		if recover() != nil { // gopacket panics on some damaged packets
			ok = false
		}
	}()
	packet := gopacket.NewPacket(r.data, oracleLinks[r.link], gopacket.DecodeOptions{NoCopy: true})
	all := packet.Layers()
	at := slices.IndexFunc(all, func(l gopacket.Layer) bool {
		return l.LayerType() == layers.LayerTypeIPv4 || l.LayerType() == layers.LayerTypeIPv6
	})
	if at < 0 {
		return p, false
	}
	var src, dst netip.Addr
	switch l := all[at].(type) {
	case *layers.IPv4:
		if l.Version != 4 { // gopacket does not look
			return p, false
		}
		src, _ = netip.AddrFromSlice(l.SrcIP)
		dst, _ = netip.AddrFromSlice(l.DstIP)
	case *layers.IPv6:
		src, _ = netip.AddrFromSlice(l.SrcIP)
		dst, _ = netip.AddrFromSlice(l.DstIP)
	}
	for _, l := range all[at+1:] {
		switch l := l.(type) {
		case *layers.TCP:
			if packet.ErrorLayer() != nil && l.SrcPort == 0 { // gopacket read nothing of a damaged header
				return p, false
			}
			p.proto, p.size = ip.ProtoTCP, len(l.Payload)
			p.src, p.dst = netip.AddrPortFrom(src.Unmap(), uint16(l.SrcPort)), netip.AddrPortFrom(dst.Unmap(), uint16(l.DstPort))
			return p, true
		case *layers.UDP:
			p.proto, p.size = ip.ProtoUDP, len(l.Payload)
			p.src, p.dst = netip.AddrPortFrom(src.Unmap(), uint16(l.SrcPort)), netip.AddrPortFrom(dst.Unmap(), uint16(l.DstPort))
			return p, true
		case *layers.IPv6HopByHop, *layers.IPv6Routing, *layers.IPv6Destination, *layers.IPSecAH:
		default:
			return p, false
		}
	}
	return p, false
}

// TestOracle compares every packet of the corpus in which gopacket finds TCP or
// UDP.
func TestOracle(t *testing.T) {
	compared, missed := 0, map[string]int{}
	for _, path := range captures(t, "pcaps") {
		for number, r := range readCapture(t, path) {
			if oracleLinks[r.link] == nil {
				continue
			}
			want, ok := oracle(r)
			if !ok {
				continue
			}
			compared++
			got := tuples([]record{r}, 0)
			if len(got) == 0 || got[0] != want {
				name := filepath.Base(path)
				missed[name]++
				if missed[name] == 1 {
					t.Logf("%s packet %d: %v, gopacket %v", name, number+1, got, want)
				}
			}
		}
	}
	t.Logf("%d packets compared", compared)
	if compared < 10_000 {
		t.Errorf("only %d packets compared", compared)
	}
	if len(missed) > 0 {
		t.Errorf("differences in %v", missed)
	}
}

// TestTruth: every flow in which others found a name, a certificate or a
// fingerprint is found, behind whatever link layer and tunnel.
func TestTruth(t *testing.T) {
	root := corpus(t)
	wanted := map[string]map[string]bool{}
	for _, name := range []string{"truth_tshark.jsonl", "truth_variants.jsonl"} {
		readTruth(t, filepath.Join(root, name), wanted)
	}
	flows := 0
	for pcap, want := range wanted {
		found := map[string]bool{}
		for _, p := range tuples(readCapture(t, filepath.Join(root, pcap)), 6) {
			found[flowName(p.proto, p.src, p.dst)] = true
			found[flowName(p.proto, p.dst, p.src)] = true
		}
		for flow := range want {
			flows++
			if !found[flow] {
				t.Errorf("%s: no %s", pcap, flow)
			}
		}
	}
	t.Logf("%d flows of %d captures", flows, len(wanted))
	if flows < 1000 {
		t.Errorf("only %d flows to look for", flows)
	}
}

func flowName(proto uint8, src, dst netip.AddrPort) string {
	return fmt.Sprint(proto, " ", src, " > ", dst)
}

// readTruth reads the flows of the kinds that the whole program must find.
func readTruth(t *testing.T, path string, wanted map[string]map[string]bool) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	hard := []string{"sni", "quic_sni", "dns_query", "dns_answer", "http_host", "ja3", "ja4", "cert_sha1"}
	protos := map[string]uint8{"tcp": ip.ProtoTCP, "udp": ip.ProtoUDP}
	for row := range bytes.Lines(file) {
		var fact struct{ Pcap, Kind, Flow, Source string }
		if err := json.Unmarshal(row, &fact); err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(fact.Flow)
		if !strings.HasPrefix(fact.Source, "tshark") { // others anonymise addresses or name tunnels by their outside
			continue
		}
		if !slices.Contains(hard, fact.Kind) || len(words) != 4 || protos[words[0]] == 0 {
			continue
		}
		src, srcErr := endpoint(words[1])
		dst, dstErr := endpoint(words[3])
		if srcErr != nil || dstErr != nil {
			continue
		}
		if wanted[fact.Pcap] == nil {
			wanted[fact.Pcap] = map[string]bool{}
		}
		wanted[fact.Pcap][flowName(protos[words[0]], src, dst)] = true
	}
}

// endpoint reads "address:port", where IPv6 has no brackets.
func endpoint(s string) (netip.AddrPort, error) {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return netip.AddrPort{}, strconv.ErrSyntax
	}
	address, err := netip.ParseAddr(strings.Trim(s[:colon], "[]"))
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := strconv.ParseUint(s[colon+1:], 10, 16)
	return netip.AddrPortFrom(address.Unmap(), uint16(port)), err
}
