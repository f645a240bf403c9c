package scenario

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// act is one thing that happens, a verb with all that the words said about it.
type act interface {
	play(t *turn) error
}

// step is one line: who does what, and when.
type step struct {
	where  string // for errors
	words  string // what makes the noise
	device *device
	at     time.Duration
	every  time.Duration // 0: once
	until  time.Duration
	jitter time.Duration
	act    act
}

// stage collects the packets of all steps.
type stage struct {
	scenario *Scenario
	packets  []packet
	count    int // datagrams, fragments counted
	bytes    int
	ports    int
	asked    map[asking]time.Duration
	plays    int
	certs    map[string][]byte
	full     error
}

// asking is a name that a device asked for, and may still know.
type asking struct {
	device *device
	name   string
}

// turn is one play of an act.
type turn struct {
	*stage
	device *device
	at     time.Duration
	noise  noise
}

var errFull = fmt.Errorf("more than %d packets or %d MiB of traffic: expected less, or fewer repetitions", MaxPackets, MaxBytes>>20)

// play plays a step as often as it says.
func (st *stage) play(s *step) error {
	n := seed(s.words)
	for at := s.at; ; at += s.every {
		t := turn{stage: st, device: s.device, at: at + n.between(0, s.jitter), noise: noise(n.next())}
		if err := s.act.play(&t); err != nil {
			return err
		}
		if st.plays++; st.plays > MaxPackets { // plays without packets take time too
			st.full = errFull
		}
		if st.full != nil {
			return st.full
		}
		if s.every <= 0 || at+s.every > s.until {
			return nil
		}
	}
}

// add takes one packet, unless there are too many already.
func (st *stage) add(p packet) {
	st.count += p.count()
	st.bytes += p.size()
	if st.count > MaxPackets || st.bytes > MaxBytes || p.at > 2*maxTime {
		st.full = errFull
		return
	}
	st.packets = append(st.packets, p)
}

var errFamily = errors.New("the device has no address of this family")

// path begins a conversation of the turn's device with far. The port of the
// device is a new one, unless port is given.
func (t *turn) path(proto uint8, far netip.AddrPort, port uint16) (*path, error) {
	own, ok := t.device.own(far.Addr())
	if !ok {
		return nil, fmt.Errorf("%s: %w: expected ip6 ADDRESS in its line", far.Addr(), errFamily)
	}
	if port == 0 && (proto == protoTCP || proto == protoUDP) {
		port = t.port()
	}
	p := &path{device: t.device, near: netip.AddrPortFrom(own, port), far: far, proto: proto, label: uint32(t.noise.next())}
	if n := seed(far.Addr().String()); !local(far.Addr()) {
		p.distance = uint8(5 + n.below(12))
	}
	return p, nil
}

// port gives every conversation its own ephemeral port, RFC 6335 section 6: a
// step that has no factor in common with the range visits all of them.
func (t *turn) port() uint16 {
	first, count := 32768, 28232 // Linux
	if t.device.system == systemIPhone {
		first, count = 49152, 16384
	}
	t.ports++
	return uint16(first + t.ports*7919%count)
}

// local tells addresses that are on the near side of the uplink.
func local(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// delay is how long a packet needs from the box to the far end and back.
func (p *path) delay() time.Duration {
	if local(p.far.Addr()) {
		return 900 * time.Microsecond
	}
	n := seed(p.far.Addr().String())
	return n.between(12*time.Millisecond, 70*time.Millisecond)
}

// reaction is how long the device needs to answer: the radio and its program.
func (t *turn) reaction() time.Duration {
	return t.noise.between(1500*time.Microsecond, 6*time.Millisecond)
}

// certificate is made once for every name.
func (t *turn) certificate(name string) []byte {
	der, known := t.certs[name]
	if !known {
		if t.certs == nil {
			t.certs = make(map[string][]byte)
		}
		der = certificate(name, t.scenario.start)
		t.certs[name] = der
	}
	return der
}
