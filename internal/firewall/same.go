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

// sameLookUp compares two look-ups, and what is in the set behind theirs: its name
// is of the kernel's making.
func (s *set) sameLookUp(mine, theirs attributes, now *found) bool {
	there := now.sets[theirs.text(unix.NFTA_LOOKUP_SET)]
	for _, a := range []attributes{mine, theirs} {
		delete(a, unix.NFTA_LOOKUP_SET)
		delete(a, unix.NFTA_LOOKUP_SET_ID)
	}
	return s.same(there) && mine.same(theirs)
}

// same compares what a set is and what is in it; the kernel keeps no order.
func (s *set) same(there *foundSet) bool {
	return there != nil &&
		there.number(unix.NFTA_SET_FLAGS) == unix.NFT_SET_ANONYMOUS|unix.NFT_SET_CONSTANT &&
		there.number(unix.NFTA_SET_KEY_TYPE) == s.key.GetNFTMagic() &&
		there.number(unix.NFTA_SET_KEY_LEN) == s.key.Bytes &&
		slices.Equal(s.members(), there.members())
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

func (s *set) members() (list []string) {
	for _, v := range s.values {
		list = append(list, string(v.bytes))
	}
	slices.Sort(list)
	return list
}

func (s *foundSet) members() (list []string) {
	for _, e := range s.elements {
		key, err := parse(e[unix.NFTA_SET_ELEM_KEY].data)
		member := string(key[unix.NFTA_DATA_VALUE].data)
		// With more to it than a key it is a member of another kind.
		only := attributes{unix.NFTA_SET_ELEM_KEY: e[unix.NFTA_SET_ELEM_KEY]}
		if err != nil || !only.same(e) {
			member = "?"
		}
		list = append(list, member)
	}
	slices.Sort(list)
	return list
}
