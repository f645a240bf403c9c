package firewall

import (
	"errors"
	"syscall"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"

	"tinycheck"
)

var errUnplanned = errors.New("there is nothing to apply: make the ruleset with Plan")

// ours is the table, as the kernel finds it.
var ours = &nftables.Table{Name: Table, Family: nftables.TableFamilyINet}

// A link is a connection to nf_tables in the network namespace of the caller's
// thread. It is closed with CloseLasting.
type link struct {
	*nftables.Conn
	raw *netlink.Conn // the same socket, for what the library does not tell
}

func dial() (*link, error) {
	l := &link{}
	conn, err := nftables.New(nftables.AsLasting(), nftables.WithSockOptions(func(c *netlink.Conn) error {
		l.raw = c
		return errors.Join(c.SetReadBuffer(readBuffer), c.SetDeadline(time.Now().Add(patience)))
	}))
	l.Conn = conn
	return l, err
}

// Apply puts the ruleset in the place of what the table was, in one transaction:
// every packet sees either the old table or the new one.
func (r Ruleset) Apply() error {
	const op = "apply firewall"
	if len(r.chains) == 0 {
		return tinycheck.Errorf(op, tinycheck.Invalid, errUnplanned)
	}
	l, err := dial()
	if err != nil {
		return fail(op, err)
	}
	defer l.CloseLasting()
	l.AddTable(ours) // so that there is one to delete
	l.DelTable(ours)
	l.AddTable(ours)
	if err := r.add(l); err != nil {
		return fail(op, err)
	}
	return fail(op, l.Flush())
}

// add queues all that is in the table. Chains come before rules, which name them.
func (r Ruleset) add(l *link) error {
	ids := make(map[*set]*nftables.Set)
	for _, s := range r.sets {
		if err := l.addSet(s, ids); err != nil {
			return err
		}
	}
	chains := make([]*nftables.Chain, len(r.chains))
	for i, c := range r.chains {
		chains[i] = l.AddChain(c.known())
	}
	for i, c := range r.chains {
		for _, rule := range c.rules {
			if err := l.addRule(chains[i], rule, ids); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *link) addRule(c *nftables.Chain, r rule, ids map[*set]*nftables.Set) error {
	list := make([]expr.Any, len(r.steps))
	for i, s := range r.steps {
		list[i] = s.expr
		if s.set == nil {
			continue
		}
		if ids[s.set] == nil {
			if err := l.addSet(s.set, ids); err != nil {
				return err
			}
		}
		known := ids[s.set]
		list[i] = &expr.Lookup{SourceRegister: register, SetName: known.Name, SetID: known.ID}
	}
	l.AddRule(&nftables.Rule{Table: ours, Chain: c, Exprs: list})
	return nil
}

// addSet numbers sets itself: the library's counter is one for the whole program.
func (l *link) addSet(s *set, ids map[*set]*nftables.Set) error {
	known := s.known()
	known.ID = uint32(len(ids) + 1)
	ids[s] = known
	return l.AddSet(known, s.elements())
}

// known is a set in the library's words. The kernel makes a name from "%d".
func (s *set) known() *nftables.Set {
	k := &nftables.Set{Table: ours, Name: s.name, KeyType: s.key, Interval: s.networks != nil}
	if s.name == "" {
		k.Name, k.Anonymous, k.Constant = "__set%d", true, true
	}
	return k
}

// elements are what the kernel keeps: a network is where it begins, and the first
// address after it, unless there is none.
func (s *set) elements() (list []nftables.SetElement) {
	for _, v := range s.values {
		list = append(list, nftables.SetElement{Key: v.bytes})
	}
	for _, p := range s.networks {
		list = append(list, nftables.SetElement{Key: p.Addr().AsSlice()})
		if after := last(p).Next(); after.IsValid() {
			list = append(list, nftables.SetElement{Key: after.AsSlice(), IntervalEnd: true})
		}
	}
	return list
}

func (c chain) known() *nftables.Chain {
	k := &nftables.Chain{Name: c.name, Table: ours}
	if c.hook != nil {
		policy := nftables.ChainPolicyAccept
		k.Type, k.Hooknum, k.Priority, k.Policy = c.hook.kind, c.hook.point, &c.hook.order, &policy
	}
	return k
}

// Remove takes the table away and nothing else. It is no error when there is none.
func Remove() error {
	const op = "remove firewall"
	l, err := dial()
	if err != nil {
		return fail(op, err)
	}
	defer l.CloseLasting()
	l.DelTable(ours)
	if err := l.Flush(); err != nil && !errors.Is(err, syscall.ENOENT) {
		return fail(op, err)
	}
	return nil
}
