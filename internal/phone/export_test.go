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

// Memory is what a server of UDP knows of its conversations.
type Memory struct{ memory *memory }

func NewMemory(talks ...*Conversation) Memory { return Memory{newMemory(&point{talks: talks})} }

// Find gives the conversation and the line that a datagram is.
func (m Memory) Find(peer string, data string) (*Conversation, int, bool) {
	return m.memory.find(peer, []byte(data))
}

// Point is what a server of TCP knows of its conversations.
type Point struct{ point *point }

func NewPoint(talks ...*Conversation) Point {
	return Point{&point{talks: talks, had: make([]int, len(talks))}}
}

// Choose gives the conversation that begins like this, and whether it takes more.
func (p Point) Choose(said string, last bool) (*Conversation, bool) {
	return p.point.choose([]byte(said), last)
}
