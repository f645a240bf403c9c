package phone

import (
	"net/netip"
	"slices"

	"tinycheck/internal/wire/dns"
)

// questions makes questions of a conversation with a DNS server, unless it says
// anything else.
func (r *reader) questions(c *Conversation) bool {
	said, ok := messages(c)
	if !ok {
		return false
	}
	var list []Question
	for _, l := range said {
		var m dns.Message
		if m.Unpack(l.Data) != nil || len(m.Questions) != 1 || m.Response != l.Server {
			return false
		}
		at := slices.IndexFunc(list, func(q Question) bool {
			return q.Name == m.Questions[0].Name && q.Type == m.Questions[0].Type && id(q.Query) == m.ID
		})
		switch {
		case at < 0 && l.Server:
			return false
		case at < 0:
			list = append(list, r.question(c, l, &m))
			continue
		case l.Server:
			list[at].Answer, list[at].Addresses = l.Data, addresses(&m)
		}
		list[at].Last = l.At // asked again, or answered
	}
	r.script.Questions = append(r.script.Questions, list...)
	return len(list) > 0
}

func (r *reader) question(c *Conversation, l Line, m *dns.Message) Question {
	q := Question{At: l.At, Last: l.At, Name: m.Questions[0].Name, Type: m.Questions[0].Type, TCP: c.Transport == TCP, Query: l.Data}
	if to := c.Remote.Addr(); !near(to) && !slices.Contains(r.script.Resolvers, to) {
		q.Server = to
	}
	return q
}

// messages are the messages of both sides; over TCP each has its length before
// it, RFC 1035 section 4.2.2.
func messages(c *Conversation) (list []Line, ok bool) {
	if c.Transport == UDP {
		return c.Lines, true
	}
	var sides [2]dns.TCPStream
	ok = true
	for _, l := range c.Lines {
		from := &sides[0]
		if l.Server {
			from = &sides[1]
		}
		ok = ok && from.Feed(l.Data, func(msg []byte) {
			list = append(list, Line{At: l.At, Server: l.Server, Data: slices.Clone(msg)})
		})
	}
	return list, ok
}

func addresses(m *dns.Message) (list []netip.Addr) {
	for i := range m.Records {
		if a := m.Records[i].Addr; a.IsValid() && m.Records[i].Section == dns.Answer {
			list = append(list, a)
		}
	}
	return list
}

// id is the first field of a message, RFC 1035 section 4.1.1.
func id(msg []byte) uint16 {
	if len(msg) < 2 {
		return 0
	}
	return uint16(msg[0])<<8 | uint16(msg[1])
}
