package capture_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/capture"
)

// A growing file gives its packets as they are written; a record that is half
// written when the reading is ended is no damage.
func TestFollow(t *testing.T) {
	for name, data := range map[string][]byte{"pcap": fivePcap(), "pcapng": fivePcapng(), "snoop": fiveSnoop()} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "growing")
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			head := len(data) - 500
			steps := []int{head / 2, head, head + 3, head + 100, head + 250, head + 399, head + 450}
			done, got := make(chan struct{}), make(chan int64, 10)
			end := make(chan tinycheck.Capture)
			go func() { end <- followFile(t, path, done, got) }()
			written, seen := 0, int64(0)
			for _, step := range steps {
				f.Write(data[written:step])
				written = step
				for want := int64(step-head) / 100; seen < want; seen++ {
					select {
					case n := <-got:
						if n != seen+1 {
							t.Errorf("packet %d, want %d", n, seen+1)
						}
					case <-time.After(10 * time.Second):
						t.Fatalf("packet %d does not come", seen+1)
					}
				}
				select {
				case n := <-got:
					t.Errorf("packet %d came before it was written", n)
				case <-time.After(5 * time.Millisecond):
				}
			}
			close(done)
			if facts := <-end; facts.Packets != 4 || facts.Damage != nil || len(facts.SHA256) != 64 {
				t.Errorf("facts %+v", facts)
			}
		})
	}
}

// followFile reads in a goroutine of its own.
func followFile(t *testing.T, path string, done <-chan struct{}, got chan<- int64) tinycheck.Capture {
	r, err := capture.Open(path, capture.Config{Follow: true, Done: done, Poll: time.Millisecond, Hash: true})
	if err != nil {
		t.Error(err)
		return tinycheck.Capture{}
	}
	defer r.Close()
	var p tinycheck.Packet
	for {
		err := r.Next(&p)
		if err == io.EOF {
			return r.Capture()
		}
		if err != nil {
			t.Error(err)
			return r.Capture()
		}
		got <- p.Number
	}
}

// What was written before the end was asked for is read, and an empty file that is
// never written to ends.
func TestFollowDone(t *testing.T) {
	done := make(chan struct{})
	close(done)
	cfg := capture.Config{Follow: true, Done: done, Poll: time.Hour}
	r, err := capture.NewReader("grown", bytes.NewReader(fivePcap()), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if packets, _ := readRest(t, r); len(packets) != 5 {
		t.Errorf("%d packets", len(packets))
	}
	if _, err := capture.NewReader("empty", bytes.NewReader(nil), cfg); err == nil {
		t.Error("an empty file is a capture")
	}
}

// A pipe gives each packet as soon as it is written.
func TestPipe(t *testing.T) {
	in, out := io.Pipe()
	data := fivePcap()
	go out.Write(data[:24])
	r, err := capture.Open("-", capture.Config{Stdin: in})
	if err != nil {
		t.Fatal(err)
	}
	var p tinycheck.Packet
	for i := range 5 {
		go out.Write(data[24+100*i : 124+100*i])
		if err := r.Next(&p); err != nil || p.Number != int64(i+1) {
			t.Fatalf("packet %d: %v", i+1, err)
		}
	}
	out.Close()
	if err := r.Next(&p); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}
