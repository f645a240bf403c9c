package http_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"tinycheck/internal/wire/http"
)

// TestCorpus measures which HTTP hosts of independently examined captures are
// found. The reassembly here is as simple as can be, so that a miss may be its.
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	for _, file := range []string{"truth.jsonl", "truth_tshark.jsonl"} {
		want := readTruth(t, filepath.Join(dir, file))
		found, missed, explained, extra, reported := 0, 0, 0, 0, 0
		for pcap, hosts := range want {
			got := hostsOf(t, filepath.Join(dir, pcap))
			for host := range hosts {
				switch {
				case got[host]:
					found++
				case unreadable[filepath.Base(pcap)] != "":
					explained++
				default:
					missed++
					t.Errorf("%s: missed %q in %s", file, host, pcap)
				}
			}
			for host := range got {
				if reported++; !hosts[host] {
					extra++
				}
			}
		}
		all := found + missed + explained
		t.Logf("%s: %d of %d hosts found, recall %.2f %%; %d missed with a known cause; %d of %d reported hosts are not in this truth",
			file, found, all, 100*float64(found)/float64(all), explained, extra, reported)
		if found < 300 {
			t.Errorf("%s: only %d hosts: was the truth read?", file, found)
		}
	}
}

// unreadable are the captures of which a host is missed, and why.
var unreadable = map[string]string{
	"Tests__ExamplesTest__expected_output__ipfragutil_bpf_filter.pcap": "IP fragments, which this test does not join",
	"Tests__ExamplesTest__expected_output__ipfragutil_ip_ids.pcap":     "IP fragments, which this test does not join",
	"tunnels__gre-over-udp-4754.pcap":                                  "GRE in UDP, which this test does not open",
	"nflog-http.pcap":                                                  "link type NFLOG, which this test does not open",
	"arcnet-rfc1201-arp-icmp-http.pcap":                                "link type ARCNET, which this test does not open",
	"socks5-http-302-frag.pcap":                                        "HTTP within SOCKS in 24-byte segments: needs the offset that package tunnel gives",
	"fuzz-2006-09-29-28586.pcap":                                       "damaged Host field with control characters",
	"transform-dotprefix-uaf-8537__input.pcap":                         "Host longer than a name can be",
	"detect-bypass__input.pcap":                                        "Host with blanks",
}

// corpus finds the captures beside the repository, or skips.
func corpus(t *testing.T) string {
	dir, _ := os.Getwd()
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Skip("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "..", "shared", "corpus")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the corpus ../shared/corpus is not here")
	}
	return dir
}

// plainHost takes the port and the trailing dot off a host of the truth.
func plainHost(v string) string {
	v = strings.ToLower(strings.TrimSpace(v))
	if a, err := netip.ParseAddrPort(v); err == nil {
		return a.Addr().String()
	}
	if strings.Count(v, ":") == 1 {
		v, _, _ = strings.Cut(v, ":")
	}
	return strings.TrimSuffix(strings.Trim(v, "[]"), ".")
}

func readTruth(t *testing.T, name string) map[string]map[string]bool {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := map[string]map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var row struct{ Pcap, Kind, Value, Source, Tshark string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil || row.Kind != "http_host" {
			continue
		}
		if row.Tshark != "agree" && !strings.HasPrefix(row.Source, "tshark") {
			continue
		}
		if want[row.Pcap] == nil {
			want[row.Pcap] = map[string]bool{}
		}
		want[row.Pcap][plainHost(row.Value)] = true
	}
	return want
}

// eachPacket calls see for the packets of a capture file.
func eachPacket(t *testing.T, name string, see func(gopacket.Packet)) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	type source interface {
		ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
		LinkType() layers.LinkType
	}
	var src source
	if ng, err := pcapgo.NewNgReader(f, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true}); err == nil {
		src = ng
	} else if _, err := f.Seek(0, io.SeekStart); err == nil {
		if src, err = pcapgo.NewReader(f); err != nil {
			return
		}
	}
	for {
		data, info, err := src.ReadPacketData()
		if err != nil {
			return
		}
		link := src.LinkType()
		if len(info.AncillaryData) > 0 {
			if lt, ok := info.AncillaryData[0].(layers.LinkType); ok {
				link = lt
			}
		}
		see(gopacket.NewPacket(data, decoderOf(link), gopacket.DecodeOptions{Lazy: true, NoCopy: true}))
	}
}

