package phone

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"tinycheck/internal/wire/dns"
)

// resolvers are all addresses at which names are answered: the Internet's own,
// and those that the scenario's phone asks without being told to.
func (n *Internet) resolvers() []netip.Addr {
	list := []netip.Addr{n.config.DNS}
	for i := range n.script.Questions {
		if a := n.script.Questions[i].Server; a.IsValid() && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

func (n *Internet) listenDNS(ctx context.Context, a netip.Addr) error {
	at := netip.AddrPortFrom(a, portDNS)
	z := newZone(n.script, n.config.Hosts)
	conn, err := n.packets(ctx, at)
	if err != nil {
		return err
	}
	n.goes.Go(func() { n.resolveUDP(ctx, z, conn) })
	l, err := n.connections(ctx, at, false)
	if err != nil {
		return err
	}
	n.goes.Go(func() { n.accept(ctx, l, func(c net.Conn) { n.resolveTCP(z, c) }) })
	return nil
}

func (n *Internet) resolveUDP(ctx context.Context, z *zone, conn net.PacketConn) {
	room := make([]byte, maxDatagram)
	for {
		k, from, err := conn.ReadFrom(room)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			until(ctx, time.Now().Add(burstPause))
			continue
		}
		if answer := n.resolve(z, room[:k]); answer != nil {
			_, _ = conn.WriteTo(answer, from)
		}
	}
}

// resolveTCP has a length before each message, RFC 1035 section 4.2.2.
func (n *Internet) resolveTCP(z *zone, c net.Conn) {
	for {
		_ = c.SetDeadline(time.Now().Add(patience))
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, query); err != nil {
			return
		}
		answer := n.resolve(z, query)
		if answer == nil {
			continue
		}
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

func (n *Internet) resolve(z *zone, query []byte) []byte {
	answer, known := z.answer(query)
	n.count(func(s *Served) {
		s.Questions++
		if !known {
			s.Unknown++
		}
	})
	return answer
}

// zone is what the DNS of a scenario knows.
type zone struct {
	mu     sync.Mutex
	told   map[dns.Question][][]byte // answers, in the order of the scenario
	silent map[dns.Question]bool     // nobody ever answers
	names  map[string]bool           // that there are, with whatever type
	hosts  map[string][]netip.Addr
}

func newZone(s *Script, hosts map[string][]netip.Addr) *zone {
	z := &zone{told: make(map[dns.Question][][]byte), silent: make(map[dns.Question]bool), names: make(map[string]bool), hosts: make(map[string][]netip.Addr)}
	for name, list := range hosts {
		z.hosts[strings.ToLower(strings.TrimSuffix(name, "."))] = list
	}
	for i := range s.Questions {
		q := &s.Questions[i]
		key := dns.Question{Name: q.Name, Type: q.Type}
		if q.Answer == nil {
			z.silent[key] = true
			continue
		}
		z.told[key] = append(z.told[key], q.Answer)
		if len(q.Addresses) > 0 {
			z.names[q.Name] = true
		}
	}
	for key := range z.told {
		delete(z.silent, key)
	}
	return z
}

// answer gives the response, or nil where the scenario has none; known is false
// for a question that nothing is known about.
func (z *zone) answer(query []byte) (response []byte, known bool) {
	var m dns.Message
	if m.Unpack(query) != nil || m.Response || len(m.Questions) != 1 {
		return nil, false
	}
	asked := m.Questions[0]
	key := dns.Question{Name: asked.Name, Type: asked.Type}
	out := dns.Message{ID: m.ID, Response: true, Recursion: m.Recursion, Available: true, Questions: []dns.Question{asked}}
	z.mu.Lock()
	defer z.mu.Unlock()
	list, hosts := z.told[key], z.hosts[asked.Name]
	switch {
	case len(list) > 0:
		response = renumbered(list[0], m.ID)
		if len(list) > 1 { // the next one the next time; the last one stays
			z.told[key] = list[1:]
		}
		return response, true
	case z.silent[key]:
		return nil, true
	case len(hosts) > 0:
		out.Records = records(asked, hosts)
	case !z.names[asked.Name]:
		out.RCode = dns.NXDomain
	}
	response, err := dns.Append(nil, out)
	if err != nil {
		return nil, false
	}
	return response, out.RCode != dns.NXDomain
}

// renumbered is a recorded response to a question of now, RFC 1035 section 4.1.1.
func renumbered(response []byte, id uint16) []byte {
	out := slices.Clone(response)
	binary.BigEndian.PutUint16(out, id)
	return out
}

func records(q dns.Question, hosts []netip.Addr) (list []dns.Record) {
	const life = 60
	for _, a := range hosts {
		if q.Type == dns.TypeA && a.Is4() || q.Type == dns.TypeAAAA && a.Is6() {
			list = append(list, dns.Record{Name: q.Name, Type: q.Type, Class: dns.ClassIN, TTL: life, Addr: a})
		}
	}
	return list
}
