package phone

import (
	"net/netip"
	"slices"
	"sync"
)

// names is what the box answered. There are no more of them than a scenario has.
type names struct {
	mu    sync.Mutex
	known map[string]*name
}

type name struct {
	asking    []chan struct{} // questions that are open
	four, six []netip.Addr    // of the latest answers
}

func (n *names) of(what string) *name {
	if n.known == nil {
		n.known = make(map[string]*name)
	}
	if n.known[what] == nil {
		n.known[what] = &name{}
	}
	return n.known[what]
}

// ask notes a question that is about to be asked; done is closed at its end.
func (n *names) ask(what string, done chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	one := n.of(what)
	one.asking = slices.DeleteFunc(one.asking, func(c chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	})
	one.asking = append(one.asking, done)
}

// asking are the questions for a name that were begun so far.
func (n *names) asking(what string) []chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if what == "" {
		return nil
	}
	return slices.Clone(n.of(what).asking)
}

// learn takes the addresses of one family from an answer.
func (n *names) learn(what string, six bool, list []netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	one := n.of(what)
	if six {
		one.six = list
	} else {
		one.four = list
	}
}

// choose finds where a phone goes that was told these addresses: the one of the
// scenario when it is among them, else one of the same family, else of the other.
func (n *names) choose(what string, wanted netip.Addr, before []netip.Addr, six bool) (netip.Addr, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	one := n.of(what)
	lists := [][]netip.Addr{one.four, one.six}
	if wanted.Is6() {
		slices.Reverse(lists)
	}
	for _, list := range lists {
		if len(list) == 0 || list[0].Is6() && !six {
			continue
		}
		if slices.Contains(list, wanted) {
			return wanted, true
		}
		return list[max(0, slices.Index(before, wanted))%len(list)], true
	}
	return netip.Addr{}, false
}
