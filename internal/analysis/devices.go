package analysis

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"tinycheck"
	"tinycheck/internal/decode"
)

// party is a device of the capture and what was found about it.
type party struct {
	host     decode.Host
	findings []tinycheck.Finding
	active   bool // talked to the outside, or asked for names
	private  bool // and has an address of a private network
}

// level is the highest of its findings.
func (p *party) level() tinycheck.Level {
	if len(p.findings) == 0 {
		return tinycheck.NothingFound
	}
	return p.findings[0].Level
}

func (p *party) decided() bool { return p.level().Rank() >= tinycheck.Suspicious.Rank() }

// devices finds whom to answer for, and how many devices there are: the hosts
// on the private side that talk to the outside or ask for names; without a
// private side every source; and in any case whoever was seen with something
// that can decide an answer. Those with the worst findings come first, then by
// order of first packet.
func (l *Line) devices() (list []party, devices int, err error) {
	all := l.parties()
	side := slices.ContainsFunc(all, func(p party) bool { return p.private })
	for _, p := range all {
		if p.decided() || p.active && (p.private || !side) {
			list = append(list, p)
		}
	}
	devices = len(list)
	if l.cfg.Device != "" {
		list, err = chosen(l.cfg.Device, all, list)
	}
	slices.SortStableFunc(list, func(a, b party) int { return cmp.Compare(urgency(&b), urgency(&a)) })
	return list, devices, err
}

func urgency(p *party) int {
	if p.decided() {
		return p.level().Rank()
	}
	return 0
}

// parties gives everybody on the device's side of the capture. Addresses with
// something that decides are among them even where decode had no room for them.
func (l *Line) parties() (all []party) {
	hosts := join(l.decoder.Hosts(), l.ledger)
	for _, a := range l.gather.Sources() {
		if !slices.ContainsFunc(hosts, func(h decode.Host) bool { return slices.Contains(h.Addresses, a) }) {
			hosts = append(hosts, decode.Host{Addresses: []netip.Addr{a}})
		}
	}
	for _, h := range hosts {
		p := party{host: h, findings: l.gather.Findings(h.Addresses), active: l.ledger.active(h.Addresses)}
		p.private = p.active && private(&h)
		all = append(all, p)
	}
	return all
}

func private(h *decode.Host) bool { return slices.ContainsFunc(h.Addresses, decode.Local) }

// join makes one device of a private address and public IPv6 addresses where
// no link address can: a capture that was made on the phone itself. IPv6 has no
// private side that would tell. The time observed is that of the busiest address.
func join(hosts []decode.Host, l *ledger) []decode.Host {
	phone := alone(hosts, l)
	if phone == nil {
		return hosts
	}
	for i := range hosts {
		if stray(&hosts[i]) {
			absorb(phone, &hosts[i])
		}
	}
	return slices.DeleteFunc(hosts, func(h decode.Host) bool { return stray(&h) })
}

// alone gives the only active host with a private address, unless it has a
// link address.
func alone(hosts []decode.Host, l *ledger) (one *decode.Host) {
	for i := range hosts {
		if !private(&hosts[i]) || !l.active(hosts[i].Addresses) {
			continue
		}
		if one != nil || hosts[i].MAC != (tinycheck.MAC{}) {
			return nil
		}
		one = &hosts[i]
	}
	return one
}

func stray(h *decode.Host) bool {
	return h.MAC == (tinycheck.MAC{}) && !slices.ContainsFunc(h.Addresses, func(a netip.Addr) bool { return a.Is4() || decode.Local(a) })
}

func absorb(phone, h *decode.Host) {
	phone.Addresses = append(slices.Clip(phone.Addresses), h.Addresses...)
	phone.Packets += h.Packets
	phone.Bytes += h.Bytes
	phone.Observed = max(phone.Observed, h.Observed)
	phone.Silence = min(phone.Silence, h.Silence)
	if h.First.Before(phone.First) {
		phone.First = h.First
	}
	if h.Last.After(phone.Last) {
		phone.Last = h.Last
	}
}

// chosen finds the device that word names. Where nobody has the name, it says
// who is there.
func chosen(word string, all, active []party) ([]party, error) {
	for i := range all {
		d := tinycheck.Device{MAC: all[i].host.MAC, Addresses: all[i].host.Addresses}
		if d.Is(word) {
			return all[i : i+1], nil
		}
	}
	if len(active) == 0 {
		active = all
	}
	return nil, tinycheck.Errorf("find device "+word, tinycheck.NotFound, errors.New("no such device in the capture; it has "+names(active)))
}

// names lists devices by the words that choose them.
func names(list []party) string {
	const most = 10
	var words []string
	for i := range list {
		if i == most {
			words = append(words, "…")
			break
		}
		h := &list[i].host
		word := own(h.Addresses)[0].String()
		if h.MAC != (tinycheck.MAC{}) {
			word = h.MAC.String() + " (" + word + ")"
		}
		words = append(words, word)
	}
	return cmp.Or(strings.Join(words, ", "), "none")
}
