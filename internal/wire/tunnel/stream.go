package tunnel

// Kind names a tunnel.
type Kind string

// The tunnels that are recognised.
const (
	WireGuard Kind = "wireguard"
	OpenVPN   Kind = "openvpn"
	IKE       Kind = "ike" // key exchange of IPsec
	ESP       Kind = "esp" // IPsec itself, within UDP or as IP protocol 50
	L2TP      Kind = "l2tp"
	PPTP      Kind = "pptp"
	SOCKS     Kind = "socks"
	SSH       Kind = "ssh"
	AH        Kind = "ah"   // IPsec without encryption, IP protocol 51
	GRE       Kind = "gre"  // the data of PPTP and others, IP protocol 47
	IPinIP    Kind = "ipip" // IP protocols 4 and 41
)

// CarriesAll tells whether the tunnel usually takes all traffic of a device. A
// proxy (SOCKS, SSH) takes that of the programs that were told to use it.
func (k Kind) CarriesAll() bool { return k != SOCKS && k != SSH && k != "" }

// Protocol tells which tunnel an IP protocol number means (IANA registry).
func Protocol(number uint8) (Kind, bool) {
	switch number {
	case 4, 41:
		return IPinIP, true
	case 47:
		return GRE, true
	case 50:
		return ESP, true
	case 51:
		return AH, true
	case 115:
		return L2TP, true
	}
	return "", false
}

// State is what a Stream knows.
type State uint8

// The states of a Stream. Yes and No are final.
const (
	Undecided State = iota
	Yes
	No
)

// Meta is what the caller knows of a payload.
type Meta struct {
	Transport  string // "udp" or "tcp"
	ClientPort uint16
	ServerPort uint16
	Length     int // of the payload on the wire when the snap length cut it; 0: all is there
}

// port tells whether either end has the port.
func (m Meta) port(p uint16) bool { return m.ClientPort == p || m.ServerPort == p }

// Found is what is known of a tunnel. Fields that a protocol lacks are zero.
type Found struct {
	Kind     Kind
	Version  string    // IKE "1", "2"; SOCKS "4", "4a", "5"; L2TP "2", "3"; SSH "2.0"
	Host     string    // SOCKS: where the client wants to go: a name, lower case, or an address
	Port     uint16    // SOCKS
	Offset   int       // SOCKS: where the tunnelled bytes of the client begin
	Banner   string    // SSH: identification of the side that spoke first, at most MaxBanner bytes
	Exchange IKEHeader // IKE: the message that decided
}

// How long a Stream tries.
const (
	maxMisses    = 6    // datagrams that match nothing; other things may go before a handshake
	maxDatagrams = 40   // datagrams in all
	maxBuffer    = 2048 // bytes of a TCP direction
)

// datagram is what a UDP probe sees. Its length is that on the wire.
type datagram struct {
	p      []byte
	size   int
	side   int // 0: from the client, 1: from the server
	meta   Meta
	memory *memory
	found  *Found
}

// memory is what the UDP probes remember of a flow.
type memory struct {
	now       datagram // kept here so that no packet allocates
	wireguard wireguardMemory
	openvpn   openvpnMemory
	ike       ikeMemory
	esp       espMemory
	l2tp      l2tpMemory
}

// heads are the first bytes of both directions, which a TCP probe sees.
type heads struct {
	client, server []byte
	meta           Meta
	found          *Found
}

// The table of what is recognised, in the order of asking. A datagram probe
// answers Undecided when the payload fits but does not suffice, No when it does
// not fit; the others may still take it.
var (
	datagramProbes = [...]struct {
		kind Kind
		see  func(*datagram) State
	}{
		{WireGuard, seeWireGuard},
		{OpenVPN, seeOpenVPN},
		{IKE, seeIKE},
		{ESP, seeESP},
		{L2TP, seeL2TP},
	}
	streamProbes = [...]struct {
		kind Kind
		see  func(*heads) State
	}{
		{SSH, seeSSH},
		{SOCKS, seeSOCKS},
		{OpenVPN, seeOpenVPNStream},
		{PPTP, seePPTP},
		{IKE, seeIKEStream},
	}
)

