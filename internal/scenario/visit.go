package scenario

import (
	"fmt"
	"net/netip"
	"time"

	"tinycheck/internal/wire/dns"
)

// lookupAct is: lookup HOST. The device asks for the addresses of a host that
// has a line of its own, in every family that it can use.
type lookupAct struct{ name string }

func readLookup(w *words) (act, error) {
	a := &lookupAct{}
	return a, w.name(&a.name)
}

func (a *lookupAct) play(t *turn) error {
	_, err := t.lookup(a.name)
	return err
}

// remembered is how long a device does not ask again.
const remembered = 5 * time.Minute

// lookup asks unless the device knows, or asks out of sight. It tells when the
// answer is there.
func (t *turn) lookup(name string) (time.Duration, error) {
	h := t.scenario.hosts[canonical(name)]
	if h == nil {
		return 0, fmt.Errorf("no host %q: expected a line %q", name, "host "+name+" ADDRESS")
	}
	last, known := t.asked[asking{t.device, h.name}]
	if t.scenario.hidden || known && t.at-last < remembered && t.at >= last {
		return t.at, nil
	}
	t.asked[asking{t.device, h.name}] = t.at
	begin := t.at
	for _, kind := range t.questions() {
		a := askAct{name: name, aliases: h.aliases, ttl: 300, kind: kind, gets: append(append([]netip.Addr(nil), h.v4...), h.v6...)}
		if kind == dns.TypeHTTPS || len(h.addresses(kind == dns.TypeAAAA)) == 0 {
			a.gets, a.outcome = nil, "nothing"
		}
		if err := a.play(t); err != nil {
			return 0, err
		}
		t.at += t.noise.between(50*time.Microsecond, 500*time.Microsecond)
	}
	t.at = begin
	return begin + t.noise.between(8*time.Millisecond, 30*time.Millisecond), nil
}

// questions are what a system asks for every name.
func (t *turn) questions() []dns.Type {
	kinds := []dns.Type{dns.TypeA}
	if t.device.v6.IsValid() {
		kinds = append(kinds, dns.TypeAAAA)
	}
	if t.device.system == systemIPhone { // since iOS 14
		kinds = append(kinds, dns.TypeHTTPS)
	}
	return kinds
}

// visitAct is: visit HOST[:PORT] [tls|quic|http …]. The device asks for the name,
// then does what the verb says.
type visitAct struct {
	name string
	then act
}

func readVisit(w *words) (act, error) {
	a := &visitAct{}
	var p place
	if err := w.place(&p, 0); err != nil || p.name == "" {
		return nil, w.expected("the name of a host")
	}
	a.name = p.name
	again := w.list[w.at-1]
	verb := readTLS
	switch w.peek() {
	case "tls", "quic", "http":
		verb = map[string]func(*words) (act, error){"tls": readTLS, "quic": readQUIC, "http": readHTTP}[w.peek()]
	default:
		w.at--
	}
	w.list[w.at] = again // the verb reads the host once more
	if w.peek() == "" {
		return nil, w.expected("the name of a host")
	}
	var err error
	a.then, err = verb(w)
	return a, err
}

func (a *visitAct) play(t *turn) error {
	ready, err := t.lookup(a.name)
	if err != nil {
		return err
	}
	t.at = ready
	return a.then.play(t)
}
