package netif

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tinycheck"
)

// Interface is one network interface as it is now.
type Interface struct {
	Name     string
	Index    int
	MAC      tinycheck.MAC
	Kind     string // the kernel's word: "veth", "bridge", "device" for hardware, …
	Up       bool   // switched on
	Carrier  bool   // something is at the other end
	Loopback bool
	Wireless bool
	Master   string // the bridge or bond that it belongs to; "" for none
	MTU      int
	Prefixes []netip.Prefix // its addresses with their prefix length, IPv4 then IPv6
}

// List is every interface of this network namespace, sorted by index.
func List() ([]Interface, error) {
	const op = "list interfaces"
	links, err := dump(netlink.LinkList)
	if err != nil {
		return nil, fail(op, err)
	}
	addresses, err := dump(func() ([]netlink.Addr, error) { return netlink.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, fail(op, err)
	}
	byIndex := indexed(links)
	list := make([]Interface, 0, len(links))
	for _, l := range links {
		list = append(list, read(l, byIndex, addresses))
	}
	slices.SortFunc(list, func(a, b Interface) int { return cmp.Compare(a.Index, b.Index) })
	return list, nil
}

// Find is the interface of that name; the error names those there are.
func Find(name string) (Interface, error) {
	const op = "find interface"
	if err := checkName(op, name); err != nil {
		return Interface{}, err
	}
	list, err := List()
	if err != nil {
		return Interface{}, err
	}
	if i := slices.IndexFunc(list, func(i Interface) bool { return i.Name == name }); i >= 0 {
		return list[i], nil
	}
	return Interface{}, unknown(op, name, list)
}

func unknown(op, name string, list []Interface) error {
	var names []string
	for _, i := range list {
		names = append(names, i.Name)
	}
	more := ""
	if len(names) > maxNamed {
		more = fmt.Sprintf(" and %d more", len(names)-maxNamed)
		names = names[:maxNamed]
	}
	return tinycheck.Errorf(op, tinycheck.NotFound,
		fmt.Errorf("there is no interface %s; there are %s%s", name, strings.Join(names, ", "), more))
}

// dump asks for a whole list until none of it changed while it was read.
func dump[T any](ask func() ([]T, error)) (list []T, err error) {
	for range maxDumps {
		list, err = ask()
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			return list, err
		}
	}
	return nil, err
}

func indexed(links []netlink.Link) map[int]*netlink.LinkAttrs {
	all := make(map[int]*netlink.LinkAttrs, len(links))
	for _, l := range links {
		all[l.Attrs().Index] = l.Attrs()
	}
	return all
}

func carrier(a *netlink.LinkAttrs) bool { return a.RawFlags&unix.IFF_LOWER_UP != 0 }

func read(l netlink.Link, links map[int]*netlink.LinkAttrs, addresses []netlink.Addr) Interface {
	a := l.Attrs()
	i := Interface{
		Name: a.Name, Index: a.Index, Kind: l.Type(), MTU: a.MTU,
		Up: a.RawFlags&unix.IFF_UP != 0, Carrier: carrier(a),
		Loopback: a.RawFlags&unix.IFF_LOOPBACK != 0,
		Wireless: wireless(a.Name, a.Index),
		Prefixes: prefixesOf(a.Index, addresses),
	}
	if len(a.HardwareAddr) == len(i.MAC) {
		i.MAC = tinycheck.MAC(a.HardwareAddr)
	}
	if master := links[a.MasterIndex]; master != nil {
		i.Master = master.Name
	}
	return i
}

// wireless asks sysfs, which shows the namespace that it was mounted in: what it
// says is believed only when it means the same interface.
func wireless(name string, index int) bool {
	if checkName("", name) != nil {
		return false
	}
	folder := filepath.Join("/sys/class/net", name)
	text, err := os.ReadFile(filepath.Join(folder, "ifindex"))
	if err != nil || strings.TrimSpace(string(text)) != strconv.Itoa(index) {
		return false
	}
	for _, sign := range []string{"phy80211", "wireless"} {
		if _, err := os.Stat(filepath.Join(folder, sign)); err == nil {
			return true
		}
	}
	return false
}
