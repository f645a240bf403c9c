package scenario_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/scenario"
)

var update = flag.Bool("update", false, "write the digests again")

// The same words give the same bytes, today and on every machine: testdata/digests
// holds the SHA-256 of all packets of every built-in scenario and every link.
func TestDigests(t *testing.T) {
	var b strings.Builder
	for _, name := range scenario.Names() {
		s, err := scenario.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		sum, count := digest(t, s.Packets)
		if again, _ := digest(t, s.Packets); again != sum {
			t.Errorf("%s: told twice, it is not the same", name)
		}
		fmt.Fprintf(&b, "%s %s %d\n", sum, name, count)
	}
	for _, link := range allLinks {
		var words strings.Builder
		words.WriteString(world + "link " + link + "\n")
		for i, v := range verbs {
			fmt.Fprintf(&words, "at %ds %s\n", 2*i, fill(v.words, []string{"203.0.113.7", "2001:db8::7"}[i%2]))
		}
		sum, count := digest(t, parse(t, words.String()).Packets)
		fmt.Fprintf(&b, "%s link:%s %d\n", sum, link, count)
	}
	file := filepath.Join("testdata", "digests")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("digests changed (-update writes them):\n%s\nwant:\n%s", b.String(), want)
	}
}

// What is written into a capture is read back.
func TestCapture(t *testing.T) {
	s, err := scenario.Find("website")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "website.pcapng")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w, err := capture.NewWriter(f, s.Link())
	if err != nil {
		t.Fatal(err)
	}
	want, _ := digest(t, func(emit func(*tinycheck.Packet) error) error {
		return s.Packets(func(p *tinycheck.Packet) error {
			if err := w.Write(p); err != nil {
				return err
			}
			return emit(p)
		})
	})
	f.Close()
	r, err := capture.Open(file, capture.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, _ := digest(t, func(emit func(*tinycheck.Packet) error) error {
		for p := new(tinycheck.Packet); r.Next(p) == nil; {
			if err := emit(p); err != nil {
				return err
			}
		}
		return nil
	})
	if got != want {
		t.Error("the capture holds something else")
	}
}

// The brief list of what "tinycheck simulate" offers.
func TestBuiltin(t *testing.T) {
	names := scenario.Names()
	for _, want := range []string{"quiet", "stalkerware-dns", "stalkerware-tls", "stalkerware-quic", "stalkerware-http", "stalkerware-ip", "website", "watchware", "vpn", "encrypted-dns"} {
		if !slices.Contains(names, want) {
			t.Errorf("no scenario %q", want)
		}
	}
	for _, name := range names {
		s, err := scenario.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.About() == "" || s.About() != scenario.About(name) {
			t.Errorf("%s: about %q, in the list %q", name, s.About(), scenario.About(name))
		}
	}
}
