package quic_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"tinycheck/internal/wire/quic"
)

// corpus is the folder of real captures beside the repository.
func corpus(t *testing.T) string {
	at, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			break
		}
		if at == filepath.Dir(at) {
			t.Fatal("no go.mod above the package")
		}
		at = filepath.Dir(at)
	}
	folder := filepath.Join(at, "..", "shared", "corpus")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("no corpus of captures in ../shared")
	}
	return folder
}

// row is one expected server name.
type row struct {
	Pcap, Kind, Value, Flow, Tshark string
	Version                         any `json:"quic_version"`
}

func rows(t *testing.T, file string) (found []row) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		if !strings.Contains(lines.Text(), "quic_sni") {
			continue
		}
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			continue // other kinds may have values of other types
		}
		if r.Kind == "quic_sni" {
			found = append(found, r)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// tally is what a capture gives.
type tally struct {
	names map[string]int // handshakes by server name
	flows map[string]*record
}

// readCapture runs every UDP payload that gopacket finds through Streams.
func readCapture(t *testing.T, path string) *tally {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if magic, _ := in.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		in = bufio.NewReader(z)
	}
	y := &tally{names: map[string]int{}, flows: map[string]*record{}}
	next, err := opener(in)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for {
		data, link, err := next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Logf("%s: %v", path, err)
			}
			break
		}
		y.packet(t, gopacket.NewPacket(data, link, gopacket.DecodeOptions{Lazy: true, NoCopy: true}))
	}
	y.sum()
	return y
}

func opener(in *bufio.Reader) (func() ([]byte, gopacket.Decoder, error), error) {
	if magic, _ := in.Peek(4); string(magic) == "\x0a\x0d\x0d\x0a" {
		r, err := pcapgo.NewNgReader(in, pcapgo.NgReaderOptions{WantMixedLinkType: true})
		if err != nil {
			return nil, err
		}
		return func() ([]byte, gopacket.Decoder, error) {
			data, ci, err := r.ReadPacketData()
			if err != nil {
				return nil, nil, err
			}
			return data, ci.AncillaryData[0].(layers.LinkType), nil
		}, nil
	}
	r, err := pcapgo.NewReader(in)
	if err != nil {
		return nil, err
	}
	return func() ([]byte, gopacket.Decoder, error) {
		data, _, err := r.ReadPacketData()
		return data, r.LinkType(), err
	}, nil
}

// packet finds the flow of a packet by addresses and ports, without regard to
// the direction. The side of the lower port is guessed to be the server.
func (y *tally) packet(t *testing.T, p gopacket.Packet) {
	var u *layers.UDP
	var network gopacket.NetworkLayer
	for _, l := range p.Layers() { // the innermost
		switch l := l.(type) {
		case *layers.UDP:
			u = l
		case gopacket.NetworkLayer:
			network = l
		}
	}
	if u == nil || network == nil || len(u.Payload) == 0 {
		return
	}
	from, to := network.NetworkFlow().Endpoints()
	a, b := from.String()+":"+u.SrcPort.String(), to.String()+":"+u.DstPort.String()
	key := min(a, b) + " " + max(a, b)
	r := y.flows[key]
	if quic.Looks(u.Payload) {
		if r == nil {
			r = &record{}
			y.flows[key] = r
		}
	}
	if r != nil {
		r.see(t, u.Payload, u.SrcPort > u.DstPort)
	}
}

// sum reads the names out of the hellos.
func (y *tally) sum() {
	for _, r := range y.flows {
		for o, said := range r.said {
			if o.fromClient {
				y.names[strings.ToLower(serverName(said.data))]++
			}
		}
	}
}

// labelledOnly recognises the versions that the oracles name and that are not
// decrypted here: Google QUIC, and drafts before 29.
var labelledOnly = regexp.MustCompile(`gQUIC|Q0\d\d|T05\d|Draft-2[0-8]|0x54303531|0xff0000(17|18|1c)`)

// TestCorpus reads the server names of real captures. Every name that an oracle
// knows must be found, except where the version is labelled only.
func TestCorpus(t *testing.T) {
	folder := corpus(t)
	all := slices.DeleteFunc(rows(t, filepath.Join(folder, "truth.jsonl")), func(r row) bool { return r.Tshark != "agree" })
	all = append(all, rows(t, filepath.Join(folder, "truth_tshark.jsonl"))...)
	read := map[string]*tally{}
	seen := map[[3]string]bool{}
	found, old := map[string]int{}, map[string]int{}
	for _, r := range all {
		if read[r.Pcap] == nil {
			read[r.Pcap] = readCapture(t, filepath.Join(folder, r.Pcap))
		}
		id := [3]string{r.Tshark, r.Pcap, r.Value}
		if seen[id] {
			continue
		}
		seen[id] = true
		switch {
		case read[r.Pcap].names[r.Value] > 0:
			found[r.Tshark]++
		case labelledOnly.MatchString(fmt.Sprint(r.Version)):
			old[r.Tshark]++
		default:
			t.Errorf("missed %s in %s, flow %s, version %v", r.Value, r.Pcap, r.Flow, r.Version)
		}
	}
	if found["agree"] == 0 || found[""] == 0 {
		t.Error("nothing was found at all")
	}
	t.Logf("two oracles: %d distinct names found, %d of versions that are labelled only; one oracle: %d and %d",
		found["agree"], old["agree"], found[""], old[""])
}

// TestCorpusRetry checks the one capture with a Retry, whose tag must be right.
func TestCorpusRetry(t *testing.T) {
	y := readCapture(t, filepath.Join(corpus(t), "pcaps/tcpdump/quic_retry.pcap"))
	for _, r := range y.flows {
		if f := r.Facts(); !f.RetrySeen || !f.TokenPresent || f.Handshakes != 1 || f.Malformed+f.Undecryptable != 0 || !whole(r.server()) {
			t.Errorf("%+v", f)
		}
	}
	if len(y.flows) != 1 {
		t.Errorf("%d flows", len(y.flows))
	}
}
