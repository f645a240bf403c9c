package quic

// InitialSecret opens the derivation of secrets to the vectors of the standards.
func InitialSecret(v Version, dcid []byte, fromServer bool) ([]byte, error) {
	from := client
	if fromServer {
		from = server
	}
	return initialSecret(v.protection(), dcid, from)
}

// Bounds that the tests lean on.
const (
	MaxCrypto     = maxCrypto
	MaxPieces     = maxPieces
	MaxEffort     = maxEffort
	MaxBeginnings = maxBeginnings
)

// Header is what ParseHeader finds, for the fuzzer.
type Header struct {
	DCID, SCID, Token, List []byte
	Number, End             int
	Initial, Cut            bool
}

// ParseHeader opens the header parser to the fuzzer.
func ParseHeader(p []byte) (Header, error) {
	h, err := parseHeader(p)
	return Header{h.dcid, h.scid, h.token, h.list, h.number, h.end, h.kind == initial, h.cut}, err
}

// Held is how many bytes a Stream keeps.
func (s *Stream) Held() int {
	if s.now == nil {
		return 0
	}
	n := 0
	for i := range s.now.halves {
		n += len(s.now.halves[i].prefix) + len(s.now.halves[i].held)
	}
	return n
}

// WholeNumber opens the restoring of packet numbers to the RFC's example.
func WholeNumber(sent uint64, size int, expect uint64) uint64 {
	return wholeNumber(sent, size, expect)
}
