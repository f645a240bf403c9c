package firewall

import (
	"bytes"
	"slices"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Attributes are what a message of netlink says, by kind (linux/netlink.h: struct
// nlattr). Some hold attributes again.
type attributes map[uint16]attribute

type attribute struct {
	data   []byte
	nested bool // the sender says so; the kernel does not in nf_tables
}

func parse(b []byte) (attributes, error) {
	list, err := netlink.UnmarshalAttributes(b)
	if err != nil {
		return nil, err
	}
	a := make(attributes, len(list))
	for _, one := range list {
		a[one.Type&^(unix.NLA_F_NESTED|unix.NLA_F_NET_BYTEORDER)] = attribute{one.Data, one.Type&unix.NLA_F_NESTED != 0}
	}
	return a, nil
}

// parseAll reads a list, whose members are all of one kind.
func parseAll(b []byte) ([]attributes, error) {
	list, err := netlink.UnmarshalAttributes(b)
	if err != nil {
		return nil, err
	}
	all := make([]attributes, len(list))
	for i, one := range list {
		if all[i], err = parse(one.Data); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// same compares what we would send with what the kernel has. The kernel also
// tells what was not said, and leaves out what goes without saying: both are zero.
func (a attributes) same(b attributes) bool {
	for kind, mine := range a {
		theirs, there := b[kind]
		switch {
		case mine.nested && there:
			if !sameNested(mine.data, theirs.data) {
				return false
			}
		case there && !bytes.Equal(mine.data, theirs.data), !there && !zero(mine.data):
			return false
		}
	}
	for kind, theirs := range b {
		if _, there := a[kind]; !there && !zero(theirs.data) {
			return false
		}
	}
	return true
}

func sameNested(a, b []byte) bool {
	mine, err := parse(a)
	theirs, err2 := parse(b)
	return err == nil && err2 == nil && mine.same(theirs)
}

func zero(b []byte) bool { return !slices.ContainsFunc(b, func(c byte) bool { return c != 0 }) }
