package gateway

import (
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"

	"tinycheck"
	"tinycheck/internal/dnsmasq"
	"tinycheck/internal/firewall"
	"tinycheck/internal/hotspot"
)

// Config is the network that is wished for.
type Config struct {
	Interface string // of the guests
	Wired     bool   // whatever is at the other end of the interface is a guest: no hotspot is opened

	// The hotspot. Without SSID one is made of Names (none: neutral ones), without
	// Passphrase a new one is made.
	Country    string
	SSID       string
	Passphrase string
	Names      []string
	Security   hotspot.Security
	Band       hotspot.Band
	Channel    int
	Hidden     bool

	Upstream   []netip.AddrPort // DNS servers to ask; none: what this machine asks
	Contained  bool             // names are answered, nothing leaves
	Visibility bool             // what hides names from us is answered with "there is none"

	Folder string       // absolute: journal and runtime files; one run at a time
	Keeper []string     // program and arguments of a process that calls Keep with Folder and its standard input
	Log    *slog.Logger // nil: nothing is logged
}

// Validate says what is wrong with it, as far as that can be told without
// looking at the machine.
func (c Config) Validate() error {
	switch {
	case c.Interface == "":
		return invalid("no interface was named")
	case !filepath.IsAbs(c.Folder):
		return invalid("the folder %q has no absolute path", c.Folder)
	case len(c.Keeper) == 0 || !filepath.IsAbs(c.Keeper[0]):
		return invalid("no program with an absolute path was named as keeper")
	}
	if err := c.dnsmasq(plan{four: example}).Validate(); err != nil {
		return err
	}
	if err := c.firewall(plan{four: example}).Validate(); err != nil {
		return err
	}
	if c.Wired {
		return c.checkWire()
	}
	return c.checkRadio()
}

// checkWire refuses what means something to a hotspot only: whoever asks for it
// would believe that he has it.
func (c Config) checkWire() error {
	for _, wish := range []struct {
		name string
		made bool
	}{
		{"country", c.Country != ""},
		{"network name", c.SSID != "" || len(c.Names) > 0},
		{"passphrase", c.Passphrase != ""},
		{"security", c.Security != ""},
		{"band", c.Band != ""},
		{"channel", c.Channel != 0},
		{"hidden name", c.Hidden},
	} {
		if wish.made {
			return invalid("a wire has no %s: leave that out, or open a hotspot instead of serving a wire", wish.name)
		}
	}
	return nil
}

// checkRadio tries every name that may be drawn.
func (c Config) checkRadio() error {
	if c.SSID != "" || len(c.Names) == 0 {
		return c.named().hotspot().Validate()
	}
	for _, name := range c.Names {
		one := c
		one.Names = []string{name}
		one = one.named()
		if !strings.HasPrefix(one.SSID, name+"-") {
			return invalid("the network name %q is too long, or is no text: a few random letters have to fit behind it", name)
		}
		if err := one.hotspot().Validate(); err != nil {
			return err
		}
	}
	return nil
}

// named fills in what is made new for each visit.
func (c Config) named() Config {
	if c.Wired {
		return c
	}
	if c.SSID == "" {
		c.SSID = hotspot.Name(c.Names)
	}
	if c.Passphrase == "" {
		c.Passphrase = hotspot.Passphrase()
	}
	return c
}

func (c Config) hotspot() hotspot.Config {
	return hotspot.Config{
		Interface: c.Interface, Country: c.Country, SSID: c.SSID, Passphrase: c.Passphrase, Security: c.Security,
		Band: c.Band, Channel: c.Channel, Hidden: c.Hidden, Folder: filepath.Join(c.Folder, hotspotFolder),
	}
}

func (c Config) dnsmasq(p plan) dnsmasq.Config {
	return dnsmasq.Config{
		Interface: c.Interface, Address: p.four, Six: p.six, First: p.first, Upstream: c.Upstream,
		Contained: c.Contained, Visibility: c.Visibility, Folder: filepath.Join(c.Folder, dnsmasqFolder),
	}
}

func (c Config) firewall(p plan) firewall.Config {
	return firewall.Config{Guest: c.Interface, Prefixes: p.prefixes(), Site: p.around.site, Contained: c.Contained, Visibility: c.Visibility}
}

// Network is how a phone gets in.
type Network struct {
	Interface  string
	SSID       string // "" on a wire, like the next two
	Passphrase string
	QR         string         // the text of the code that phones scan
	Prefixes   []netip.Prefix // the guests' networks, with our address in each
}

// String leaves the passphrase out, so that it stands in no log.
func (n Network) String() string {
	return fmt.Sprintf("%s %q %v", n.Interface, n.SSID, n.Prefixes)
}

// GoString is String.
func (n Network) GoString() string { return n.String() }

const (
	opOpen = "open guest network"
	opKeep = "keep guest network"
)

func invalid(format string, args ...any) error {
	return tinycheck.Errorf(opOpen, tinycheck.Invalid, fmt.Errorf(format, args...))
}

// fail gives an error its operation, and a kind where it has none.
func fail(op string, err error) error {
	if err == nil {
		return nil
	}
	return tinycheck.Errorf(op, kindOf(err), err)
}

// kindOf is the kind of an error; what has none comes from outside.
func kindOf(err error) tinycheck.ErrorKind {
	if kind := tinycheck.KindOf(err); kind != "" {
		return kind
	}
	return tinycheck.Unavailable
}

func conflict(format string, args ...any) error {
	return tinycheck.Errorf(opOpen, tinycheck.Conflict, fmt.Errorf(format, args...))
}