func decoderOf(link layers.LinkType) gopacket.Decoder {
	switch link {
	case 228:
		return layers.LayerTypeIPv4
	case 229:
		return layers.LayerTypeIPv6
	case 12, 14, 101:
		return layers.LinkTypeRaw
	}
	return link
}

// direction puts the segments of one direction in order.
type direction struct {
	stream  http.Stream
	started bool
	next    uint32
	held    map[uint32][]byte
}

func (d *direction) see(seq uint32, p []byte, missing int, emit func(http.Message)) {
	if !d.started {
		d.started, d.next, d.held = true, seq, map[uint32][]byte{}
	}
	if int32(seq-d.next) > 0 && missing == 0 {
		d.held[seq] = append([]byte(nil), p...)
		if len(d.held) > 100 {
			d.skip(emit)
		}
		return
	}
	d.feed(seq, p, emit)
	if missing > 0 {
		d.stream.Skip(int64(missing), emit)
		d.next += uint32(missing)
	}
	for more := true; more; {
		more = false
		for seq, p := range d.held {
			if int32(seq-d.next) <= 0 {
				delete(d.held, seq)
				d.feed(seq, p, emit)
				more = true
			}
		}
	}
}

func (d *direction) feed(seq uint32, p []byte, emit func(http.Message)) {
	if old := int(int32(d.next - seq)); old > 0 {
		p = p[min(old, len(p)):]
	}
	d.next += uint32(len(p))
	if rest := d.stream.Feed(p, emit); len(rest) > 0 {
		d.stream = http.Stream{} // HTTP within the tunnel, if it is
		d.stream.Feed(rest, emit)
	}
}

// skip leaves the hole before the first held segment.
func (d *direction) skip(emit func(http.Message)) {
	first, some := uint32(0), false
	for seq := range d.held {
		if !some || int32(seq-first) < 0 {
			first, some = seq, true
		}
	}
	if some {
		d.stream.Skip(int64(first-d.next), emit)
		d.next = first
		p := d.held[first]
		delete(d.held, first)
		d.see(first, p, 0, emit)
	}
}

// hostsOf reads all TCP streams, and all UDP datagrams, of a capture.
func hostsOf(t *testing.T, name string) map[string]bool {
	hosts := map[string]bool{}
	emit := func(m http.Message) {
		hosts[m.Request.Host] = true
		for _, h := range m.Request.OtherHosts {
			hosts[h] = true
		}
	}
	flows := map[string]*direction{}
	eachPacket(t, name, func(p gopacket.Packet) {
		all := p.Layers()
		var network, transport string
		var ip gopacket.NetworkLayer
		for _, l := range all {
			if n, ok := l.(gopacket.NetworkLayer); ok {
				ip, network = n, n.NetworkFlow().String()
			}
			switch l := l.(type) {
			case *layers.UDP:
				if r, ok := http.ParseHead(l.Payload); ok {
					hosts[r.Host] = true
				}
			case *layers.TCP:
				transport = network + l.TransportFlow().String()
				back := network
				if a, b, ok := strings.Cut(network, "->"); ok {
					back = b + "->" + a
				}
				d, other := flows[transport], flows[back+l.TransportFlow().Reverse().String()]
				if d == nil || l.SYN {
					d = &direction{}
					flows[transport] = d
					if other != nil {
						http.Pair(&d.stream, &other.stream)
					}
				}
				seq := l.Seq
				if l.SYN {
					seq++
				}
				if len(l.Payload) > 0 || l.SYN {
					d.see(seq, l.Payload, missing(ip, l), emit)
				}
			}
		}
	})
	for _, d := range flows {
		for len(d.held) > 0 {
			d.skip(emit)
		}
		d.stream.Flush(emit)
	}
	delete(hosts, "")
	return hosts
}

// missing is how many bytes of the payload the snap length cut off.
func missing(ip gopacket.NetworkLayer, tcp *layers.TCP) int {
	var declared int
	switch n := ip.(type) {
	case *layers.IPv4:
		declared = int(n.Length) - int(n.IHL)*4
	case *layers.IPv6:
		declared = int(n.Length)
	default:
		return 0
	}
	return max(0, declared-len(tcp.Contents)-len(tcp.Payload))
}
