package quic_test

import (
	"testing"

	"tinycheck/internal/wire/quic"
)

// BenchmarkClientInitial is a new flow whose hello is whole in one datagram.
func BenchmarkClientInitial(b *testing.B) {
	p := unhex(b, rfc9001Client)
	b.ReportAllocs()
	for b.Loop() {
		var s quic.Stream
		s.See(p, true, nil)
		if s.Facts().Decrypted != 1 {
			b.Fatal("not read")
		}
	}
}

// BenchmarkAfter is what every later datagram of a flow costs.
func BenchmarkAfter(b *testing.B) {
	var s quic.Stream
	s.See(unhex(b, rfc9001Client), true, nil)
	s.See(unhex(b, rfc9001Server), false, nil)
	short := append([]byte{0x41}, make([]byte, 1200)...)
	for name, p := range map[string][]byte{"short": short, "initial": unhex(b, rfc9001Client), "handshake": longPacket(2, unhex(b, "f067a5502a4262b5"), nil, 1000)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.See(p, true, nil)
			}
		})
	}
}

func BenchmarkLooks(b *testing.B) {
	for name, p := range map[string][]byte{"quic": unhex(b, rfc9001Client), "dns": unhex(b, "1234010000010000000000000377777706676f6f676c6503636f6d0000010001")} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				quic.Looks(p)
			}
		})
	}
}
