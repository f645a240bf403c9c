package gateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tinycheck"
	"tinycheck/internal/netif"
)

// The switches of forwarding (Linux Documentation/networking/ip-sysctl.rst).
const (
	keyFour = "net/ipv4/ip_forward"
	keySix  = "net/ipv6/conf/all/forwarding"
)

// switchValues are all that the switches here can have.
var switchValues = []string{"0", "1", "2"}

// toggle is a switch of the kernel: what it was, what it is to be.
type toggle struct {
	Key  string `json:"key"`
	Old  string `json:"old"`
	New  string `json:"new,omitempty"`
	With string `json:"with,omitempty"` // the kernel changes it whenever this other one is set; we never do
}

// planner collects what has to be set, in that order.
type planner struct {
	read func(key string) (string, error)
	list []toggle
	err  error
}

// planSwitches: what the kernel sets along with forwarding (that of each
// interface, and accept_redirects) is remembered too, so that whoever had set it
// otherwise finds it as he left it.
func planSwitches(c Config, all []netif.Interface, six bool, read func(string) (string, error)) ([]toggle, error) {
	p := planner{read: read}
	p.set("net/ipv6/conf/"+c.Interface+"/accept_ra", "0", "1", "2") // no guest becomes our router
	if c.Contained {
		// Nothing is to leave, so this machine stays none that forwards: answers
		// would not come back even without the firewall. What guests send only
		// goes as far as the firewall, which rejects it at once.
		p.set("net/ipv4/conf/"+c.Interface+"/forwarding", "1", "0")
		return p.list, p.err
	}
	if p.set(keyFour, "1", "0") {
		p.along(keyFour, "net/ipv4/conf/all/accept_redirects")
		for _, name := range append([]string{"default"}, namesOf(all)...) {
			p.along(keyFour, "net/ipv4/conf/"+name+"/forwarding")
		}
	}
	if !six || p.value(keySix) != "0" {
		return p.list, p.err
	}
	// A router listens to other routers only when told so; without this our own
	// default route would go the moment forwarding is switched on.
	for _, i := range all {
		if i.Name != c.Interface && !i.Loopback {
			p.set("net/ipv6/conf/"+i.Name+"/accept_ra", "2", "1")
		}
	}
	p.set(keySix, "1", "0")
	for _, name := range append([]string{"default"}, namesOf(all)...) {
		p.along(keySix, "net/ipv6/conf/"+name+"/forwarding")
	}
	return p.list, p.err
}

func namesOf(all []netif.Interface) (list []string) {
	for _, i := range all {
		list = append(list, i.Name)
	}
	return list
}

// set plans a switch, if it has one of the values from now.
func (p *planner) set(key, to string, from ...string) bool {
	old := p.value(key)
	if !slices.Contains(from, old) {
		return false
	}
	p.list = append(p.list, toggle{Key: key, Old: old, New: to})
	return true
}

func (p *planner) along(with, key string) {
	if old := p.value(key); slices.Contains(switchValues, old) {
		p.list = append(p.list, toggle{Key: key, Old: old, With: with})
	}
}

// value is "" for what this kernel or interface does not have.
func (p *planner) value(key string) string {
	value, err := p.read(key)
	if err != nil && !errors.Is(err, tinycheck.NotFound) {
		p.err = errors.Join(p.err, err)
	}
	return value
}

// setSwitches sets what was planned, and reads it back.
func setSwitches(list []toggle) error {
	for _, t := range list {
		if t.With != "" {
			continue
		}
		if err := netif.SetSwitch(t.Key, t.New); err != nil {
			return err
		}
		if now, err := netif.Switch(t.Key); err != nil || now != t.New {
			return errors.Join(err, tinycheck.Errorf("set kernel switch", tinycheck.Conflict, fmt.Errorf("%s is %q, not %s: something else on this machine sets it", t.Key, now, t.New)))
		}
	}
	return nil
}

// resetSwitches sets what still is as we set it to what it was.
func resetSwitches(list []toggle) (said []string, err error) {
	was := make(map[string]bool) // switches that are as they were before us
	for _, t := range slices.Backward(list) {
		if t.With != "" {
			continue
		}
		words, back, failed := t.reset()
		was[t.Key] = back
		if words != "" {
			said = append(said, words)
		}
		err = errors.Join(err, failed)
	}
	for _, t := range list {
		if t.With != "" && was[t.With] {
			err = errors.Join(err, t.restore())
		}
	}
	return said, err
}

// reset reports whether the switch is as it was before us.
func (t toggle) reset() (said string, was bool, err error) {
	now, err := netif.Switch(t.Key)
	switch {
	case err != nil:
		return "", false, ifThere(err)
	case now == t.Old:
		return "", true, nil
	case now != t.New:
		return fmt.Sprintf("left %s at %s: somebody else has set it", t.Key, now), false, nil
	}
	if err := netif.SetSwitch(t.Key, t.Old); err != nil {
		return "", false, ifThere(err)
	}
	return fmt.Sprintf("set %s to %s again", t.Key, t.Old), true, nil
}

// restore takes back what the kernel did when both t.With was set and reset.
func (t toggle) restore() error {
	now, err := netif.Switch(t.Key)
	if err == nil && now != t.Old {
		err = netif.SetSwitch(t.Key, t.Old)
	}
	return ifThere(err)
}

// ifThere is nil when what was to be taken back is gone itself.
func ifThere(err error) error {
	if errors.Is(err, tinycheck.NotFound) {
		return nil
	}
	return err
}

// foreign reports whether it is no switch of forwarding or its company.
func (t toggle) foreign() bool {
	if !slices.Contains(switchValues, t.Old) || t.With == "" && !slices.Contains(switchValues, t.New) {
		return true
	}
	if t.With != "" && t.With != keyFour && t.With != keySix {
		return true
	}
	if t.Key == keyFour {
		return false
	}
	parts := strings.Split(t.Key, "/")
	if len(parts) != 5 || parts[0] != "net" || parts[2] != "conf" {
		return true
	}
	switch parts[1] + "/" + parts[4] {
	case "ipv4/forwarding", "ipv6/forwarding", "ipv6/accept_ra":
		return false
	}
	return t.Key != "net/ipv4/conf/all/accept_redirects"
}