// Stream watches one flow. The zero value is ready.
type Stream struct {
	state  State
	misses uint8
	count  uint8
	memory *memory
	found  *Found
	heads  [2][]byte
}

// State gives what is known.
func (s *Stream) State() State { return s.state }

// Found gives the tunnel after Yes, else the zero value.
func (s *Stream) Found() Found {
	if s.state != Yes {
		return Found{}
	}
	return *s.found
}

// See looks at the next payload of the flow. It keeps no reference to it.
func (s *Stream) See(payload []byte, fromClient bool, meta Meta) State {
	if s.state != Undecided || len(payload) == 0 {
		return s.state
	}
	side := 1
	if fromClient {
		side = 0
	}
	if meta.Transport == "tcp" {
		s.seeStream(payload, side, meta)
	} else {
		s.seeDatagram(payload, side, meta)
	}
	if s.state != Undecided {
		s.memory, s.heads = nil, [2][]byte{}
	}
	return s.state
}

// seeDatagram asks the table of UDP.
func (s *Stream) seeDatagram(p []byte, side int, meta Meta) {
	if s.memory == nil {
		if !couldBeTunnel(p, meta) {
			s.miss()
			return
		}
		s.memory, s.found = new(memory), new(Found)
	}
	d := &s.memory.now
	*d = datagram{p: p, size: max(len(p), meta.Length), side: side, meta: meta, memory: s.memory, found: s.found}
	fits := false
	for _, probe := range datagramProbes {
		switch probe.see(d) {
		case Yes:
			s.state, s.found.Kind = Yes, probe.kind
			return
		case Undecided:
			fits = true
		}
	}
	d.p = nil
	if s.count++; s.count >= maxDatagrams {
		s.state = No
	}
	if !fits {
		s.miss()
	}
}

// miss counts a datagram that matches nothing.
func (s *Stream) miss() {
	if s.misses++; s.misses >= maxMisses {
		s.state = No
	}
}

// couldBeTunnel is a cheap look at the first byte and the ports, so that most
// flows never need a memory.
func couldBeTunnel(p []byte, meta Meta) bool {
	switch c := p[0]; {
	case c >= 1 && c <= 4, c >= warpBits+1 && c <= warpBits+4, c >= 0x38 && c <= 0x5f, c == l2tpBits>>8:
		return true
	}
	return meta.port(portIKE) || meta.port(portNATT) || len(p) >= ikeHeaderSize && (p[17] == 0x10 || p[17] == 0x20)
}

// seeStream asks the table of TCP. The usual flow is refused by its first
// bytes, before anything is copied.
func (s *Stream) seeStream(p []byte, side int, meta Meta) {
	if len(s.heads[0])+len(s.heads[1]) == 0 && !couldBeStream(p[0]) {
		s.state = No
		return
	}
	if len(s.heads[side]) > 0 {
		s.heads[side] = append(s.heads[side], p[:min(len(p), maxBuffer-len(s.heads[side]))]...)
		p = s.heads[side]
	}
	full := len(p) >= maxBuffer
	h := heads{client: s.heads[0], server: s.heads[1], meta: meta, found: new(Found)}
	if side == 0 {
		h.client = p[:min(len(p), maxBuffer)]
	} else {
		h.server = p[:min(len(p), maxBuffer)]
	}
	s.state = No
	for _, probe := range streamProbes {
		switch probe.see(&h) {
		case Yes:
			s.state, s.found = Yes, h.found
			s.found.Kind = probe.kind
			return
		case Undecided:
			s.state = Undecided
		}
	}
	if full {
		s.state = No
	}
	if s.state == Undecided && len(s.heads[side]) == 0 {
		s.heads[side] = append([]byte(nil), p...)
	}
}

// couldBeStream is a cheap look at the first byte of a TCP flow: SSH, SOCKS, the
// length in front of an OpenVPN packet or a PPTP message, IKETCP.
func couldBeStream(c byte) bool { return c <= ovpnLongest>>8 || c == 'S' || c == 'I' }
