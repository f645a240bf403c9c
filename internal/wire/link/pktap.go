package link

import (
	"bytes"

	"tinycheck"
)

// Offsets of Apple's PKTAP header (XNU bsd/net/pktap.h), little-endian.
const (
	pktapKind      = 4
	pktapLink      = 8
	pktapFlags     = 36
	pktapPrefix    = 44
	pktapName      = 56
	pktapActsFor   = 88 // program on whose behalf a system service talks
	pktapNameSize  = 17
	pktapShortest  = 76
	pktapIncoming  = 1
	pktapOutgoing  = 2
	pktapHasPacket = 1
)

// parsePKTAP reads a PKTAP header: what a Mac records from an iPhone over its
// remote virtual interface. It names the program that sent or received.
func parsePKTAP(p []byte, f *Frame) error {
	f.Wrappers |= WrapMetadata
	if len(p) < pktapShortest {
		return ErrShort
	}
	n := le32(p)
	if n < pktapShortest || le32(p[pktapKind:]) != pktapHasPacket {
		return ErrMalformed
	}
	if uint64(n) > uint64(len(p)) {
		return ErrShort
	}
	switch le32(p[pktapFlags:]) & (pktapIncoming | pktapOutgoing) {
	case pktapIncoming:
		f.Direction = Incoming
	case pktapOutgoing:
		f.Direction = Outgoing
	}
	f.App = pktapProgram(p[:n])
	t := le32(p[pktapLink:])
	if t >= linkTypeCount {
		return ErrUnknown
	}
	return parsePKTAPBody(tinycheck.LinkType(t), le32(p[pktapPrefix:]), p[n:], f)
}

// parsePKTAPBody passes over the four bytes that tunnel interfaces put before a
// raw packet.
func parsePKTAPBody(t tinycheck.LinkType, prefix uint32, p []byte, f *Frame) error {
	raw := t == tinycheck.LinkRaw12 || t == tinycheck.LinkRaw
	if raw && prefix == 4 && len(p) > 4 && guessIP(p) == Other {
		p = p[4:]
	}
	return parseFamily(t, p, f)
}

func pktapProgram(h []byte) []byte {
	if len(h) >= pktapActsFor+pktapNameSize {
		if name := untilNUL(h[pktapActsFor : pktapActsFor+pktapNameSize]); len(name) > 0 {
			return name
		}
	}
	return untilNUL(h[pktapName : pktapName+pktapNameSize])
}

func untilNUL(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}
