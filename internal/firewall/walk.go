package firewall

import (
	"bytes"
	"encoding/binary"
	"net"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// An ending is what a chain does with the packets of guests.
type ending int

const (
	undecided ending = iota
	accepted
	dropped
)

// A reach is whose packets a rule is about.
type reach int

const (
	others   reach = iota // not of guests in particular, and not everybody's
	someOf                // some of those that cross the interface of the guests
	everyOne              // all of them, or all there are
)

// A walk follows the packets of guests through the chains of a table.
type walk struct {
	*link
	guest  map[expr.MetaKey][]byte // what the properties of a packet are that name the interface
	chains []*nftables.Chain
}

func interfaceValues(guest string) map[expr.MetaKey][]byte {
	name := named(guest).bytes
	values := map[expr.MetaKey][]byte{expr.MetaKeyIIFNAME: name, expr.MetaKeyOIFNAME: name}
	if i, err := net.InterfaceByName(guest); err == nil {
		index := binary.NativeEndian.AppendUint32(nil, uint32(i.Index))
		values[expr.MetaKeyIIF], values[expr.MetaKeyOIF] = index, index
	}
	return values
}

// through gives how a chain ends for guests; depth is that of jumps.
func (w walk) through(c *nftables.Chain, depth int) (ending, error) {
	if depth > maxJumps {
		return undecided, nil
	}
	rules, err := w.GetRules(c.Table, c)
	if err != nil {
		return undecided, err
	}
	for _, r := range rules {
		scope, err := w.scope(c.Table, r.Exprs)
		if err != nil {
			return undecided, err
		}
		if scope == others {
			continue
		}
		end, final, err := w.verdict(c.Table, r.Exprs, depth)
		if err != nil {
			return undecided, err
		}
		// Dropping some of a guest's packets decides nothing about the rest.
		if final && (scope == everyOne || end == accepted) {
			return end, nil
		}
	}
	return undecided, nil
}

// scope tells whom a rule is about. What is compared stands before the comparison.
func (w walk) scope(t *nftables.Table, list []expr.Any) (reach, error) {
	names, conditions := false, false
	for i := 0; i < len(list); i++ {
		switch e := list[i].(type) {
		case *expr.Verdict, *expr.Reject, *expr.Counter, *expr.Log, *expr.Target:
		case *expr.Meta:
			ours := false
			if value := w.guest[e.Key]; value != nil && i+1 < len(list) {
				var err error
				if ours, err = w.matches(t, list[i+1], value); err != nil {
					return others, err
				}
			}
			if ours {
				names = true
				i++
			}
			conditions = conditions || !ours
		default:
			conditions = true
		}
	}
	switch {
	case !conditions:
		return everyOne, nil
	case names:
		return someOf, nil
	}
	return others, nil
}

// matches tells whether a comparison is true for a value: also that of a name's
// beginning ("wlan*"), and a look-up in a set.
func (w walk) matches(t *nftables.Table, e expr.Any, value []byte) (bool, error) {
	switch e := e.(type) {
	case *expr.Cmp:
		return e.Op == expr.CmpOpEq && bytes.HasPrefix(value, e.Data), nil
	case *expr.Lookup:
		if e.Invert || e.IsDestRegSet {
			return false, nil
		}
		members, err := w.GetSetElements(&nftables.Set{Table: t, Name: e.SetName})
		return slices.ContainsFunc(members, func(m nftables.SetElement) bool { return bytes.Equal(m.Key, value) }), err
	}
	return false, nil
}

// verdict is how a rule ends, and whether that is the end of its chain.
func (w walk) verdict(t *nftables.Table, list []expr.Any, depth int) (end ending, final bool, err error) {
	for _, e := range list {
		switch e := e.(type) {
		case *expr.Reject:
			return dropped, true, nil
		case *expr.Target: // of iptables-nft, which has verdicts for the others
			return dropped, e.Name == "REJECT", nil
		case *expr.Verdict:
			return w.follow(t, e, depth)
		}
	}
	return undecided, false, nil
}

func (w walk) follow(t *nftables.Table, v *expr.Verdict, depth int) (end ending, final bool, err error) {
	switch v.Kind {
	case expr.VerdictAccept:
		return accepted, true, nil
	case expr.VerdictDrop:
		return dropped, true, nil
	case expr.VerdictReturn:
		return undecided, true, nil
	case expr.VerdictJump, expr.VerdictGoto:
		for _, c := range w.chains {
			if c.Name == v.Chain && c.Table.Name == t.Name && c.Table.Family == t.Family {
				end, err = w.through(c, depth+1)
			}
		}
		return end, end != undecided || v.Kind == expr.VerdictGoto, err
	}
	return undecided, false, nil
}
