// Package hotspot opens a Wi-Fi network of our own: the program hostapd under
// us, and the card that it needs.
//
//	c := hotspot.Config{
//		Interface: "wlan0", Country: "DE", Folder: folder,
//		SSID: hotspot.Name(nil), Passphrase: hotspot.Passphrase(),
//	}
//	h, err := hotspot.Start(ctx, c)
//	if err != nil {
//		return err // hotspot.ReasonOf(err) says why, the error what to do
//	}
//	show(hotspot.QR(c))
//	for e := range h.Events() { … }
//	err = h.Stop()
//
// Start looks at the card (nl80211), sets the country and reads it back, plans
// the configuration (Plan is pure), runs hostapd with CAP_NET_ADMIN and
// CAP_NET_RAW and nothing else, and follows its control socket. It returns when
// the network is there: hostapd says so, and the kernel says that the interface
// is switched on and an access point with our name on our channel.
//
// # What the network is
//
// WPA2 with CCMP (IEEE 802.11-2020, section 12), and WPA3 beside it (SAE with
// both ways of finding the password element, section 12.4.4) where the card
// lets hostapd do it; management frames are protected for phones that can
// (section 12.6.19). Never TKIP, never WPS, never an open network. Stations
// cannot reach each other. 20 MHz on 2.4 GHz by default, because it has to carry
// one old phone, not many fast ones. Nothing that a phone can see names us: no
// device name, no maker, and an address that was made up for this network,
// where the driver takes one; the maker's part of the real one would tell
// whoever looks at the list of networks what kind of box this is.
//
// A card that is the way to the Internet as well stays on the channel of that
// connection, when it can be both at once; Beside makes the second interface
// that this takes.
//
// # What it leaves behind
//
// Stop gives the interface back as it was found: its type, its address, up or
// down, its radio blocked if it was. The same is written into the folder before
// anything is changed, so that Undo(folder) can take it back after a crash. The
// country stays: it is a fact about where the machine stands, and of all cards.
//
// # What it does not do
//
// It gives no addresses, forwards nothing, and starts nothing again. It tells
// NetworkManager to leave an interface alone (Manage) and switches a radio on
// (Unblock) when it is asked to. It does not scan: with three free channels
// and a phone at one metre, any of them will do.
//
// # Failure
//
// Every error is a tinycheck.Error; one that is about the network has a Reason
// of a closed set (ReasonOf) and says in one sentence what to do. The passphrase
// is in no error, and hostapd's own lines are kept to those that explain one.
package hotspot
