package capture_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/nettest"
)

// nextWanted gives the next packet that the test sent.
func nextWanted(t *testing.T, l *capture.Live) (tinycheck.Packet, error) {
	t.Helper()
	var p tinycheck.Packet
	for pauses := 0; pauses < 100; {
		err := l.Next(&p)
		if errors.Is(err, capture.ErrIdle) {
			pauses++
			continue
		}
		if err != nil || kindOf(p.Data) == wanted {
			return p, err
		}
	}
	t.Fatal("nothing comes")
	return p, nil
}

// untilGone counts what comes until the interface is gone.
func untilGone(t *testing.T, l *capture.Live) (n int) {
	t.Helper()
	for {
		_, err := nextWanted(t, l)
		if errors.Is(err, capture.ErrGone) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
}

func TestAnInterfaceGoesAwayAndReturns(t *testing.T) {
	for name, way := range map[string]struct {
		away, back func(t *testing.T, phone, box *nettest.Space)
	}{
		"taken down": {
			func(t *testing.T, _, box *nettest.Space) { box.Run(t, "ip", "link", "set", "ap0", "down") },
			func(t *testing.T, _, box *nettest.Space) { box.Run(t, "ip", "link", "set", "ap0", "up") },
		},
		"deleted": {
			func(t *testing.T, _, box *nettest.Space) { box.Run(t, "ip", "link", "del", "ap0") },
			func(t *testing.T, phone, box *nettest.Space) { nettest.Veth(t, phone, "wlan1", box, "ap0") },
		},
		"unplugged at the other end": {
			func(t *testing.T, phone, _ *nettest.Space) { phone.Run(t, "ip", "link", "del", "wlan1") },
			func(t *testing.T, phone, box *nettest.Space) { nettest.Veth(t, phone, "wlan1", box, "ap0") },
		},
		"taken down for a moment": {
			func(t *testing.T, _, box *nettest.Space) {
				box.Run(t, "ip", "link", "set", "ap0", "down")
				box.Run(t, "ip", "link", "set", "ap0", "up")
			},
			func(*testing.T, *nettest.Space, *nettest.Space) {},
		},
	} {
		t.Run(name, func(t *testing.T) {
			phone, box := cable(t)
			done := make(chan struct{})
			l := listen(t, box, "ap0", capture.LiveConfig{Done: done})
			s := newSender(t, phone, "wlan1")
			for i := range 30 {
				s.send(t, frame(wanted, uint32(i), 60))
			}
			way.away(t, phone, box)
			if n := untilGone(t, l); n != 30 {
				t.Errorf("%d packets before it went away, 30 were sent", n)
			}
			var p tinycheck.Packet
			if err := l.Next(&p); !errors.Is(err, capture.ErrGone) {
				t.Errorf("while it is gone: %v", err)
			}
			before, _ := l.Drops()
			back := make(chan error, 1)
			box.Go(t, func() { back <- l.Return(t.Context()) })
			way.back(t, phone, box)
			if err := <-back; err != nil {
				t.Fatal(err)
			}
			s = newSender(t, phone, "wlan1")
			s.send(t, frame(wanted, 77, 60))
			got, err := nextWanted(t, l)
			if err != nil || numberOf(got.Data) != 77 || got.Interface != 1 || got.Number <= 30 {
				t.Errorf("after its return: %v, packet %d of interface %d is %x", err, got.Number, got.Interface, got.Data[:18])
			}
			if received, dropped := l.Drops(); before < 30 || received <= before || dropped != 0 {
				t.Errorf("%d received before, %d after, %d dropped", before, received, dropped)
			}
			close(done)
			takeAll(t, l)
		})
	}
}

func TestReturnGivesUp(t *testing.T) {
	phone, box := cable(t)
	done := make(chan struct{})
	l := listen(t, box, "ap0", capture.LiveConfig{Done: done})
	phone.Run(t, "ip", "link", "del", "wlan1")
	untilGone(t, l)
	ctx, cancel := context.WithCancel(t.Context())
	back := make(chan error, 1)
	box.Go(t, func() { back <- l.Return(ctx) })
	box.Run(t, "ip", "tuntap", "add", "dev", "ap0", "mode", "tun")
	box.Run(t, "ip", "link", "set", "ap0", "up")
	if err := <-back; !isKind(err, tinycheck.Conflict) || !strings.Contains(err.Error(), "another kind") {
		t.Errorf("a tunnel of the same name: %v", err)
	}
	box.Run(t, "ip", "link", "del", "ap0")
	box.Go(t, func() { back <- l.Return(ctx) })
	cancel()
	if err := <-back; !isKind(err, tinycheck.Unavailable) || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "ap0") {
		t.Errorf("given up: %v", err)
	}
	box.Go(t, func() { back <- l.Return(t.Context()) })
	close(done)
	if err := <-back; err != nil {
		t.Errorf("at the end: %v", err)
	}
	var p tinycheck.Packet
	if err := l.Next(&p); err != io.EOF {
		t.Errorf("behind the end: %v", err)
	}
}

// What is listened to and recorded at once is the same when it is read again.
func TestListeningIsRecorded(t *testing.T) {
	phone, box := cable(t)
	done := make(chan struct{})
	l := listen(t, box, "ap0", capture.LiveConfig{Done: done})
	r := record(t, func(c *capture.RecordConfig) { c.Link = l.Link() })
	var want []tinycheck.Packet
	keep := func(p tinycheck.Packet) {
		p.Data = bytes.Clone(p.Data)
		want = append(want, p)
		must(t, r.Write(&p))
	}
	s := newSender(t, phone, "wlan1")
	for i := range 20 {
		s.send(t, frame(wanted, uint32(i), 60+70*i))
	}
	box.Run(t, "ip", "link", "set", "ap0", "down")
	var p tinycheck.Packet
	for err := l.Next(&p); !errors.Is(err, capture.ErrGone); err = l.Next(&p) {
		if err == nil {
			keep(p)
		}
	}
	from := time.Now().Round(0)
	back := make(chan error, 1)
	box.Go(t, func() { back <- l.Return(t.Context()) })
	box.Run(t, "ip", "link", "set", "ap0", "up")
	must(t, <-back)
	until := time.Now().Round(0)
	must(t, r.Away(from, until))
	s.send(t, frame(wanted, 99, 60))
	close(done)
	for _, p := range takeAll(t, l) {
		keep(p)
	}
	received, dropped := l.Drops()
	r.Count(received, dropped, 0)
	packets, facts := checkFile(t, closed(t, r)[0])
	if d := cmp.Diff(want, packets); d != "" || len(of(wanted, packets)) != 21 {
		t.Errorf("%d packets: %s", len(packets), d)
	}
	if facts.Away != until.Sub(from) || facts.Interfaces != 2 || facts.Dropped != (tinycheck.Drops{Kernel: dropped}) || received < facts.Packets {
		t.Errorf("%d received; facts %+v", received, facts)
	}
}
