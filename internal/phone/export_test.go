package phone

// Zone is the DNS of a scenario without sockets.
type Zone struct{ zone *zone }

func NewZone(s *Script) Zone { return Zone{newZone(s, nil)} }

// Answer gives the response to whatever comes.
func (z Zone) Answer(query []byte) (response []byte, known bool) { return z.zone.answer(query) }

// ParseDHCP reads a frame as the phone does that asks for an address.
func ParseDHCP(frame []byte) (kind uint8, ok bool) {
	m, ok := parseDHCP(frame)
	return uint8(m.Type), ok
}
