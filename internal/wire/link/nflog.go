package link

import "encoding/binary"

// NFLOG attributes (Linux nfnetlink_log.h) that are read.
const (
	nflogPacket   = 1 // protocol (2, network order), hook (1)
	nflogSender   = 8 // address length (2, network order), pad (2), address
	nflogPayload  = 9
	nflogKindMask = 0x3fff // the two top bits are netlink flags

	hookInput  = 1
	hookOutput = 3
)

// parseNFLOG reads LINKTYPE_NFLOG: address family, version 0, resource id, then
// attributes of length, type and value, each padded to four bytes. Length and
// type are in the order of the recording host.
func parseNFLOG(p []byte, f *Frame) error {
	if len(p) < 4 {
		return ErrShort
	}
	if p[1] != 0 {
		return ErrMalformed
	}
	switch p[0] {
	case 2:
		f.Protocol = IPv4
	case 10:
		f.Protocol = IPv6
	}
	return parseAttributes(p[4:], f)
}

func parseAttributes(p []byte, f *Frame) error {
	big := isBigEndian(p)
	for len(p) >= 4 {
		n, kind := int(le16(p)), le16(p[2:])
		if big {
			n, kind = int(be16(p)), be16(p[2:])
		}
		if n < 4 {
			return ErrMalformed
		}
		value := p[4:max(4, min(n, len(p)))]
		if kind&nflogKindMask == nflogPayload { // the last one, and the only one a snap length may cut
			f.Payload = value
			return nil
		}
		readAttribute(kind&nflogKindMask, value, f)
		p = p[min((n+3)&^3, len(p)):]
	}
	return ErrShort
}

// isBigEndian looks at the first length: a short value read in the wrong order is
// at least 1024.
func isBigEndian(p []byte) bool {
	return len(p) >= 2 && binary.LittleEndian.Uint16(p) >= 1024 && binary.BigEndian.Uint16(p) < 1024
}

func readAttribute(kind uint16, value []byte, f *Frame) {
	switch {
	case kind == nflogPacket && len(value) >= 3:
		f.EtherType = be16(value)
		switch value[2] {
		case hookInput:
			f.Direction = Incoming
		case hookOutput:
			f.Direction = Outgoing
		}
	case kind == nflogSender && len(value) >= 10:
		f.setSender(int(be16(value)), value[4:10])
	}
}
