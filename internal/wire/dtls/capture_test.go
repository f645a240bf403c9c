package dtls_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"tinycheck/internal/wire/dtls"
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

// datagrams gives the UDP payloads of every direction of a capture.
func datagrams(path string) (map[string][][]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var source *gopacket.PacketSource
	if ng, err := pcapgo.NewNgReader(bytes.NewReader(data), pcapgo.DefaultNgReaderOptions); err == nil {
		source = gopacket.NewPacketSource(ng, ng.LinkType())
	} else if r, err := pcapgo.NewReader(bytes.NewReader(data)); err == nil {
		source = gopacket.NewPacketSource(r, r.LinkType())
	} else {
		return nil, err
	}
	flows := map[string][][]byte{}
	for {
		packet, err := source.NextPacket()
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return flows, nil
		}
		if err != nil {
			return flows, err
		}
		udp, ok := packet.Layer(layers.LayerTypeUDP).(*layers.UDP)
		if !ok || packet.NetworkLayer() == nil {
			continue
		}
		flow := packet.NetworkLayer().NetworkFlow()
		key := fmt.Sprintf("udp %s:%d > %s:%d", flow.Src(), udp.SrcPort, flow.Dst(), udp.DstPort)
		flows[key] = append(flows[key], udp.Payload)
	}
}

// facts gives "kind value" of everything that is read in a capture.
func facts(path string) (map[string]bool, error) {
	flows, err := datagrams(path)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	add := func(kind, value string) { found[kind+" "+value] = true }
	emit := func(m dtls.Message) {
		switch m.Type {
		case dtls.TypeClientHello:
			h, _ := tls.ParseClientHelloDTLS(m.Body)
			if h.SNI != "" {
				add("dtls_sni", h.SNI)
			}
			if !h.Partial {
				add("ja3", h.JA3())
				add("ja4", h.JA4(tls.TransportDTLS))
			}
		case dtls.TypeServerHello:
			if h, _ := tls.ParseServerHello(m.Body); !h.Partial {
				add("ja3s", h.JA3S())
			}
		case dtls.TypeCertificate:
			list, _ := tls.ParseCertificates(m.Body, false)
			for _, c := range list {
				add("cert_sha1", c.SHA1)
			}
		}
	}
	for _, list := range flows {
		var s dtls.Stream
		for _, p := range list {
			s.Feed(p, emit)
		}
		s.Flush(emit)
	}
	return found, nil
}

// truth gives the expected facts of each capture that the oracle read from DTLS.
func truth(t *testing.T, path string) map[string]map[string]bool {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := map[string]map[string]bool{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r struct{ Pcap, Kind, Value, Flow, Transport string }
		if json.Unmarshal(lines.Bytes(), &r) != nil || len(r.Flow) < 3 || r.Flow[:3] != "udp" {
			continue
		}
		if r.Transport != "dtls" && r.Kind != "dtls_sni" && !(r.Kind == "ja4" && r.Value[0] == 'd') {
			continue
		}
		if want[r.Pcap] == nil {
			want[r.Pcap] = map[string]bool{}
		}
		want[r.Pcap][r.Kind+" "+r.Value] = true
	}
	return want
}

func TestAgainstCaptures(t *testing.T) {
	dir := corpus(t)
	seen := 0
	for name, want := range truth(t, filepath.Join(dir, "truth_tshark.jsonl")) {
		if name == "pcaps/ndpi/capwap.pcap" {
			continue // behind the preamble of CAPWAP (RFC 5415 section 4.2), which phones do not speak
		}
		got, err := facts(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for w := range want {
			seen++
			if !got[w] {
				t.Errorf("%s: not found: %s", name, w)
			}
		}
		for g := range got {
			if !want[g] {
				t.Errorf("%s: not in the truth: %s", name, g)
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d facts compared", seen)
	}
}
