package phone

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"tinycheck"
	"tinycheck/internal/netif"
	"tinycheck/internal/scenario"
)

// StageConfig is where a world is joined to the machine.
type StageConfig struct {
	Interface  string                  // our end of the phone's cable, to be made: the box opens its network there
	Uplink     string                  // our end of the Internet's cable, to be made; "" is simup0
	Speed      float64                 // see Config
	Wait, Join time.Duration           // see Config
	OnlyIPv4   bool                    // see Config
	Web        netip.Addr              // see ServeConfig
	Hosts      map[string][]netip.Addr // see ServeConfig
	// Everywhere leads the machine's own way to every address of the scenario into
	// the simulated Internet, even to those that somebody really has: meanwhile
	// the machine cannot reach them.
	Everywhere bool
	Tell       func(string)
}

const defaultUplink = "simup0"

// The ends of the Internet's cable. The prefixes hold nothing else, so that the
// scenario's servers are no neighbours of the box.
var (
	uplinkFour   = netip.MustParsePrefix("198.51.100.2/30")
	internetFour = netip.MustParsePrefix("198.51.100.1/30")
	uplinkSix    = netip.MustParsePrefix("fdc6:3364::2/126")
	internetSix  = netip.MustParsePrefix("fdc6:3364::1/126")
)

// reserved are for documentation: nobody has an address there (RFC 5737, RFC
// 3849, RFC 9637).
var reserved = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("3fff::/20"),
}

// Validate says what is wrong, and fills in what is not said.
func (c *StageConfig) Validate() error {
	const op = "stage world"
	if c.Uplink == "" {
		c.Uplink = defaultUplink
	}
	for _, name := range []string{c.Interface, c.Uplink} {
		if !usable(name) {
			return invalid(op, "interface %q: expected a name of 1 to 15 letters, digits, dots, dashes or underscores", name)
		}
	}
	if c.Interface == c.Uplink {
		return invalid(op, "interface and uplink are both %s: expected two names", c.Uplink)
	}
	if c.Tell == nil {
		c.Tell = func(string) {}
	}
	return checkPace(op, c.Speed, c.Wait, c.Join)
}

// usable tells names of interfaces that need no quoting anywhere.
func usable(name string) bool {
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_' {
			return false
		}
	}
	return name != "" && len(name) <= 15 && name[0] != '.' && name[0] != '-'
}

// World is a phone and an Internet on the machine, joined to it by two cables.
type World struct {
	config          StageConfig
	scenario        *scenario.Scenario
	machine         *space
	phone, internet *space
	servers         *Internet
	made            []string // our ends of cables
	six             bool     // the Internet has IPv6
	left            []netip.Addr
}

