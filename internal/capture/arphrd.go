package capture

import (
	"fmt"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// linkOf asks the kernel for the hardware type of an interface (netdevice(7),
// SIOCGIFHWADDR), and what link type that is.
func linkOf(name string) (tinycheck.LinkType, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, listenError(name, err)
	}
	ask, err := unix.NewIfreq(name)
	if err == nil {
		err = unix.IoctlIfreq(fd, unix.SIOCGIFHWADDR, ask)
	}
	_ = unix.Close(fd)
	if err != nil {
		return 0, listenError(name, err)
	}
	return linkType(name, ask.Uint16())
}

// linkType is what packets of an interface begin with, by its hardware type.
func linkType(name string, hardware uint16) (tinycheck.LinkType, error) {
	switch hardware {
	case unix.ARPHRD_ETHER, unix.ARPHRD_LOOPBACK:
		return tinycheck.LinkEthernet, nil
	case unix.ARPHRD_NONE, unix.ARPHRD_RAWIP: // tunnels, modems
		return tinycheck.LinkRaw, nil
	case unix.ARPHRD_IEEE80211_RADIOTAP:
		return tinycheck.LinkRadiotap, nil
	}
	return 0, tinycheck.Errorf("listen", tinycheck.Unsupported,
		fmt.Errorf("%s has the hardware type %d; Ethernet, Wi-Fi, tunnels without a link layer and monitors with radiotap can be listened to", name, hardware))
}
