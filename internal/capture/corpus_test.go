package capture_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"

	"tinycheck"
	"tinycheck/internal/capture"
)

// corpusFile is a line of files.jsonl: what two independent readers saw.
type corpusFile struct {
	Pcap      string   `json:"pcap"`
	SHA256    string   `json:"sha256"`
	Format    string   `json:"fmt"`
	Links     []uint32 `json:"linktypes"`
	Packets   int64    `json:"packets"`
	Tshark    int64    `json:"tshark_packets"`
	T0, T1    *float64
	Truncated bool    `json:"truncated_file"`
	Cut       int64   `json:"snaplen_cut_packets"`
	TsharkErr *string `json:"tshark_error"`
}

// corpus returns the folder of real captures beside the repository.
func corpus(t testing.TB) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
	}
	dir = filepath.Join(filepath.Dir(dir), "shared", "corpus")
	if _, err := os.Stat(filepath.Join(dir, "files.jsonl")); err != nil {
		t.Skip("the corpus ../shared/corpus is not there")
	}
	return dir
}

func corpusFiles(t testing.TB, dir string) (files []corpusFile) {
	f, err := os.Open(filepath.Join(dir, "files.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := json.NewDecoder(f); ; {
		var c corpusFile
		if err := d.Decode(&c); err == io.EOF {
			return files
		} else if err != nil {
			t.Fatal(err)
		}
		files = append(files, c)
	}
}

// corpusCounts are the files where the number of packets differs from tshark's, and why.
var corpusCounts = map[string]struct {
	packets int64
	why     string
}{
	"pcapnggen/output_be__basic__test017.pcapng":           {0, "tshark shows custom blocks as records; they are no packets"},
	"pcapnggen/output_le__advanced__test102.pcapng":        {5, "custom blocks, as above"},
	"pcapnggen/output_le__difficult__test202.pcapng":       {8, "custom blocks, as above"},
	"suriver/bug-1450-04__tls_DER-incomplete-header.pcap":  {13, "tshark stops at a length of 4 MiB; seven packets stand behind it"},
	"suriver/bug-1450-05__tls_DER-incomplete-content.pcap": {13, "as above"},
	"suriver/bug-6875-01__fuzz.pcap":                       {1, "tshark believes one byte of a packet of 1 MiB, behind which nothing follows"},
	"tcpdump/bgp_vpn_rt-oobr.pcap":                         {1, "zeros are no packets"},
	"tcpdump/rx_serviceid_oobr.pcap":                       {1, "as above"},
	"tcpdump/vtp_asan.pcap":                                {1, "as above; and the clock jumps back to 1970 before them"},
}

// corpusDamage are the files with damage that the corpus does not call truncated.
var corpusDamage = map[string]tinycheck.DamageKind{
	"pcapplus/Tests__Pcap++Test__PcapExamples__pcapng-example.pcapng": tinycheck.DamageBadTime, // microseconds sign-extended from 32 bits
	"suriver/transform-base64-7296__input.pcap":                       tinycheck.DamageBadTime, // 1,011,041 microseconds
	"tcpdump/bgp_vpn_rt-oobr.pcap":                                    tinycheck.DamageTrailing,
	"tcpdump/rx_serviceid_oobr.pcap":                                  tinycheck.DamageBadLength,
	"tcpdump/vtp_asan.pcap":                                           tinycheck.DamageBadLength,
}

// corpusCut are the files with another number of cut packets: the corpus does not
// cut simple packets at the snap length of their interface, as pcapgo does.
var corpusCut = map[string]int64{
	"pcapnggen/output_be__difficult__test201.pcapng": 3,
	"pcapnggen/output_le__advanced__test102.pcapng":  3,
	"pcapnggen/output_le__difficult__test202.pcapng": 6,
}

func TestCorpus(t *testing.T) {
	dir := corpus(t)
	files := corpusFiles(t, dir)
	for _, c := range files {
		r, err := capture.Open(filepath.Join(dir, c.Pcap), capture.Config{Hash: true})
		if err != nil {
			t.Errorf("%s: %v", c.Pcap, err)
			continue
		}
		drain(t, r)
		got := r.Capture()
		r.Close()
		c.Pcap = strings.TrimPrefix(c.Pcap, "pcaps/")
		c.compare(t, got)
	}
	t.Logf("%d files", len(files))
}

// compare holds what was read against what two other readers saw.
func (c corpusFile) compare(t *testing.T, got tinycheck.Capture) {
	want, why := c.Tshark, "as tshark"
	if c.TsharkErr != nil && strings.Contains(*c.TsharkErr, "unknown or unsupported") {
		want, why = c.Packets, "tshark does not know the link type"
	}
	if other, ok := corpusCounts[c.Pcap]; ok {
		want, why = other.packets, other.why
	}
	if got.Packets != want {
		t.Errorf("%s: %d packets, want %d: %s; %v", c.Pcap, got.Packets, want, why, got.Damage)
	}
	if got.SHA256 != c.SHA256 {
		t.Errorf("%s: SHA-256 %s, want %s", c.Pcap, got.SHA256, c.SHA256)
	}
	kind := corpusDamage[c.Pcap]
	if c.Truncated {
		kind = tinycheck.DamageBadLength
	}
	if len(got.Damage) > 1 || (kind != "") != (len(got.Damage) == 1) || len(got.Damage) == 1 && got.Damage[0].Kind != kind {
		t.Errorf("%s: damage %v, want %q", c.Pcap, got.Damage, kind)
	}
	if c.Packets != got.Packets || c.Packets == 0 {
		return // the second reader read something else
	}
	cut := c.Cut
	if other, ok := corpusCut[c.Pcap]; ok {
		cut = other
	}
	if got.Dropped.Truncated != cut {
		t.Errorf("%s: %d packets cut by the snap length, want %d", c.Pcap, got.Dropped.Truncated, cut)
	}
	if got.Start.IsZero() || c.T0 == nil || kind != "" {
		return // simple packets have no time; a broken one the other reader takes as it stands
	}
	if !same(got.Start, *c.T0) || !same(got.End, *c.T1) {
		t.Errorf("%s: from %v to %v, want %f to %f", c.Pcap, got.Start, got.End, *c.T0, *c.T1)
	}
}

// drain reads to the end.
func drain(t *testing.T, r *capture.Reader) {
	var p tinycheck.Packet
	for {
		switch err := r.Next(&p); {
		case err == io.EOF:
			return
		case err != nil:
			t.Errorf("%s: %v", r.Capture().Name, err)
			return
		}
	}
}

// same compares with the precision of a float64 of seconds.
func same(t time.Time, want float64) bool {
	return math.Abs(float64(t.Unix())+float64(t.Nanosecond())/1e9-want) < 2e-6
}

// TestCorpusPcapgo compares every packet with what gopacket's reader gives, as far
// as that reads.
func TestCorpusPcapgo(t *testing.T) {
	dir := corpus(t)
	files, packets := 0, 0
	for _, c := range corpusFiles(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, c.Pcap))
		if err != nil {
			t.Fatal(err)
		}
		if z, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			data, _ = io.ReadAll(z)
		}
		next, err := pcapgoNext(data)
		if err != nil {
			if !strings.Contains(err.Error(), "Unknown minor version") { // it knows 2.4 only
				t.Errorf("%s: pcapgo: %v", c.Pcap, err)
			}
			continue
		}
		files++
		packets += comparePcapgo(t, c.Pcap, data, next)
	}
	t.Logf("%d packets of %d files", packets, files)
}

