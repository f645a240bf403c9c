package quic

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// The inchoate client hello of Google QUIC up to Q046 is plain text: nothing is
// decrypted to read it (Langley and Chang, "QUIC Crypto", 2016: message format).
const (
	googleHello  = "CHLO"
	googleName   = "SNI\x00"
	googleBefore = 128 // where the message begins at the latest: header, hash, frame header
	googleTags   = 128 // entries of its table
	googleEntry  = 8   // tag, end of its value
)

// GoogleName reads the server name out of the first packet of a Google QUIC
// client whose hello is not encrypted: lower case, "" when there is none. The
// packet may be cut behind the name.
func GoogleName(p []byte) string {
	if !Looks(p) {
		return ""
	}
	at := bytes.Index(p[:min(len(p), googleBefore)], []byte(googleHello))
	if at < 0 || len(p) < at+8 {
		return ""
	}
	count := int(binary.LittleEndian.Uint16(p[at+4:]))
	table := p[at+8:]
	if count > googleTags || len(table) < count*googleEntry {
		return ""
	}
	return googleValue(table[:count*googleEntry], table[count*googleEntry:])
}

// googleValue finds the name: each entry says where its value ends, which is
// where that of the next one begins.
func googleValue(table, values []byte) string {
	from := uint32(0)
	for ; len(table) > 0; table = table[googleEntry:] {
		to := binary.LittleEndian.Uint32(table[4:])
		if to < from || to > uint32(len(values)) {
			return ""
		}
		if string(table[:4]) == googleName {
			return hostName(values[from:to])
		}
		from = to
	}
	return ""
}

// hostName takes printable ASCII only: anything else is damage.
func hostName(b []byte) string {
	if len(b) > 255 || bytes.ContainsFunc(b, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(string(b)), ".")
}
