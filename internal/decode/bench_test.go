package decode_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/decode"
)

// mixed are the captures that the benchmark takes its packets from: phones
// with TLS, QUIC, HTTP, video.
var mixed = []string{"ndpi/netflix.pcap", "ndpi/reddit.pcap", "ndpi/1kxun.pcap", "stalkerpcap/trackview.pcapng", "stalkerpcap/norton_3.pcapng", "stalkerpcap/mspy_img.pcapng"}

// BenchmarkDecode reads a mixed capture that lies in memory, over and over.
func BenchmarkDecode(b *testing.B) {
	packets := load(b)
	b.ReportAllocs()
	b.ResetTimer()
	cpu := cpuTime()
	n := 0
	for n < b.N {
		d := decode.New(decode.Config{}, func(tinycheck.Event) {})
		for i := range packets {
			d.Decode(&packets[i])
		}
		d.End()
		n += len(packets)
	}
	// Every operation is a packet; processor time, since the machine may be busy.
	b.ReportMetric(float64(n)/float64(cpuTime()-cpu)*1e9, "packets/cpu-s")
}

// BenchmarkSteady reads a long download: flows that are decided.
func BenchmarkSteady(b *testing.B) {
	for _, c := range []struct {
		name  string
		proto uint8
		body  []byte
	}{
		{"tcp", 6, segment(50000, 443, ack, 1, 1, make([]byte, 1400))},
		{"udp", 17, datagram(50000, 443, append([]byte{0x40}, make([]byte, 1300)...))},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := newWire()
			talk := w.tcp(at(phone, 50000), at(server, 443)).open()
			talk.say(append(hello("a.example"), 23, 3, 3, 0, 1, 0))
			talk.answer(append(record(serverHello()), 23, 3, 3, 0, 1, 0))
			for _, p := range initials(b, "a.example", 1000) {
				w.udp(at(phone, 50000), at(server, 443), p)
			}
			p := tinycheck.Packet{Time: w.now, Link: tinycheck.LinkEthernet, Data: ethernet(phoneMAC, routerMAC, packet(c.proto, phone, server, c.body))}
			p.Length = len(p.Data)
			b.ReportAllocs()
			b.ResetTimer()
			cpu := cpuTime()
			for i := range b.N {
				p.Number = w.number + int64(i)
				w.d.Decode(&p)
			}
			b.ReportMetric(float64(b.N)/float64(cpuTime()-cpu)*1e9, "packets/cpu-s")
		})
	}
}

func cpuTime() int64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

// load gives the packets of the mixed captures, or made-up ones.
func load(b *testing.B) (packets []tinycheck.Packet) {
	for _, name := range mixed {
		path := filepath.Join(corpus, "pcaps", name)
		if _, err := os.Stat(path); err != nil {
			continue
		}
		packets = append(packets, read(b, path)...)
	}
	if len(packets) == 0 {
		return synthetic(b)
	}
	return packets
}

// read copies the packets of a capture.
func read(t testing.TB, path string) (packets []tinycheck.Packet) {
	t.Helper()
	r, err := capture.Open(path, capture.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var p tinycheck.Packet
	for r.Next(&p) == nil {
		p.Data = append([]byte(nil), p.Data...)
		packets = append(packets, p)
	}
	return packets
}

// synthetic makes downloads over TLS and QUIC, each after a DNS question.
func synthetic(b *testing.B) (packets []tinycheck.Packet) {
	w := newWire()
	w.keep = &packets
	for i := range uint16(200) {
		port := 40000 + i
		w.udp(at(phone, port), at(router, 53), query(b, "a.example"))
		w.udp(at(router, 53), at(phone, port), reply(b, "a.example", server))
		c := w.tcp(at(phone, port), at(server, 443)).open()
		c.say(append(hello("a.example"), 23, 3, 3, 0, 1, 0))
		c.answer(append(record(serverHello()), 23, 3, 3, 0, 1, 0))
		for range 40 {
			c.answer(make([]byte, 1400))
		}
		for _, p := range initials(b, "b.example", 1000) {
			w.udp(at(phone, port), at(server, 443), p)
		}
		for range 40 {
			w.udp(at(server, 443), at(phone, port), append([]byte{0x40}, make([]byte, 1200)...))
		}
	}
	return packets
}
