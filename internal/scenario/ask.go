package scenario

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"tinycheck/internal/wire/dns"
)

// askAct is: ask NAME [type T] [gets ADDRESS…|nxdomain|servfail|refused|nothing]
// [alias NAME]… [https] [ech [public NAME]] [hints LIST] [server ADDRESS]
// [over tcp] [ttl SECONDS]. Without gets nobody answers. A * in the name is
// another word every time.
type askAct struct {
	name    string
	kind    dns.Type // 0: as the answers want it
	gets    []netip.Addr
	outcome string
	aliases []string
	service *dns.SVCB
	server  netip.Addr
	tcp     bool
	ttl     int
	how     treatment
}

// parsePattern reads a name in which * may stand.
func parsePattern(s string) (string, bool) {
	if !strings.Contains(s, "*") {
		return parseName(s)
	}
	_, ok := parseName(strings.ReplaceAll(s, "*", "0123456789abcdef"))
	return s, ok
}

// outcomes are answers without an address.
var outcomes = map[string]dns.RCode{"nxdomain": dns.NXDomain, "servfail": dns.ServFail, "refused": dns.RCode(5), "nothing": dns.NoError}

func readAsk(w *words) (act, error) {
	a := &askAct{ttl: 300}
	if err := read(w, &a.name, "a name such as api.example.org or *.example.org", parsePattern); err != nil {
		return nil, err
	}
	var public string
	var hints []string
	err := w.options([]option{
		{"type", a.readType}, {"gets", a.readGets}, {"https", a.readHTTPS},
		{"alias", func(w *words) error { a.aliases = append(a.aliases, ""); return w.name(&a.aliases[len(a.aliases)-1]) }},
		{"ech", func(*words) error { a.svcb().ECHPresent = true; return nil }},
		{"public", func(w *words) error { return w.name(&public) }},
		listOption("hints", &hints),
		{"server", func(w *words) error { return w.address(&a.server) }},
		{"over", func(w *words) error { var s string; a.tcp = true; return w.oneOf(&s, "tcp") }},
		numberOption("ttl", &a.ttl, 0, 604800), fragmentOption(&a.how.fragment),
	})
	if err == nil {
		err = a.finish(public, hints)
	}
	return a, err
}

func (a *askAct) readType(w *words) error {
	return read(w, &a.kind, "a type such as A, AAAA, TXT or TYPE123", parseType)
}

func parseType(s string) (dns.Type, bool) {
	if n, ok := strings.CutPrefix(s, "TYPE"); ok {
		v, err := strconv.ParseUint(n, 10, 16)
		return dns.Type(v), err == nil
	}
	for t := range dns.Type(256) {
		if name := t.String(); name == s && !strings.HasPrefix(name, "TYPE") {
			return t, true
		}
	}
	return 0, false
}

// readGets takes addresses, or one word for none.
func (a *askAct) readGets(w *words) error {
	if _, ok := outcomes[w.peek()]; ok {
		a.outcome = w.peek()
		w.at++
		return nil
	}
	for n := 0; ; n++ {
		if _, ok := parseAddress(w.peek()); !ok && n > 0 {
			return nil
		}
		var one netip.Addr
		if w.address(&one) != nil {
			return w.expected("an address, nxdomain, servfail, refused or nothing")
		}
		a.gets = append(a.gets, one)
	}
}

func (a *askAct) readHTTPS(*words) error {
	a.kind = dns.TypeHTTPS
	a.svcb()
	return nil
}

func (a *askAct) svcb() *dns.SVCB {
	if a.service == nil {
		a.service = &dns.SVCB{Priority: 1, ALPN: []string{"h3", "h2"}}
	}
	return a.service
}

func (a *askAct) finish(public string, hints []string) error {
	for _, s := range hints {
		h, ok := parseAddress(s)
		switch {
		case !ok:
			return fmt.Errorf("expected addresses with commas between them behind \"hints\", found %q", s)
		case h.Is4():
			a.svcb().IPv4Hint = append(a.svcb().IPv4Hint, h)
		default:
			a.svcb().IPv6Hint = append(a.svcb().IPv6Hint, h)
		}
	}
	if public == "" {
		public = a.name
	}
	if a.service != nil {
		a.kind = dns.TypeHTTPS
	}
	if a.service != nil && a.service.ECHPresent {
		a.service.ECH = []dns.ECHConfig{{ConfigID: 7, KEM: 0x20, MaxNameLength: 32, PublicName: public}}
	}
	return nil
}

