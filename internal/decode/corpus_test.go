package decode_test

import (
	"bufio"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/decode"
)

// corpus is where the captures lie, outside of the repository.
var corpus = filepath.Join(root(), "..", "shared", "corpus")

// root is the directory of go.mod.
func root() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	return "."
}

// value is one thing that a capture tells: its kind and canonical spelling.
type value struct{ capture, kind, value string }

// truths are the files of truth: rows that two independent tools agree on, rows
// of one of them, and what both say of the same traffic in other packings. What
// has to be found of each kind is in percent. Google's QUIC and drafts before
// 29 are labelled, not decrypted: 48 of 59 names of QUIC are what can be had.
var truths = []struct {
	file, agree string
	wanted      map[string]float64
}{
	{"truth.jsonl", "agree", map[string]float64{"sni": 99, "quic_sni": 81, "dns_query": 99, "dns_answer": 99, "http_host": 99, "ja3": 96, "ja3s": 98, "ja4": 99, "cert_sha1": 99}},
	{"truth_tshark.jsonl", "", map[string]float64{"sni": 99, "quic_sni": 85, "dns_query": 99, "dns_answer": 99, "http_host": 99, "ja3": 98, "ja3s": 97, "ja4": 95, "cert_sha1": 98}},
	{"truth_variants.jsonl", "agree", map[string]float64{"sni": 99, "quic_sni": 99, "dns_query": 99, "dns_answer": 99, "http_host": 99, "ja3": 99, "ja3s": 99, "ja4": 99, "cert_sha1": 99}},
}

// TestCorpus reads every capture and compares what was told with the truth.
func TestCorpus(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no corpus beside the repository: ../shared/corpus is absent")
	}
	if testing.Short() {
		t.Skip("reads hundreds of captures")
	}
	told := make(map[value]bool)
	for _, name := range captures(t) {
		start := time.Now()
		readCapture(t, name, told)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	known := explained(t)
	for _, truth := range truths {
		t.Run(truth.file, func(t *testing.T) {
			rows := expected(t, truth.file, truth.agree, known)
			for kind, least := range truth.wanted {
				compare(t, kind, least, rows[kind], told)
			}
		})
	}
}

// compare counts what was told of one kind.
func compare(t *testing.T, kind string, least float64, rows []value, told map[value]bool) {
	found := 0
	for _, v := range rows {
		if told[v] {
			found++
		}
	}
	share := 100 * float64(found) / float64(max(1, len(rows)))
	t.Logf("%-10s %4d of %4d, %.1f %%", kind, found, len(rows), share)
	if share < least {
		t.Errorf("%s: %.1f %%, want %.1f %%", kind, share, least)
	}
}

// captures lists them all.
func captures(t *testing.T) (names []string) {
	all, err := filepath.Glob(filepath.Join(corpus, "pcaps", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		name, err := filepath.Rel(corpus, path)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.ToSlash(name))
	}
	return names
}

// readCapture adds what a capture tells.
func readCapture(t *testing.T, name string, told map[value]bool) {
	r, err := capture.Open(filepath.Join(corpus, filepath.FromSlash(name)), capture.Config{})
	if err != nil {
		return // no capture file; that reading them works is tested elsewhere
	}
	defer r.Close()
	d := decode.New(decode.Config{}, func(e tinycheck.Event) {
		values(e.Fact, func(kind, text string) { told[value{name, kind, canonical(kind, text)}] = true })
	})
	var p tinycheck.Packet
	for r.Next(&p) == nil {
		d.Decode(&p)
	}
	d.End()
	if n := d.Stats().Contained; n > 0 {
		t.Errorf("%s: %d panics", name, n)
	}
}

// values gives the kinds and values of a fact, in the corpus' words.
func values(fact tinycheck.Fact, put func(kind, value string)) {
	switch f := fact.(type) {
	case tinycheck.DNSQuery:
		if f.Via == tinycheck.ProtocolDNS {
			put("dns_query", f.Name)
		}
	case tinycheck.DNSAnswer:
		for _, a := range f.Address {
			if f.Via == tinycheck.ProtocolDNS {
				put("dns_answer", a.Addr.String())
			}
		}
	case tinycheck.ClientHello:
		put(map[tinycheck.Protocol]string{tinycheck.ProtocolTLS: "sni", tinycheck.ProtocolQUIC: "quic_sni", tinycheck.ProtocolDTLS: "dtls_sni"}[f.Via], f.SNI)
		put("ja3", f.JA3)
		put("ja4", f.JA4)
	case tinycheck.ServerHello:
		put("ja3s", f.JA3S)
	case tinycheck.Certificate:
		put("cert_sha1", f.SHA1)
	case tinycheck.HTTPRequest:
		put("http_host", f.Host)
	}
}

// canonical is one spelling for what several tools spell differently.
func canonical(kind, text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
	switch kind {
	case "dns_answer":
		if a, err := netip.ParseAddr(text); err == nil {
			return a.String()
		}
	case "http_host":
		if a, err := netip.ParseAddrPort(text); err == nil {
			return a.Addr().String()
		}
		if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
			return a.String()
		}
		host, port, ok := strings.Cut(text, ":")
		if ok && strings.Trim(port, "0123456789") == "" {
			text = host
		}
		fallthrough
	case "sni", "quic_sni", "dns_query":
		text = strings.TrimSuffix(strings.Replace(text, "<root>", "", 1), ".")
	}
	return text
}

// explained reads the differences that are right by the standard.
func explained(t *testing.T) map[value]bool {
	known := make(map[value]bool)
	rows(t, filepath.Join(root(), "docs", "conformance", "known.jsonl"), func(r row) {
		if !strings.Contains(r.Reason, "RFC ") {
			t.Errorf("%s %s: no reason with a section of a standard", r.Capture, r.Kind)
		}
		known[r.value()] = true
	})
	return known
}

// expected reads a file of truth, without what is explained.
func expected(t *testing.T, file, agree string, known map[value]bool) map[string][]value {
	truth, seen := make(map[string][]value), make(map[value]bool)
	rows(t, filepath.Join(corpus, file), func(r row) {
		v := r.value()
		if r.Agree == agree && (r.Reliable == nil || *r.Reliable) && !known[v] && !seen[v] {
			seen[v] = true
			truth[r.Kind] = append(truth[r.Kind], v)
		}
	})
	return truth
}

// row is a line of a file of truth.
type row struct {
	Capture  string `json:"pcap"`
	Kind     string `json:"kind"`
	Value    any    `json:"value"` // text, or a count that does not matter here
	Agree    string `json:"tshark"`
	Reliable *bool  `json:"reliable"`
	Reason   string `json:"reason"`
}

func (r row) value() value {
	text, _ := r.Value.(string)
	return value{r.Capture, r.Kind, canonical(r.Kind, text)}
}

func rows(t *testing.T, path string, each func(row)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var r row
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		each(r)
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
}
