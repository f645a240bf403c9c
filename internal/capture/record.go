package capture

import (
	"io"
	"time"

	"tinycheck"
)

// record is the header of one packet in a pcap or snoop file.
type record struct {
	sec, nsec int64
	held      uint32 // bytes of the packet in the file
	wire      uint32 // bytes on the wire
	size      int64  // header, packet and padding
	badTime   bool   // the fraction of the second is a second or more
	bad       bool   // the header contradicts itself
}

// records reads the formats that are a row of records and nothing else: pcap and
// snoop. They carry no marks, so a record that looks odd is believed only when the
// next one stands where it says.
type records struct {
	in    *window
	notes *notes
	link  tinycheck.LinkType
	head  int    // bytes of a record header
	limit uint32 // the longest packet that is believed
	parse func(b []byte, r *record)
	drops func(b []byte) int64 // of a record header; nil when the format has none
	lost  int64
	rec   record // the one being read
	ahead record // one looked at to judge another
	last  int64  // time of the last packet, seconds
	begun bool   // last is set
}

func (s *records) told() told { return told{faces: 1, kernel: s.lost} }

// next reads one packet. It returns io.EOF at the end and io.ErrUnexpectedEOF when
// the last record is cut off.
func (s *records) next(p *tinycheck.Packet) error {
	for {
		head := s.in.peek(s.head)
		if len(head) < s.head {
			return s.rest(head)
		}
		s.parse(head, &s.rec)
		if !s.believable() {
			if !s.recover(head) {
				return io.EOF
			}
			continue
		}
		whole := s.in.peek(int(s.rec.size))
		if int64(len(whole)) < s.rec.size {
			if s.recoverCut() {
				continue
			}
			return io.ErrUnexpectedEOF
		}
		s.fill(p, whole)
		s.in.skip(len(whole))
		return nil
	}
}

// fill makes the packet of the record that is being read.
func (s *records) fill(p *tinycheck.Packet, whole []byte) {
	r := &s.rec
	if r.badTime {
		s.notes.harm(tinycheck.DamageBadTime, s.in.at)
	}
	if s.drops != nil {
		s.lost = max(s.lost, s.drops(whole))
	}
	s.last, s.begun = r.sec, true
	end := s.head + int(r.held)
	p.Time = time.Unix(r.sec, r.nsec).UTC()
	p.Data = whole[s.head:end:end]
	p.Length = onWire(s.notes, r.wire, len(p.Data), s.in.at)
	p.Interface, p.Link = 0, s.link
}

// onWire returns the length of a packet on the wire. One that cannot be is counted
// and replaced by what is there, so that it does not spoil the volumes.
func onWire(n *notes, wire uint32, held int, at int64) int {
	if wire > MaxPacket {
		n.harm(tinycheck.DamageBadLength, at)
		return held
	}
	return max(int(wire), held)
}

// rest judges what is left when it is too short for a record.
func (s *records) rest(b []byte) error {
	switch {
	case len(b) == 0:
		return io.EOF
	case zero(b):
		s.notes.harm(tinycheck.DamageTrailing, s.in.at)
		return io.EOF
	}
	return io.ErrUnexpectedEOF
}

// believable says whether the record can be what it says. One that looks odd has to
// be followed by another, and must not hide records as they have been until now:
// where bytes are lost, headers read four or eight bytes too early still lead from
// one to the next.
func (s *records) believable() bool {
	r := &s.rec
	if !s.possible(r) {
		return false
	}
	if r.held <= r.wire && r.wire <= s.limit && !r.badTime && (!s.begun || near(r.sec, s.last)) {
		return true
	}
	size := int(r.size)
	b := s.in.peek(size + searchAhead)
	if len(b) < size+s.head {
		return true // the last one, whole or cut
	}
	s.parse(b[size:], &s.ahead)
	return s.possible(&s.ahead) && !s.hides(b, size)
}

// hides says whether records begin before the end of the first one of b.
func (s *records) hides(b []byte, end int) bool {
	for i := 1; s.begun && i < end; i++ {
		if s.begins(b[i:], true) {
			return true
		}
	}
	return false
}

// possible is what every record has to be. One of nothing but zeros is none: that
// is what a file system leaves behind a crash.
func (s *records) possible(r *record) bool {
	return !r.bad && r.held <= s.limit && (r.held|r.wire != 0 || r.sec != 0)
}

// recover looks for the next record behind one that cannot be.
func (s *records) recover(head []byte) bool {
	at, kind := s.in.at, tinycheck.DamageBadLength
	blank := zero(head)
	found := s.in.search(searchChain*(s.head+usualPacket), s.begins)
	if blank && !found {
		kind = tinycheck.DamageTrailing
	}
	s.notes.harm(kind, at)
	return found
}

// recoverCut looks for records inside one that reaches beyond the end of the file:
// then it is its length that is wrong.
func (s *records) recoverCut() bool {
	b := s.in.peek(int(s.rec.size))
	for i := 1; i < len(b); i++ {
		if s.begins(b[i:], true) {
			s.notes.harm(tinycheck.DamageBadLength, s.in.at)
			s.in.skip(i)
			return true
		}
	}
	return false
}

// begins says whether a chain of records begins here: searchChain in a row, or
// fewer that reach exactly to the end of the file, or two and one cut off.
func (s *records) begins(b []byte, ended bool) bool {
	sec, known := s.last, s.begun
	r := &s.ahead
	for i := range searchChain {
		if len(b) < s.head {
			return ended && i > 0 && (len(b) == 0 || i > 1)
		}
		s.parse(b, r)
		if r.bad || r.badTime || r.held == 0 || r.held > r.wire || r.held > usualPacket ||
			r.wire > MaxPacket || r.sec == 0 || known && !near(r.sec, sec) {
			return false
		}
		if r.size > int64(len(b)) {
			return ended && i > 1
		}
		b, sec, known = b[r.size:], r.sec, true
	}
	return true
}

func near(a, b int64) bool { return a-b <= searchNear && b-a <= searchNear }

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// moment makes a time of seconds and a fraction in units of nano nanoseconds. A
// fraction of a second or more is damage, carried over as all readers do.
func (r *record) moment(sec, frac uint32, nano int64) {
	r.sec, r.nsec = int64(sec), int64(frac)*nano
	r.badTime = r.nsec >= 1e9
}

// longest is the longest packet that is believed of a capture with this snap length.
func longest(snap uint32) uint32 {
	return min(max(snap, usualPacket), MaxPacket)
}
