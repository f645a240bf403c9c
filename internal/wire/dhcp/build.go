package dhcp

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

var (
	errNoWriter = errors.New("no writer for this code")
	errEmpty    = errors.New("its field of the message is not set")
	errFamily   = errors.New("address is not ipv4")
	errName     = errors.New("label is empty or too long")
	errEscape   = errors.New("bad escape")
)

// AppendV4 writes m behind dst, byte for byte the same on every run. The
// options stand in the order of m.Options, each with the value of its field;
// without m.Options those whose field is set are written, the message type
// first, then by code. Options longer than 255 bytes are split (RFC 3396), the
// message is filled with zeros to the 300 bytes that old relays want
// (RFC 1542 2.1). ParseV4 gives back what AppendV4 wrote. With an error dst
// comes back as it was.
func AppendV4(dst []byte, m V4) ([]byte, error) {
	const least = 300
	start := len(dst)
	out, err := appendFixed(dst, &m)
	if err != nil {
		return dst, fmt.Errorf("write dhcp message: %w", err)
	}
	codes := m.Options
	if codes == nil {
		codes = m.filled()
	}
	for _, code := range codes {
		value, err := m.value(code)
		if err != nil {
			return dst, fmt.Errorf("write dhcp message: option %d: %w", code, err)
		}
		out = appendOption(out, code, value)
	}
	out = append(out, optionEnd)
	if short := least - (len(out) - start); short > 0 {
		out = append(out, make([]byte, short)...)
	}
	return out, nil
}

// appendFixed writes everything before the options, RFC 2131 2.
func appendFixed(dst []byte, m *V4) ([]byte, error) {
	start := len(dst)
	out := append(dst, make([]byte, offsetOption)...)
	p := out[start:]
	p[0], p[1], p[2] = m.Op, hardwareEthernet, byte(len(m.ClientMAC))
	copy(p[4:], appendLong(nil, m.TransactionID))
	p[8], p[9] = byte(m.Seconds>>8), byte(m.Seconds)
	if m.Broadcast {
		p[10] = 0x80
	}
	for i, a := range []netip.Addr{m.Client, m.Your, m.Next, m.Relay} {
		if !a.IsValid() {
			continue
		}
		if !a.Is4() {
			return dst, errFamily
		}
		copy(p[12+4*i:], a.AsSlice())
	}
	copy(p[offsetMAC:], m.ClientMAC[:])
	copy(p[offsetCookie:], appendLong(nil, cookie))
	return out, nil
}

// writers gives the value of each option that can be written, nil when its
// field is not set.
var writers = map[uint8]func(m *V4) ([]byte, error){
	OptionSubnetMask:    func(m *V4) ([]byte, error) { return four(m.SubnetMask) },
	OptionRouter:        func(m *V4) ([]byte, error) { return four(m.Routers...) },
	OptionDNS:           func(m *V4) ([]byte, error) { return four(m.DNS...) },
	OptionHostName:      func(m *V4) ([]byte, error) { return unescape(m.HostName) },
	OptionDomain:        func(m *V4) ([]byte, error) { return unescape(m.Domain) },
	OptionRequested:     func(m *V4) ([]byte, error) { return four(m.Requested) },
	OptionLease:         func(m *V4) ([]byte, error) { return when(m.Lease > 0, appendLong(nil, m.Lease)), nil },
	OptionMessageType:   func(m *V4) ([]byte, error) { return when(m.Type > 0, []byte{byte(m.Type)}), nil },
	OptionServer:        func(m *V4) ([]byte, error) { return four(m.Server) },
	OptionParameterList: func(m *V4) ([]byte, error) { return m.ParameterList, nil },
	OptionMaxSize: func(m *V4) ([]byte, error) {
		return when(m.MaxSize > 0, []byte{byte(m.MaxSize >> 8), byte(m.MaxSize)}), nil
	},
	OptionVendorClass: func(m *V4) ([]byte, error) { return unescape(m.VendorClass) },
	OptionClientID:    func(m *V4) ([]byte, error) { return m.ClientID, nil },
	OptionRapidCommit: func(m *V4) ([]byte, error) { return when(m.RapidCommit, []byte{}), nil },
	OptionFQDN:        func(m *V4) ([]byte, error) { return labels(m.FQDN) },
}

func (m *V4) value(code uint8) ([]byte, error) {
	w, ok := writers[code]
	if !ok {
		return nil, errNoWriter
	}
	v, err := w(m)
	if err == nil && v == nil {
		err = errEmpty
	}
	return v, err
}

// filled lists the options whose field is set, the message type first.
func (m *V4) filled() (codes []uint8) {
	for code := range writers {
		if _, err := m.value(code); !errors.Is(err, errEmpty) {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	if i := slices.Index(codes, OptionMessageType); i > 0 {
		codes = slices.Insert(slices.Delete(codes, i, i+1), 0, OptionMessageType)
	}
	return codes
}

// appendOption writes one option in as many pieces as it needs.
func appendOption(dst []byte, code uint8, value []byte) []byte {
	const most = 255
	for {
		n := min(len(value), most)
		dst = append(append(dst, code, byte(n)), value[:n]...)
		if value = value[n:]; len(value) == 0 {
			return dst
		}
	}
}

// when gives v if is, else nil.
func when(is bool, v []byte) []byte {
	if is {
		return v
	}
	return nil
}

// four writes addresses, nil when there are none.
func four(list ...netip.Addr) (out []byte, err error) {
	for _, a := range list {
		if !a.IsValid() {
			continue
		}
		if !a.Is4() {
			return nil, errFamily
		}
		out = append(out, a.AsSlice()...)
	}
	return out, nil
}

// unescape gives the bytes of a text, nil when it is empty.
func unescape(s string) (out []byte, err error) {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		if i+4 > len(s) {
			return nil, errEscape
		}
		n := 0
		for _, c := range []byte(s[i+1 : i+4]) {
			if c < '0' || c > '9' {
				return nil, errEscape
			}
			n = 10*n + int(c-'0')
		}
		if n > 255 {
			return nil, errEscape
		}
		out = append(out, byte(n))
		i += 3
	}
	return out, nil
}

// labels writes the FQDN option with a name in labels, RFC 4702 2.1: flags S
// (the server shall update) and E.
func labels(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	b, err := unescape(name)
	if err != nil {
		return nil, err
	}
	out := []byte{0x01 | flagWire, 0, 0}
	for start, i := 0, 0; i <= len(b); i++ {
		if i < len(b) && b[i] != '.' {
			continue
		}
		if i == start || i-start > 63 {
			return nil, errName
		}
		out = append(append(out, byte(i-start)), b[start:i]...)
		start = i + 1
	}
	return append(out, 0), nil
}

func appendLong(dst []byte, n uint32) []byte {
	return append(dst, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}
