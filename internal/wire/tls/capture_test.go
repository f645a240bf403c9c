package tls_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"tinycheck/internal/wire/tls"
)

// corpus gives the folder of real captures beside the repository.
func corpus(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil && dir != "/" {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			dir = filepath.Join(dir, "..", "shared", "corpus")
			if _, err := os.Stat(dir); err == nil {
				return dir
			}
			break
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("no corpus beside the repository: ../shared/corpus is absent")
	return ""
}

// packetSource opens a capture of either format.
func packetSource(path string) (*gopacket.PacketSource, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if ng, err := pcapgo.NewNgReader(bytes.NewReader(data), pcapgo.DefaultNgReaderOptions); err == nil {
		return gopacket.NewPacketSource(ng, ng.LinkType()), nil
	}
	r, err := pcapgo.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return gopacket.NewPacketSource(r, r.LinkType()), nil
}

type segment struct {
	seq  uint32
	data []byte
}

// streams gives the contiguous beginning of every TCP direction of a capture,
// keyed in the manner of the truth files.
func streams(path string) (map[string][]byte, error) {
	source, err := packetSource(path)
	if err != nil {
		return nil, err
	}
	segments := map[string][]segment{}
	start := map[string]uint32{}
	for {
		packet, err := source.NextPacket()
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return nil, err
		}
		tcp, ok := packet.Layer(layers.LayerTypeTCP).(*layers.TCP)
		if !ok || packet.NetworkLayer() == nil {
			continue
		}
		flow := packet.NetworkLayer().NetworkFlow()
		key := fmt.Sprintf("tcp %s:%d > %s:%d", flow.Src(), tcp.SrcPort, flow.Dst(), tcp.DstPort)
		if tcp.SYN {
			start[key] = tcp.Seq + 1
			segments[key] = nil
		}
		if len(tcp.Payload) > 0 {
			segments[key] = append(segments[key], segment{tcp.Seq, tcp.Payload})
		}
	}
	joined := map[string][]byte{}
	for key, list := range segments {
		first, ok := start[key]
		if !ok && len(list) > 0 {
			first = list[0].seq
		}
		joined[key] = join(first, list)
	}
	return joined, nil
}

func join(first uint32, list []segment) []byte {
	slices.SortStableFunc(list, func(a, b segment) int { return int(int32(a.seq-first)) - int(int32(b.seq-first)) })
	var out []byte
	for _, s := range list {
		at := int(int32(s.seq - first))
		if at > len(out) {
			break
		}
		if at < 0 || at+len(s.data) <= len(out) {
			continue
		}
		out = append(out, s.data[len(out)-at:]...)
	}
	return out
}

// facts are "kind value" of everything that the package reads in a capture.
type facts map[string]bool

func (f facts) add(kind, value string) { f[kind+" "+value] = true }

// see is the emit function of a Stream.
func (f facts) see(m tls.Message) {
	switch m.Type {
	case tls.TypeClientHello:
		h, _ := m.ClientHello()
		if h.SNI != "" {
			f.add("sni", h.SNI)
		}
		if h.JA3() != "" {
			f.add("ja3", h.JA3())
			f.add("ja4", h.JA4(tls.TransportTCP))
		}
	case tls.TypeServerHello:
		if h, _ := tls.ParseServerHello(m.Body); h.JA3S() != "" {
			f.add("ja3s", h.JA3S())
		}
	case tls.TypeCertificate:
		list, _ := tls.ParseCertificates(m.Body, false)
		for _, c := range list {
			f.add("cert_sha1", c.SHA1)
		}
	}
}

func readFacts(path string) (facts, error) {
	all, err := streams(path)
	if err != nil {
		return nil, err
	}
	found := facts{}
	for _, data := range all {
		if at := tls.FindStart(data); at > 0 {
			data = data[at:]
		}
		var s tls.Stream
		for c := range slices.Chunk(data, 1460) {
			if s.Feed(c, found.see) != tls.More {
				break
			}
		}
		s.Flush(found.see)
	}
	return found, nil
}

// truth gives what the oracle (tshark) read from TCP in each capture.
func truth(t *testing.T, path string) map[string]facts {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	want := map[string]facts{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row struct{ Pcap, Kind, Value, Flow, Transport string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		kind := slices.Contains([]string{"ja3", "ja3s", "ja4", "cert_sha1", "sni"}, row.Kind)
		if !kind || !strings.HasPrefix(row.Flow, "tcp") || row.Transport == "dtls" {
			continue
		}
		if want[row.Pcap] == nil {
			want[row.Pcap] = facts{}
		}
		want[row.Pcap].add(row.Kind, row.Value)
	}
	if lines.Err() != nil || len(want) == 0 {
		t.Fatalf("read truth: %v, %d captures", lines.Err(), len(want))
	}
	return want
}

// Captures in which the oracle sees something else, and why it does not count.
var differing = map[string]string{
	"ndpi/openvpn.pcap":                                                    "TLS in the frames of OpenVPN, which is another protocol",
	"ndpi/openvpn_nohmac_tcp.pcapng":                                       "TLS in the frames of OpenVPN",
	"ndpi/ossfuzz_seed_fake_traces_1.pcapng":                               "a hello damaged on purpose: no fingerprint of a part",
	"ndpi/tls_invalid_reads.pcap":                                          "a hello damaged on purpose",
	"pcapplus/Tests__Packet++Test__PacketExamples__ssl-malformed1.pcap":    "a hello damaged on purpose",
	"mercury/test__afl_data__corner-cases.pcap":                            "an encrypted record taken for a ServerHello of no bytes",
	"mercury/test__afl_data__encrypted_handshake_cert_false_positive.pcap": "the same",
	"suriver/ssl_version_negated__input.pcap":                              "a hello in SSL 2.0 shape has no JA4",
	"suriver/sslv2-tls-upgrade-01__ssl-v2-s1.pcap":                         "a hello in SSL 2.0 shape has no JA4",
	"zeek/tls__ssl.v3.pcap":                                                "a hello in SSL 2.0 shape has no JA4",
	"suriver/bug-1450-04__tls_DER-incomplete-header.pcap":                  "the capture's own lengths are damaged",
	"suriver/bug-1450-05__tls_DER-incomplete-content.pcap":                 "the capture's own lengths are damaged",
	"foxio/tls-non-ascii-alpn.pcapng":                                      "ALPN ba ad is bd by JA4.md; tshark replaces bytes that are no UTF-8",
}

func TestAgainstCaptures(t *testing.T) {
	dir := corpus(t)
	seen := 0
	for name, want := range truth(t, filepath.Join(dir, "truth_tshark.jsonl")) {
		short := strings.TrimPrefix(name, "pcaps/")
		if strings.HasSuffix(name, ".gz") || differing[short] != "" {
			continue
		}
		got, err := readFacts(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%s: %v", short, err)
			continue
		}
		for w := range want {
			seen++
			if !got[w] {
				t.Errorf("%s: not found: %s", short, w)
			}
		}
		// FoxIO's own captures are whole: there is nothing that only we see.
		for g := range got {
			if strings.HasPrefix(short, "foxio/") && !want[g] {
				t.Errorf("%s: not in the truth: %s", short, g)
			}
		}
	}
	if seen < 1000 {
		t.Errorf("only %d facts compared", seen)
	}
}

func TestOddALPNInCapture(t *testing.T) {
	got, err := readFacts(filepath.Join(corpus(t), "pcaps", "foxio", "tls-non-ascii-alpn.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "ja4 t13d1516bd_8daaf6152771_e5627efa2ab1"; !got[want] {
		t.Errorf("%v lacks %s", got, want)
	}
}
