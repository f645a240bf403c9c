package capture

import (
	"fmt"
	"io"

	"tinycheck"
)

// RFC 1761: everything is big-endian. The magic, version and link type; then
// records of original length, included length, record length, cumulative drops,
// seconds, microseconds, the packet and padding.
const (
	snoopMagic  = "snoop\x00\x00\x00"
	snoopHeader = 16
	snoopRecord = 24
	snoopSlack  = 64 // padding that is believed; the RFC needs 3, some programs write more
)

// linkUnknown stands for the link types that the registry has no number for.
const linkUnknown tinycheck.LinkType = 0xffff

// snoopLinks are the link types of RFC 1761 in the numbers of the registry.
var snoopLinks = map[uint32]tinycheck.LinkType{
	0: tinycheck.LinkEthernet, // IEEE 802.3
	2: 6,                      // IEEE 802.5 token ring
	4: tinycheck.LinkEthernet,
	5: tinycheck.LinkCiscoHDLC, // HDLC
	8: 10,                      // FDDI
}

// openSnoop reads the file header.
func openSnoop(in *window, n *notes) (*records, error) {
	b := in.peek(snoopHeader)
	if len(b) < snoopHeader {
		return nil, io.ErrUnexpectedEOF
	}
	const o = order(true)
	if o.u32(b[8:]) != 2 {
		return nil, fmt.Errorf("snoop %d: %w", o.u32(b[8:]), errVersion)
	}
	link, ok := snoopLinks[o.u32(b[12:])]
	if !ok {
		link = linkUnknown
	}
	n.link(link)
	in.skip(snoopHeader)
	return &records{
		in: in, notes: n, head: snoopRecord, limit: usualPacket, link: link,
		parse: parseSnoop,
		drops: func(b []byte) int64 { return int64(o.u32(b[12:])) },
	}, nil
}

func parseSnoop(b []byte, r *record) {
	const o = order(true)
	r.wire, r.held = o.u32(b), o.u32(b[4:])
	r.size = int64(o.u32(b[8:]))
	r.moment(o.u32(b[16:]), o.u32(b[20:]), 1000)
	spare := r.size - snoopRecord - int64(r.held)
	r.bad = spare < 0 || spare > snoopSlack
}
