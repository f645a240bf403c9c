package scenario

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"tinycheck"
	"tinycheck/internal/spelling"
)

const (
	systemAndroid = "android"
	systemIPhone  = "iphone"
	maxDevices    = 256
)

// phone is the device that steps are about when they name none.
func (r *reader) phone(w *words) error {
	d, err := r.machine(w)
	if err != nil {
		return err
	}
	if old := r.scenario.phone; old != nil { // an included scenario is told of another phone
		*old = *d
		return nil
	}
	r.scenario.phone = d
	return r.put(d)
}

func (r *reader) device(w *words) error {
	d, err := r.machine(w)
	if err != nil {
		return err
	}
	return r.put(d)
}

func (r *reader) put(d *device) error {
	if len(r.scenario.devices) >= maxDevices {
		return fmt.Errorf("more than %d devices", maxDevices)
	}
	r.scenario.devices = append(r.scenario.devices, d)
	if d.name != "" {
		if r.named == nil {
			r.named = make(map[string]*device)
		}
		r.named[d.name] = d
	}
	return nil
}

// machine reads: ADDRESS [mac MAC] [ip6 ADDRESS] [name NAME] [android|iphone].
func (r *reader) machine(w *words) (*device, error) {
	d := &device{}
	if err := w.address(&d.v4); err != nil {
		return nil, err
	}
	if d.v4.Is6() {
		d.v4, d.v6 = netip.Addr{}, d.v4
	}
	err := w.options([]option{
		{"mac", func(w *words) error { return w.mac(&d.mac) }},
		{"ip6", func(w *words) error {
			return read(w, &d.v6, "an IPv6 address", func(s string) (netip.Addr, bool) { a, ok := parseAddress(s); return a, ok && a.Is6() })
		}},
		textOption("name", &d.name),
		{systemAndroid, func(*words) error { d.system = systemAndroid; return nil }},
		{systemIPhone, func(*words) error { d.system = systemIPhone; return nil }},
	})
	if len(d.name) > 63 {
		err = errors.New("a name of more than 63 bytes")
	}
	if d.mac == (tinycheck.MAC{}) && d.v4.IsValid() {
		d.mac = privateMAC(d.v4)
	} else if d.mac == (tinycheck.MAC{}) {
		d.mac = privateMAC(d.v6)
	}
	return d, err
}

// mac reads 02:11:22:33:44:55.
func (w *words) mac(to *tinycheck.MAC) error {
	return read(w, to, "a MAC such as 02:11:22:33:44:55 that is of no group", func(s string) (m tinycheck.MAC, ok bool) {
		hex, err := spelling.Hex(strings.ReplaceAll(s, "-", ":"), len(m))
		if err != nil {
			return m, false
		}
		for i := range m {
			_, err = fmt.Sscanf(hex[2*i:2*i+2], "%02x", &m[i])
		}
		return m, err == nil && !m.Group()
	})
}

// known finds the device with the address, or makes one that no line told of.
func (r *reader) known(a netip.Addr, s *step) error {
	for _, d := range r.scenario.devices {
		if d.v4 == a || d.v6 == a {
			s.device = d
			return nil
		}
	}
	s.device = &device{v4: a, mac: privateMAC(a)}
	if a.Is6() {
		s.device.v4, s.device.v6 = netip.Addr{}, a
	}
	return r.put(s.device)
}

// classes are those that an indicator line may have.
var classes = []string{
	string(tinycheck.ClassC2), string(tinycheck.ClassWebsite), string(tinycheck.ClassDistribution), string(tinycheck.ClassWatchware),
	string(tinycheck.ClassTracker), string(tinycheck.ClassWeak),
}

const maxIndicators = 1024

// indicator reads: CLASS VALUE ["family"], or CLASS certificate NAME ["family"]
// for the one that the scenario's server of that name shows.
func (r *reader) indicator(w *words) error {
	i := tinycheck.Indicator{Feed: "scenario"}
	var class, value string
	if err := w.oneOf(&class, classes...); err != nil {
		return err
	}
	i.Class = tinycheck.Class(class)
	shown := w.take("certificate")
	if err := w.text(&value, "a name, an address or a hash"); err != nil {
		return err
	}
	if err := r.observable(value, shown, &i.Observable); err != nil {
		return err
	}
	if w.more() {
		if err := w.text(&i.Family, "the name of the product"); err != nil {
			return err
		}
	}
	if len(r.scenario.indicators) >= maxIndicators {
		return fmt.Errorf("more than %d indicators", maxIndicators)
	}
	if !slices.ContainsFunc(r.scenario.indicators, func(j tinycheck.Indicator) bool { return j.Compare(&i) == 0 }) {
		r.scenario.indicators = append(r.scenario.indicators, i)
		r.shown = append(r.shown, shown)
	}
	return nil
}

// finish makes what depends on all lines: the certificates of a start that may
// be told later.
func (r *reader) finish() {
	for i, shown := range r.shown {
		if o := &r.scenario.indicators[i].Observable; shown {
			o.Value = fingerprint(certificate(o.Value, r.scenario.start))
		}
	}
}

// observable spells what an indicator is about.
func (r *reader) observable(value string, shown bool, to *tinycheck.Observable) (err error) {
	if shown {
		*to = tinycheck.Observable{Type: tinycheck.CertSHA256, Value: value} // finish makes the hash
		return nil
	}
	if *to, err = spelling.Address(value); err == nil {
		return nil
	}
	if hash, err := spelling.Hex(value, 32); err == nil {
		*to = tinycheck.Observable{Type: tinycheck.CertSHA256, Value: hash}
		return nil
	}
	if hash, err := spelling.Hex(value, 20); err == nil {
		*to = tinycheck.Observable{Type: tinycheck.CertSHA1, Value: hash}
		return nil
	}
	name, err := spelling.Domain(value)
	if err != nil {
		return fmt.Errorf("indicator %q: %w: expected a name, an address or a hash", value, err)
	}
	*to = tinycheck.Observable{Type: tinycheck.DomainName, Value: name}
	return nil
}
