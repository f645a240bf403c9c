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
// thread.
type link struct {
	*nftables.Conn
	raw  *netlink.Conn // the same socket, for what the library does not tell
	sets uint32        // how many were queued
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

// close ends the link. All that was asked has been answered by then.
func (l *link) close() { _ = l.CloseLasting() }

// Apply puts the ruleset in the place of what the table was, in one transaction:
// at no moment is there none. Nothing hangs on sets of intervals, see closing.
func (r Ruleset) Apply() error {
	const op = "apply firewall"
	if len(r.chains) == 0 {
		return tinycheck.Errorf(op, tinycheck.Invalid, errUnplanned)
	}
	l, err := dial()
	if err != nil {
		return fail(op, err)
	}
	defer l.close()
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
	chains := make([]*nftables.Chain, len(r.chains))
	for i, c := range r.chains {
		chains[i] = l.AddChain(c.known())
	}
	for i, c := range r.chains {
		for _, rule := range c.rules {
			if err := l.addRule(chains[i], rule); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *link) addRule(c *nftables.Chain, r rule) error {
	list := make([]expr.Any, len(r.steps))
	for i, s := range r.steps {
		list[i] = s.expr
		if s.set == nil {
			continue
		}
		// Numbered here: the library's counter is one for the whole program.
		l.sets++
		known := s.set.known(l.sets)
		if err := l.AddSet(known, s.set.elements()); err != nil {
			return err
		}
		list[i] = &expr.Lookup{SourceRegister: register, SetName: known.Name, SetID: known.ID}
	}
	l.AddRule(&nftables.Rule{Table: ours, Chain: c, Exprs: list})
	return nil
}

// known is a set in the library's words. The kernel makes a name from "%d".
func (s *set) known(id uint32) *nftables.Set {
	return &nftables.Set{Table: ours, ID: id, Name: "__set%d", KeyType: s.key, Anonymous: true, Constant: true}
}

func (s *set) elements() (list []nftables.SetElement) {
	for _, v := range s.values {
		list = append(list, nftables.SetElement{Key: v.bytes})
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
	defer l.close()
	l.DelTable(ours)
	if err := l.Flush(); err != nil && !errors.Is(err, syscall.ENOENT) {
		return fail(op, err)
	}
	return nil
}
