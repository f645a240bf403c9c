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

// devices finds whom to answer for: the hosts on the private side that talk to
// the outside or ask for names; without a private side every source; and in
// any case whoever was seen with something that can decide an answer. Those
// with findings come first, then by order of first packet.
func (l *Line) devices() ([]decode.Host, error) {
	hosts := l.decoder.Hosts()
	if l.cfg.Device != "" {
		return l.chosen(hosts)
	}
	found := l.gather.Sources()
	private := slices.ContainsFunc(hosts, func(h decode.Host) bool { return l.private(&h) })
	hosts = slices.DeleteFunc(hosts, func(h decode.Host) bool {
		return !touches(&h, found) && (!l.ledger.active(h.Addresses) || private && !l.private(&h))
	})
	slices.SortStableFunc(hosts, func(a, b decode.Host) int { return cmp.Compare(rank(&a, found), rank(&b, found)) })
	return hosts, nil
}

func rank(h *decode.Host, found []netip.Addr) int {
	if touches(h, found) {
		return 0
	}
	return 1
}

func touches(h *decode.Host, list []netip.Addr) bool {
	return slices.ContainsFunc(h.Addresses, func(a netip.Addr) bool { return slices.Contains(list, a) })
}

func (l *Line) private(h *decode.Host) bool {
	return slices.ContainsFunc(h.Addresses, decode.Local) && l.ledger.active(h.Addresses)
}

func (l *Line) chosen(hosts []decode.Host) ([]decode.Host, error) {
	word := l.cfg.Device
	for i := range hosts {
		d := tinycheck.Device{MAC: hosts[i].MAC, Addresses: hosts[i].Addresses}
		if d.Is(word) {
			return hosts[i : i+1], nil
		}
	}
	return nil, tinycheck.Errorf("find device "+word, tinycheck.NotFound, errors.New("no such device in the capture; it has "+list(hosts)))
}

func list(hosts []decode.Host) string {
	var words []string
	for _, h := range hosts {
		if len(words) == 10 {
			words = append(words, "…")
			break
		}
		words = append(words, cmp.Or(h.MAC.String(), h.Addresses[0].String()))
	}
	return cmp.Or(strings.Join(words, ", "), "none")
}