// play asks every question that the answers call for.
func (a *askAct) play(t *turn) error {
	to, err := t.resolver(a.server)
	if err != nil {
		return err
	}
	at, asked := t.at, *a
	asked.name = strings.ReplaceAll(a.name, "*", fmt.Sprintf("%016x", t.noise.next()))
	for _, kind := range a.kinds() {
		t.at = at
		if err := asked.one(t, kind, to); err != nil {
			return err
		}
		at += t.noise.between(100*time.Microsecond, time.Millisecond)
	}
	return nil
}

func (a *askAct) kinds() []dns.Type {
	if a.kind != 0 {
		return []dns.Type{a.kind}
	}
	four := slices.ContainsFunc(a.gets, netip.Addr.Is4)
	six := slices.ContainsFunc(a.gets, netip.Addr.Is6)
	switch {
	case four && six:
		return []dns.Type{dns.TypeA, dns.TypeAAAA}
	case six:
		return []dns.Type{dns.TypeAAAA}
	}
	return []dns.Type{dns.TypeA}
}

// resolver is whom the device asks.
func (t *turn) resolver(said netip.Addr) (place, error) {
	if said.IsValid() {
		return place{addr: said, port: 53}, nil
	}
	if t.scenario.hidden {
		return place{}, fmt.Errorf("names are hidden by %q: expected server ADDRESS", "resolver none")
	}
	for _, a := range t.scenario.resolvers {
		if _, ok := t.device.own(a); ok {
			return place{addr: a, port: 53}, nil
		}
	}
	if t.device.v4.IsValid() {
		return place{addr: t.device.gateway(), port: 53}, nil
	}
	return place{addr: gatewayV6, port: 53}, nil
}

// one asks one question and gets its answer.
func (a *askAct) one(t *turn, kind dns.Type, to place) error {
	m := dns.Message{ID: uint16(t.noise.next()), Recursion: true, Questions: []dns.Question{{Name: a.name, Type: kind, Class: dns.ClassIN}}}
	query, err := dns.Append(nil, m)
	if err != nil {
		return err
	}
	answer, err := a.answer(m, kind)
	if err != nil {
		return err
	}
	if a.tcp {
		return a.overTCP(t, to, query, answer)
	}
	e, err := t.exchange(to, 0)
	if err != nil {
		return err
	}
	e.path.pieces = a.how.fragment
	e.say(client, query, 0)
	if answer != nil {
		e.say(server, answer, 0)
		return nil
	}
	e.pause(5 * time.Second) // a resolver that is silent is asked again
	e.say(client, query, 0)
	return nil
}

// overTCP puts lengths before the messages, RFC 1035 section 4.2.2.
func (a *askAct) overTCP(t *turn, to place, query, answer []byte) error {
	s, ok, err := t.stream(to, a.how)
	if err != nil || !ok {
		return err
	}
	s.say(client, with16(nil, query), 0)
	if answer != nil {
		s.say(server, with16(nil, answer), 0)
	}
	s.close()
	return nil
}

// answer is the response, or nil when nobody answers.
func (a *askAct) answer(m dns.Message, kind dns.Type) ([]byte, error) {
	if len(a.gets) == 0 && a.outcome == "" && a.service == nil && len(a.aliases) == 0 {
		return nil, nil
	}
	m.Response, m.Available, m.RCode = true, true, outcomes[a.outcome]
	owner := a.name
	for _, alias := range a.aliases {
		m.Records = append(m.Records, dns.Record{Name: owner, Type: dns.TypeCNAME, Class: dns.ClassIN, TTL: uint32(a.ttl), Target: alias})
		owner = alias
	}
	if kind == dns.TypeHTTPS && a.service != nil {
		m.Records = append(m.Records, dns.Record{Name: owner, Type: kind, Class: dns.ClassIN, TTL: uint32(a.ttl), SVCB: a.service})
	}
	for _, addr := range a.gets {
		if kind == dns.TypeA && addr.Is4() || kind == dns.TypeAAAA && addr.Is6() {
			m.Records = append(m.Records, dns.Record{Name: owner, Type: kind, Class: dns.ClassIN, TTL: uint32(a.ttl), Addr: addr})
		}
	}
	return dns.Append(nil, m)
}
