// Radio adds and removes simulated Wi-Fi cards inside the virtual machine of the
// end-to-end tests, while it runs: "radio add NAME" makes one and prints its
// interface, "radio add -station NAME" one that cannot open a network, "radio add
// -old NAME" one without the cipher that protected management frames need, and
// "radio remove NAME" unplugs one. It speaks the generic netlink family of
// mac80211_hwsim (drivers/net/wireless/mac80211_hwsim.h of the kernel) and needs
// root. It is no part of the product. A failure is told on stderr, with status 1.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
)

// Commands and attributes of the family MAC80211_HWSIM.
const (
	newRadio = 4
	delRadio = 5

	attrName           = 17
	attrInterfaceTypes = 23 // one bit for each type of nl80211
	attrCiphers        = 24

	stationBit = 1 << 2 // NL80211_IFTYPE_STATION
	ccmp       = 0x000FAC04
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "radio:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: radio add [-station] [-old] NAME | radio remove NAME")
	}
	flags := flag.NewFlagSet("radio", flag.ContinueOnError)
	station := flags.Bool("station", false, "a card that can only join networks")
	old := flags.Bool("old", false, "a card with CCMP and no other cipher")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	name := flags.Arg(0)
	switch args[0] {
	case "add":
		return add(name, *station, *old)
	case "remove":
		return ask(delRadio, func(a *netlink.AttributeEncoder) { a.String(attrName, name) })
	}
	return fmt.Errorf("no such verb: %s", args[0])
}

// add makes a card and prints the name of the interface that the kernel gave it.
func add(name string, station, old bool) error {
	err := ask(newRadio, func(a *netlink.AttributeEncoder) {
		a.String(attrName, name)
		if station {
			a.Uint32(attrInterfaceTypes, stationBit)
		}
		if old {
			a.Uint32(attrCiphers, ccmp)
		}
	})
	if err != nil {
		return err
	}
	// Other programs may rename the interface; the kernel has made it by now.
	for range 50 {
		found, _ := filepath.Glob("/sys/class/ieee80211/" + name + "/device/net/*")
		if len(found) > 0 {
			fmt.Println(filepath.Base(found[0]))
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("the card %s has no interface", name)
}

// ask sends one command and waits for the answer.
func ask(command uint8, fill func(*netlink.AttributeEncoder)) error {
	c, err := genetlink.Dial(nil)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	family, err := c.GetFamily("MAC80211_HWSIM")
	if err != nil {
		return fmt.Errorf("the module mac80211_hwsim is not there: %w", err)
	}
	a := netlink.NewAttributeEncoder()
	fill(a)
	data, err := a.Encode()
	if err != nil {
		return err
	}
	m := genetlink.Message{Header: genetlink.Header{Command: command, Version: family.Version}, Data: data}
	_, err = c.Execute(m, family.ID, netlink.Request|netlink.Acknowledge)
	// The family answers a new radio with its number, where others put an error: a
	// positive one, which is no error number.
	var number syscall.Errno
	if errors.As(err, &number) && int32(number) < 0 {
		return nil
	}
	return err
}
