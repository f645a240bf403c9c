package stun

import (
	"errors"
	"net/netip"
)

// What is kept, in bytes, and how many attributes are read.
const (
	MaxText       = 256
	MaxAttributes = 64
)

// What can be wrong.
var (
	ErrNotSTUN    = errors.New("parse stun: no stun message")
	ErrCutOff     = errors.New("parse stun: message is cut off")
	ErrAttribute  = errors.New("parse stun: attribute does not fit")
	ErrAttributes = errors.New("parse stun: too many attributes")
)

// Class is what a message is to its transaction (RFC 8489 section 5).
type Class uint8

// The four classes, by their two bits.
const (
	Request Class = iota
	Indication
	Success
	Failure
)

// Method is what a message is about.
type Method uint16

// The methods of RFC 8489 section 18.3, RFC 8656 section 17 and RFC 6062.
const (
	Binding           Method = 0x001
	Allocate          Method = 0x003
	Refresh           Method = 0x004
	Send              Method = 0x006
	Data              Method = 0x007
	CreatePermission  Method = 0x008
	ChannelBind       Method = 0x009
	Connect           Method = 0x00a
	ConnectionBind    Method = 0x00b
	ConnectionAttempt Method = 0x00c
)

// IsTURN tells whether the method belongs to a relay (RFC 8656, RFC 6062).
func (m Method) IsTURN() bool { return m >= Allocate && m <= ConnectionAttempt && m != 0x005 }

// Message is a STUN message.
type Message struct {
	Class       Class
	Method      Method
	Cookie      bool // magic cookie present; without it the message is RFC 3489
	Transaction [12]byte
	Size        int // of the whole message in bytes, as declared

	Software string // software of the sender
	Realm    string
	Username bool           // present; the name itself is not kept
	Signed   bool           // MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256 present
	Print    Fingerprint    // FINGERPRINT, which tells STUN from other data for certain
	Error    int            // 300 to 699, 0 when there is none
	Mapped   netip.AddrPort // XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS: how the server sees the client
	Relayed  netip.AddrPort // XOR-RELAYED-ADDRESS: the client's address on the relay
	Peer     netip.AddrPort // first XOR-PEER-ADDRESS: the other end of the relay
	Channel  uint16         // CHANNEL-NUMBER
	Lifetime uint32         // of an allocation, in seconds
	ICE      bool           // PRIORITY, ICE-CONTROLLED or ICE-CONTROLLING present (RFC 8445)
}

// Fingerprint is the state of FINGERPRINT (RFC 8489 section 14.7).
type Fingerprint uint8

// The states of a fingerprint.
const (
	NoPrint Fingerprint = iota
	GoodPrint
	BadPrint
)

// Allocated tells whether the message grants a relay, and where.
func (m *Message) Allocated() (relay netip.AddrPort, ok bool) {
	return m.Relayed, m.Method == Allocate && m.Class == Success && m.Relayed.IsValid()
}

// ChannelData is the frame around relayed data (RFC 8656 section 12.4).
type ChannelData struct {
	Channel uint16 // 0x4000 to 0x4FFF
	Length  int    // of the data, which starts at byte 4
}
