package tunnel

import "encoding/binary"

const (
	portIKE = 500
	// portNATT carries IKE behind four zero bytes, ESP without them, and single
	// 0xFF bytes that keep a translator awake (RFC 3948 section 2).
	portNATT      = 4500
	ikeHeaderSize = 28
)

// IKEHeader is the header of an IKE message (RFC 7296 section 3.1; RFC 2408
// section 3.1 for version 1, where the SPIs are called cookies).
type IKEHeader struct {
	InitiatorSPI uint64
	ResponderSPI uint64 // 0 in the first message
	Major, Minor uint8
	Exchange     uint8
	Flags        uint8
	MessageID    uint32
	Length       uint32
}

// FromInitiator tells whether the original initiator sent the message; it is
// known of version 2 only (RFC 7296 section 3.1, flag I).
func (h IKEHeader) FromInitiator() bool { return h.Major == 2 && h.Flags&0x08 != 0 }

// IsResponse tells whether the message answers another; version 2 only.
func (h IKEHeader) IsResponse() bool { return h.Major == 2 && h.Flags&0x20 != 0 }

// exchanges are the exchange types (IANA "IKEv2 Exchange Types"; RFC 2408 section
// 3.1, RFC 2409 appendix A, and the mode configuration of IKEv1).
var exchanges = [...]struct {
	major, number uint8
	name          string
}{
	{1, 1, "base"}, {1, 2, "main mode"}, {1, 3, "authentication only"}, {1, 4, "aggressive mode"},
	{1, 5, "informational"}, {1, 6, "mode config"}, {1, 32, "quick mode"}, {1, 33, "new group mode"},
	{2, 34, "IKE_SA_INIT"}, {2, 35, "IKE_AUTH"}, {2, 36, "CREATE_CHILD_SA"}, {2, 37, "INFORMATIONAL"},
	{2, 38, "IKE_SESSION_RESUME"}, {2, 39, "GSA_AUTH"}, {2, 40, "GSA_REGISTRATION"}, {2, 41, "GSA_REKEY"},
	{2, 43, "IKE_INTERMEDIATE"}, {2, 44, "IKE_FOLLOWUP_KE"},
}

// ExchangeName names the exchange, or returns "".
func (h IKEHeader) ExchangeName() string {
	for _, e := range exchanges {
		if e.major == h.Major && e.number == h.Exchange {
			return e.name
		}
	}
	return ""
}

// ParseIKE reads the header of the message that is the payload p of a datagram
// of size bytes, without the non-ESP marker. Everything that is fixed must fit.
func ParseIKE(p []byte, size int) (IKEHeader, bool) {
	if len(p) < ikeHeaderSize {
		return IKEHeader{}, false
	}
	h := IKEHeader{
		InitiatorSPI: binary.BigEndian.Uint64(p),
		ResponderSPI: binary.BigEndian.Uint64(p[8:]),
		Major:        p[17] >> 4, Minor: p[17] & 0xf,
		Exchange: p[18], Flags: p[19],
		MessageID: binary.BigEndian.Uint32(p[20:]),
		Length:    binary.BigEndian.Uint32(p[24:]),
	}
	flags := uint8(0x07) // encryption, commit, authentication only
	if h.Major == 2 {
		flags = 0x38 // initiator, version, response
	}
	ok := h.InitiatorSPI != 0 && h.Minor == 0 && h.Flags&^flags == 0 && h.Length == uint32(size) && h.ExchangeName() != ""
	return h, ok
}

type ikeMemory struct {
	initiator uint64
	side      int
	seen      bool
}

func seeIKE(d *datagram) State {
	p, size := d.p, d.size
	natt := len(p) > 4 && binary.BigEndian.Uint32(p) == 0
	if natt {
		p, size = p[4:], size-4
	}
	h, ok := ParseIKE(p, size)
	if !ok {
		return No
	}
	d.found.Exchange, d.found.Version = h, string('0'+rune(h.Major))
	m := &d.memory.ike
	switch {
	case d.meta.port(portIKE) && !natt, d.meta.port(portNATT) && natt:
		return Yes
	case m.seen && m.initiator == h.InitiatorSPI && m.side != d.side && h.ResponderSPI != 0:
		return Yes // on another port: both sides speak of the same exchange
	}
	*m = ikeMemory{h.InitiatorSPI, d.side, true}
	return Undecided
}

// ikeStreamPrefix is what the client sends first when IKE and ESP run over TCP
// (RFC 9329 section 4).
const ikeStreamPrefix = "IKETCP"

func seeIKEStream(h *heads) State {
	n := min(len(h.client), len(ikeStreamPrefix))
	switch {
	case n == 0 || string(h.client[:n]) != ikeStreamPrefix[:n]:
		return No
	case n < len(ikeStreamPrefix):
		return Undecided
	}
	return Yes
}
