package quic_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"tinycheck/internal/wire/quic"
)

var (
	clientCID = []byte("client")
	firstCID  = []byte("first-id")
	serverCID = []byte("server-cid")
	newCID    = []byte("new-first-id")
)

var readable = []quic.Version{quic.V1, quic.V2, quic.Draft29, quic.Draft32, quic.Draft33, quic.Draft34, quic.Mvfst2, 0x1a2a3a4a}

func TestRoundTrip(t *testing.T) {
	for _, v := range readable {
		for _, swapped := range []bool{false, true} {
			var r record
			ch, sh := hello(1, 600), hello(2, 90)
			r.see(t, seal(t, quic.Config{Version: v, DCID: firstCID, SCID: clientCID, Token: []byte("t"), Crypto: ch, PadTo: 1200}), !swapped)
			r.see(t, seal(t, quic.Config{Version: v, DCID: clientCID, SCID: serverCID, Original: firstCID,
				Frames: []byte{0x02, 0, 0, 0, 0}, Crypto: sh, FromServer: true}), swapped)
			if !bytes.Equal(r.client(), ch) || !bytes.Equal(r.server(), sh) {
				t.Errorf("%v, swapped %v: client %d bytes, server %d bytes", v, swapped, len(r.client()), len(r.server()))
			}
			want := quic.Facts{DCIDLen: 8, TokenPresent: true, Handshakes: 1, Decrypted: 2}
			if r.Facts() != want || r.Version() != v {
				t.Errorf("%v, swapped %v: %+v, version %v", v, swapped, r.Facts(), r.Version())
			}
		}
	}
}

func TestPacketNumbersOfEveryLength(t *testing.T) {
	for size := 1; size <= 4; size++ {
		var r record
		ch := hello(1, 2000)
		flight, err := quic.SealFlight(quic.Config{Version: quic.V1, DCID: firstCID, PacketNumber: 230, PacketNumberLen: size, Crypto: ch}, 10)
		if err != nil || len(flight) != 200 {
			t.Fatalf("%d datagrams, %v", len(flight), err)
		}
		for _, p := range flight[:quic.MaxEffort] {
			r.see(t, p, true)
		}
		if !bytes.Equal(r.client(), ch[:10*quic.MaxEffort]) {
			t.Errorf("numbers of %d bytes: %d bytes of the hello, %+v", size, len(r.client()), r.Facts())
		}
	}
}

// Three datagrams in any order, each with its frames in any order, with pings,
// padding, repetitions and overlaps.
func TestScrambledFrames(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 9000))
		ch := hello(1, 1500+rnd.IntN(1500))
		var frames [][]byte
		for at := 0; at < len(ch); {
			to := min(at+1+rnd.IntN(200), len(ch))
			frames = append(frames, cryptoFrame(ch, at, to))
			if rnd.IntN(3) == 0 {
				frames = append(frames, cryptoFrame(ch, max(0, at-rnd.IntN(50)), to), []byte{0x01}, make([]byte, rnd.IntN(9)))
			}
			at = to
		}
		rnd.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
		var flight [][]byte
		for part := range 3 {
			own := frames[len(frames)*part/3 : len(frames)*(part+1)/3]
			flight = append(flight, seal(t, quic.Config{Version: quic.V1, DCID: firstCID, PacketNumber: uint64(part), Frames: slices.Concat(own...), PadTo: 1200}))
		}
		var r record
		for _, i := range rnd.Perm(3) {
			r.see(t, flight[i], true)
		}
		if !bytes.Equal(r.client(), ch) || r.Facts().Malformed != 0 {
			t.Fatalf("seed %d: %d of %d bytes, %+v", seed, len(r.client()), len(ch), r.Facts())
		}
	}
}

