package capture

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"time"

	"tinycheck"
)

// pcapng reads the sections of a pcapng file one behind the other.
type pcapng struct {
	in     *window
	notes  *notes
	at     int64 // where the block being read begins
	order  order
	faces  []face // of this section
	before told   // by earlier sections
}

// face is an interface as its description block has it.
type face struct {
	link   tinycheck.LinkType
	snap   uint32
	binary bool   // the clock counts 2^-digits seconds, not 10^-digits
	digits uint8  // if_tsresol
	units  uint64 // per second, of decimal clocks up to 10^19
	offset int64  // if_tsoffset, seconds
	gaps   int64  // drops that stand at single packets
	period
}

// errNoBlock is a pcapng file that is broken from its first block on.
var errNoBlock = errors.New("no pcapng block is whole")

// openPcapng reads the first section header. Where that is broken, what follows it
// is read, in the byte order that it says.
func openPcapng(in *window, n *notes) (*pcapng, error) {
	g := &pcapng{in: in, notes: n}
	head := in.peek(blockLeast)
	_, _, g.order = g.header(head)
	kind, body, err := g.block()
	if err == io.EOF {
		return nil, errNoBlock
	}
	if err != nil {
		return nil, err
	}
	if kind == blockSection && len(body) >= 16 && g.order.u16(body[4:]) != 1 {
		return nil, fmt.Errorf("pcapng %d: %w", g.order.u16(body[4:]), errVersion)
	}
	g.see(kind, body, nil)
	return g, nil
}

// next reads one packet. It returns io.EOF at the end and io.ErrUnexpectedEOF when
// the last block is cut off.
func (g *pcapng) next(p *tinycheck.Packet) error {
	for {
		kind, body, err := g.block()
		if err != nil {
			return err
		}
		if g.see(kind, body, p) {
			return nil
		}
	}
}

// see reads one block and says whether it gave a packet. Blocks of other types are
// passed over, as section 3.1 asks.
func (g *pcapng) see(kind uint32, body []byte, p *tinycheck.Packet) bool {
	ok := true
	switch kind {
	case blockEnhanced, blockPacket, blockSimple:
		return p != nil && g.packet(kind, body, p)
	case blockSection:
		ok = g.section(body)
	case blockInterface:
		ok = g.describe(body)
	case blockNames:
		g.resolve(body)
	case blockStatistics:
		ok = g.statistics(body)
	}
	if !ok {
		g.notes.harm(tinycheck.DamageBadBlock, g.at)
	}
	return false
}

// section begins a new section (section 4.1): interfaces are numbered anew.
func (g *pcapng) section(body []byte) bool {
	if len(body) < 16 {
		return false
	}
	g.before = g.told()
	g.faces = g.faces[:0]
	g.order = order(order(true).u32(body) == sectionMagic)
	o := options{g.order, body[16:]}
	for code, value, ok := o.next(); ok; code, value, ok = o.next() {
		if code == optionComment && !g.notes.mode(value) {
			g.notes.comment(value)
		}
	}
	return g.order.u16(body[4:]) == 1
}

// describe reads an interface description (section 4.2).
func (g *pcapng) describe(body []byte) bool {
	if len(body) < 8 || len(g.faces) == maxInterfaces {
		return false
	}
	f := face{link: tinycheck.LinkType(g.order.u16(body)), snap: g.order.u32(body[4:]), digits: 6}
	o := options{g.order, body[8:]}
	for code, value, ok := o.next(); ok; code, value, ok = o.next() {
		switch {
		case code == optionComment:
			g.notes.comment(value)
		case code == faceName:
			f.name = nameSum(value)
		case code == faceResolution && len(value) >= 1:
			f.binary, f.digits = value[0]&0x80 != 0, value[0]&0x7f
		case code == faceOffset && len(value) >= 8:
			f.offset = int64(g.order.u64(value))
		}
	}
	f.units = power10(f.digits)
	g.faces = append(g.faces, f)
	g.notes.link(f.link)
	return true
}

// clock turns a time stamp into seconds and nanoseconds. ok is false when no clock
// gives it: before 1970, or beyond the year 2262, where nanoseconds since 1970 no
// longer fit 64 bits.
func (f *face) clock(ticks uint64) (t time.Time, ok bool) {
	sec, nsec := f.split(ticks)
	sec += f.offset
	if sec < 0 || sec >= lastSecond || f.offset > math.MaxInt64/2 {
		return time.Time{}, false
	}
	return time.Unix(sec, nsec).UTC(), true
}

// split divides ticks into whole seconds and nanoseconds (if_tsresol, section 4.2).
func (f *face) split(ticks uint64) (sec, nsec int64) {
	if f.binary {
		if f.digits >= 64 {
			hi, _ := bits.Mul64(ticks, 1e9)
			return 0, int64(hi >> (f.digits - 64))
		}
		sec := ticks >> f.digits
		hi, lo := bits.Mul64(ticks-sec<<f.digits, 1e9)
		return int64(min(sec, math.MaxInt64)), int64(hi<<(64-f.digits) | lo>>f.digits)
	}
	if f.units == 0 { // so fine that 64 bits of ticks do not fill two seconds
		if unit := power10(f.digits - 9); unit > 0 {
			nsec = int64(ticks / unit)
		}
		return 0, nsec
	}
	whole := ticks / f.units
	rest := ticks - whole*f.units
	if f.digits <= 9 {
		return int64(min(whole, math.MaxInt64)), int64(rest * power10(9-f.digits))
	}
	return int64(whole), int64(rest / power10(f.digits-9))
}

var powers = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return
}()

// power10 returns 10^n, or 0 when it does not fit.
func power10(n uint8) uint64 {
	if int(n) < len(powers) {
		return powers[n]
	}
	return 0
}
