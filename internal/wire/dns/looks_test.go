package dns_test

import (
	"math/rand/v2"
	"testing"

	"tinycheck/internal/wire/dns"
)

func TestLooks(t *testing.T) {
	tests := []struct {
		what, msg string
		want      bool
	}{
		{"query", query + "0161 00 0001 0001", true},
		{"query for the root", query + "00 0002 0001", true},
		{"query with EDNS", "0001 0120 0001 0000 0000 0001 0161 00 0001 0001 00 0029 1000 00000000 0000", true},
		{"answer", answer, true},
		{"cut in the answer", answer[:200], true},
		{"cut behind the name", query + "0161 00", true},
		{"cut in the name", query + "0361", false},
		{"multicast answer without question", "0000 8400 0000 0001 0000 0000 0161 00 000c 8001 00000078 0002 c00c", true},
		{"LLMNR, tentative", "0001 0100 0001 0000 0000 0000 0161 00 0001 0001", true},
		{"update", "0001 2800 0001 0000 0001 0000 0161 00 0006 0001", true},
		{"header only", "0001 8182 0000 0000 0000 0000", false},
		{"zeros", "00000000000000000000000000000000000000000000", false},
		{"NetBIOS name query", "0001 0110 0001 0000 0000 0000 20 4648464645424545434f4341434143414341434143414341434143414341414100 0020 0001", false},
		{"NetBIOS status query", "0001 0010 0001 0000 0000 0000 20 434b4141414141414141414141414141414141414141414141414141414141 4100 0021 0001", false},
		{"STUN binding request", "0001 0008 2112a442 000102030405060708090a0b 8022 0004 61626364", false},
		{"QUIC", "c300000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11", false},
		{"response code in a query, as stalkerware sends it", "0001 010f 0001 0000 0000 0000 0775706c6f616473 05737079326d 00 0001 0001", true},
		{"reserved flag", "0001 0140 0001 0000 0000 0000 0161 00 0001 0001", true},
		{"counts that do not fit, bytes behind", "2001 8580 0001 0001 0000 0001 0161 00 0001 0001 0161 00", true},
		{"unknown opcode", "0001 4900 0001 0000 0000 0000 0161 00 0001 0001", false},
		{"more records than can be", "0001 8580 0001 7001 0000 0001 0161 00 0001 0001", false},
		{"unknown type", query + "0161 00 1234 0001", false},
		{"unknown class", query + "0161 00 0001 0100", false},
		{"pointer in the first name", query + "c00c 0001 0001", false},
	}
	for _, tt := range tests {
		msg := unhex(t, tt.msg)
		if got := dns.Looks(msg); got != tt.want {
			t.Errorf("%s: Looks = %v", tt.what, got)
		}
		stream := append([]byte{byte(len(msg) >> 8), byte(len(msg))}, msg...)
		if got := dns.LooksTCP(stream); got != tt.want {
			t.Errorf("%s: LooksTCP = %v", tt.what, got)
		}
	}
	for msg, want := range map[string]bool{
		query + "0161 00 1234 0001": true, "0001 4900 0001 0000 0000 0000 0161 00 0001 0001": true, query + "c012 0001 0001 0161 00": true,
		query + "0161 00 0001 1234": false, query + "c00c 0001 0001": false, "0001 8182 0000 0000 0000 0000 00": false,
		"0001 0110 0001 0000 0000 0000 20 4648464645424545434f4341434143414341434143414341434143414341414100 0020 0001": false,
	} {
		if got := dns.LooksOnPort(unhex(t, msg)); got != want {
			t.Errorf("%s: LooksOnPort = %v", msg, got)
		}
	}
	if dns.LooksTCP(nil) || dns.LooksTCP(unhex(t, "0000 0001")) {
		t.Error("LooksTCP takes an empty message")
	}
}

// Random bytes, and random bytes among zeros, are not taken for DNS.
func TestLooksRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, 64)
	taken := 0
	for i := range 2_000_000 {
		for j := range p {
			if p[j] = byte(r.Uint32()); i%2 == 1 && r.Uint32()%4 != 0 {
				p[j] = 0
			}
		}
		if dns.Looks(p) {
			taken++
		}
	}
	if taken > 20 {
		t.Errorf("%d of 2,000,000 random payloads taken for DNS", taken)
	}
	t.Logf("%d of 2,000,000 taken", taken)
}