func TestRetry(t *testing.T) {
	ch, sh := hello(1, 1800), hello(2, 90)
	for _, v := range []quic.Version{quic.V1, quic.V2, quic.Draft29} {
		for _, captured := range []bool{true, false} {
			first, err := quic.SealFlight(quic.Config{Version: v, DCID: firstCID, SCID: clientCID, Crypto: ch, PadTo: 1200}, 1000)
			if err != nil {
				t.Fatal(err)
			}
			retry, err := quic.SealRetry(quic.RetryConfig{Version: v, DCID: clientCID, SCID: newCID, Original: firstCID, Token: []byte("tk")})
			if err != nil {
				t.Fatal(err)
			}
			second, err := quic.SealFlight(quic.Config{Version: v, DCID: newCID, SCID: clientCID, Token: []byte("tk"), PacketNumber: 2, Crypto: ch, PadTo: 1200}, 1000)
			if err != nil {
				t.Fatal(err)
			}
			var r record
			r.see(t, first[0], true)
			if captured {
				r.see(t, retry, false)
			}
			r.see(t, second[1], true)
			r.see(t, seal(t, quic.Config{Version: v, DCID: clientCID, SCID: serverCID, Original: newCID, Crypto: sh, FromServer: true}), false)
			if !bytes.Equal(r.client(), ch) || !bytes.Equal(r.server(), sh) {
				t.Errorf("%v, Retry captured %v: client %d bytes, server %d bytes", v, captured, len(r.client()), len(r.server()))
			}
			want := quic.Facts{DCIDLen: 8, TokenPresent: true, RetrySeen: captured, Handshakes: 1, Decrypted: 3}
			if r.Facts() != want {
				t.Errorf("%v, Retry captured %v: %+v", v, captured, r.Facts())
			}
		}
	}
}

// negotiationPacket offers versions to the client, RFC 8999 section 6.
func negotiationPacket(dcid, scid []byte, versions ...quic.Version) []byte {
	p := append([]byte{0x80, 0, 0, 0, 0, byte(len(dcid))}, dcid...)
	p = append(append(p, byte(len(scid))), scid...)
	for _, v := range versions {
		p = binary.BigEndian.AppendUint32(p, uint32(v))
	}
	return p
}

// The client keeps its connection IDs and begins again with another hello.
func TestVersionNegotiation(t *testing.T) {
	var r record
	one, two := hello(1, 300), hello(1, 500)
	r.see(t, seal(t, quic.Config{Version: quic.V2, DCID: firstCID, SCID: clientCID, Crypto: one, PadTo: 1200}), true)
	r.see(t, negotiationPacket(clientCID, firstCID, quic.V1, 0x2a2a2a2a), false)
	r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: firstCID, SCID: clientCID, Crypto: two, PadTo: 1200}), true)
	if !bytes.Equal(r.said[origin{1, true}].data, one) || !bytes.Equal(r.said[origin{2, true}].data, two) {
		t.Errorf("said %d and %d bytes", len(r.said[origin{1, true}].data), len(r.said[origin{2, true}].data))
	}
	want := quic.Facts{DCIDLen: 8, VersionNegotiationSeen: true, Handshakes: 2, Decrypted: 2}
	if r.Facts() != want || r.Version() != quic.V1 {
		t.Errorf("%+v, version %v", r.Facts(), r.Version())
	}
}

// RFC 9369 section 4.1: the server answers a version 1 hello in version 2.
func TestCompatibleVersion(t *testing.T) {
	var r record
	ch, sh := hello(1, 300), hello(2, 90)
	first := seal(t, quic.Config{Version: quic.V1, DCID: firstCID, SCID: clientCID, Crypto: ch, PadTo: 1200})
	r.see(t, first, true)
	r.see(t, seal(t, quic.Config{Version: quic.V2, DCID: clientCID, SCID: serverCID, Original: firstCID, Crypto: sh, FromServer: true}), false)
	r.see(t, first, true) // a copy on the wire does not turn the version back
	if !bytes.Equal(r.server(), sh) || r.Version() != quic.V2 || r.Facts().Decrypted != 2 {
		t.Errorf("server %d bytes, version %v, %+v", len(r.server()), r.Version(), r.Facts())
	}
}

