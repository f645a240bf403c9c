package quic

import "errors"

var errMessage = errors.New("read handshake: first message is no hello or too long")

// handshake is one attempt of a client to reach a server.
type handshake struct {
	ordinal  int
	version  Version // of the client's first Initial
	chosen   Version // of the server's Initials, zero before the first
	origin   cid     // makes the keys: the client's first Destination Connection ID, or the Retry's source
	before   cid     // the origin before a Retry, if moved
	moved    bool
	peer     cid     // what the server calls itself, when answered or heard of
	scid     cid     // what the client calls itself
	answered bool    // an Initial of the server was opened, or the client uses a connection ID the server gave
	refused  bool    // a Version Negotiation was seen
	effort   int     // attempts to open a packet
	halves   [2]half // by side
}

// half is what one side of a handshake says.
type half struct {
	assembler
	rings  [2]ring // the version of the client, and the one the server changed to
	expect uint64  // the packet number that would come next
	done   bool    // the first message is complete, or can never be
}

// ring holds the keys of one version.
type ring struct {
	version Version
	keys    *keys
}

// opened is the inside of an authentic packet.
type opened struct {
	plain  []byte
	number uint64
}

// open tries the keys of the side that p is thought to come from.
func (hs *handshake) open(w *space, p *packet) (o opened, ok bool) {
	if hs.spent() {
		return o, false
	}
	hs.effort++
	half := &hs.halves[p.from]
	k := half.keys(p.version)
	if k == nil {
		var err error
		if k, err = derive(p.version.protection(), hs.origin.slice(), p.from); err != nil {
			return o, false
		}
	}
	plain, number, err := k.open(w, p.raw, p.number, half.expect)
	if err != nil {
		return o, false
	}
	half.keep(p.version, k)
	return opened{plain, number}, true
}

// sent checks the tag of a Retry, where its key is known.
func (hs *handshake) sent(p *packet) bool {
	pr, at := p.version.protection(), len(p.raw)-tagLen
	if pr.retryKey == "" {
		return true
	}
	tag, err := retryTag(pr, hs.origin.slice(), p.raw[:at])
	return err == nil && string(tag) == string(p.raw[at:])
}

// spent says that a handshake is not worth more effort.
func (hs *handshake) spent() bool { return hs.effort >= maxEffort }

// settled says that the packet can add nothing: its side has said what was
// awaited, and its connection ID is one of this handshake. A client's packet with
// an unknown connection ID may begin something new.
func (hs *handshake) settled(p *packet) bool {
	return hs.halves[p.from].done && (p.from == server || hs.owns(p))
}

// finished says that both sides have said what was awaited.
func (hs *handshake) finished() bool { return hs.halves[client].done && hs.halves[server].done }

// over says of a datagram, after a glance at its connection ID (RFC 8999 section
// 5.1), that nothing in it can be news.
func (hs *handshake) over(p []byte, from side) bool {
	if !hs.finished() {
		return false
	}
	if from == server {
		return true
	}
	dcid, _, err := parseCID(p, 5)
	return err == nil && (hs.peer.is(dcid) || hs.origin.is(dcid))
}

// owns says that a client's packet belongs to this handshake by its address.
func (hs *handshake) owns(p *packet) bool {
	if hs.restarts(p) {
		return false
	}
	return hs.origin.is(p.dcid) || hs.answered && hs.peer.is(p.dcid) || hs.moved && hs.before.is(p.dcid)
}

// restarts says that a client, told to, begins again with another version, RFC
// 9000 section 6.2. It may keep its connection IDs, and the old keys would open
// the packet as well.
func (hs *handshake) restarts(p *packet) bool {
	return hs.refused && !hs.answered && p.version != hs.version
}

// continues says that a packet with keys of its own goes on with this handshake
// after a Retry that was not captured: it carries a token, its sender still has
// its name and goes on counting (RFC 9000 section 17.2.5.3).
func (hs *handshake) continues(p *packet, number uint64) bool {
	return len(p.token) > 0 && !hs.answered && !hs.restarts(p) &&
		number >= hs.halves[client].expect && hs.scid.is(p.scid)
}

// move changes the origin of the keys after a Retry.
func (hs *handshake) move(origin cid) {
	hs.before, hs.moved, hs.origin = hs.origin, true, origin
	for i := range hs.halves {
		hs.halves[i].rings = [2]ring{}
	}
}

// learn takes from an authentic packet what its header says.
func (hs *handshake) learn(p *packet, number uint64) {
	half := &hs.halves[p.from]
	half.expect = max(half.expect, number+1)
	switch {
	case p.from == server:
		hs.peer, hs.answered, hs.chosen = toCID(p.scid), true, p.version
	case !hs.owns(p):
		// Later Initials of the client go to the connection ID that the server
		// chose, RFC 9000 section 7.2, even where the answer is not captured.
		hs.peer, hs.answered = toCID(p.dcid), true
	}
}

// spoken is the version that the handshake is in. A server may answer in another
// one that is compatible, with keys of the same origin, RFC 9369 section 4.1.
func (hs *handshake) spoken() Version {
	if hs.chosen != 0 {
		return hs.chosen
	}
	return hs.version
}

// keys finds the keys of a version.
func (hf *half) keys(v Version) *keys {
	for i := range hf.rings {
		if hf.rings[i].version == v {
			return hf.rings[i].keys
		}
	}
	return nil
}

// keep remembers keys that have opened a packet; the oldest make room.
func (hf *half) keep(v Version, k *keys) {
	if hf.rings[0].version == v {
		return
	}
	hf.rings[0], hf.rings[1] = ring{v, k}, hf.rings[0]
}

// take reads the frames of a packet and reports whether more of the first
// message is known. An error leaves what was read before it.
func (hf *half) take(plain []byte) (grew bool, err error) {
	err = eachCrypto(plain, func(offset uint64, data []byte) {
		if hf.add(offset, data) {
			grew = true
		}
	})
	return grew, err
}

// The types of the first messages, RFC 8446 section 4.
var helloType = [2]byte{client: 1, server: 2}

// message is the first handshake message as far as it is known: one byte of
// type, three of length, body (RFC 8446 section 4). Nothing more is awaited once
// it is whole, or when it is none.
func (hf *half) message(from side) (m []byte, err error) {
	m = hf.prefix
	if len(m) == 0 {
		return nil, nil
	}
	if m[0] != helloType[from] {
		hf.done = true
		return nil, errMessage
	}
	if len(m) < 4 {
		return m, nil
	}
	n := 4 + int(m[1])<<16 + int(m[2])<<8 + int(m[3])
	if n > maxCrypto {
		hf.done = true
		return nil, errMessage
	}
	if len(m) >= n {
		hf.done = true
		return m[:n], nil
	}
	return m, nil
}
