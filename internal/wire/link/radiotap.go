package link

import "tinycheck"

// parseRadiotap reads a radiotap header (radiotap.org; little-endian): version,
// pad, length, present bits, fields in the order of the bits. Of the fields only
// Flags is needed, and only TSFT comes before it.
func parseRadiotap(p []byte, f *Frame) error {
	f.Wrappers |= WrapRadio
	if len(p) < 8 {
		return ErrShort
	}
	n := int(le16(p[2:]))
	if p[0] != 0 || n < 8 {
		return ErrMalformed
	}
	if n > len(p) {
		return ErrShort
	}
	return parse80211(p[n:], readRadiotapFlags(p[:n]), f)
}

func readRadiotapFlags(h []byte) radio {
	const (
		hasTSFT, hasFlags, hasMore = 1 << 0, 1 << 1, 1 << 31
		checksum, padded, damaged  = 0x10, 0x20, 0x40
	)
	present := le32(h[4:])
	if present&hasFlags == 0 {
		return radio{}
	}
	at := 8
	for word := present; word&hasMore != 0; at += 4 {
		if at+4 > len(h) {
			return radio{}
		}
		word = le32(h[at:])
	}
	if present&hasTSFT != 0 {
		at = (at+7)&^7 + 8 // eight bytes, naturally aligned
	}
	if at >= len(h) {
		return radio{}
	}
	return radio{h[at]&checksum != 0, h[at]&padded != 0, h[at]&damaged != 0}
}

// parsePrism reads the header of wlan-ng drivers: message code 0x44 and message
// length in the order of the recording host. The same link type is used for AVS,
// which begins with its magic.
func parsePrism(p []byte, f *Frame) error {
	f.Wrappers |= WrapRadio
	if len(p) < 8 {
		return ErrShort
	}
	n := le32(p[4:])
	switch {
	case be32(p)>>12 == avsMagic>>12:
		return parseAVS(p, f)
	case le32(p) == 0x44 || le32(p) == 0x41:
	case be32(p) == 0x44 || be32(p) == 0x41:
		n = be32(p[4:])
	default:
		return ErrMalformed
	}
	return skipRadio(p, n, f)
}

const avsMagic = 0x80211000 // low 12 bits are the revision

// parseAVS reads the AVS capture header: magic and length, in network order.
func parseAVS(p []byte, f *Frame) error {
	f.Wrappers |= WrapRadio
	if len(p) < 8 {
		return ErrShort
	}
	if be32(p)>>12 != avsMagic>>12 {
		return ErrMalformed
	}
	return skipRadio(p, be32(p[4:]), f)
}

func skipRadio(p []byte, n uint32, f *Frame) error {
	if n < 8 {
		return ErrMalformed
	}
	if uint64(n) > uint64(len(p)) {
		return ErrShort
	}
	return parseWiFi(p[n:], f)
}

// parsePPI reads a Per-Packet Information header (CACE PPI 1.0.7; little-endian):
// version, flags, length, link type, then typed fields. The 802.11-Common field
// says whether there is a check sequence.
func parsePPI(p []byte, f *Frame) error {
	f.Wrappers |= WrapMetadata
	if len(p) < 8 {
		return ErrShort
	}
	n := int(le16(p[2:]))
	if p[0] != 0 || n < 8 {
		return ErrMalformed
	}
	if n > len(p) {
		return ErrShort
	}
	t := le32(p[4:])
	if t >= linkTypeCount {
		return ErrUnknown
	}
	if tinycheck.LinkType(t) == tinycheck.LinkWiFi {
		return parse80211(p[n:], readPPIFlags(p[8:n]), f)
	}
	return parseFamily(tinycheck.LinkType(t), p[n:], f)
}

func readPPIFlags(fields []byte) radio {
	const (
		commonField       = 2
		checksum, damaged = 0x01, 0x04
	)
	for len(fields) >= 4 {
		kind, n := le16(fields), int(le16(fields[2:]))
		if 4+n > len(fields) {
			break
		}
		if kind == commonField && n >= 10 { // TSF timer (8), flags (2)
			flags := le16(fields[12:])
			return radio{checksum: flags&checksum != 0, damaged: flags&damaged != 0}
		}
		fields = fields[4+n:]
	}
	return radio{}
}