// A client that keeps its socket begins a second handshake.
func TestSecondHandshake(t *testing.T) {
	var r record
	ch, sh := hello(1, 300), hello(2, 90)
	for i, dcid := range [][]byte{firstCID, newCID} {
		c := quic.Config{Version: quic.V1, DCID: dcid, SCID: clientCID, Crypto: ch, PadTo: 1200}
		r.see(t, seal(t, c), true)
		r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: clientCID, SCID: serverCID, Original: dcid, Crypto: sh, FromServer: true}), false)
		// The client's acknowledgement goes to the server's connection ID.
		r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: serverCID, SCID: clientCID, Original: dcid, PacketNumber: 1, Frames: []byte{0x02, 0, 0, 0, 0}, PadTo: 1200}), true)
		want := quic.Facts{DCIDLen: len(dcid), Handshakes: i + 1, Decrypted: 2 * (i + 1)}
		if r.Facts() != want || !bytes.Equal(r.client(), ch) || !bytes.Equal(r.server(), sh) {
			t.Errorf("handshake %d: %+v, %d and %d bytes", i+1, r.Facts(), len(r.client()), len(r.server()))
		}
	}
}

// Half of the hello goes to the server's own connection ID, as its sender has
// already heard of it; the answer may be missing from the capture.
func TestHelloGoesOnAfterAnswer(t *testing.T) {
	ch := hello(1, 1700)
	for _, answered := range []bool{true, false} {
		var r record
		r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: firstCID, Frames: cryptoFrame(ch, 0, 1000), PadTo: 1200}), true)
		if answered {
			r.see(t, seal(t, quic.Config{Version: quic.V1, SCID: serverCID, Original: firstCID, Frames: []byte{2, 0, 0, 0, 0}, FromServer: true}), false)
		}
		r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: serverCID, Original: firstCID, PacketNumber: 1, Frames: cryptoFrame(ch, 1000, 1700), PadTo: 1200}), true)
		if !bytes.Equal(r.client(), ch) || r.Facts().Handshakes != 1 || r.Facts().Undecryptable != 0 {
			t.Errorf("answered %v: %d bytes, %+v", answered, len(r.client()), r.Facts())
		}
	}
}

// longPacket is a 0-RTT or Handshake packet of version 1 with a payload of n bytes.
func longPacket(typ byte, dcid, scid []byte, n int) []byte {
	p := append([]byte{0xc0 | typ<<4, 0, 0, 0, 1, byte(len(dcid))}, dcid...)
	p = append(append(p, byte(len(scid))), scid...)
	return append(append(p, 0x40|byte(n>>8), byte(n)), make([]byte, n)...)
}

func TestCoalesced(t *testing.T) {
	ch := hello(1, 400)
	one := seal(t, quic.Config{Version: quic.V1, DCID: firstCID, Frames: cryptoFrame(ch, 0, 200)})
	two := seal(t, quic.Config{Version: quic.V1, DCID: firstCID, PacketNumber: 1, Frames: cryptoFrame(ch, 200, 400)})
	stranger := seal(t, quic.Config{Version: quic.V1, DCID: newCID, Frames: cryptoFrame(ch, 200, 400)})
	early := longPacket(1, firstCID, nil, 300)
	for _, tc := range []struct {
		name     string
		datagram []byte
		bytes    int
		facts    quic.Facts
	}{
		{"two Initials around 0-RTT", slices.Concat(one, early, two), 400, quic.Facts{DCIDLen: 8, Handshakes: 1, Decrypted: 2}},
		{"0-RTT first", slices.Concat(early, one), 200, quic.Facts{DCIDLen: 8, Handshakes: 1, Decrypted: 1}},
		{"zeros behind", slices.Concat(one, make([]byte, 99)), 200, quic.Facts{DCIDLen: 8, Handshakes: 1, Decrypted: 1}},
		{"noise behind", slices.Concat(one, []byte{0xff, 0, 0, 0, 1, 0xff}), 200, quic.Facts{DCIDLen: 8, Handshakes: 1, Decrypted: 1, Malformed: 1}},
		{"another connection ID behind", slices.Concat(one, stranger), 200, quic.Facts{DCIDLen: 8, Handshakes: 1, Decrypted: 1}},
		{"second cut", slices.Concat(one, two[:len(two)-1]), 200, quic.Facts{DCIDLen: 8, Handshakes: 1, Decrypted: 1, Undecryptable: 1}},
	} {
		var r record
		r.see(t, tc.datagram, true)
		if len(r.client()) != tc.bytes || r.Facts() != tc.facts {
			t.Errorf("%s: %d bytes, %+v", tc.name, len(r.client()), r.Facts())
		}
	}
}

