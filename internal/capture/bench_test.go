package capture_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"

	"tinycheck"
	"tinycheck/internal/capture"
)

const benchSize = 256 << 20

// benchFiles writes the same packets, sized like those of a phone (a third of them
// empty acknowledgements), as pcap and pcapng.
func benchFiles(b *testing.B) (pcap, pcapng string) {
	dir := b.TempDir()
	pcap, pcapng = filepath.Join(dir, "bench.pcap"), filepath.Join(dir, "bench.pcapng")
	f, err := os.Create(pcap)
	g, err2 := os.Create(pcapng)
	if err != nil || err2 != nil {
		b.Fatal(err, err2)
	}
	defer f.Close()
	defer g.Close()
	fw, gw := bufio.NewWriterSize(f, 1<<20), bufio.NewWriterSize(g, 1<<20)
	w, err := capture.NewWriter(gw, tinycheck.LinkEthernet)
	if err != nil {
		b.Fatal(err)
	}
	o := binary.LittleEndian
	fw.Write(pcapFile(o, 0xa1b2c3d4, 1, 65535))
	random := rand.New(rand.NewPCG(1, 2))
	p := tinycheck.Packet{Link: tinycheck.LinkEthernet, Time: time.Unix(1700000000, 0)}
	data := make([]byte, 1514)
	for n := 0; n < benchSize; n += 16 + len(p.Data) {
		p.Data = data[:1514]
		if k := random.IntN(3); k > 0 {
			p.Data = data[:66+(k-1)*random.IntN(1400)]
		}
		p.Length = len(p.Data)
		p.Time = p.Time.Add(time.Duration(random.IntN(2000)) * time.Microsecond)
		fw.Write(pcapRecord(o, uint32(p.Time.Unix()), uint32(p.Time.Nanosecond()/1000), p.Length, p.Data))
		if err := w.Write(&p); err != nil {
			b.Fatal(err)
		}
	}
	fw.Flush()
	gw.Flush()
	return pcap, pcapng
}

func BenchmarkRead(b *testing.B) {
	pcap, pcapng := benchFiles(b)
	for _, c := range []struct {
		name, path string
		read       func(*testing.B, string) int
	}{
		{"pcap/here", pcap, readHere(capture.Config{})},
		{"pcap/here+hash", pcap, readHere(capture.Config{Hash: true})},
		{"pcap/pcapgo", pcap, readPcapgo},
		{"pcapng/here", pcapng, readHere(capture.Config{})},
		{"pcapng/here+hash", pcapng, readHere(capture.Config{Hash: true})},
		{"pcapng/pcapgo", pcapng, readPcapgoNg},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(benchSize)
			b.ReportAllocs()
			packets := 0
			for b.Loop() {
				packets += c.read(b, c.path)
			}
			b.ReportMetric(float64(packets)/b.Elapsed().Seconds()/1e6, "Mpackets/s")
		})
	}
}

func readHere(cfg capture.Config) func(*testing.B, string) int {
	return func(b *testing.B, path string) int {
		r, err := capture.Open(path, cfg)
		if err != nil {
			b.Fatal(err)
		}
		defer r.Close()
		var p tinycheck.Packet
		for err = r.Next(&p); err == nil; err = r.Next(&p) {
		}
		if err != io.EOF {
			b.Fatal(err)
		}
		return int(p.Number)
	}
}

type zeroCopier interface {
	ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error)
}

func readPcapgo(b *testing.B, path string) int {
	return readZeroCopy(b, path, func(r io.Reader) (zeroCopier, error) { return pcapgo.NewReader(r) })
}

func readPcapgoNg(b *testing.B, path string) int {
	return readZeroCopy(b, path, func(r io.Reader) (zeroCopier, error) {
		return pcapgo.NewNgReader(r, pcapgo.DefaultNgReaderOptions)
	})
}

func readZeroCopy(b *testing.B, path string, open func(io.Reader) (zeroCopier, error)) (n int) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r, err := open(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		b.Fatal(err)
	}
	for ; ; n++ {
		if _, _, err := r.ZeroCopyReadPacketData(); err == io.EOF {
			return n
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRecord writes files of 64 MiB, with the hash, the way that a recording
// is flushed: several times a second.
func BenchmarkRecord(b *testing.B) {
	for _, size := range []int{90, 1400} {
		b.Run(fmt.Sprintf("%d bytes", size), func(b *testing.B) {
			const whole = 64 << 20
			p := numbered(1, size)
			dir := b.TempDir()
			b.SetBytes(whole)
			b.ReportAllocs()
			packets := 0
			for b.Loop() {
				r, err := capture.Record(capture.RecordConfig{Path: filepath.Join(dir, "x.pcapng"), Link: p.Link, Replace: true})
				if err != nil {
					b.Fatal(err)
				}
				for n := 0; n < whole; n += size {
					if err := r.Write(p); err != nil {
						b.Fatal(err)
					}
					if packets++; packets%1000 == 0 {
						if err := r.Flush(); err != nil {
							b.Fatal(err)
						}
					}
				}
				if _, err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(packets)/b.Elapsed().Seconds()/1e6, "Mpackets/s")
		})
	}
}

// BenchmarkThinTraffic tells how long a single packet takes from a cable to the reader.
func BenchmarkThinTraffic(b *testing.B) {
	phone, box := cable(b)
	l := listen(b, box, "ap0", capture.LiveConfig{})
	s := newSender(b, phone, "wlan1")
	var p tinycheck.Packet
	var longest time.Duration
	for n := uint32(0); b.Loop(); n++ {
		begun := time.Now()
		s.send(b, frame(wanted, n, 60))
		for l.Next(&p) != nil || kindOf(p.Data) != wanted || numberOf(p.Data) != n {
		}
		longest = max(longest, time.Since(begun))
	}
	b.ReportMetric(float64(longest.Microseconds())/1000, "ms-longest")
}
