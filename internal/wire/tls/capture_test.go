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
	t.Skip("no corpus of captures beside the repository")
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

// facts gives "kind value" of everything that the package reads in a capture.
func facts(path string) (map[string]bool, error) {
	all, err := streams(path)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	add := func(kind, value string) { found[kind+" "+value] = true }
	for _, data := range all {
		if at := tls.FindStart(data); at > 0 {
			data = data[at:]
		}
		var s tls.Stream
		emit := func(m tls.Message) {
			if m.SSLv2 {
				return
			}
			switch m.Type {
			case tls.TypeClientHello:
				h, _ := m.ClientHello()
				if h.SNI != "" {
					add("sni", h.SNI)
				}
				if !h.Partial && !h.SSLv2 {
					add("ja3", h.JA3())
					add("ja4", h.JA4(tls.TransportTCP))
				}
			case tls.TypeServerHello:
				if h, _ := tls.ParseServerHello(m.Body); !h.Partial {
					add("ja3s", h.JA3S())
				}
			case tls.TypeCertificate:
				list, _ := tls.ParseCertificates(m.Body, false)
				for _, c := range list {
					add("cert_sha1", c.SHA1)
				}
			}
		}
		for len(data) > 0 && s.State() == tls.More {
			n := min(1460, len(data))
			s.Feed(data[:n], emit)
			data = data[n:]
		}
		s.Flush(emit)
	}
	return found, nil
}

type truthRow struct {
	Pcap, Kind, Value, Flow, Source, Transport, Tshark string
	Reliable                                           *bool
}

func truth(t *testing.T, path string) []truthRow {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []truthRow
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r truthRow
		if json.Unmarshal(lines.Bytes(), &r) == nil {
			rows = append(rows, r)
		}
	}
	return rows
}