// A packet that is cut anywhere, or has any one bit wrong, says nothing.
func TestDamage(t *testing.T) {
	p := seal(t, quic.Config{Version: quic.V1, DCID: firstCID, Token: []byte("token"), Crypto: hello(1, 250)})
	for n := range p {
		var r record
		r.see(t, p[:n], true)
		if f := r.Facts(); len(r.said) != 0 || f.Decrypted != 0 || n >= 5 && f.Malformed+f.Undecryptable != 1 {
			t.Fatalf("%d of %d bytes: %+v", n, len(p), f)
		}
	}
	for bit := range 8 * len(p) {
		var r record
		bad := bytes.Clone(p)
		bad[bit/8] ^= 1 << (bit % 8)
		if r.see(t, bad, true); len(r.said) != 0 {
			t.Fatalf("bit %d of byte %d wrong, yet read: %+v", bit%8, bit/8, r.Facts())
		}
	}
}

func TestFramesOfAnInitial(t *testing.T) {
	ch := hello(1, 40)
	crypto := cryptoFrame(ch, 0, 40)
	for _, tc := range []struct {
		name   string
		frames []byte
		bytes  int
		bad    int
	}{
		{"padding, ping", slices.Concat([]byte{0, 0, 1}, crypto), 40, 0},
		{"ACK with two ranges", slices.Concat([]byte{2, 9, 0, 2, 0, 1, 1, 2, 2}, crypto), 40, 0},
		{"ACK with ECN", slices.Concat([]byte{3, 9, 0, 0, 0, 1, 1, 2}, crypto), 40, 0},
		{"close", slices.Concat([]byte{0x1c, 1, 6, 3, 'b', 'a', 'd'}, crypto), 40, 0},
		{"close of an application", slices.Concat(crypto, []byte{0x1d, 1, 3, 'b', 'a', 'd'}), 40, 1},
		{"stream", slices.Concat([]byte{0x08, 0, 0}, crypto), 0, 1},
		{"type in two bytes", slices.Concat([]byte{0x40}, crypto), 0, 1},
		{"ACK of more ranges than there are bytes", append([]byte{2, 9, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0}, crypto...), 0, 1},
		{"frame longer than the packet", slices.Concat(crypto, []byte{6, 0x40, 40, 0x7f, 0xff, 1}), 40, 1},
		{"contradiction", slices.Concat(cryptoFrame(ch, 0, 20), cryptoFrame(hello(9, 40), 0, 40)), 40, 1},
		{"server's hello", cryptoFrame(hello(2, 40), 0, 40), 0, 1},
		{"hello of sixteen million bytes", cryptoFrame([]byte{1, 255, 255, 255}, 0, 4), 0, 1},
		{"no hello", []byte{1}, 0, 0},
	} {
		var r record
		r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: firstCID, Frames: tc.frames}), true)
		if len(r.client()) != tc.bytes || r.Facts().Malformed != tc.bad || r.Facts().Decrypted != 1 {
			t.Errorf("%s: %d bytes, %+v", tc.name, len(r.client()), r.Facts())
		}
	}
}

// What arrived first stays; a later frame that says otherwise is counted.
func TestFirstBytesStay(t *testing.T) {
	var r record
	ch, other := hello(1, 300), hello(1, 300)
	other[50] ^= 1
	r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: firstCID, Frames: cryptoFrame(ch, 0, 100)}), true)
	r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: firstCID, PacketNumber: 1, Frames: cryptoFrame(other, 0, 300)}), true)
	if !bytes.Equal(r.client(), ch) || r.Facts().Malformed != 1 {
		t.Errorf("%x, %+v", r.client(), r.Facts())
	}
}