// Stage builds a world in the network namespace of the calling thread. The box
// asks DNS for names, and opens its network on c.Interface.
func Stage(ctx context.Context, s *scenario.Scenario, c StageConfig) (*World, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	w := &World{config: c, scenario: s}
	if err := w.build(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// DNS is whom the box has to ask for names.
func (w *World) DNS() netip.Addr { return internetFour.Addr() }

// IPv6 says whether the Internet can be reached over IPv6, too.
func (w *World) IPv6() bool { return w.six }

// Left are the scenario's addresses to which no way leads, because somebody may
// really have them (see StageConfig.Everywhere).
func (w *World) Left() []netip.Addr { return slices.Clone(w.left) }

// Served is what the Internet said until now.
func (w *World) Served() Served { return w.servers.Served() }

// AsPhone runs f on a thread in the namespace of the phone, AsInternet in that
// of the Internet. Sockets that f opens itself stay there.
func (w *World) AsPhone(f func()) error    { return w.phone.do(f) }
func (w *World) AsInternet(f func()) error { return w.internet.do(f) }

// PhonePath is a file by which programs can enter the namespace of the phone
// (nsenter --net=PATH) as long as the world stands.
func (w *World) PhonePath() string { return w.phone.path() }

// Join lets the phone join the network that the box has opened.
func (w *World) Join(ctx context.Context) (*Phone, error) {
	c := Config{
		Interface: phoneEnd, Speed: w.config.Speed, Wait: w.config.Wait, Join: w.config.Join, OnlyIPv4: w.config.OnlyIPv4, Tell: w.config.Tell,
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	where, err := w.phone.again()
	if err != nil {
		return nil, err
	}
	return join(ctx, w.scenario, c, where)
}

// Play lets the phone join, do what the scenario tells, and leave.
func (w *World) Play(ctx context.Context) (Played, error) {
	p, err := w.Join(ctx)
	if err != nil {
		return Played{}, err
	}
	played, err := p.Play(ctx)
	return played, errors.Join(err, p.Leave())
}

// Close ends everything and takes back what Stage made on the machine.
func (w *World) Close() error {
	var err error
	if w.servers != nil {
		err = w.servers.Close()
	}
	for _, name := range w.made {
		gone := w.machine.ip("take cable away", "link delete dev "+name)
		if errors.Is(gone, tinycheck.NotFound) { // somebody else took it
			gone = nil
		}
		err = errors.Join(err, gone)
	}
	w.made = nil
	for _, s := range []*space{w.phone, w.internet, w.machine} {
		err = errors.Join(err, s.close())
	}
	w.phone, w.internet, w.machine = nil, nil, nil
	return err
}

func (w *World) build(ctx context.Context) (err error) {
	script, err := Read(w.scenario)
	if err != nil {
		return err
	}
	for _, a := range script.Remotes() {
		if a == uplinkFour.Addr() || a == uplinkSix.Addr() {
			return invalid("stage world", "the scenario has a server at %s: expected none, it is the machine's own end of the cable", a)
		}
	}
	if w.machine, err = here(); err != nil {
		return err
	}
	if w.phone, err = fresh(); err != nil {
		return err
	}
	if w.internet, err = fresh(); err != nil {
		return err
	}
	if err = w.wirePhone(); err != nil {
		return err
	}
	if err = w.wireInternet(); err != nil {
		return err
	}
	entered := w.internet.do(func() {
		w.servers, err = Serve(ctx, w.scenario, ServeConfig{DNS: w.DNS(), Speed: w.config.Speed, Web: w.config.Web, Hosts: w.config.Hosts})
	})
	if err = errors.Join(entered, err); err != nil {
		return err
	}
	return w.lead()
}

// The far ends of the cables, as they are called in their namespaces.
const (
	phoneEnd    = "wlan0"
	internetEnd = "isp0"
)

func (w *World) wirePhone() error {
	if err := w.cable(w.config.Interface, w.phone, phoneEnd+" address "+w.scenario.Phone().MAC.String()); err != nil {
		return err
	}
	var err error
	entered := w.phone.do(func() { err = errors.Join(netif.SetUp(loopback, true), ready(phoneEnd)) })
	return errors.Join(entered, err)
}

// wireInternet makes the Internet's cable. Answers find their way back through
// it, whether the box translates addresses or not.
func (w *World) wireInternet() error {
	const op = "join the Internet"
	if err := w.cable(w.config.Uplink, w.internet, internetEnd); err != nil {
		return err
	}
	var err error
	entered := w.internet.do(func() { err = ready(internetEnd) })
	if err = errors.Join(entered, err); err != nil {
		return err
	}
	for _, end := range []struct {
		space *space
		name  string
		at    netip.Prefix
		way   string
	}{
		{w.machine, w.config.Uplink, uplinkFour, ""},
		{w.internet, internetEnd, internetFour, "route add default via " + uplinkFour.Addr().String()},
		{w.machine, w.config.Uplink, uplinkSix, ""},
		{w.internet, internetEnd, internetSix, "route add default via " + uplinkSix.Addr().String()},
	} {
		entered := end.space.do(func() { err = netif.AddAddress(end.name, end.at) })
		if err = errors.Join(entered, err); err == nil && end.way != "" {
			err = end.space.ip(op, end.way)
		}
		if err != nil && end.at.Addr().Is6() {
			return nil // a kernel without IPv6
		}
		if err != nil {
			return err
		}
	}
	w.six = true
	return nil
}

// cable makes a pair of interfaces: ours, switched on, and the far end in there.
func (w *World) cable(ours string, there *space, far string) error {
	const op = "make cable"
	err := w.machine.ip(op, fmt.Sprintf("link add name %s type veth peer name %s netns %s", ours, far, there.path()))
	if errors.Is(err, tinycheck.Conflict) {
		return tinycheck.Errorf(op, tinycheck.Conflict, fmt.Errorf("there is an interface %s already: choose another name, or play on it without a stage", ours))
	}
	if err != nil {
		return err
	}
	w.made = append(w.made, ours)
	entered := w.machine.do(func() { err = ready(ours) })
	return errors.Join(entered, err)
}

// ready switches the end of a cable on. Nobody else is on it, so that the kernel
// need not ask whether somebody has its IPv6 addresses (RFC 4862 section 5.4).
func ready(name string) error {
	_ = netif.SetSwitch("net/ipv6/conf/"+name+"/accept_dad", "0") // without IPv6 there is none
	return netif.SetUp(name, true)
}

// lead makes the ways to the reserved ranges, where nobody is, and to the
// scenario's other addresses if it was said so.
func (w *World) lead() error {
	ways := slices.Clone(reserved)
	for _, a := range w.servers.Addresses() {
		switch {
		case slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) }):
		case w.config.Everywhere:
			ways = append(ways, whole(a))
		default:
			w.left = append(w.left, a)
		}
	}
	var lines []string
	for _, p := range ways {
		switch {
		case p.Addr().Is4():
			lines = append(lines, fmt.Sprintf("route add %s via %s dev %s", p, internetFour.Addr(), w.config.Uplink))
		case w.six:
			lines = append(lines, fmt.Sprintf("route add %s via %s dev %s", p, internetSix.Addr(), w.config.Uplink))
		}
	}
	const op = "lead to the Internet"
	err := w.machine.ip(op, lines...)
	if errors.Is(err, tinycheck.Conflict) {
		return tinycheck.Errorf(op, tinycheck.Conflict, fmt.Errorf("this machine has a way of its own to one of %v: take it away, or end the other simulation", ways))
	}
	return err
}
