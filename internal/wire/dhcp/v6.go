package dhcp

import "net/netip"

// MessageType6 is the kind of a DHCPv6 message, RFC 8415 7.3.
type MessageType6 uint8

// The kinds of DHCPv6 messages that clients and servers exchange.
const (
	Solicit            MessageType6 = 1
	Advertise          MessageType6 = 2
	Request6           MessageType6 = 3
	Confirm            MessageType6 = 4
	Renew              MessageType6 = 5
	Rebind             MessageType6 = 6
	Reply              MessageType6 = 7
	Release6           MessageType6 = 8
	Decline6           MessageType6 = 9
	Reconfigure        MessageType6 = 10
	InformationRequest MessageType6 = 11
	relayForward       MessageType6 = 12
	relayReply         MessageType6 = 13
	lastMessageType6   MessageType6 = 36 // of the IANA registry
)

// Codes of the options that are read, RFC 8415 21 unless said otherwise.
const (
	option6ClientID     = 1
	option6IANA         = 3
	option6IATA         = 4
	option6Address      = 5
	option6Request      = 6
	option6Relayed      = 9
	option6VendorClass  = 16
	option6DNS          = 23 // RFC 3646
	option6Delegation   = 25
	option6Prefix       = 26
	option6FQDN         = 39 // RFC 4704
	option6LinkLayer    = 79 // RFC 6939
	hardwareEthernet    = 1
	hardwareIEEE802     = 6
	duidLinkLayerTime   = 1 // RFC 8415 11.2
	duidLinkLayer       = 3 // RFC 8415 11.4
	maxRelays           = 8 // HOP_COUNT_LIMIT, RFC 8415 7.6
	maxAddresses        = 256
	relayHeaderLength   = 34
	clientHeaderLength  = 4
	optionHeaderLength6 = 4
)

// V6 is one DHCPv6 message, or the one that lies innermost in relay messages.
type V6 struct {
	Type          MessageType6
	TransactionID uint32 // 24 bits
	Relays        int    // relay messages around it

	ClientDUID       []byte
	ClientMAC        MAC // from the DUID (RFC 8415 11.2, 11.4) or told by a relay (RFC 6939)
	FQDN             string
	VendorEnterprise uint32   // IANA enterprise number of the vendor class
	VendorClass      []string // its strings
	Requested        []uint16 // option request, in the order of the client
	Addresses        []netip.Addr
	Prefixes         []netip.Prefix
	DNS              []netip.Addr

	// Options are the codes in the order of appearance, those included that are
	// not understood.
	Options []uint16
}

// ParseV6 reads one DHCPv6 message and looks into relay messages, eight deep.
// It does not keep p.
func ParseV6(p []byte) (V6, error) {
	var r reader6
	r.message(p)
	return r.m, r.err
}

// reader6 reads one message.
type reader6 struct {
	m   V6
	err error
}

func (r *reader6) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// message unwraps relay messages and reads the one inside, RFC 8415 8 and 9.
func (r *reader6) message(p []byte) {
	for {
		if len(p) < clientHeaderLength {
			r.fail(ErrCut)
			return
		}
		r.m.Type = MessageType6(p[0])
		if r.m.Type == 0 || r.m.Type > lastMessageType6 {
			r.fail(ErrForeign)
			return
		}
		if r.m.Type != relayForward && r.m.Type != relayReply {
			break
		}
		if r.m.Relays++; r.m.Relays > maxRelays {
			r.fail(ErrData)
			return
		}
		if p = r.relay(p); p == nil {
			return
		}
	}
	r.m.TransactionID = long(p) & 0xffffff
	r.each(p[clientHeaderLength:], r.option)
}

// relay reads the options of a relay message and returns the message inside,
// nil when there is none.
func (r *reader6) relay(p []byte) (inside []byte) {
	if len(p) < relayHeaderLength {
		r.fail(ErrCut)
		return nil
	}
	r.each(p[relayHeaderLength:], func(code uint16, data []byte) {
		switch {
		case code == option6Relayed && inside == nil:
			inside = data
		case code == option6LinkLayer && len(data) == 8 && ieee802(number(data)):
			copy(r.m.ClientMAC[:], data[2:])
		}
	})
	return inside
}

