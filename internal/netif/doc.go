// Package netif tells what network interfaces this machine has, with their
// addresses and default routes, and changes the few things that the box needs
// changed: an interface up or down, one address more or less, the ports of a
// bridge kept apart, a switch of the kernel.
//
//	list, err := netif.List()
//	wlan, err := netif.Find("wlan0")
//	err = netif.AddAddress("wlan0", netip.MustParsePrefix("10.77.3.1/24"))
//	ports, err := netif.Ports("br0")
//	err = netif.SetIsolated("lan1", true)
//	was, err := netif.Switch("net/ipv4/ip_forward")
//	err = netif.SetSwitch("net/ipv4/ip_forward", "1")
//	ticks, err := netif.Watch(ctx)
//
// Adding what is there and deleting what is not there are no errors, so that a
// change can be made and taken back any number of times. Everything happens in
// the network namespace of the calling thread.
//
// It speaks rtnetlink (rtnetlink(7)) and reads /sys/class/net and
// /proc/sys/net. Names of interfaces are checked before they become part of a
// path: 1 to 15 bytes (IFNAMSIZ), no slash, colon or blank.
//
// It keeps nothing and undoes nothing: who changes something remembers what was
// there before. It knows nothing of Wi-Fi but whether an interface has a radio.
//
// # Failure
//
// Every error is a tinycheck.Error that says what to do: NotFound for an
// interface or switch that is not there (it names the interfaces there are),
// Invalid for a name that cannot be one, Conflict for an address that is there
// with another prefix length, Busy while the kernel's lists keep changing,
// Unsupported for what this kernel cannot do, Unavailable without CAP_NET_ADMIN.
package netif
