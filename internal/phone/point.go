package phone

import (
	"net/netip"
	"slices"
	"sync"
)

// point is one port of one server, with the conversations that can be had there.
type point struct {
	transport Transport
	at        netip.AddrPort
	talks     []*Conversation // in the order of the scenario
	mu        sync.Mutex
	had       []int // how often each was had
}

// points are those of the scenario. Where nobody listens in it, there is none;
// the kernel refuses.
func (n *Internet) points() []*point {
	type key struct {
		transport Transport
		at        netip.AddrPort
	}
	known := make(map[key]*point)
	var list []*point
	for i := range n.script.Conversations {
		c := &n.script.Conversations[i]
		if c.End == EndRefused {
			continue
		}
		for _, a := range n.script.places(c) {
			k := key{c.Transport, netip.AddrPortFrom(a, c.Remote.Port())}
			if near(a) || n.taken(k.transport, k.at) {
				continue
			}
			if known[k] == nil {
				known[k] = &point{transport: k.transport, at: k.at}
				list = append(list, known[k])
			}
			known[k].talks = append(known[k].talks, c)
		}
	}
	for _, p := range list {
		p.had = make([]int, len(p.talks))
	}
	return list
}

// taken says that a server of another kind has the port.
func (n *Internet) taken(t Transport, at netip.AddrPort) bool {
	switch at.Port() {
	case portDNS:
		return slices.Contains(n.resolvers(), at.Addr())
	case portHTTP, portHTTPS:
		return t == TCP && at.Addr() == n.config.Web
	}
	return false
}

// deaf says that nobody ever answers there.
func (p *point) deaf() bool {
	return !slices.ContainsFunc(p.talks, func(c *Conversation) bool { return c.End != EndUnanswered })
}

// choose finds the conversation that begins with what the phone has said so far:
// of those that fit whole, the one that was had least; else the only one that
// fits at all. more says that it takes more bytes to tell; last, that there will
// be none.
func (p *point) choose(said []byte, last bool) (c *Conversation, more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	best, level, others := -1, fitNot, 0
	for i, t := range p.talks {
		fit := fits(t, said)
		if fit == fitNot {
			continue
		}
		others++
		if fit > level || fit == level && p.had[i] < p.had[best] {
			best, level = i, fit
		}
	}
	switch {
	case best < 0:
		return nil, false
	case level < fitWhole && !last && (level < fitFirst || others > 1):
		return nil, true
	}
	p.had[best]++
	return p.talks[best], false
}

// fit is how well a beginning fits a conversation.
type fit int

const (
	fitNot   fit = iota
	fitSoFar     // less than the phone's first line
	fitFirst     // that line, and what follows as far as it goes
	fitWhole     // all that the phone says before the server does
)

func fits(c *Conversation, said []byte) fit {
	if c.End == EndUnanswered || len(c.Lines) == 0 {
		return fitNot
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		if l.Server {
			break
		}
		n := min(len(l.Data), len(said))
		if string(l.Data[:n]) != string(said[:n]) {
			return fitNot
		}
		if said = said[n:]; n < len(l.Data) {
			return min(fitSoFar+fit(i), fitFirst)
		}
	}
	return fitWhole
}
