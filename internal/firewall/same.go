package firewall

import (
	"encoding/binary"
	"slices"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// same compares a rule with one of the kernel, expression by expression. Comments
// that somebody gave it do not count: they do nothing.
func (r rule) same(there foundRule, now *found) bool {
	return slices.EqualFunc(r.steps, there, func(s step, a attributes) bool { return s.same(a, now) })
}

func (s step) same(there attributes, now *found) bool {
	data, err := expr.Marshal(unix.NFPROTO_INET, s.expr)
	if err != nil {
		return false
	}
	mine, err := parse(data)
	if err != nil || mine.text(unix.NFTA_EXPR_NAME) != there.text(unix.NFTA_EXPR_NAME) {
		return false
	}
	a, err := parse(mine[unix.NFTA_EXPR_DATA].data)
	b, err2 := parse(there[unix.NFTA_EXPR_DATA].data)
	if err != nil || err2 != nil {
		return false
	}
	switch s.expr.(type) {
	case *expr.Lookup:
		return s.set.sameLookUp(a, b, now)
	case *expr.NAT:
		b.forget(unix.NFTA_NAT_FLAGS, mapAddresses)
	}
	return a.same(b)
}

// mapAddresses is the flag that the kernel sets itself when a translation has
// addresses (NF_NAT_RANGE_MAP_IPS).
const mapAddresses = 1

// forget clears bits of a number.
func (a attributes) forget(kind uint16, bits uint32) {
	if data := a[kind].data; len(data) == 4 {
		a[kind] = attribute{data: binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(data)&^bits)}
	}
}

// sameLookUp compares two look-ups, and the set behind theirs with this one: one
// without a name of ours has some name that the kernel gave it.
func (s *set) sameLookUp(mine, theirs attributes, now *found) bool {
	name := theirs.text(unix.NFTA_LOOKUP_SET)
	for _, a := range []attributes{mine, theirs} {
		delete(a, unix.NFTA_LOOKUP_SET)
		delete(a, unix.NFTA_LOOKUP_SET_ID)
	}
	return (s.name == "" || s.name == name) && s.same(now.sets[name]) && mine.same(theirs)
}

// same compares what a set is and what is in it; the kernel keeps no order.
func (s *set) same(there *foundSet) bool {
	if there == nil {
		return false
	}
	known := s.known()
	flags := uint32(0)
	if known.Anonymous {
		flags |= unix.NFT_SET_ANONYMOUS | unix.NFT_SET_CONSTANT
	}
	if known.Interval {
		flags |= unix.NFT_SET_INTERVAL
	}
	return there.number(unix.NFTA_SET_FLAGS) == flags &&
		there.number(unix.NFTA_SET_KEY_TYPE) == known.KeyType.GetNFTMagic() &&
		there.number(unix.NFTA_SET_KEY_LEN) == known.KeyType.Bytes &&
		there.number(unix.NFTA_SET_TIMEOUT) == 0 &&
		slices.Equal(s.marks(), there.marks())
}

func (s *foundSet) anonymous() bool {
	return s.number(unix.NFTA_SET_FLAGS)&unix.NFT_SET_ANONYMOUS != 0
}

// number is an attribute of four bytes; 0 when it is not there.
func (s *foundSet) number(kind uint16) uint32 {
	if data := s.head[kind].data; len(data) == 4 {
		return binary.BigEndian.Uint32(data)
	}
	return 0
}

// A mark is an element as text, so that elements can be sorted and compared.
const (
	markMember = "" // the network begins here, or: this is a member
	markAfter  = " after"
	markOther  = " other" // it has more to it than we would say
)

func (s *set) marks() (list []string) {
	for _, e := range s.elements() {
		mark := markMember
		if e.IntervalEnd {
			mark = markAfter
		}
		list = append(list, string(e.Key)+mark)
	}
	slices.Sort(list)
	return list
}

func (s *foundSet) marks() (list []string) {
	for _, e := range s.elements {
		list = append(list, mark(e))
	}
	slices.Sort(list)
	return list
}

func mark(element attributes) string {
	said := attributes{unix.NFTA_SET_ELEM_KEY: element[unix.NFTA_SET_ELEM_KEY]}
	key, err := parse(element[unix.NFTA_SET_ELEM_KEY].data)
	text := string(key[unix.NFTA_DATA_VALUE].data)
	if said.same(element) && err == nil {
		return text + markMember
	}
	said[unix.NFTA_SET_ELEM_FLAGS] = attribute{data: binary.BigEndian.AppendUint32(nil, unix.NFT_SET_ELEM_INTERVAL_END)}
	if said.same(element) && err == nil {
		return text + markAfter
	}
	return text + markOther
}