// each calls see with every option of b, RFC 8415 21.1.
func (r *reader6) each(b []byte, see func(code uint16, data []byte)) {
	for len(b) > 0 {
		if len(b) < optionHeaderLength6 {
			r.fail(ErrCut)
			return
		}
		code, n := number(b), int(number(b[2:]))
		if b = b[optionHeaderLength6:]; n > len(b) {
			r.fail(ErrCut)
			n = len(b) // what there is may still tell
		}
		see(code, b[:n])
		b = b[n:]
	}
}

// option reads one option of the message proper.
func (r *reader6) option(code uint16, data []byte) {
	r.m.Options = append(r.m.Options, code)
	switch code {
	case option6ClientID:
		r.duid(data)
	case option6IANA, option6Delegation:
		r.association(data, 12) // identity, two times
	case option6IATA:
		r.association(data, 4)
	case option6Request:
		for ; len(data) >= 2; data = data[2:] {
			r.m.Requested = append(r.m.Requested, number(data))
		}
		r.whole(data)
	case option6VendorClass:
		r.vendorClass(data)
	case option6DNS:
		r.m.DNS = append(r.m.DNS, addresses(data, 16)...)
		r.whole(data[len(data)/16*16:])
	case option6FQDN:
		r.fqdn(data)
	}
}

// whole wants nothing left of an option.
func (r *reader6) whole(rest []byte) {
	if len(rest) > 0 {
		r.fail(ErrData)
	}
}

// duid reads who the client is, RFC 8415 11.
func (r *reader6) duid(b []byte) {
	r.m.ClientDUID = append([]byte(nil), b...)
	if len(b) < 2 {
		r.fail(ErrData)
		return
	}
	at := 0
	switch number(b) {
	case duidLinkLayerTime:
		at = 8
	case duidLinkLayer:
		at = 4
	default:
		return
	}
	if len(b) == at+6 && ieee802(number(b[2:])) {
		copy(r.m.ClientMAC[:], b[at:])
	}
}

// ieee802 says whether a hardware type has addresses of the MAC kind.
func ieee802(hardware uint16) bool {
	return hardware == hardwareEthernet || hardware == hardwareIEEE802
}

// association reads the addresses and prefixes inside an identity association,
// whose own fields take skip bytes. RFC 8415 21.4, 21.5, 21.21.
func (r *reader6) association(b []byte, skip int) {
	if len(b) < skip {
		r.fail(ErrData)
		return
	}
	r.each(b[skip:], func(code uint16, data []byte) {
		switch {
		case len(r.m.Addresses)+len(r.m.Prefixes) >= maxAddresses:
			r.fail(ErrData)
		case code == option6Address && len(data) >= 24: // 21.6
			a, _ := netip.AddrFromSlice(data[:16])
			r.m.Addresses = append(r.m.Addresses, a)
		case code == option6Prefix && len(data) >= 25: // 21.22
			a, _ := netip.AddrFromSlice(data[9:25])
			if p := netip.PrefixFrom(a, int(data[8])); p.IsValid() {
				r.m.Prefixes = append(r.m.Prefixes, p)
			}
		}
	})
}

// vendorClass reads the enterprise number and its strings, RFC 8415 21.16.
func (r *reader6) vendorClass(b []byte) {
	if len(b) < 4 {
		r.fail(ErrData)
		return
	}
	r.m.VendorEnterprise = long(b)
	for b = b[4:]; len(b) >= 2; {
		n := int(number(b))
		if b = b[2:]; n > len(b) {
			r.fail(ErrData)
			n = len(b)
		}
		r.m.VendorClass = append(r.m.VendorClass, text(b[:n]))
		b = b[n:]
	}
	r.whole(b)
}

// fqdn reads flags and a name that may be a beginning only, RFC 4704 4.
func (r *reader6) fqdn(b []byte) {
	if len(b) < 1 {
		r.fail(ErrData)
		return
	}
	name, ok := wireName(b[1:])
	if !ok {
		r.fail(ErrData)
	}
	r.m.FQDN = name
}
