package dns_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"tinycheck/internal/wire/dns"
)

// corpus finds the folder of recorded traffic beside the repository.
func corpus(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil && dir != "/" {
		if _, e := os.Stat(filepath.Join(dir, "go.mod")); e == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "../shared/corpus")
	if _, err := os.Stat(filepath.Join(dir, "truth.jsonl")); err != nil {
		t.Skip("no corpus in ../shared/corpus")
	}
	return dir
}

// fact is what an independent program saw in a capture.
type fact struct{ Pcap, Kind, Value string }

func spellFact(f fact) fact {
	f.Value = strings.ToLower(f.Value)
	if a, err := netip.ParseAddr(f.Value); err == nil && f.Kind == "dns_answer" {
		f.Value = a.String()
	}
	return f
}

// truth reads the facts of one file; confirmed takes only what tshark saw too.
func truth(t *testing.T, path string, confirmed bool) map[fact]bool {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := map[fact]bool{}
	for line := range bytes.Lines(b) {
		var row struct {
			Pcap, Kind, Tshark string
			Value              any // rule ids are numbers
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		if row.Kind != "dns_query" && row.Kind != "dns_answer" || confirmed && row.Tshark != "agree" {
			continue
		}
		value, _ := row.Value.(string)
		out[spellFact(fact{row.Pcap, row.Kind, value})] = true
	}
	return out
}

// layersOf calls see with every layer of every packet that the oracle reads.
func layersOf(path string, see func(p gopacket.Packet, l gopacket.Layer)) {
	b, err := os.ReadFile(path)
	if err != nil {
		return
	}
	if z, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
		b, _ = io.ReadAll(z)
	}
	read, link := reader(b)
	if read == nil {
		return
	}
	for {
		data, _, err := read()
		if err != nil {
			return
		}
		p := gopacket.NewPacket(data, link, gopacket.DecodeOptions{NoCopy: true})
		for _, l := range p.Layers() {
			see(p, l)
		}
	}
}

func reader(b []byte) (func() ([]byte, gopacket.CaptureInfo, error), gopacket.Decoder) {
	if r, err := pcapgo.NewNgReader(bufio.NewReader(bytes.NewReader(b)), pcapgo.DefaultNgReaderOptions); err == nil {
		return r.ReadPacketData, r.LinkType()
	}
	if r, err := pcapgo.NewReader(bytes.NewReader(b)); err == nil {
		if r.LinkType() == 101 || r.LinkType() == 12 {
			return r.ReadPacketData, layers.LinkTypeRaw
		}
		return r.ReadPacketData, r.LinkType()
	}
	return nil, nil
}

// local says whether a port is that of multicast DNS or LLMNR, which the corpus
// does not count as DNS.
func local(p layers.UDPPort) bool { return p == 5353 || p == 5355 }

// facts are what a message says in the words of the corpus.
func facts(pcap string, m *dns.Message, add func(fact)) {
	if m.Response {
		for _, r := range m.Records {
			if r.Addr.IsValid() {
				add(fact{pcap, "dns_answer", r.Addr.String()})
			}
		}
		return
	}
	for _, q := range m.Questions {
		if q.Name == "" {
			q.Name = "<root>"
		}
		add(fact{pcap, "dns_query", q.Name})
	}
}

// collector reads the DNS of one capture, one packet at a time: no fragments,
// no order of TCP segments, no link layer that the oracle does not know.
type collector struct {
	pcap    string
	message dns.Message
	streams map[string]*dns.TCPStream
	got     map[fact]bool
	damaged int
	unlike  [][]byte // payloads on port 53 that do not look like DNS
}

func (c *collector) see(p gopacket.Packet, l gopacket.Layer) {
	switch l := l.(type) {
	case *layers.UDP:
		c.udp(l)
	case *layers.TCP:
		if n := p.NetworkLayer(); n != nil && len(l.Payload) > 0 {
			c.tcp(n.NetworkFlow().String()+" "+l.TransportFlow().String(), l.Payload)
		}
	}
}

func (c *collector) udp(l *layers.UDP) {
	ours := l.SrcPort == 53 || l.DstPort == 53
	switch {
	case ours && !dns.LooksOnPort(l.Payload):
		if len(l.Payload) > 0 {
			c.unlike = append(c.unlike, bytes.Clone(l.Payload))
		}
	case ours || !local(l.SrcPort) && !local(l.DstPort) && dns.Looks(l.Payload):
		c.read(l.Payload)
	}
}

func (c *collector) tcp(flow string, payload []byte) {
	s := c.streams[flow]
	if s == nil && dns.LooksTCP(payload) {
		s = &dns.TCPStream{}
		c.streams[flow] = s
	}
	if s != nil {
		s.Feed(payload, c.read)
	}
}

func (c *collector) read(msg []byte) {
	if c.message.Unpack(msg) != nil {
		c.damaged++
	}
	facts(c.pcap, &c.message, func(f fact) { c.got[f] = true })
}

// TestCorpus reads recorded traffic and compares with what tshark and others
// saw. What is missed is named, a floor is asserted; so is a ceiling for what
// nobody else saw.
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	known := truth(t, filepath.Join(dir, "truth.jsonl"), false)
	got := map[fact]bool{}
	filepath.WalkDir(filepath.Join(dir, "pcaps"), func(path string, d fs.DirEntry, err error) error {
		pcap, _ := filepath.Rel(dir, path)
		if err != nil || d.IsDir() || strings.HasPrefix(pcap, "pcaps/variants") {
			return nil
		}
		c := collector{pcap: pcap, streams: map[string]*dns.TCPStream{}, got: got}
		layersOf(path, c.see)
		if c.damaged > 0 || len(c.unlike) > 0 {
			t.Logf("%s: damaged %d, unlike %.60x", pcap, c.damaged, c.unlike)
		}
		return nil
	})
	for _, f := range []struct {
		name      string
		confirmed bool
	}{{"truth.jsonl", true}, {"truth_tshark.jsonl", false}} {
		facts := truth(t, filepath.Join(dir, f.name), f.confirmed)
		for k := range facts {
			known[k] = true
		}
		for _, kind := range []string{"dns_query", "dns_answer"} {
			compareFacts(t, f.name+" "+kind, facts, got, kind)
		}
	}
	others := 0
	for k := range got {
		if !known[k] {
			others++
			t.Logf("not in the truth: %+v", k)
		}
	}
	if others > len(got)/100 {
		t.Errorf("%d of %d facts are not in the truth", others, len(got))
	}
}

// compareFacts wants 95 of 100 facts of one kind.
func compareFacts(t *testing.T, what string, want, got map[fact]bool, kind string) {
	t.Helper()
	all, found := 0, 0
	for k := range want {
		if k.Kind != kind {
			continue
		}
		if all++; got[k] {
			found++
		} else {
			t.Logf("missed: %+v", k)
		}
	}
	t.Logf("%s: %d of %d", what, found, all)
	if found*100 < all*95 {
		t.Errorf("%s: only %d of %d", what, found, all)
	}
}