func TestServerFirst(t *testing.T) {
	var r record
	ch, sh := hello(1, 300), hello(2, 90)
	answer := seal(t, quic.Config{Version: quic.V1, DCID: clientCID, SCID: serverCID, Original: firstCID, Crypto: sh, FromServer: true})
	r.see(t, answer, false)
	r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: firstCID, SCID: clientCID, Crypto: ch, PadTo: 1200}), true)
	r.see(t, answer, false)
	want := quic.Facts{DCIDLen: 8, Handshakes: 1, Decrypted: 2, Undecryptable: 1}
	if !bytes.Equal(r.client(), ch) || !bytes.Equal(r.server(), sh) || r.Facts() != want {
		t.Errorf("%d and %d bytes, %+v", len(r.client()), len(r.server()), r.Facts())
	}
}

// A sender of nonsense costs no more than the bounds.
func TestBoundsOfEffort(t *testing.T) {
	var r record
	for i := range 1000 {
		dcid := binary.BigEndian.AppendUint64(nil, uint64(i))
		p := seal(t, quic.Config{Version: quic.V1, DCID: dcid, Crypto: hello(1, 100)})
		p[len(p)-1] ^= 1
		r.see(t, p, true)
	}
	if f := r.Facts(); f.Undecryptable != quic.MaxBeginnings || f.Skipped != 1000-quic.MaxBeginnings {
		t.Errorf("strangers: %+v", f)
	}
	r = record{}
	for i := range 1000 { // a hello that never ends
		r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: firstCID, PacketNumber: uint64(i), CryptoOffset: uint64(1 + i), Crypto: []byte{1}}), true)
	}
	if f := r.Facts(); f.Decrypted != quic.MaxEffort || f.Skipped != 1000-quic.MaxEffort || f.Handshakes != 1 {
		t.Errorf("endless: %+v", f)
	}
}

// Memory follows the bytes that arrived, not the offsets they claim.
func TestBoundsOfMemory(t *testing.T) {
	var r record
	r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: firstCID, CryptoOffset: quic.MaxCrypto - 1, Crypto: []byte{1}}), true)
	r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: firstCID, PacketNumber: 1, CryptoOffset: 1<<62 - 1, Crypto: []byte{1, 2}}), true)
	if r.Held() != 1 || r.Facts().Dropped != 2 {
		t.Errorf("%d bytes held, %+v", r.Held(), r.Facts())
	}
	for i := range 50 {
		c := quic.Config{Version: quic.V1, DCID: firstCID, PacketNumber: uint64(i + 2), CryptoOffset: uint64(2 + i*7), Crypto: make([]byte, 60000)}
		r.see(t, seal(t, c), true)
	}
	if r.Held() > quic.MaxCrypto || r.Facts().Dropped == 2 {
		t.Errorf("%d bytes held, %+v", r.Held(), r.Facts())
	}
}

// Frames beyond a gap are kept once each, and only so many of them.
func TestBoundsOfPieces(t *testing.T) {
	var r record
	ch := hello(1, 2000)
	var same, many [][]byte
	for range 50 {
		same = append(same, cryptoFrame(ch, 100, 110))
	}
	r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: firstCID, Frames: slices.Concat(same...)}), true)
	if r.Held() != 10 || r.Facts().Dropped != 0 {
		t.Errorf("%d bytes held, %+v", r.Held(), r.Facts())
	}
	for i := range quic.MaxPieces + 5 {
		many = append(many, cryptoFrame(ch, 200+2*i, 201+2*i))
	}
	r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: firstCID, PacketNumber: 1, Frames: slices.Concat(many...)}), true)
	if r.Held() != 10+quic.MaxPieces-1 || r.Facts().Dropped != 6 {
		t.Errorf("%d bytes held, %+v", r.Held(), r.Facts())
	}
}

