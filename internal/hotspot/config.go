package hotspot

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"tinycheck"
)

// Config is the network to open. The zero values of Security, Band and Channel
// let the card decide.
type Config struct {
	Interface  string
	Country    string // ISO 3166-1 alpha-2, such as DE: where the box stands
	SSID       string // 1 to 32 bytes of any kind
	Passphrase string // 8 to 63 printable ASCII characters
	Security   Security
	Band       Band
	Channel    int  // 0: choose
	Hidden     bool // the name is not sent in beacons
	Folder     string
}

// Security is how phones prove that they know the passphrase.
type Security string

// The kinds of security.
const (
	SecurityAuto       Security = "auto"       // transition where the card can, else wpa2
	SecurityWPA2       Security = "wpa2"       // WPA2-PSK with CCMP
	SecurityTransition Security = "transition" // WPA2-PSK and WPA3-SAE side by side
)

// Band is a part of the spectrum.
type Band string

// The bands.
const (
	BandAuto Band = "auto" // 2.4 GHz if anything is free there, else 5 GHz
	Band24   Band = "2.4"  // every phone can
	Band5    Band = "5"    // shorter range, usually less crowded
)

// Validate says what is wrong with it; kind Invalid. The passphrase is never
// part of what it says.
func (c Config) Validate() error {
	for _, check := range []func() error{c.checkPlace, c.checkName, c.checkRadio} {
		if err := check(); err != nil {
			return tinycheck.Errorf("configure hotspot", tinycheck.Invalid, err)
		}
	}
	return nil
}

func (c Config) checkPlace() error {
	switch {
	case !interfaceName(c.Interface):
		return fmt.Errorf("%.20q is no name of an interface", c.Interface)
	case !filepath.IsAbs(c.Folder) || filepath.Clean(c.Folder) != c.Folder:
		return fmt.Errorf("the folder %q is no plain absolute path", c.Folder)
	case len(c.Folder) > maxFolder:
		return fmt.Errorf("the path of the folder has %d bytes, at most %d fit a socket's address", len(c.Folder), maxFolder)
	case strings.ContainsFunc(c.Folder, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("the path of the folder has control characters")
	}
	return nil
}

// interfaceName is what the kernel allows (dev_valid_name), and no blank or
// control character, because it becomes a line of hostapd's configuration.
func interfaceName(s string) bool {
	return len(s) >= 1 && len(s) <= 15 && s != "." && s != ".." &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '/' || r == ':' })
}

func (c Config) checkName() error {
	switch {
	case c.SSID == "":
		return errors.New("the network has no name")
	case len(c.SSID) > 32:
		return fmt.Errorf("the name of the network has %d bytes, at most 32", len(c.SSID))
	case telling(c.SSID):
		return errors.New("the name of the network says what is done here: whoever spies on a phone may see it there, so choose one that says nothing")
	case len(c.Passphrase) < 8 || len(c.Passphrase) > 63:
		return fmt.Errorf("the passphrase has %d characters: WPA asks for 8 to 63", len(c.Passphrase))
	case strings.ContainsFunc(c.Passphrase, func(r rune) bool { return r < ' ' || r > '~' }):
		return errors.New("the passphrase has a character that not every phone can type: use letters, digits and signs of ASCII")
	}
	return nil
}

// products are this one's name and those of its forerunners.
var products = []string{"tinycheck", "spyguard"}

// telling reports whether a name has a product's in it, however it is spelled.
func telling(name string) bool {
	name = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || strings.ContainsRune("_.", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
	return slices.ContainsFunc(products, func(p string) bool { return strings.Contains(name, p) })
}

func (c Config) checkRadio() error {
	switch {
	case c.Country == "":
		return errors.New("the country is missing: which channels are allowed depends on it")
	case len(c.Country) != 2 || strings.ContainsFunc(c.Country, func(r rune) bool { return r < 'A' || r > 'Z' }):
		return fmt.Errorf("%.20q is no country: give its two capital letters, such as DE", c.Country)
	}
	switch c.Security {
	case "", SecurityAuto, SecurityWPA2, SecurityTransition:
	default:
		return fmt.Errorf("there is no security %.20q: it is auto, wpa2 or transition", c.Security)
	}
	switch c.Band {
	case "", BandAuto, Band24, Band5:
	default:
		return fmt.Errorf("there is no band %.20q: it is auto, 2.4 or 5", c.Band)
	}
	return c.checkChannel()
}

// five are the channels of 5 GHz that are 20 MHz wide (IEEE 802.11-2020, annex E);
// the numbers in between are the middles of wider ones, or nothing.
var five = []int{
	36, 40, 44, 48, 52, 56, 60, 64,
	100, 104, 108, 112, 116, 120, 124, 128, 132, 136, 140, 144,
	149, 153, 157, 161, 165, 169, 173, 177,
}

func (c Config) checkChannel() error {
	if c.Channel == 0 {
		return nil
	}
	band := bandOf(frequencyOf(c.Channel))
	if band == "" || band == Band5 && !slices.Contains(five, c.Channel) {
		return fmt.Errorf("there is no channel %d: 1 to 14 are on 2.4 GHz; on 5 GHz there are 36, 40 and so on to 64, 100 to 144, 149 to 177", c.Channel)
	}
	if c.Band != "" && c.Band != BandAuto && c.Band != band {
		return fmt.Errorf("channel %d is not on the %s GHz band", c.Channel, c.Band)
	}
	return nil
}
