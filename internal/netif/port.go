package netif

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"

	"tinycheck"
)

// Port is an interface that is part of a bridge.
type Port struct {
	Name     string
	Index    int
	Isolated bool // what comes in here goes to no other port that is isolated, only to the machine itself
}

// Ports are those of a bridge, sorted by index; what is no bridge has none.
func Ports(bridge string) ([]Port, error) {
	i, err := Find(bridge)
	if err != nil || i.Kind != "bridge" {
		return nil, err
	}
	list, err := List()
	if err != nil {
		return nil, err
	}
	var ports []Port
	for _, member := range list {
		if member.Master != bridge {
			continue
		}
		on, err := isolated(member.Name, member.Index)
		if errors.Is(err, tinycheck.NotFound) {
			continue // it has just been taken out
		}
		if err != nil {
			return nil, err
		}
		ports = append(ports, Port{Name: member.Name, Index: member.Index, Isolated: on})
	}
	return ports, nil
}

// SetIsolated keeps a port apart from those ports of its bridge that are isolated
// too, or joins it to them again (bridge(8), isolated). What is in no bridge is
// NotFound.
func SetIsolated(port string, on bool) error {
	const op = "isolate port"
	link, err := linkOf(op, port)
	if err != nil {
		return err
	}
	failed := netlink.LinkSetIsolated(link, on)
	now, err := isolated(port, link.Attrs().Index)
	switch {
	case err != nil: // which explains the failure, if there was one
		return err
	case failed != nil:
		return fail(op, failed)
	case now != on: // older kernels overlook what they do not know
		return tinycheck.Errorf(op, tinycheck.Unsupported, errors.New("this kernel cannot keep the ports of a bridge apart: use Linux 4.18 or a later one, or an interface that is no bridge"))
	}
	return nil
}

// isolated asks for what only the bridge knows of its port.
func isolated(port string, index int) (bool, error) {
	const op = "look at port"
	link := &netlink.Device{LinkAttrs: netlink.LinkAttrs{Name: port, Index: index}}
	var info netlink.Protinfo
	_, err := dump(func() ([]netlink.Link, error) {
		var err error
		info, err = netlink.LinkGetProtinfo(link)
		return nil, err
	})
	if err == nil {
		return info.Isolated, nil
	}
	// That it is in no bridge is an error without a name.
	i, missing := Find(port)
	switch {
	case missing != nil:
		return false, missing
	case i.Index != index || i.Master == "":
		return false, tinycheck.Errorf(op, tinycheck.NotFound, fmt.Errorf("%s is in no bridge: add it to one first", port))
	}
	return false, fail(op, err)
}
