package phone

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// fate is what became of a conversation.
type fate int

const (
	fateDone fate = iota
	fateDifferent
	fateRefused
	fateUnanswered
	fateBroken
	fateUntold
)

// talk has one conversation.
func (p *Phone) talk(ctx context.Context, c *Conversation) {
	to, found := p.destination(c)
	switch {
	case ctx.Err() != nil:
		p.note(fateUntold)
		return
	case !found:
		p.count(func(r *Played) { r.Unresolved++ })
		return
	case to.Is6() && !p.played.IPv6 && !near(to):
		p.count(func(r *Played) { r.NoFamily++ })
		return
	}
	begin := time.Now()
	ctx, stop := context.WithDeadline(ctx, p.due(begin, c.Last-c.Begin).Add(talkTime))
	defer stop()
	t := &talker{Phone: p, conversation: c, begin: begin, to: netip.AddrPortFrom(to, c.Remote.Port())}
	if c.Transport == TCP {
		p.note(t.stream(ctx))
	} else {
		p.note(t.datagrams(ctx))
	}
	p.count(func(r *Played) { r.Sent, r.Received = r.Sent+t.sent, r.Received+t.received })
}

func (p *Phone) note(f fate) {
	p.count(func(r *Played) {
		switch f {
		case fateDifferent:
			r.Different++
			fallthrough
		case fateDone:
			r.Done++
		case fateRefused:
			r.Refused++
		case fateUnanswered:
			r.Unanswered++
		case fateBroken:
			r.Broken++
		case fateUntold:
			r.Untold++
		}
	})
}

// destination is the address of the scenario, or where the box says that it is:
// its own DNS server, and what it answered for the name.
func (p *Phone) destination(c *Conversation) (netip.Addr, bool) {
	to := c.Remote.Addr()
	if slices.Contains(p.script.Resolvers, to) && p.lease.server.IsValid() {
		return p.lease.server, true
	}
	if c.Name == "" {
		return to, true
	}
	return p.names.choose(c.Name, to, p.script.Addresses(c.Name), p.played.IPv6)
}

// talker is one conversation that is had.
type talker struct {
	*Phone
	conversation   *Conversation
	begin          time.Time
	to             netip.AddrPort
	sent, received int64
	different      bool
}

// at is when a line is due.
func (t *talker) at(l *Line) time.Time { return t.due(t.begin, l.At-t.conversation.Begin) }

// latest is the later of two moments.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// stream plays the phone's part of a TCP connection.
func (t *talker) stream(ctx context.Context) fate {
	network := "tcp4"
	if t.to.Addr().Is6() {
		network = "tcp6"
	}
	conn, err := t.dial(ctx, call{network: network, to: t.to})
	if err != nil {
		return t.failed(ctx, err)
	}
	defer cut(ctx, conn)()
	var room []byte
	for i := range t.conversation.Lines {
		l := &t.conversation.Lines[i]
		if l.Server {
			room, err = t.hear(conn, l, room)
		} else {
			err = t.say(ctx, conn, l)
		}
		if err != nil {
			shut(conn)
			return t.failed(ctx, err)
		}
	}
	t.hangUp(conn.(*net.TCPConn))
	return t.over()
}

// say sends a line when it is due.
func (t *talker) say(ctx context.Context, conn net.Conn, l *Line) error {
	if !until(ctx, t.at(l)) {
		return ctx.Err()
	}
	_ = conn.SetWriteDeadline(time.Now().Add(t.config.Wait))
	n, err := conn.Write(l.Data)
	t.sent += int64(n)
	return err
}

// hear reads what the other side owes.
func (t *talker) hear(conn net.Conn, l *Line, room []byte) ([]byte, error) {
	room = slices.Grow(room[:0], len(l.Data))[:len(l.Data)]
	_ = conn.SetReadDeadline(latest(time.Now(), t.at(l)).Add(t.config.Wait))
	n, err := io.ReadFull(conn, room)
	t.received += int64(n)
	t.different = t.different || !bytes.Equal(room[:n], l.Data[:n])
	return room, err
}

// hangUp ends a connection as the scenario does.
func (t *talker) hangUp(conn *net.TCPConn) {
	switch t.conversation.End {
	case EndOpen:
		t.open.keep(conn)
		return
	case EndReset:
		_ = conn.SetLinger(0)
	default:
		_ = conn.CloseWrite()
		_ = conn.SetReadDeadline(time.Now().Add(t.config.Wait))
		_, _ = io.Copy(io.Discard, io.LimitReader(conn, maxDatagram)) // the other side's end
	}
	shut(conn)
}

func (t *talker) over() fate {
	if t.different {
		return fateDifferent
	}
	return fateDone
}

// failed tells what an error means for the conversation.
func (t *talker) failed(ctx context.Context, err error) fate {
	switch {
	case t.received > 0, errors.Is(ctx.Err(), context.Canceled):
		return fateBroken
	case refuses(err), errors.Is(err, io.EOF):
		return fateRefused
	}
	return fateUnanswered
}

// datagrams plays the phone's part over UDP. What is lost is forgiven, once
// anything came back.
func (t *talker) datagrams(ctx context.Context) fate {
	conn, err := t.dialUDP(ctx)
	if err != nil {
		return t.failed(ctx, err)
	}
	defer shut(conn)
	defer cut(ctx, conn)()
	e := t.expected()
	lost, row := false, 0
	for i := range t.conversation.Lines {
		switch l := &t.conversation.Lines[i]; {
		case !l.Server:
			if row++; row%burst == 0 {
				time.Sleep(burstPause)
			}
			err = t.say(ctx, conn, l)
			lost = false
		case !lost:
			row = 0
			err = e.hear(conn, l)
			lost = err != nil
		}
		if err != nil && (t.received == 0 || ctx.Err() != nil) {
			return t.failed(ctx, err)
		}
	}
	return t.over()
}

func (t *talker) dialUDP(ctx context.Context) (conn net.Conn, err error) {
	c := call{network: "udp4", to: t.to}
	if t.to.Addr().Is6() {
		c.network = "udp6"
	}
	if t.conversation.Port < ephemeral { // it means something
		c.port = t.conversation.Port
		if conn, err = t.dial(ctx, c); err == nil {
			return conn, nil
		}
		c.port = 0
	}
	return t.dial(ctx, c)
}

// ephemeral is the first port that systems give to whoever asks for any.
const ephemeral = 32768

// expected counts datagrams of the other side against those of the scenario.
type expected struct {
	*talker
	seed      maphash.Seed
	all       map[uint64]bool
	owed, got int
	room      []byte
}

func (t *talker) expected() *expected {
	e := &expected{talker: t, seed: maphash.MakeSeed(), all: make(map[uint64]bool), room: make([]byte, maxDatagram)}
	for _, l := range t.conversation.Lines {
		if l.Server {
			e.all[maphash.Bytes(e.seed, l.Data)] = true
		}
	}
	return e
}

// hear waits for one datagram more, unless it came already.
func (e *expected) hear(conn net.Conn, l *Line) error {
	e.owed++
	if e.got >= e.owed {
		return nil
	}
	wait := e.config.Wait
	if e.got > 0 {
		wait = min(wait, idleAnswer)
	}
	_ = conn.SetReadDeadline(latest(time.Now(), e.at(l)).Add(wait))
	for e.got < e.owed {
		n, err := conn.Read(e.room)
		if err != nil {
			e.owed = e.got
			return err
		}
		e.got++
		e.received += int64(n)
		e.different = e.different || !e.all[maphash.Bytes(e.seed, e.room[:n])]
	}
	return nil
}

func itoa(n int) string { return strconv.Itoa(n) }