type pcapgoFunc func() ([]byte, gopacket.CaptureInfo, error)

func pcapgoNext(data []byte) (pcapgoFunc, error) {
	if bytes.HasPrefix(data, []byte{0x0a, 0x0d, 0x0d, 0x0a}) {
		r, err := pcapgo.NewNgReader(bytes.NewReader(data), pcapgo.NgReaderOptions{WantMixedLinkType: true})
		if err != nil {
			return nil, err
		}
		return r.ReadPacketData, nil
	}
	r, err := pcapgo.NewReader(bufio.NewReader(bytes.NewReader(data)))
	if err != nil {
		return nil, err
	}
	return r.ReadPacketData, nil
}

func comparePcapgo(t *testing.T, name string, data []byte, next pcapgoFunc) (n int) {
	r, err := capture.NewReader(name, bytes.NewReader(data), capture.Config{})
	if err != nil {
		t.Error(err)
		return 0
	}
	defer r.Close()
	var p tinycheck.Packet
	for ; ; n++ {
		want, info, theirs := next()
		ours := r.Next(&p)
		if theirs != nil || ours != nil {
			if (theirs != io.EOF || ours != io.EOF) && !pcapgoStops(theirs) && corpusDamage[strings.TrimPrefix(name, "pcaps/")] == "" {
				t.Errorf("%s: after %d packets: pcapgo %v, here %v %v", name, n, theirs, ours, r.Capture().Damage)
			}
			return n
		}
		if !bytes.Equal(p.Data, want) || p.Length != info.Length {
			t.Errorf("%s: packet %d has %d of %d bytes, pcapgo %d of %d", name, n+1, len(p.Data), p.Length, len(want), info.Length)
			return n
		}
		if !p.Time.Equal(info.Timestamp) && !info.Timestamp.IsZero() && !hasDamage(r, tinycheck.DamageBadTime) {
			t.Errorf("%s: packet %d at %v, pcapgo %v", name, n+1, p.Time, info.Timestamp)
			return n
		}
	}
}

func hasDamage(r *capture.Reader, kind tinycheck.DamageKind) bool {
	return slices.ContainsFunc(r.Capture().Damage, func(d tinycheck.Damage) bool { return d.Kind == kind })
}

// pcapgoStops says whether pcapgo refused what is readable or skipped here: records
// that hold more than was on the wire, and impossible lengths.
func pcapgoStops(err error) bool {
	return err != nil && strings.HasPrefix(err.Error(), "capture length exceeds ")
}
