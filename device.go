package tinycheck

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// MAC is a hardware address; the zero value means that none is known.
type MAC [6]byte

// String gives the usual colon form in lower case, or "" for the zero value.
func (m MAC) String() string {
	if m == (MAC{}) {
		return ""
	}
	const hex = "0123456789abcdef"
	b := make([]byte, 0, 17)
	for i, x := range m {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, hex[x>>4], hex[x&15])
	}
	return string(b)
}

// Random reports whether the address is locally administered, as phones make
// them up per network (IEEE 802c: second least significant bit of the first
// byte). Such an address says nothing about who made the phone.
func (m MAC) Random() bool { return m[0]&2 != 0 }

// Group reports whether the address is a multicast or broadcast address.
func (m MAC) Group() bool { return m[0]&1 != 0 }

// Device is one phone (or other machine) on the private side of a capture.
type Device struct {
	ID        string // its MAC where the capture shows it, else its first address
	MAC       MAC
	Addresses []netip.Addr // in the order seen
	Name      string       // as it announced itself (DHCP option 12); personal, never exported
	Class     DeviceClass
	Evidence  []string // what told the class, for example "dhcp option 60 android-dhcp-14"
	FirstSeen time.Time
}

// DeviceClass is the kind of device, as far as its traffic tells; it chooses
// the advice that an answer gives.
type DeviceClass string

// The classes.
const (
	ClassUnknown DeviceClass = "unknown"
	ClassIPhone  DeviceClass = "iphone"
	ClassAndroid DeviceClass = "android"
)

// Is reports whether word names this device: its MAC in any common spelling
// (colons, dashes, dots or nothing between the digits), or one of its addresses.
func (d *Device) Is(word string) bool {
	if a, err := netip.ParseAddr(word); err == nil {
		return slices.Contains(d.Addresses, a.Unmap().WithZone(""))
	}
	plain := strings.NewReplacer("-", "", ":", "", ".", "")
	return d.MAC != (MAC{}) && plain.Replace(strings.ToLower(word)) == plain.Replace(d.MAC.String())
}
