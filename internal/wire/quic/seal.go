package quic

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Config describes an Initial packet to write.
type Config struct {
	Version         Version // one that is Readable
	DCID, SCID      []byte  // as they stand in the header, at most 20 bytes each
	Original        []byte  // the client's first DCID, or the SCID of a Retry, which makes the keys; nil: DCID
	Token           []byte
	PacketNumber    uint64
	PacketNumberLen int    // bytes, 1 to 4; 0: 4
	Frames          []byte // raw frames to stand before the CRYPTO frame
	CryptoOffset    uint64
	Crypto          []byte // data of one CRYPTO frame; empty: no frame
	PadTo           int    // bytes of the datagram, reached with PADDING frames; RFC 9000 section 14.1 wants 1200
	FromServer      bool
}

// maxDatagram is the largest payload of a UDP packet over IPv4.
const maxDatagram = 65507

// Validate says what makes the packet impossible.
func (c *Config) Validate() error {
	switch {
	case !c.Version.Readable():
		return fmt.Errorf("seal initial: version %v has no known keys", c.Version)
	case len(c.DCID) > maxCIDLen || len(c.SCID) > maxCIDLen || len(c.Original) > maxCIDLen:
		return errors.New("seal initial: connection ID longer than 20 bytes")
	case c.PacketNumberLen < 0 || c.PacketNumberLen > 4:
		return fmt.Errorf("seal initial: packet number of %d bytes", c.PacketNumberLen)
	case c.PacketNumber >= 1<<62 || c.CryptoOffset >= 1<<62:
		return errors.New("seal initial: number beyond 62 bits")
	case c.PadTo > maxDatagram || len(c.Frames)+len(c.Crypto)+len(c.Token) > maxDatagram-200:
		return errors.New("seal initial: longer than a datagram")
	}
	return nil
}

// SealInitial writes a datagram that holds one Initial packet, RFC 9000 section
// 17.2.2 and RFC 9001 section 5. The same Config gives the same bytes.
func SealInitial(c Config) ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.PacketNumberLen == 0 {
		c.PacketNumberLen = 4
	}
	origin, from := c.Original, client
	if origin == nil {
		origin = c.DCID
	}
	if c.FromServer {
		from = server
	}
	k, err := derive(c.Version.protection(), origin, from)
	if err != nil {
		return nil, fmt.Errorf("seal initial: %w", err)
	}
	head, plain := c.head(), c.payload()
	around := c.PacketNumberLen + tagLen
	size := 2 // of the length field; four only if it has to be
	if max(c.PadTo-len(head), len(plain)+around) >= 1<<14 {
		size = 4
	}
	if missing := c.PadTo - len(head) - size - around - len(plain); missing > 0 {
		plain = append(plain, make([]byte, missing)...) // PADDING
	}
	head = appendLength(head, len(plain)+around, size)
	return k.seal(head, plain, c.PacketNumber, c.PacketNumberLen), nil
}

// head is everything before the length field.
func (c *Config) head() []byte {
	b := longHeader(c.Version, c.Version.first(initial, byte(c.PacketNumberLen-1)), c.DCID, c.SCID)
	b = appendVarint(b, uint64(len(c.Token)))
	return append(b, c.Token...)
}

// payload is all frames, and padding as far as the sample needs it: number and
// payload together have four bytes, RFC 9001 section 5.4.2.
func (c *Config) payload() []byte {
	p := append([]byte(nil), c.Frames...)
	if len(c.Crypto) > 0 {
		p = append(p, frameCrypto)
		p = appendVarint(p, c.CryptoOffset)
		p = appendVarint(p, uint64(len(c.Crypto)))
		p = append(p, c.Crypto...)
	}
	for len(p) < max(4-c.PacketNumberLen, 1) {
		p = append(p, framePadding)
	}
	return p
}

