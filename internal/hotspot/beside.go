package hotspot

import (
	"errors"
	"fmt"

	"github.com/mdlayher/netlink"
	"github.com/mdlayher/wifi"
	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/netif"
)

// besideName is what interfaces are called that Beside makes, with a number.
const besideName = "guest"

// maxBeside bounds the numbers that are tried.
const maxBeside = 10

// Connected reports whether a wireless interface has joined somebody's network:
// then a network of our own has to be opened beside it.
func Connected(iface string) (bool, error) {
	list, err := facesOf(iface)
	if err != nil {
		return false, err
	}
	return list[0].connected(), nil
}

// connected: it is on a channel to join, by whomever. The kernel tells the name of
// the network only where it looked after the connection itself.
func (f face) connected() bool {
	return modeOf(f.Type) == ModeStation && (f.ssid != "" || f.Frequency != 0)
}

// Spare gives a name that no interface has, for Beside: to be written down before
// the interface is there.
func Spare() (string, error) {
	for n := range maxBeside {
		name := fmt.Sprint(besideName, n)
		if _, err := netif.Find(name); errors.Is(err, tinycheck.NotFound) {
			return name, nil
		}
	}
	return "", tinycheck.Errorf(opBeside, tinycheck.Conflict, fmt.Errorf("there are %d interfaces called %s0 and so on: delete those that nobody needs", maxBeside, besideName))
}

// Beside makes a second interface on the card of one that is connected, so that
// a network can be opened without losing the connection: an error of the reason
// busy says that the card cannot do both. Remove deletes it again.
func Beside(iface, name string) error {
	card, err := Look(iface)
	if err != nil {
		return err
	}
	if !card.AP {
		return refuse(opBeside, ReasonNoAPMode, iface, "")
	}
	list, err := facesOf(iface)
	if err != nil {
		return err
	}
	if own := list[0]; own.connected() {
		card.Neighbours = append(card.Neighbours, Neighbour{iface, card.Mode, own.Frequency})
	}
	if _, err := tied(card, len(frequencies(card.Neighbours))); err != nil {
		return err
	}
	return besideOf(list[0], name)
}

const opBeside = "add interface to wifi card"

func besideOf(own face, name string) error {
	r, err := openRadio()
	if err != nil {
		return tinycheck.Errorf(opBeside, tinycheck.Unavailable, err)
	}
	defer r.close()
	switch err := r.add(own.PHY, name); {
	case errors.Is(err, unix.EPERM):
		return because(opBeside, ReasonNoPermission, own.Name, "", err)
	case err != nil:
		return because(opBeside, ReasonBusy, own.Name, "its driver allows no second interface", err)
	}
	return nil
}

func (r *radio) add(phy int, name string) error {
	_, err := r.execute(unix.NL80211_CMD_NEW_INTERFACE, netlink.Acknowledge, func(ae *netlink.AttributeEncoder) {
		ae.Uint32(unix.NL80211_ATTR_WIPHY, uint32(phy))
		ae.String(unix.NL80211_ATTR_IFNAME, name)
		ae.Uint32(unix.NL80211_ATTR_IFTYPE, uint32(wifi.InterfaceTypeStation))
	})
	return err
}

// Remove deletes an interface that Beside made; one that is not there any more
// is no error.
func Remove(name string) error {
	const op = "remove interface of wifi card"
	var n int
	if _, err := fmt.Sscanf(name, besideName+"%d", &n); err != nil || name != fmt.Sprint(besideName, n) {
		return tinycheck.Errorf(op, tinycheck.Invalid, fmt.Errorf("%.20q was not made here", name))
	}
	own, there, err := find(name)
	if err != nil || !there {
		return err
	}
	r, err := openRadio()
	if err != nil {
		return tinycheck.Errorf(op, tinycheck.Unavailable, err)
	}
	defer r.close()
	_, err = r.execute(unix.NL80211_CMD_DEL_INTERFACE, netlink.Acknowledge, func(ae *netlink.AttributeEncoder) {
		ae.Uint32(unix.NL80211_ATTR_IFINDEX, uint32(own.Index))
	})
	if err != nil && !errors.Is(err, unix.ENODEV) {
		return tinycheck.Errorf(op, tinycheck.Unavailable, err)
	}
	return nil
}
