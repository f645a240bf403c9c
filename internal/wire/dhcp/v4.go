package dhcp

import "net/netip"

// MessageType is the kind of a DHCPv4 message, RFC 2132 9.6.
type MessageType uint8

// The kinds of DHCPv4 messages. 0 is plain BOOTP.
const (
	Discover MessageType = 1
	Offer    MessageType = 2
	Request  MessageType = 3
	Decline  MessageType = 4
	Ack      MessageType = 5
	Nak      MessageType = 6
	Release  MessageType = 7
	Inform   MessageType = 8
)

// The two values of V4.Op.
const (
	FromClient uint8 = 1
	FromServer uint8 = 2
)

// Codes of the options that are read, RFC 2132 unless said otherwise.
const (
	OptionSubnetMask    = 1
	OptionRouter        = 3
	OptionDNS           = 6
	OptionHostName      = 12
	OptionDomain        = 15
	OptionRequested     = 50
	OptionLease         = 51
	OptionOverload      = 52
	OptionMessageType   = 53
	OptionServer        = 54
	OptionParameterList = 55
	OptionMaxSize       = 57
	OptionVendorClass   = 60
	OptionClientID      = 61
	OptionRapidCommit   = 80 // RFC 4039
	OptionFQDN          = 81 // RFC 4702
)

const (
	optionPad = 0
	optionEnd = 255
)

// V4 is one DHCPv4 message, RFC 2131 2. Addresses that the message leaves zero
// are not valid (netip.Addr's zero value).
type V4 struct {
	Op            uint8
	Type          MessageType
	TransactionID uint32
	Seconds       uint16
	Broadcast     bool
	ClientMAC     MAC // zero when the hardware is not of the IEEE 802 kind

	Client    netip.Addr // ciaddr: what the client has
	Your      netip.Addr // yiaddr: what the server gives
	Next      netip.Addr // siaddr: where to boot from
	Relay     netip.Addr // giaddr
	Requested netip.Addr // option 50: what the client wishes for
	Server    netip.Addr // option 54

	HostName      string  // 12
	FQDN          string  // 81, without a dot at its end
	Domain        string  // 15
	VendorClass   string  // 60
	ClientID      []byte  // 61: hardware type and address, or anything
	ParameterList []uint8 // 55, in the order of the client
	SubnetMask    netip.Addr
	Routers       []netip.Addr
	DNS           []netip.Addr
	Lease         uint32 // seconds
	MaxSize       uint16 // of a message that the client takes, bytes
	RapidCommit   bool

	// Options are the codes in the order of their first appearance, those
	// included that are not understood, without padding and end.
	Options []uint8
}

// Offsets of the fixed part, RFC 2131 2.
const (
	offsetMAC    = 28
	offsetName   = 44
	offsetFile   = 108
	offsetCookie = 236
	offsetOption = 240
)

// cookie begins the options, RFC 2131 3.
const cookie = 0x63825363

// ParseV4 reads one DHCPv4 message. It does not keep p.
func ParseV4(p []byte) (V4, error) {
	var m V4
	if len(p) < 2 {
		return m, ErrCut
	}
	if m.Op = p[0]; m.Op != FromClient && m.Op != FromServer {
		return m, ErrForeign
	}
	if len(p) < offsetName {
		return m, ErrCut
	}
	m.readFixed(p)
	if len(p) < offsetOption {
		return m, ErrCut
	}
	if long(p[offsetCookie:]) != cookie {
		return m, ErrForeign
	}
	o := options{message: p}
	o.readAll()
	return m, o.tell(&m)
}

// readFixed reads the part before the server's name.
func (m *V4) readFixed(p []byte) {
	m.TransactionID, m.Seconds = long(p[4:]), number(p[8:])
	m.Broadcast = p[10]&0x80 != 0
	m.Client, m.Your = address(p[12:16]), address(p[16:20])
	m.Next, m.Relay = address(p[20:24]), address(p[24:28])
	// Wi-Fi (6, IEEE 802) and Ethernet (1) have addresses of 6 bytes.
	if p[2] == 6 && (p[1] == 1 || p[1] == 6) {
		copy(m.ClientMAC[:], p[offsetMAC:])
	}
}

// address reads an IPv4 address; all zeros is none.
func address(b []byte) netip.Addr {
	if a, ok := netip.AddrFromSlice(b); ok && a.Is4() && !a.IsUnspecified() {
		return a
	}
	return netip.Addr{}
}
