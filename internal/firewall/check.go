package firewall

import (
	"errors"
	"fmt"

	"github.com/google/nftables"

	"tinycheck"
)

// Check reads the table back from the kernel. When it is not exactly this ruleset,
// the error is of kind Conflict and names the first difference.
func (r Ruleset) Check() error {
	const op = "check firewall"
	l, err := dial()
	if err != nil {
		return fail(op, err)
	}
	defer l.close()
	now, err := l.read()
	if err != nil {
		return fail(op, err)
	}
	if err := r.differs(now); err != nil {
		return tinycheck.Errorf(op, tinycheck.Conflict, err)
	}
	return nil
}

// differs names the first difference; nil when there is none.
func (r Ruleset) differs(now *found) error {
	switch {
	case !now.there:
		return errors.New("the table is gone")
	case now.flags != 0:
		return errors.New("the table is switched off or has another owner")
	}
	for _, c := range r.chains {
		if err := c.differs(now); err != nil {
			return fmt.Errorf("chain %s: %w", c.name, err)
		}
	}
	if len(now.chains) != len(r.chains) {
		return fmt.Errorf("there are %d chains instead of %d", len(now.chains), len(r.chains))
	}
	// Those without a name belong to rules and were looked at with them.
	for name, s := range now.sets {
		if !s.anonymous() {
			return fmt.Errorf("set %s was added", name)
		}
	}
	return nil
}

func (c chain) differs(now *found) error {
	there := now.chains[c.name]
	if there == nil {
		return errors.New("it is gone")
	}
	if !sameHook(c.known(), there) {
		return errors.New("its hook, priority or policy is another one")
	}
	rules := now.rules[c.name]
	for i, r := range c.rules {
		if i >= len(rules) || !r.same(rules[i], now) {
			return fmt.Errorf("rule %d is not: %s", i+1, r.words)
		}
	}
	if len(rules) != len(c.rules) {
		return fmt.Errorf("there are %d rules instead of %d", len(rules), len(c.rules))
	}
	return nil
}

func sameHook(a, b *nftables.Chain) bool {
	return a.Type == b.Type && equal(a.Hooknum, b.Hooknum) && equal(a.Priority, b.Priority) && equal(a.Policy, b.Policy)
}

func equal[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}
