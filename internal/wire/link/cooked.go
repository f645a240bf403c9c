package link

// ARPHRD_ numbers (Linux if_arp.h) whose packets do not begin where the
// protocol field of a cooked header says.
const (
	deviceFrameRelay = 770
	deviceWiFi       = 801
	devicePrism      = 802
	deviceRadiotap   = 803

	cookedLLC = 0x0004 // protocol field: 802.2 LLC follows
)

// parseSLL reads the Linux cooked header v1 (LINKTYPE_LINUX_SLL): packet type,
// device type, address length, address (8 bytes), protocol; all in network
// order.
func parseSLL(p []byte, f *Frame) error {
	if len(p) < 16 {
		return ErrShort
	}
	f.Direction = cookedDirection(be16(p))
	f.setSender(int(be16(p[4:])), p[6:14])
	return parseCooked(be16(p[2:]), be16(p[14:]), p[16:], f)
}

// parseSLL2 reads the cooked header v2 (LINKTYPE_LINUX_SLL2): protocol, two
// reserved bytes, interface index (4), device type, packet type (1), address
// length (1), address (8).
func parseSLL2(p []byte, f *Frame) error {
	if len(p) < 20 {
		return ErrShort
	}
	f.Direction = cookedDirection(uint16(p[10]))
	f.setSender(int(p[11]), p[12:20])
	return parseCooked(be16(p[8:]), be16(p), p[20:], f)
}

func parseCooked(device, protocol uint16, p []byte, f *Frame) error {
	switch device {
	case deviceFrameRelay:
		return parseFrameRelay(p, f)
	case deviceWiFi:
		return parseWiFi(p, f)
	case devicePrism:
		return parsePrism(p, f)
	case deviceRadiotap:
		return parseRadiotap(p, f)
	}
	switch {
	case protocol == cookedLLC:
		return parseLLC(p, f)
	case protocol < minEtherType: // Linux's own numbers; 0 from raw IP devices of phones
		return f.take(guessIP(p), p)
	}
	return parseType(protocol, p, f)
}

// cookedDirection maps the packet types of Linux (if_packet.h).
func cookedDirection(kind uint16) Direction {
	switch kind {
	case 0, 1, 2: // to us, broadcast, multicast
		return Incoming
	case 3:
		return Passing
	case 4:
		return Outgoing
	}
	return Unstated
}

func (f *Frame) setSender(n int, address []byte) {
	if n != 6 {
		return
	}
	f.Src = [6]byte(address)
	f.HasMAC = f.Src != [6]byte{}
}
