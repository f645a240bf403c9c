package capture_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/capture"
)

// ringMemory is a block of a ring with packets in it, as the kernel writes it.
func ringMemory(packets ...[]byte) []byte {
	o := binary.NativeEndian
	b := make([]byte, 48)
	o.PutUint32(b[8:], 1) // TP_STATUS_USER
	o.PutUint32(b[12:], uint32(len(packets)))
	o.PutUint32(b[16:], 48)
	for i, data := range packets {
		f := make([]byte, 96, 2000)
		if i < len(packets)-1 {
			o.PutUint32(f, uint32(96+(len(data)+15)&^15))
		}
		o.PutUint32(f[4:], second)
		o.PutUint32(f[8:], uint32(i))
		o.PutUint32(f[12:], uint32(len(data)))
		o.PutUint32(f[16:], uint32(len(data)+i))
		o.PutUint16(f[24:], 96)
		f = append(f, data...)
		b = append(b, f[:96+(len(data)+15)&^15]...)
	}
	return b
}

func TestRing(t *testing.T) {
	packets := [][]byte{payload(60, 1), payload(61, 2), payload(1514, 3)}
	n := 0
	odd := capture.TakeRing(ringMemory(packets...), func(p *tinycheck.Packet) {
		if n < 3 && (!bytes.Equal(p.Data, packets[n]) || p.Length != len(p.Data)+n || !p.Time.Equal(at(second, int64(n)))) {
			t.Errorf("packet %d: %+v", n, p)
		}
		n++
	})
	if n != 3 || odd != 0 {
		t.Errorf("%d packets, %d odd", n, odd)
	}
	broken := ringMemory(packets...)
	binary.NativeEndian.PutUint32(broken[48+96+64:], 1<<31)
	n = 0
	odd = capture.TakeRing(broken, func(*tinycheck.Packet) { n++ })
	if n != 2 || odd != 1 {
		t.Errorf("where the third is nowhere: %d packets, %d odd", n, odd)
	}
}

// A disk may stall for seconds. Thin traffic waits in the ring meanwhile.
func TestAStallLosesNoThinTraffic(t *testing.T) {
	if holds := capture.UsualRing / capture.RingBlock * capture.RingHold; holds < 10*time.Second {
		t.Errorf("the ring holds %v of thin traffic", holds)
	}
	if testing.Short() {
		t.Skip("skipped: it takes five seconds")
	}
	phone, box := cable(t)
	done := make(chan struct{})
	l := listen(t, box, "ap0", capture.LiveConfig{Done: done})
	s := newSender(t, phone, "wlan1")
	const n = 500
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for i := range n {
		s.send(t, frame(wanted, uint32(i), 60))
		<-tick.C
	}
	close(done)
	if got := len(of(wanted, takeAll(t, l))); got != n {
		t.Errorf("%d packets, %d were sent", got, n)
	}
	if _, dropped := l.Drops(); dropped != 0 {
		t.Errorf("%d dropped", dropped)
	}
}

// Whatever stands in the memory: no packet is longer than it, and there is an end.
func FuzzRing(f *testing.F) {
	f.Add(ringMemory(payload(60, 1), payload(61, 2), payload(1514, 3)))
	f.Add(ringMemory(payload(0, 1)))
	f.Fuzz(func(t *testing.T, memory []byte) {
		n := 0
		odd := capture.TakeRing(memory, func(p *tinycheck.Packet) {
			n++
			if len(p.Data) > capture.RingBlock || p.Length < len(p.Data) || p.Length > capture.MaxPacket || p.Time.Unix() < 0 {
				t.Fatalf("%d of %d bytes at %v", len(p.Data), p.Length, p.Time)
			}
		})
		if n > 2*capture.RingBlock || odd < 0 {
			t.Fatalf("%d packets, %d odd", n, odd)
		}
	})
}
