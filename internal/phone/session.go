package phone

import (
	"context"
	"io"
	"net"
	"time"
)

// play plays the server's part of a TCP connection.
func (n *Internet) play(ctx context.Context, p *point, conn net.Conn) {
	begin := time.Now()
	c, said := n.recognise(p, conn)
	if c == nil {
		n.count(func(s *Served) { s.Strange++ })
		return
	}
	n.count(func(s *Served) { s.Conversations++ })
	for i := range c.Lines {
		l := &c.Lines[i]
		due := paced(n.config.Speed, begin, l.At-c.Begin)
		if !l.Server {
			_ = conn.SetReadDeadline(latest(time.Now(), due).Add(patience))
			skip := min(len(l.Data), said)
			said -= skip
			if _, err := io.CopyN(io.Discard, conn, int64(len(l.Data)-skip)); err != nil {
				return
			}
			continue
		}
		if !until(ctx, due) {
			return
		}
		_ = conn.SetWriteDeadline(time.Now().Add(patience))
		if _, err := conn.Write(l.Data); err != nil {
			return
		}
	}
	_ = conn.SetReadDeadline(time.Time{}) // the phone ends it, or Close does
	_, _ = io.Copy(io.Discard, conn)
}

// recognise reads until it is clear which conversation this is. said is how many
// bytes of it that took.
func (n *Internet) recognise(p *point, conn net.Conn) (c *Conversation, said int) {
	room := make([]byte, 0, maxDatagram)
	for {
		c, more := p.choose(room, len(room) == cap(room))
		if !more {
			return c, len(room)
		}
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		k, err := conn.Read(room[len(room):cap(room)])
		if err != nil {
			return nil, 0
		}
		room = room[:len(room)+k]
	}
}

// answerAll plays the server's part of all conversations at a port of UDP. What
// the phone says is looked up; what follows it in the scenario is the answer.
func (n *Internet) answerAll(ctx context.Context, p *point, conn net.PacketConn) {
	m := newMemory(p)
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
		c, at, fresh := m.find(from.String(), room[:k])
		n.count(func(s *Served) {
			switch {
			case c == nil:
				s.Strange++
			case fresh:
				s.Conversations++
			}
		})
		if c == nil || at+1 >= len(c.Lines) || !c.Lines[at+1].Server {
			continue
		}
		select {
		case n.slots <- struct{}{}:
			n.goes.Go(func() {
				defer func() { <-n.slots }()
				n.answer(ctx, c, at, func(b []byte) { _, _ = conn.WriteTo(b, from) })
			})
		default:
			n.count(func(s *Served) { s.Refused++ })
		}
	}
}

// answer says what follows line at, until the phone's next line.
func (n *Internet) answer(ctx context.Context, c *Conversation, at int, send func([]byte)) {
	begin, asked := time.Now(), c.Lines[at].At
	for i, l := range c.Lines[at+1:] {
		if !l.Server || !until(ctx, paced(n.config.Speed, begin, l.At-asked)) {
			return
		}
		if i%burst == burst-1 {
			time.Sleep(burstPause)
		}
		send(l.Data)
	}
}
