package scenario

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"tinycheck"
)

// The bounds of a scenario. What is beyond is an error of Parse.
const (
	MaxPackets = 200_000
	MaxBytes   = 256 << 20 // of all packets together, from the IP header on
	MaxLines   = 5_000     // of words, those of included scenarios too
	maxHosts   = 4_096
	maxSize    = 64 << 20 // of one amount of data in the words
	maxTime    = 7 * 24 * time.Hour
)

// start is when scenarios begin that do not say it.
var start = time.Date(2026, time.June, 1, 9, 0, 0, 0, time.UTC)

// Scenario is traffic that was told in words and can be written as packets.
type Scenario struct {
	about      string
	start      time.Time
	link       int // index in links
	snap       int // 0: all of every packet
	phone      *device
	devices    []*device
	resolvers  []netip.Addr // one of each family at most
	hidden     bool         // no names are asked for in the clear
	hosts      map[string]*host
	indicators []tinycheck.Indicator
	steps      []step
	packets    []packet // in time order
}

// Parse reads the words of a scenario. An error is of kind Invalid, names the
// line and says what was expected there.
func Parse(words string) (*Scenario, error) {
	s := &Scenario{start: start, hosts: make(map[string]*host)}
	r := reader{scenario: s}
	if err := r.read(words, ""); err != nil {
		return nil, tinycheck.Errorf("parse scenario", tinycheck.Invalid, err)
	}
	r.finish()
	if err := s.compose(); err != nil {
		return nil, tinycheck.Errorf("parse scenario", tinycheck.Invalid, err)
	}
	return s, nil
}

// About is what the scenario says of itself, one line of English.
func (s *Scenario) About() string { return s.about }

// Link is the link type of all packets.
func (s *Scenario) Link() tinycheck.LinkType { return links[s.link].link }

// Start is the time of the first step; certificates are valid around it.
func (s *Scenario) Start() time.Time { return s.start }

// Phone is the device that the scenario is about.
func (s *Scenario) Phone() tinycheck.Device {
	d := tinycheck.Device{ID: s.phone.mac.String(), MAC: s.phone.mac, Name: s.phone.name, Class: tinycheck.ClassUnknown, FirstSeen: s.start}
	for _, a := range []netip.Addr{s.phone.v4, s.phone.v6} {
		if a.IsValid() {
			d.Addresses = append(d.Addresses, a)
		}
	}
	switch s.phone.system {
	case systemAndroid:
		d.Class = tinycheck.ClassAndroid
	case systemIPhone:
		d.Class = tinycheck.ClassIPhone
	}
	return d
}

// Indicators are those that the words told, for scenarios that no feed covers.
func (s *Scenario) Indicators() []tinycheck.Indicator { return slices.Clone(s.indicators) }

// Certificate is the one (DER) that a server shows under this name when TLS 1.2
// is spoken; it depends on the name and the start only.
func (s *Scenario) Certificate(name string) []byte { return certificate(name, s.start) }

// Packets hands over all packets in time order, numbered from 1. Data is valid
// during the call. An error of emit ends it and comes back.
func (s *Scenario) Packets(emit func(*tinycheck.Packet) error) error {
	return s.write(emit)
}

// compose plays every step and sorts what came of it.
func (s *Scenario) compose() error {
	if s.phone == nil {
		return fmt.Errorf("no line says which phone: expected %q", "phone ADDRESS")
	}
	st := stage{scenario: s, asked: make(map[asking]time.Duration)}
	for i := range s.steps {
		if err := st.play(&s.steps[i]); err != nil {
			return fmt.Errorf("%s: %w", s.steps[i].where, err)
		}
	}
	s.sort(st.packets)
	s.steps = nil
	return nil
}

// sort puts packets into time order; those of one moment stay as they were made.
func (s *Scenario) sort(packets []packet) {
	slices.SortStableFunc(packets, func(a, b packet) int { return cmp.Compare(a.at, b.at) })
	s.packets = packets
}

// write turns composed packets into recorded ones.
func (s *Scenario) write(emit func(*tinycheck.Packet) error) error {
	var body, network, whole []byte
	out := tinycheck.Packet{Link: s.Link()}
	for i := range s.packets {
		p := &s.packets[i]
		body = p.appendTransport(body[:0])
		for _, part := range p.parts(body, uint32(i)*0x9e3b+p.path.label) {
			network = p.appendIP(network[:0], part)
			f := frame{up: !p.back, kind: p.etherType(), payload: network}
			f.src, f.dst = p.macs()
			whole = links[s.link].write(whole[:0], &f)
			if len(whole) == 0 {
				continue
			}
			out.Number++
			out.Time, out.Length, out.Data = s.start.Add(p.at), len(whole), whole
			if s.snap > 0 {
				out.Data = whole[:min(s.snap, len(whole))]
			}
			if err := emit(&out); err != nil {
				return err
			}
		}
	}
	return nil
}

// macs are the ends of the link: what is not for a group goes through the box.
func (p *packet) macs() (src, dst tinycheck.MAC) {
	src, dst = p.path.device.mac, gatewayMAC
	if p.back {
		src, dst = dst, src
	}
	_, to := p.ends()
	if p.path.proto == protoARP && !p.back {
		return src, broadcastMAC
	}
	if group, ok := groupMAC(to.Addr()); ok {
		dst = group
	}
	return src, dst
}

// canonical is how names are compared: lower case, no dot at the end.
func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
