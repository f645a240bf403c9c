package scenario_test

import (
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"tinycheck"
	"tinycheck/internal/scenario"
)

// readable are the links that the third-party decoder knows.
var readable = map[tinycheck.LinkType]bool{
	tinycheck.LinkEthernet: true, tinycheck.LinkRaw: true, tinycheck.LinkWiFi: true, tinycheck.LinkRadiotap: true,
	tinycheck.LinkSLL: true, tinycheck.LinkSLL2: true, tinycheck.LinkNull: true, tinycheck.LinkLoop: true, tinycheck.LinkPPP: true,
}

// gopacket finds IP in every packet, and every checksum right.
func checkPackets(t *testing.T, s *scenario.Scenario, fragments bool) {
	t.Helper()
	err := s.Packets(func(p *tinycheck.Packet) error {
		data := p.Data
		if p.Link == tinycheck.LinkWiFi { // gopacket always takes a check sequence off
			data = append(data[:len(data):len(data)], 0, 0, 0, 0)
		}
		q := gopacket.NewPacket(data, layers.LinkType(p.Link), gopacket.Default)
		if q.Layer(layers.LayerTypeARP) != nil {
			return nil
		}
		if q.NetworkLayer() == nil {
			t.Fatalf("packet %d on link %d: no network layer: %v\n%x", p.Number, p.Link, q.ErrorLayer(), p.Data)
		}
		if fragments {
			return nil
		}
		if q.TransportLayer() == nil && q.Layer(layers.LayerTypeICMPv4) == nil && q.Layer(layers.LayerTypeICMPv6) == nil && q.Layer(layers.LayerTypeIPSecESP) == nil {
			t.Fatalf("packet %d on link %d: no transport layer: %v", p.Number, p.Link, q.ErrorLayer())
		}
		for _, l := range q.Layers() {
			if c, ok := l.(interface {
				SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
			}); ok {
				if err := c.SetNetworkLayerForChecksum(q.NetworkLayer()); err != nil {
					t.Fatal(err)
				}
			}
		}
		err, wrong := q.VerifyChecksums()
		if err != nil || len(wrong) > 0 {
			t.Fatalf("packet %d on link %d: %v %+v", p.Number, p.Link, err, wrong)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestChecksumsByGopacket(t *testing.T) {
	for _, link := range allLinks {
		for _, here := range []string{"203.0.113.7", "2001:db8::7"} {
			for _, v := range verbs {
				s := parse(t, world+"link "+link+"\nat 1s "+fill(v.words, here))
				if readable[s.Link()] {
					checkPackets(t, s, containsWord(v.words, "fragment"))
				}
			}
		}
	}
	for _, name := range scenario.Names() {
		s, err := scenario.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		checkPackets(t, s, false)
	}
}

// Every TCP stream is put together without a hole, an overlap or a byte beyond
// its window: sequence numbers follow each other.
func TestSequenceNumbers(t *testing.T) {
	type flow struct{ net, transport gopacket.Flow }
	next := make(map[flow]uint32)
	s, err := scenario.Find("quiet")
	if err != nil {
		t.Fatal(err)
	}
	err = s.Packets(func(p *tinycheck.Packet) error {
		q := gopacket.NewPacket(p.Data, layers.LinkType(p.Link), gopacket.NoCopy)
		tcp, ok := q.Layer(layers.LayerTypeTCP).(*layers.TCP)
		if !ok {
			return nil
		}
		f := flow{q.NetworkLayer().NetworkFlow(), tcp.TransportFlow()}
		if want, known := next[f]; known && tcp.Seq != want {
			t.Fatalf("packet %d: sequence %d, want %d", p.Number, tcp.Seq, want)
		} else if known == tcp.SYN {
			t.Fatalf("packet %d: SYN %v, flow known %v", p.Number, tcp.SYN, known)
		}
		length := uint32(len(tcp.Payload))
		if tcp.SYN || tcp.FIN {
			length++
		}
		back := flow{f.net.Reverse(), f.transport.Reverse()}
		if sent, known := next[back]; known && tcp.ACK && int32(sent-tcp.Ack) < 0 {
			t.Fatalf("packet %d: acknowledges %d, sent were %d", p.Number, tcp.Ack, sent)
		}
		next[f] = tcp.Seq + length
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
