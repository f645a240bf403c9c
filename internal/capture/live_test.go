package capture_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/nettest"
)

func TestWhatWasSentIsTaken(t *testing.T) {
	begun := time.Now()
	phone, box := cable(t)
	done := make(chan struct{})
	l := listen(t, box, "ap0", capture.LiveConfig{Done: done})
	if l.Link() != tinycheck.LinkEthernet {
		t.Errorf("link type %d", l.Link())
	}
	s := newSender(t, phone, "wlan1")
	got := make(chan []tinycheck.Packet)
	go func() { got <- takeAll(t, l) }()
	const n = 5000
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var sent [][]byte
	for i := range n {
		sent = append(sent, frame(wanted, uint32(i), 60+i*7%1455))
		s.send(t, sent[i])
	}
	close(done)
	all := <-got
	for i, p := range all {
		if p.Number != int64(i+1) || p.Time.Location() != time.UTC || p.Time.Before(begun) || time.Since(p.Time) < 0 {
			t.Fatalf("packet %d: number %d at %v", i+1, p.Number, p.Time)
		}
	}
	ours := of(wanted, all)
	if len(ours) != n {
		t.Fatalf("%d packets, %d were sent", len(ours), n)
	}
	for i, p := range ours {
		if !bytes.Equal(p.Data, sent[i]) || p.Length != len(sent[i]) || p.Link != tinycheck.LinkEthernet || p.Interface != 0 {
			t.Fatalf("packet %d is %d of %d bytes: %x", i, len(p.Data), p.Length, p.Data[:18])
		}
		if i > 0 && p.Time.Before(ours[i-1].Time) {
			t.Fatalf("packet %d is earlier than the one before", i)
		}
	}
	if received, dropped := l.Drops(); received < n || dropped != 0 {
		t.Errorf("%d received, %d dropped", received, dropped)
	}
	var p tinycheck.Packet
	if err := l.Next(&p); err != io.EOF {
		t.Errorf("behind the end: %v", err)
	}
}

// A packet is not held back until others fill the ring.
func TestThinTrafficComesAtOnce(t *testing.T) {
	phone, box := cable(t)
	l := listen(t, box, "ap0", capture.LiveConfig{})
	s := newSender(t, phone, "wlan1")
	var p tinycheck.Packet
	for i := range 20 {
		s.send(t, frame(wanted, uint32(i), 60))
		for pauses := 0; ; {
			err := l.Next(&p)
			if err == nil && kindOf(p.Data) == wanted {
				break
			}
			if errors.Is(err, capture.ErrIdle) {
				pauses++
			} else if err != nil {
				t.Fatal(err)
			}
			if pauses > 20 {
				t.Fatalf("packet %d does not come", i)
			}
		}
		if numberOf(p.Data) != uint32(i) {
			t.Fatalf("packet %d, want %d", numberOf(p.Data), i)
		}
	}
}

func TestTheKernelCountsWhatItDrops(t *testing.T) {
	nettest.Need(t, "tcpdump", "tcpdump")
	phone, box := cable(t)
	done := make(chan struct{})
	l := listen(t, box, "ap0", capture.LiveConfig{Filter: "ether proto 0x88b5", Ring: 2 * capture.RingBlock, Done: done})
	s := newSender(t, phone, "wlan1")
	const n = 3000
	for i := range n { // 3 MB into a ring of 256 KiB while nobody reads
		s.send(t, frame(wanted, uint32(i), 1000))
	}
	close(done)
	got := int64(len(takeAll(t, l)))
	received, dropped := l.Drops()
	if dropped == 0 || received+dropped != n || got != received {
		t.Errorf("%d sent: %d received, %d dropped, %d taken", n, received, dropped, got)
	}
	l.Close()
	if r, d := l.Drops(); r != received || d != dropped {
		t.Errorf("after the end %d received, %d dropped", r, d)
	}
}

// Not even what comes while the listening begins passes a filter.
func TestAFilterLetsThroughOnlyWhatItSays(t *testing.T) {
	nettest.Need(t, "tcpdump", "tcpdump")
	phone, box := cable(t)
	s := newSender(t, phone, "wlan1")
	other := newSender(t, phone, "wlan1")
	var stop atomic.Bool
	flood := make(chan uint32)
	go func() {
		n := uint32(0)
		for ; !stop.Load(); n++ {
			unix.Sendto(other.fd, frame(unwanted, n, 60), 0, &other.to)
		}
		flood <- n
	}()
	for range 5 {
		done := make(chan struct{})
		l := listen(t, box, "ap0", capture.LiveConfig{Filter: "ether proto 0x88b5 and len < 100", Done: done})
		for i := range 10 {
			s.send(t, frame(wanted, uint32(i), 60))
			s.send(t, frame(wanted, 99, 200))
		}
		close(done)
		got := takeAll(t, l)
		if len(got) != 10 || len(of(wanted, got)) != 10 || numberOf(got[9].Data) != 9 {
			t.Errorf("%d packets passed", len(got))
		}
		if received, dropped := l.Drops(); received != 10 || dropped != 0 {
			t.Errorf("%d received, %d dropped", received, dropped)
		}
		l.Close()
	}
	stop.Store(true)
	if n := <-flood; n == 0 {
		t.Error("nothing was sent that a filter had to stop")
	}
}
