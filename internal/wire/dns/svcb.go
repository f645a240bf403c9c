package dns

import "net/netip"

// SVCB is the data of an SVCB or HTTPS record, RFC 9460. In alias mode
// (Priority 0) only Target counts, parameters are not read (2.4.2).
type SVCB struct {
	Priority   uint16
	Target     string // empty: the owner's name itself, or no service at all in alias mode (2.5)
	ALPN       []string
	NoDefault  bool   // no-default-alpn
	Port       uint16 // 0 when not given
	IPv4Hint   []netip.Addr
	IPv6Hint   []netip.Addr
	ECHPresent bool // the ech parameter is there, readable or not
	ECH        []ECHConfig
}

// Parameter keys, RFC 9460 14.3.2 and RFC 9848.
const (
	keyALPN      = 1
	keyNoDefault = 2
	keyPort      = 3
	keyIPv4Hint  = 4
	keyECH       = 5
	keyIPv6Hint  = 6
)

// readSVCB reads the data of an SVCB or HTTPS record, RFC 9460 2.2.
func (m *Message) readSVCB(r *Record, msg []byte, at [2]int) {
	if at[0]+2 > at[1] {
		m.spoil(r, ErrData)
		return
	}
	v := m.newSVCB()
	r.SVCB = v
	v.Priority = count(msg, at[0])
	name, off, err := m.readName(msg, at[0]+2)
	if err == nil && off > at[1] {
		err = ErrData
	}
	if err != nil {
		m.spoil(r, err)
		return
	}
	v.Target = name
	if v.Priority == 0 {
		return
	}
	for last := -1; off < at[1]; {
		key, value, ok := parameter(msg[off:at[1]])
		if !ok || key <= last { // strictly ascending, RFC 9460 2.2
			m.spoil(r, ErrData)
		}
		if key < 0 {
			return
		}
		if !m.readParameter(v, key, value) {
			m.spoil(r, ErrData)
		}
		last, off = key, off+4+len(value)
	}
}

// parameter cuts the first key and value off b. When the value is cut short,
// what there is of it comes with ok false.
func parameter(b []byte) (key int, value []byte, ok bool) {
	if len(b) < 4 {
		return -1, nil, false
	}
	key, n := int(count(b, 0)), int(count(b, 2))
	if n > len(b)-4 {
		return key, b[4:], false
	}
	return key, b[4 : 4+n], true
}

// newSVCB takes the next SVCB that an earlier message left.
func (m *Message) newSVCB() *SVCB {
	m.work.svcb = append(m.work.svcb, SVCB{})
	return &m.work.svcb[len(m.work.svcb)-1]
}

// readParameter reads one parameter and says whether it was well formed.
func (m *Message) readParameter(v *SVCB, key int, value []byte) bool {
	switch key {
	case keyALPN:
		return m.readALPN(v, value)
	case keyNoDefault:
		v.NoDefault = true
		return len(value) == 0
	case keyPort:
		if len(value) != 2 {
			return false
		}
		v.Port = count(value, 0)
	case keyIPv4Hint:
		v.IPv4Hint = m.readHints(value, 4)
		return len(value) > 0 && len(value)%4 == 0
	case keyIPv6Hint:
		v.IPv6Hint = m.readHints(value, 16)
		return len(value) > 0 && len(value)%16 == 0
	case keyECH:
		return m.readECH(v, value)
	}
	return true
}

// readALPN reads the protocol list, RFC 9460 7.1.1.
func (m *Message) readALPN(v *SVCB, value []byte) bool {
	start, ok := len(m.work.alpn), len(value) > 0
	for len(value) > 0 {
		n := int(value[0])
		if n == 0 || n >= len(value) {
			ok = false
			break
		}
		name, err := m.protocol(value[1 : 1+n])
		if err != nil {
			return false
		}
		m.work.alpn = append(m.work.alpn, name)
		value = value[1+n:]
	}
	end := len(m.work.alpn)
	v.ALPN = m.work.alpn[start:end:end]
	return ok
}

// protocol names an ALPN identifier; the common ones cost nothing.
func (m *Message) protocol(b []byte) (string, error) {
	switch string(b) {
	case "h3":
		return "h3", nil
	case "h2":
		return "h2", nil
	case "http/1.1":
		return "http/1.1", nil
	}
	return m.work.keep(b)
}

// readHints reads addresses of size bytes, RFC 9460 7.3.
func (m *Message) readHints(value []byte, size int) []netip.Addr {
	start := len(m.work.hints)
	for ; len(value) >= size; value = value[size:] {
		a, _ := netip.AddrFromSlice(value[:size])
		m.work.hints = append(m.work.hints, a)
	}
	end := len(m.work.hints)
	return m.work.hints[start:end:end]
}

// readECH reads the ech parameter, RFC 9848.
func (m *Message) readECH(v *SVCB, value []byte) bool {
	v.ECHPresent = true
	start := len(m.work.ech)
	list, err := appendECHConfigList(m.work.ech, value)
	m.work.ech = list
	v.ECH = list[start:len(list):len(list)]
	return err == nil
}
