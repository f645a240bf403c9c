package quic_test

import (
	"math/rand/v2"
	"testing"

	"tinycheck/internal/wire/quic"
)

func TestLooks(t *testing.T) {
	client, server := unhex(t, rfc9001Client), unhex(t, rfc9001Server)
	gQUIC := func(flags byte, tag string) []byte {
		return append(append([]byte{flags, 1, 2, 3, 4, 5, 6, 7, 8}, tag...), 1, 2, 3, 4)
	}
	notFixed := append([]byte{client[0] &^ 0x40}, client[1:]...)
	for _, tc := range []struct {
		name string
		p    []byte
		want bool
	}{
		{"client's Initial", client, true},
		{"cut behind its header", client[:40], true},
		{"cut in its connection ID", client[:9], false},
		{"server's Initial", server, true},
		{"version 2", unhex(t, rfc9369Client), true},
		{"Retry", unhex(t, rfc9001Retry), true},
		{"0-RTT", longPacket(1, firstCID, nil, 100), true},
		{"Handshake", longPacket(2, clientCID, serverCID, 100), true},
		{"fixed bit clear", notFixed, false},
		{"short header", []byte{0x40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, false},
		{"connection ID of 21 bytes", append([]byte{0xc0, 0, 0, 0, 1, 21}, make([]byte, 1200)...), false},
		{"length without room", []byte{0xc0, 0, 0, 0, 1, 0, 0, 0, 1, 0}, false},
		{"unknown version", append([]byte{0xc0, 1, 2, 3, 4, 0, 0, 0}, make([]byte, 1200)...), false},
		{"mvfst of another number", append([]byte{0xc0, 0xfa, 0xce, 0xb0, 0x01, 0, 0, 0}, make([]byte, 1200)...), true},
		{"draft 27", append([]byte{0xc0, 0xff, 0, 0, 27, 8}, make([]byte, 1200)...), true},
		{"negotiation", negotiationPacket(clientCID, firstCID, quic.V1), true},
		{"negotiation of nothing known", negotiationPacket(clientCID, firstCID, 0x12345678), false},
		{"zeros", append([]byte{0x80}, make([]byte, 40)...), false},
		{"Q043", gQUIC(0x0d, "Q043"), true},
		{"Q039", gQUIC(0x09, "Q039"), true},
		{"Q043 without a version flag", gQUIC(0x08, "Q043"), false},
		{"Q043 as a reset", gQUIC(0x0b, "Q043"), false},
		{"other letters", gQUIC(0x0d, "Q4x3"), false},
		{"Q046", append([]byte{0xc3, 'Q', '0', '4', '6', 0x50}, make([]byte, 20)...), true},
		{"T051", append([]byte{0xc3, 'T', '0', '5', '1', 8}, make([]byte, 20)...), true},
		{"DNS", unhex(t, "1234010000010000000000000377777706676f6f676c6503636f6d0000010001"), false},
		{"DTLS", unhex(t, "16fefd000000000000000000320100002600000000000000"), false},
		{"STUN", unhex(t, "000100002112a442b7e7a701bc34d686fa87dfae"), false},
		{"RTP", unhex(t, "8000000000000001000000010102030405060708"), false},
		{"nothing", nil, false},
	} {
		if got := quic.Looks(tc.p); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

// Noise almost never looks like QUIC, and looking allocates nothing.
func TestLooksAtNoise(t *testing.T) {
	rnd := rand.New(rand.NewPCG(8999, 1))
	p := make([]byte, 64)
	alike := 0
	for range 1_000_000 {
		for i := range p {
			p[i] = byte(rnd.Uint32())
		}
		if quic.Looks(p) {
			alike++
		}
	}
	if alike > 10 {
		t.Errorf("%d of 1,000,000 random payloads look like QUIC", alike)
	}
	client := unhex(t, rfc9001Client)
	if n := testing.AllocsPerRun(100, func() { quic.Looks(client) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestVersionLabels(t *testing.T) {
	for v, want := range map[quic.Version]string{
		0: "negotiation", 1: "v1", 0x6b3343cf: "v2", 0xff00001d: "draft-29", 0xff000022: "draft-34", 0xff000017: "draft-23",
		0xff000023: "unknown-0xff000023", 0x51303433: "gQUIC-Q043", 0x54303531: "gQUIC-T051", 0x51303a33: "unknown-0x51303a33",
		0xfaceb002: "mvfst-02", 0xfaceb00e: "mvfst-0e", 0xfaceb010: "unknown-0xfaceb010", 0x1a2a3a4a: "greased", 0xdeadbeef: "unknown-0xdeadbeef",
	} {
		if got := v.String(); got != want {
			t.Errorf("%#x: %s, want %s", uint32(v), got, want)
		}
	}
}

// Versions that are not decrypted are still named.
func TestLabelledOnly(t *testing.T) {
	public := append([]byte{0x0d, 1, 2, 3, 4, 5, 6, 7, 8}, "Q043and more"...)
	for _, tc := range []struct {
		p    []byte
		want string
		n    int
	}{
		{public, "gQUIC-Q043", 0},
		{append([]byte{0xc3, 'Q', '0', '4', '6', 0x50}, make([]byte, 1200)...), "gQUIC-Q046", 1},
		{append([]byte{0xc3, 0xff, 0, 0, 27, 8}, make([]byte, 1200)...), "draft-27", 1},
		{append([]byte{0xc3, 1, 2, 3, 4, 8}, make([]byte, 1200)...), "unknown-0x01020304", 1},
	} {
		var r record
		r.see(t, tc.p, true)
		r.see(t, []byte{0x40, 1, 2, 3}, false)
		if r.Version().String() != tc.want || r.Facts() != (quic.Facts{Undecryptable: tc.n}) || len(r.said) != 0 {
			t.Errorf("%v, want %s; %+v", r.Version(), tc.want, r.Facts())
		}
	}
}
