package phone

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"tinycheck/internal/wire/dhcp"
	"tinycheck/internal/wire/dns"
)

// Transport is how the bytes of a conversation travel.
type Transport string

// The transports.
const (
	TCP Transport = "tcp"
	UDP Transport = "udp"
)

// End is how a conversation ends in the scenario.
type End string

// The ends.
const (
	EndOpen       End = "open"       // not within the scenario
	EndClosed     End = "closed"     // both sides said so
	EndReset      End = "reset"      // somebody hung up
	EndRefused    End = "refused"    // nobody listens there
	EndUnanswered End = "unanswered" // nothing ever came back
)

// Skip is why a packet of the scenario cannot be told with a socket.
type Skip string

// The reasons.
const (
	SkipProtocol Skip = "protocol" // neither TCP nor UDP: ping, ESP
	SkipDevice   Skip = "device"   // of another device than the phone
	SkipCut      Skip = "cut"      // the scenario keeps only the beginning
	SkipInward   Skip = "inward"   // the other end begins
)

// Line is what one side says at a time: a datagram, or bytes of a stream.
type Line struct {
	At     time.Duration // since the start of the scenario
	Server bool          // the other end says it
	Data   []byte
}

// Conversation is one TCP connection, or what is said between two UDP ports.
type Conversation struct {
	Transport   Transport
	Port        uint16 // of the phone
	Remote      netip.AddrPort
	Name        string // that the phone had looked up to find Remote; "" for none
	Begin, Last time.Duration
	Lines       []Line
	End         End
}

// Bytes is how much both sides say.
func (c *Conversation) Bytes() (phone, server int) {
	for _, l := range c.Lines {
		if l.Server {
			server += len(l.Data)
		} else {
			phone += len(l.Data)
		}
	}
	return phone, server
}

// Question is one question of DNS with its answer.
type Question struct {
	At, Last  time.Duration
	Name      string
	Type      dns.Type
	Server    netip.Addr // who is asked; the zero value is the server of the lease
	TCP       bool
	Query     []byte
	Answer    []byte       // nil: nobody answers
	Addresses []netip.Addr // that the answer holds
}

// Joining is what a phone says when it asks for an address.
type Joining struct{ Discover, Request dhcp.V4 }

// Script is a scenario without packets: what the phone says, and what it is told.
type Script struct {
	Joining       Joining
	Resolvers     []netip.Addr   // that the phone was told of when it joined
	Questions     []Question     // in the order of time
	Conversations []Conversation // in the order of time
	Skipped       map[Skip]int   // packets
	known         map[string][]netip.Addr
}

// Addresses are those that an answer of the scenario gave for a name.
func (s *Script) Addresses(name string) []netip.Addr { return s.known[name] }

// Remotes are all addresses that the phone talks to, or could as well because a
// name has several; those of the near side of the box are not among them.
func (s *Script) Remotes() []netip.Addr {
	seen := make(map[netip.Addr]bool)
	for i := range s.Conversations {
		for _, a := range s.places(&s.Conversations[i]) {
			seen[a] = !near(a)
		}
	}
	for i := range s.Questions {
		if a := s.Questions[i].Server; a.IsValid() {
			seen[a] = true
		}
	}
	var list []netip.Addr
	for a, far := range seen {
		if far {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return list
}

// places are where a conversation can be had: its address in the scenario, and
// the others of its name.
func (s *Script) places(c *Conversation) []netip.Addr {
	list := []netip.Addr{c.Remote.Addr()}
	for _, a := range s.known[c.Name] {
		if !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

// near tells addresses that are never behind the uplink.
func near(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsLoopback() || a.IsUnspecified() || a == broadcast
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// finish sorts, and finds the names by which the phone found its remotes: the
// last one that it had asked for.
func (s *Script) finish() {
	slices.SortStableFunc(s.Questions, func(a, b Question) int { return cmp.Compare(a.At, b.At) })
	slices.SortStableFunc(s.Conversations, func(a, b Conversation) int { return cmp.Compare(a.Begin, b.Begin) })
	s.known = make(map[string][]netip.Addr)
	last := make(map[netip.Addr]string)
	next := 0
	for i := range s.Conversations {
		c := &s.Conversations[i]
		for ; next < len(s.Questions) && s.Questions[next].At <= c.Begin; next++ {
			s.learn(&s.Questions[next], last)
		}
		c.Name = last[c.Remote.Addr()]
	}
	for ; next < len(s.Questions); next++ {
		s.learn(&s.Questions[next], last)
	}
}

func (s *Script) learn(q *Question, last map[netip.Addr]string) {
	for _, a := range q.Addresses {
		last[a] = q.Name
		if !slices.Contains(s.known[q.Name], a) {
			s.known[q.Name] = append(s.known[q.Name], a)
		}
	}
}