func TestSealRefuses(t *testing.T) {
	for name, c := range map[string]quic.Config{
		"version":         {Version: 0x51303433},
		"connection ID":   {Version: quic.V1, DCID: make([]byte, 21)},
		"number length":   {Version: quic.V1, PacketNumberLen: 5},
		"number":          {Version: quic.V1, PacketNumber: 1 << 62},
		"offset":          {Version: quic.V1, CryptoOffset: 1 << 62},
		"size of padding": {Version: quic.V1, PadTo: 70000},
		"size of data":    {Version: quic.V1, Crypto: make([]byte, 65500)},
	} {
		if p, err := quic.SealInitial(c); err == nil {
			t.Errorf("%s: sealed %d bytes", name, len(p))
		}
	}
	if _, err := quic.SealFlight(quic.Config{Version: quic.V1}, 0); err == nil {
		t.Error("flight of empty pieces")
	}
	if _, err := quic.SealRetry(quic.RetryConfig{Version: quic.Mvfst2}); err == nil {
		t.Error("Retry without a known key")
	}
}

func TestSealPads(t *testing.T) {
	for _, size := range []int{1200, 1350, 16383, 16384, 65507} {
		p := seal(t, quic.Config{Version: quic.V1, DCID: firstCID, Crypto: hello(1, 300), PadTo: size})
		if len(p) != size {
			t.Errorf("%d bytes, want %d", len(p), size)
		}
	}
}

// What comes again after a hello is complete costs no decryption and counts as
// nothing, whichever connection ID of the handshake it goes to.
func TestRepetitions(t *testing.T) {
	ch := hello(1, 300)
	c := quic.Config{Version: quic.V1, DCID: firstCID, SCID: clientCID, Crypto: ch, PadTo: 1200}
	first := seal(t, c)
	retry, err := quic.SealRetry(quic.RetryConfig{Version: quic.V1, DCID: clientCID, SCID: newCID, Original: firstCID})
	if err != nil {
		t.Fatal(err)
	}
	c.DCID, c.Original, c.PacketNumber = newCID, newCID, 1
	second := seal(t, c)
	c.DCID, c.PacketNumber, c.Crypto, c.Frames = serverCID, 2, nil, []byte{2, 0, 0, 0, 0}
	third := seal(t, c) // its connection ID comes from an answer that is not captured
	var r record
	for _, step := range []struct {
		p          []byte
		fromClient bool
		decrypted  int
	}{{first, true, 1}, {first, true, 1}, {retry, false, 1}, {first, true, 1}, {second, true, 1}, {third, true, 2}, {third, true, 2}, {second, true, 2}, {first, true, 2}} {
		r.see(t, step.p, step.fromClient)
		want := quic.Facts{DCIDLen: 8, Handshakes: 1, Decrypted: step.decrypted, RetrySeen: r.Facts().RetrySeen}
		if r.Facts() != want {
			t.Errorf("%+v, want %+v", r.Facts(), want)
		}
	}
	if !r.Facts().RetrySeen {
		t.Error("no Retry")
	}
}

// A single datagram whose direction is guessed wrong is read with the keys of
// the other side.
func TestOneWrongGuess(t *testing.T) {
	var r record
	ch, sh := hello(1, 300), hello(2, 90)
	r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: firstCID, SCID: clientCID, Frames: cryptoFrame(ch, 0, 200)}), true)
	r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: clientCID, SCID: serverCID, Original: firstCID, Crypto: sh, FromServer: true}), true)
	r.see(t, seal(t, quic.Config{Version: quic.V1, DCID: serverCID, SCID: clientCID, Original: firstCID, PacketNumber: 1, Frames: cryptoFrame(ch, 200, 300)}), true)
	if !bytes.Equal(r.client(), ch) || !bytes.Equal(r.server(), sh) || r.Facts().Undecryptable != 0 {
		t.Errorf("%d and %d bytes, %+v", len(r.client()), len(r.server()), r.Facts())
	}
}
