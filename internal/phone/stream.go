package phone

import (
	"cmp"
	"slices"
	"time"

	"tinycheck/internal/wire/ip"
)

// half is one direction of a TCP connection as it was recorded.
type half struct {
	first    uint32 // sequence number of offset 0
	known    bool
	ended    bool
	end      int64 // where the FIN stands
	segments []segment
}

// segment is a piece of a stream. What the sender had heard of the other side by
// then says what must stand before it.
type segment struct {
	at    time.Duration
	off   int64
	heard int64
	data  []byte
}

// anchor says where the stream begins, unless that is known.
func (h *half) anchor(seq uint32) {
	if !h.known {
		h.first, h.known = seq, true
	}
}

// offset of a sequence number, RFC 9293 section 3.4: they wrap.
func (h *half) offset(seq uint32) int64 { return int64(int32(seq - h.first)) }

// segment takes one segment of TCP to its flow.
func (r *reader) segment(h heard, t *ip.TCP) {
	e := h.ends(TCP, t.SrcPort, t.DstPort)
	fresh := t.Flags&(ip.SYN|ip.ACK) == ip.SYN
	if old := r.open[e]; fresh && old != nil && old.opened && old.syn != t.Seq {
		delete(r.open, e) // the port is used again
	}
	if h.back && (r.open[e] == nil || fresh) {
		r.script.Skipped[SkipInward]++
		return
	}
	f := r.flow(e, h.at)
	if fresh {
		f.opened, f.syn = true, t.Seq
	}
	f.take(h, t)
}

func (f *flow) take(h heard, t *ip.TCP) {
	own, other := &f.halves[0], &f.halves[1]
	if h.back {
		own, other = other, own
		f.answered = f.answered || t.Flags&ip.RST == 0
	}
	first := t.Seq
	if t.Flags&ip.SYN != 0 {
		first++
	}
	own.anchor(first)
	s := segment{at: h.at, off: own.offset(first), data: slices.Clone(t.Payload)}
	if t.Flags&ip.ACK != 0 {
		other.anchor(t.Ack)
		s.heard = other.offset(t.Ack)
	}
	f.reset = f.reset || t.Flags&ip.RST != 0
	if t.Flags&ip.FIN != 0 {
		own.ended, own.end = true, s.off+int64(len(s.data))
	}
	if len(s.data) > 0 {
		own.segments = append(own.segments, s)
	}
}

// how a connection ends.
func (f *flow) how() End {
	switch {
	case !f.answered && f.reset:
		return EndRefused
	case !f.answered && f.opened:
		return EndUnanswered
	case f.reset:
		return EndReset
	case f.halves[0].ended || f.halves[1].ended:
		return EndClosed
	}
	return EndOpen
}

// order undoes what happened on the way: every byte once, and what a side says
// behind what it had heard by then.
func (f *flow) order() []Line {
	phone, server := f.halves[0].whole(), f.halves[1].whole()
	var lines []Line
	var said [2]int64 // offsets up to which each side has spoken
	if len(phone) > 0 {
		said[0] = phone[0].off
	}
	if len(server) > 0 {
		said[1] = server[0].off
	}
	for len(phone)+len(server) > 0 {
		next, side := &phone, 0
		if len(phone) == 0 || len(server) > 0 && before(server[0], phone[0], said) {
			next, side = &server, 1
		}
		s := (*next)[0]
		*next = (*next)[1:]
		said[side] = s.off + int64(len(s.data))
		at := s.at
		if n := len(lines); n > 0 {
			at = max(at, lines[n-1].At)
		}
		lines = append(lines, Line{At: at, Server: side == 1, Data: s.data})
	}
	return lines
}

// before says whether the server's next segment comes before the phone's.
func before(server, phone segment, said [2]int64) bool {
	serverWaits, phoneWaits := server.heard > said[0], phone.heard > said[1]
	if serverWaits != phoneWaits {
		return phoneWaits
	}
	return server.at < phone.at
}

// whole puts the segments of a direction into order, each byte once; what was
// not recorded is zeros.
func (h *half) whole() []segment {
	slices.SortStableFunc(h.segments, func(a, b segment) int { return cmp.Compare(a.off, b.off) })
	var out []segment
	var pos int64
	if len(h.segments) > 0 {
		pos = min(0, h.segments[0].off) // a recording from the middle may begin in disorder
	}
	add := func(s segment) {
		if hole := s.off - pos; hole > 0 && hole <= maxHole {
			out = append(out, segment{at: s.at, off: pos, data: make([]byte, hole)})
		}
		if len(s.data) > 0 {
			out = append(out, s)
		}
		pos = s.off + int64(len(s.data))
	}
	for _, s := range h.segments {
		if done := pos - s.off; done > 0 {
			if done >= int64(len(s.data)) {
				continue
			}
			s.off, s.data = pos, s.data[done:]
		}
		add(s)
	}
	if h.ended && h.end > pos && len(out) > 0 {
		add(segment{at: out[len(out)-1].at, off: h.end})
	}
	return out
}
