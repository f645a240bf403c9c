package dhcp

import "net/netip"

// options collects the options of a DHCPv4 message.
type options struct {
	message []byte
	parts   []part // bounded by the message: two bytes of it each
	order   []uint8
	seen    [256]bool
	err     error
}

// part is one appearance of an option.
type part struct {
	code uint8
	data []byte
}

// readAll reads the option field, and then file and server name where option 52
// says that these hold options too: in this order, so that an option whose
// pieces lie in several of them is joined rightly (RFC 3396 5 and 7).
func (o *options) readAll() {
	o.read(o.message[offsetOption:])
	overload := o.value(OptionOverload)
	if len(overload) == 0 {
		return
	}
	if overload[0]&1 != 0 {
		o.read(o.message[offsetFile:offsetCookie])
	}
	if overload[0]&2 != 0 {
		o.read(o.message[offsetName:offsetFile])
	}
}

// read reads the options of one field.
func (o *options) read(b []byte) {
	for len(b) > 0 && b[0] != optionEnd {
		code := b[0]
		if b = b[1:]; code == optionPad {
			continue
		}
		if len(b) == 0 {
			o.fail(ErrCut)
			return
		}
		n := int(b[0])
		if b = b[1:]; n > len(b) {
			o.fail(ErrCut)
			n = len(b) // what there is may still tell
		}
		o.parts = append(o.parts, part{code, b[:n]})
		if !o.seen[code] {
			o.seen[code] = true
			o.order = append(o.order, code)
		}
		b = b[n:]
	}
}

// value joins all appearances of an option, RFC 3396 5.
func (o *options) value(code uint8) []byte {
	if !o.seen[code] {
		return nil
	}
	var first []byte
	for i, p := range o.parts {
		if p.code != code {
			continue
		}
		if first == nil {
			first = p.data[:len(p.data):len(p.data)]
			continue
		}
		first = append(first, o.parts[i].data...)
	}
	return first
}

func (o *options) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// tell writes what the options say into m.
func (o *options) tell(m *V4) error {
	m.Options = o.order
	if b := o.fixed(OptionMessageType, 1); b != nil {
		m.Type = MessageType(b[0])
	}
	m.Requested = o.address(OptionRequested)
	m.Server = o.address(OptionServer)
	m.SubnetMask = o.address(OptionSubnetMask)
	m.Routers = o.addresses(OptionRouter)
	m.DNS = o.addresses(OptionDNS)
	if b := o.fixed(OptionLease, 4); b != nil {
		m.Lease = long(b)
	}
	if b := o.fixed(OptionMaxSize, 2); b != nil {
		m.MaxSize = number(b)
	}
	m.HostName = text(o.value(OptionHostName))
	m.Domain = text(o.value(OptionDomain))
	m.VendorClass = text(o.value(OptionVendorClass))
	m.ClientID = append(m.ClientID, o.value(OptionClientID)...)
	m.ParameterList = append(m.ParameterList, o.value(OptionParameterList)...)
	m.RapidCommit = o.seen[OptionRapidCommit]
	m.FQDN = o.fqdn()
	return o.err
}

// fixed is the value of an option that has exactly n bytes, else nil.
func (o *options) fixed(code uint8, n int) []byte {
	b := o.value(code)
	if len(b) == n {
		return b
	}
	if o.seen[code] {
		o.fail(ErrData)
	}
	return nil
}

func (o *options) address(code uint8) netip.Addr { return address(o.fixed(code, 4)) }

func (o *options) addresses(code uint8) []netip.Addr {
	b := o.value(code)
	if o.seen[code] && (len(b) == 0 || len(b)%4 != 0) {
		o.fail(ErrData)
	}
	return addresses(b, 4)
}

// flagWire says that the name is in labels, else it is ASCII, RFC 4702 2.1.
const flagWire = 0x04

// fqdn reads option 81: flags, two codes without meaning, the name.
func (o *options) fqdn() string {
	b := o.value(OptionFQDN)
	if !o.seen[OptionFQDN] {
		return ""
	}
	if len(b) < 3 {
		o.fail(ErrData)
		return ""
	}
	if b[0]&flagWire == 0 {
		return trimDot(text(b[3:]))
	}
	name, ok := wireName(b[3:])
	if !ok {
		o.fail(ErrData)
	}
	return name
}

// trimDot takes off the dot at the end of a name.
func trimDot(s string) string {
	if n := len(s); n > 0 && s[n-1] == '.' {
		return s[:n-1]
	}
	return s
}
