package stun

import (
	"encoding/binary"
	"hash/crc32"
	"net/netip"
	"strings"
)

const (
	headerSize = 20
	cookie     = 0x2112a442
	printMask  = 0x5354554e // "STUN", RFC 8489 section 14.7
)

// The attributes that are read: RFC 8489 section 18.4, RFC 8656 section 18,
// RFC 8445 section 16.1.
const (
	attrMappedAddress      = 0x0001
	attrUsername           = 0x0006
	attrIntegrity          = 0x0008
	attrErrorCode          = 0x0009
	attrChannelNumber      = 0x000c
	attrLifetime           = 0x000d
	attrXorPeerAddress     = 0x0012
	attrRealm              = 0x0014
	attrXorRelayedAddress  = 0x0016
	attrIntegritySHA256    = 0x001c
	attrUserhash           = 0x001e
	attrXorMappedAddress   = 0x0020
	attrPriority           = 0x0024
	attrOldXorMapped       = 0x8020 // before RFC 5389 was final; still sent
	attrSoftware           = 0x8022
	attrFingerprint        = 0x8028
	attrICEControlled      = 0x8029
	attrICEControlling     = 0x802a
	familyIPv4, familyIPv6 = 1, 2
)

// Looks tells whether p starts with a STUN message: two zero bits, a length
// that is a multiple of four, and the magic cookie (RFC 8489 section 5).
func Looks(p []byte) bool {
	return len(p) >= headerSize && p[0]&0xc0 == 0 && p[3]&3 == 0 && binary.BigEndian.Uint32(p[4:]) == cookie
}

// Parse reads the message that p starts with. Bytes behind it are left alone.
// When the error is ErrCutOff or concerns an attribute, the message holds what
// came before.
func Parse(p []byte) (Message, error) {
	if len(p) < headerSize || p[0]&0xc0 != 0 || p[3]&3 != 0 {
		return Message{}, ErrNotSTUN
	}
	kind := binary.BigEndian.Uint16(p)
	m := Message{
		// The class bits lie within the method bits, RFC 8489 figure 3.
		Class:  Class(kind>>7&2 | kind>>4&1),
		Method: Method(kind>>2&0xf80 | kind>>1&0x70 | kind&0xf),
		Cookie: binary.BigEndian.Uint32(p[4:]) == cookie,
		Size:   headerSize + int(binary.BigEndian.Uint16(p[2:])),
	}
	copy(m.Transaction[:], p[8:headerSize])
	err := m.attributes(p)
	if !m.Cookie && (err != nil || m.Size != len(p) || m.Method != Binding || m.Class == Indication) {
		return Message{}, ErrNotSTUN
	}
	return m, err
}

// attributes reads the attributes of the message p (RFC 8489 section 14).
func (m *Message) attributes(p []byte) error {
	end := min(m.Size, len(p))
	at := headerSize
	for n := 0; at+4 <= end; n++ {
		if n == MaxAttributes {
			return ErrAttributes
		}
		size := int(binary.BigEndian.Uint16(p[at+2:]))
		value := p[at+4 : end]
		if size > len(value) {
			break
		}
		if !m.add(binary.BigEndian.Uint16(p[at:]), value[:size], p[:at]) {
			return ErrAttribute
		}
		at += 4 + (size+3)&^3 // padded to a multiple of four
	}
	switch {
	case len(p) < m.Size:
		return ErrCutOff
	case at < m.Size:
		return ErrAttribute
	}
	return nil
}

// add reads one attribute; before is the message up to it. Those of unknown
// type are passed over.
func (m *Message) add(kind uint16, value, before []byte) bool {
	ok := true
	switch kind {
	case attrUsername, attrUserhash:
		m.Username = true
	case attrIntegrity, attrIntegritySHA256:
		m.Signed = true
	case attrPriority, attrICEControlled, attrICEControlling:
		m.ICE = true
	case attrSoftware:
		m.Software = text(value)
	case attrRealm:
		m.Realm = text(value)
	case attrErrorCode:
		if ok = len(value) >= 4; ok {
			m.Error = int(value[2]&7)*100 + int(value[3])
		}
	case attrChannelNumber:
		if ok = len(value) >= 2; ok {
			m.Channel = binary.BigEndian.Uint16(value)
		}
	case attrLifetime:
		if ok = len(value) == 4; ok {
			m.Lifetime = binary.BigEndian.Uint32(value)
		}
	case attrFingerprint:
		if ok = len(value) == 4; ok {
			m.checkPrint(binary.BigEndian.Uint32(value), before)
		}
	default:
		ok = m.addAddress(kind, value, before)
	}
	return ok
}

// addAddress reads the attributes that hold an address.
func (m *Message) addAddress(kind uint16, value, before []byte) bool {
	var to *netip.AddrPort
	switch kind {
	case attrXorMappedAddress, attrOldXorMapped, attrMappedAddress:
		to = &m.Mapped
	case attrXorRelayedAddress:
		to = &m.Relayed
	case attrXorPeerAddress:
		to = &m.Peer
	default:
		return true
	}
	// Middleboxes rewrite plain addresses: the masked one goes first (RFC 8489
	// section 14.2). Of several peers the first is kept.
	if to.IsValid() && kind != attrXorMappedAddress {
		return true
	}
	var mask []byte
	if kind != attrMappedAddress {
		mask = before[4:headerSize] // magic cookie and transaction id
	}
	a, ok := address(value, mask)
	if ok {
		*to = a
	}
	return ok
}

// address reads MAPPED-ADDRESS (RFC 8489 section 14.1) or, with a mask, its XOR
// form (section 14.2).
func address(value, mask []byte) (netip.AddrPort, bool) {
	if len(value) < 4 {
		return netip.AddrPort{}, false
	}
	size := 16
	switch value[1] {
	case familyIPv4:
		size = 4
	case familyIPv6:
	default:
		return netip.AddrPort{}, false
	}
	if len(value) != 4+size {
		return netip.AddrPort{}, false
	}
	port := binary.BigEndian.Uint16(value[2:])
	var raw [16]byte
	copy(raw[:], value[4:])
	if mask != nil {
		port ^= binary.BigEndian.Uint16(mask)
		for i := range size {
			raw[i] ^= mask[i]
		}
	}
	if size == 4 {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(raw[:4])), port), true
	}
	return netip.AddrPortFrom(netip.AddrFrom16(raw), port), true
}

// checkPrint compares the CRC-32 of everything before the attribute. The header
// already counts the attribute in its length.
func (m *Message) checkPrint(want uint32, before []byte) {
	m.Print = BadPrint
	if crc32.ChecksumIEEE(before)^printMask == want {
		m.Print = GoodPrint
	}
}

// text keeps a bounded text without its padding.
func text(value []byte) string {
	return strings.TrimRight(string(value[:min(len(value), MaxText)]), "\x00 ")
}

// ParseChannelData reads the frame that p starts with. Four bytes of header are
// little to go by: ask only on a stream that Allocate was seen on, or with
// exactly one datagram, which must fit. It may be cut by the snap length: size
// is what was on the wire.
func ParseChannelData(p []byte, size int) (ChannelData, bool) {
	if len(p) < 4 || p[0]&0xf0 != 0x40 {
		return ChannelData{}, false
	}
	c := ChannelData{Channel: binary.BigEndian.Uint16(p), Length: int(binary.BigEndian.Uint16(p[2:]))}
	// Over UDP padding to a multiple of four is not required but allowed.
	pad := size - 4 - c.Length
	return c, pad >= 0 && pad < 4
}
