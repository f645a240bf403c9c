package phone

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"time"

	"tinycheck/internal/wire/dns"
)

// ask asks one question, twice when nobody answers, and learns what is told.
func (p *Phone) ask(ctx context.Context, q *Question) {
	if ctx.Err() != nil {
		return
	}
	p.count(func(r *Played) { r.Questions++ })
	to := p.lease.server
	if q.Server.IsValid() {
		to = q.Server
	}
	if !to.IsValid() || to.Is6() && !p.played.IPv6 {
		return
	}
	answer := p.exchange(ctx, q, netip.AddrPortFrom(to, portDNS))
	var m dns.Message
	if answer == nil || m.Unpack(answer) != nil {
		return
	}
	p.count(func(r *Played) { r.Answered++ })
	if q.Type == dns.TypeA || q.Type == dns.TypeAAAA {
		p.names.learn(q.Name, q.Type == dns.TypeAAAA, addresses(&m))
	}
}

// exchange gives the answer, or nil.
func (p *Phone) exchange(ctx context.Context, q *Question, to netip.AddrPort) []byte {
	c := call{network: "udp4", to: to}
	if to.Addr().Is6() {
		c.network = "udp6"
	}
	if q.TCP {
		c.network = "tcp" + c.network[3:]
	}
	conn, err := p.dial(ctx, c)
	if err != nil {
		return nil
	}
	defer shut(conn)
	defer cut(ctx, conn)()
	if q.TCP {
		_ = conn.SetDeadline(time.Now().Add(p.config.Wait))
		return overTCP(conn, q.Query)
	}
	for range 2 {
		_ = conn.SetDeadline(time.Now().Add(p.config.Wait / 2))
		if answer := overUDP(conn, q.Query); answer != nil || ctx.Err() != nil {
			return answer
		}
	}
	return nil
}

func overUDP(conn net.Conn, query []byte) []byte {
	if _, err := conn.Write(query); err != nil {
		return nil
	}
	room := make([]byte, maxDatagram)
	for {
		n, err := conn.Read(room)
		if err != nil {
			return nil
		}
		if answers(room[:n], query) {
			return room[:n]
		}
	}
}

// overTCP puts the length before the message, RFC 1035 section 4.2.2.
func overTCP(conn net.Conn, query []byte) []byte {
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)); err != nil {
		return nil
	}
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil
	}
	answer := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, answer); err != nil || !answers(answer, query) {
		return nil
	}
	return answer
}

// answers says whether a message is a response with the number of the query.
func answers(msg, query []byte) bool {
	return len(msg) >= 12 && id(msg) == id(query) && msg[2]&0x80 != 0
}
