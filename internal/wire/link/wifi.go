package link

// 802.11 frame control bits (IEEE 802.11-2020 section 9.2.4.1).
const (
	wifiKindMask  = 0x0c // first byte: type
	wifiData      = 0x08
	wifiNull      = 0x40 // subtype bit: no data
	wifiQoS       = 0x80 // subtype bit: QoS control field
	wifiToDS      = 0x01 // second byte
	wifiFromDS    = 0x02
	wifiProtected = 0x40
	wifiOrder     = 0x80 // in a QoS frame: HT control field
	wifiAMSDU     = 0x80 // QoS control, first byte
)

// radio is what the receiver said about an 802.11 frame.
type radio struct {
	checksum bool // four bytes of frame check sequence at the end
	padded   bool // header padded to a multiple of four bytes
	damaged  bool // check sequence was wrong
}

// parseWiFi reads an 802.11 frame without a word of the receiver.
func parseWiFi(p []byte, f *Frame) error { return parse80211(p, radio{}, f) }

// parse80211 reads an unencrypted 802.11 data frame (IEEE 802.11-2020 section
// 9.3.2.1). Management and control frames are ErrNotData.
func parse80211(p []byte, r radio, f *Frame) error {
	f.Wrappers |= WrapWiFi
	if r.damaged {
		return ErrDamaged
	}
	if r.checksum {
		if len(p) < 4 {
			return ErrShort
		}
		p = p[:len(p)-4]
	}
	if len(p) < 2 {
		return ErrShort
	}
	switch {
	case p[0]&3 != 0: // protocol version
		return ErrMalformed
	case p[0]&wifiKindMask != wifiData || p[0]&wifiNull != 0:
		return ErrNotData
	}
	n, amsdu, err := readWiFiHeader(p, f)
	if err != nil {
		return err
	}
	if r.padded {
		n = (n + 3) &^ 3
	}
	if n > len(p) {
		return ErrShort
	}
	return parseWiFiBody(p[n:], p[1]&wifiProtected != 0, amsdu, f)
}

// readWiFiHeader reads the addresses and gives the length of the header and
// whether the body is an A-MSDU.
func readWiFiHeader(p []byte, f *Frame) (n int, amsdu bool, err error) {
	n = 24
	toDS, fromDS := p[1]&wifiToDS != 0, p[1]&wifiFromDS != 0
	if toDS && fromDS {
		n += 6
	}
	if len(p) < n {
		return 0, false, ErrShort
	}
	f.setWiFiAddresses(p, toDS, fromDS)
	if be16(p[22:])&0x0f00 != 0 { // fragment number, low nibble of a little-endian field
		return 0, false, ErrFragment
	}
	if p[0]&wifiQoS == 0 {
		return n, false, nil
	}
	if len(p) < n+2 {
		return 0, false, ErrShort
	}
	amsdu = p[n]&wifiAMSDU != 0
	n += 2
	if p[1]&wifiOrder != 0 {
		n += 4
	}
	return n, amsdu, nil
}

// setWiFiAddresses finds source and destination among the three or four
// addresses (table 9-30).
func (f *Frame) setWiFiAddresses(p []byte, toDS, fromDS bool) {
	one, two, three := p[4:10], p[10:16], p[16:22]
	dst, src := one, two
	switch {
	case toDS && fromDS:
		dst, src = three, p[24:30]
	case toDS:
		dst = three
	case fromDS:
		src = three
	}
	f.Dst, f.Src, f.HasMAC = [6]byte(dst), [6]byte(src), true
}

func parseWiFiBody(p []byte, protected, amsdu bool, f *Frame) error {
	if protected {
		var ok bool
		if p, ok = findDecrypted(p, amsdu); !ok {
			return ErrEncrypted
		}
	}
	if !amsdu {
		return parseLLC(p, f)
	}
	f.rest = p
	f.Wrappers |= WrapAMSDU
	if !f.Next() {
		return ErrMalformed
	}
	return nil
}

// findDecrypted finds the plain text of a frame that is marked as protected but
// was decrypted by the recording device, which may leave the 4 or 8 bytes of
// initialisation vector in place. A SNAP header of six fixed bytes is no
// accident.
func findDecrypted(p []byte, amsdu bool) ([]byte, bool) {
	for _, skip := range [...]int{0, 8, 4} {
		at := skip
		if amsdu {
			at += 14
		}
		if len(p) < at+6 {
			continue
		}
		h := p[at:]
		if h[0] == 0xaa && h[1] == 0xaa && h[2] == 3 && h[3] == 0 && h[4] == 0 && (h[5] == 0 || h[5] == 0xf8) {
			return p[skip:], true
		}
	}
	return nil, false
}

// Next goes on to the next packet of a frame that carries several (A-MSDU, IEEE
// 802.11-2020 section 9.3.2.2): destination, source, length, LLC; padded to four
// bytes. Subframes that cannot be read are passed over. It is false when there is
// none left.
func (f *Frame) Next() bool {
	const header = 14
	for len(f.rest) >= header {
		p := f.rest
		end := header + int(be16(p[12:]))
		if end >= len(p) {
			end, f.rest = len(p), nil
		} else {
			f.rest = p[min((end+3)&^3, len(p)):]
		}
		f.Dst, f.Src, f.HasMAC = [6]byte(p), [6]byte(p[6:]), true
		f.Protocol, f.EtherType, f.VLANs, f.Outer, f.Inner, f.depth = Other, 0, 0, 0, 0, 0
		if parseLLC(p[header:end], f) == nil {
			return true
		}
	}
	return false
}
