package dns

// What Looks believes of the counts in a header. Multicast DNS asks dozens of
// questions at once, unicast DNS one; a thousand records fill 16 KiB at least.
const (
	maxQuestions = 255
	maxRecords   = 1024
)

// Looks says whether p, a UDP payload on any port, is a DNS message: an opcode
// of queries, notifications or updates, believable counts, and a first question
// (or, without questions, a first record) with a whole name, an assigned type
// and a class in use. It takes messages that are cut behind their only name. It
// says no to NetBIOS names (RFC 1002), which share the format, and to messages
// without any name. Response codes, reserved flags and what stands behind the
// first entry do not count: stalkerware is known that writes its own queries,
// with response code 15. Where Looks says yes, Parse yields a question or a
// record.
func Looks(p []byte) bool {
	if len(p) < headerLength+1 || !looksCounts(p) || netBIOS(p) {
		return false
	}
	switch opcode := p[2] >> 3 & 0x0f; opcode {
	case 0, 4, 5: // query, notify (RFC 1996), update (RFC 2136)
	default:
		return false
	}
	off := looksName(p, headerLength)
	if off < 0 {
		return false
	}
	if off+4 > len(p) { // nothing but a name: believed where it is the only one
		return count(p, 4) == 1
	}
	return Type(count(p, off)).known() && looksEntry(p, off)
}

// LooksOnPort is Looks for a payload on a port of DNS itself (53, 5353, 5355),
// where less proof is asked: any opcode, any type, and pointers in the first
// name are taken too.
func LooksOnPort(p []byte) bool {
	if len(p) < headerLength+1 || !looksCounts(p) || netBIOS(p) {
		return false
	}
	var room [maxName]byte
	_, off, err := appendName(room[:0], p, headerLength)
	if err != nil {
		return false
	}
	return off+4 > len(p) && count(p, 4) > 0 || looksEntry(p, off)
}

// looksEntry judges the class of the first question, or of the first record,
// whose fixed part has to be there.
func looksEntry(p []byte, off int) bool {
	if off+4 > len(p) || count(p, 4) == 0 && off+recordLength > len(p) {
		return false
	}
	class, _ := splitClass(count(p, off+2))
	return class.known()
}

// LooksTCP is Looks for the first bytes of a TCP stream, where two bytes of
// length stand before the message.
func LooksTCP(p []byte) bool {
	if len(p) < 2 || count(p, 0) <= headerLength {
		return false
	}
	return Looks(p[2:min(len(p), 2+int(count(p, 0)))])
}

// looksCounts judges the counts, RFC 1035 4.1.1. Without a question there has
// to be an answer in a response.
func looksCounts(p []byte) bool {
	questions, answers := int(count(p, 4)), int(count(p, 6))
	if questions == 0 && (p[2]&0x80 == 0 || answers == 0) {
		return false
	}
	return questions <= maxQuestions && answers+int(count(p, 8))+int(count(p, 10)) <= maxRecords
}

// looksName gives the offset behind a name without pointers, -1 when there is
// none: nothing stands before the first name that it could point to.
func looksName(p []byte, off int) int {
	for start := off; off < len(p); {
		c := int(p[off])
		if c == 0 {
			return off + 1
		}
		if off += 1 + c; c > maxLabel || off-start >= maxName {
			return -1
		}
	}
	return -1
}

// netBIOS says whether the first question holds a NetBIOS name: one label of 32
// letters A to P, RFC 1001 14.1.
func netBIOS(p []byte) bool {
	const encoded = 32
	if len(p) < headerLength+1+encoded || p[headerLength] != encoded {
		return false
	}
	for _, c := range p[headerLength+1 : headerLength+1+encoded] {
		if c < 'A' || c > 'P' {
			return false
		}
	}
	return true
}