// seal appends packet number and payload to the header and protects both, RFC
// 9001 sections 5.3 and 5.4.1.
func (k *keys) seal(head, plain []byte, number uint64, size int) []byte {
	var w space
	at := len(head)
	for i := size - 1; i >= 0; i-- {
		head = append(head, byte(number>>(8*i)))
	}
	k.setNonce(&w, number)
	packet := k.aead.Seal(head, w.nonce[:], plain, head)
	k.mask.Encrypt(w.mask[:], packet[at+4:at+4+16])
	packet[0] ^= w.mask[0] & 0x0f
	for i := range size {
		packet[at+i] ^= w.mask[1+i]
	}
	return packet
}

// SealFlight writes the CRYPTO data of c as several datagrams with at most piece
// bytes of it in each, with rising packet numbers and offsets.
func SealFlight(c Config, piece int) ([][]byte, error) {
	if piece <= 0 {
		return nil, fmt.Errorf("seal flight: pieces of %d bytes", piece)
	}
	var flight [][]byte
	for rest := c.Crypto; len(rest) > 0; {
		c.Crypto = rest[:min(piece, len(rest))]
		datagram, err := SealInitial(c)
		if err != nil {
			return nil, err
		}
		flight = append(flight, datagram)
		rest = rest[len(c.Crypto):]
		c.CryptoOffset += uint64(len(c.Crypto))
		c.PacketNumber++
		c.Frames = nil // they stand in the first datagram
	}
	return flight, nil
}

// RetryConfig describes a Retry packet to write.
type RetryConfig struct {
	Version    Version // one of v1, v2, draft-29 to -34
	DCID, SCID []byte  // the client's SCID, and the server's new connection ID
	Original   []byte  // the DCID of the client's first Initial
	Token      []byte
}

// SealRetry writes a Retry with its integrity tag, RFC 9001 section 5.8.
func SealRetry(c RetryConfig) ([]byte, error) {
	pr := c.Version.protection()
	switch {
	case pr == nil || pr.retryKey == "":
		return nil, fmt.Errorf("seal retry: version %v has no known key", c.Version)
	case len(c.DCID) > maxCIDLen || len(c.SCID) > maxCIDLen || len(c.Original) > maxCIDLen:
		return nil, errors.New("seal retry: connection ID longer than 20 bytes")
	}
	b := append(longHeader(c.Version, c.Version.first(retry, 0x0f), c.DCID, c.SCID), c.Token...)
	tag, err := retryTag(pr, c.Original, b)
	if err != nil {
		return nil, fmt.Errorf("seal retry: %w", err)
	}
	return append(b, tag...), nil
}

// first is the first byte of a packet with the given low four bits.
func (v Version) first(k kind, low byte) byte {
	return 0xc0 | (byte(k)-v.protection().turn)&3<<4 | low
}

// longHeader writes what all long headers begin with, RFC 9000 section 17.2.
func longHeader(v Version, first byte, dcid, scid []byte) []byte {
	b := append(make([]byte, 0, 64), first)
	b = binary.BigEndian.AppendUint32(b, uint32(v))
	b = append(append(b, byte(len(dcid))), dcid...)
	return append(append(b, byte(len(scid))), scid...)
}

// appendVarint writes an integer in its shortest form, RFC 9000 section 16.
func appendVarint(b []byte, n uint64) []byte {
	switch {
	case n < 1<<6:
		return append(b, byte(n))
	case n < 1<<14:
		return binary.BigEndian.AppendUint16(b, uint16(n)|0x4000)
	case n < 1<<30:
		return binary.BigEndian.AppendUint32(b, uint32(n)|0x80000000)
	}
	return binary.BigEndian.AppendUint64(b, n|0xc000000000000000)
}

// appendLength writes an integer in two bytes or in four.
func appendLength(b []byte, n, size int) []byte {
	if size == 2 {
		return binary.BigEndian.AppendUint16(b, uint16(n)|0x4000)
	}
	return binary.BigEndian.AppendUint32(b, uint32(n)|0x80000000)
}
