package quic_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"tinycheck/internal/wire/quic"
)

// googleHello composes the first packet of a Q043 client: public header with
// version, message hash, a stream frame, and the table of tags.
func googleHello(name string) []byte {
	p := append([]byte{0x0d, 1, 2, 3, 4, 5, 6, 7, 8}, "Q043\x01"...)
	p = append(p, make([]byte, 12)...)
	p = append(p, 0xa0, 1, 0, 4)
	p = append(p, "CHLO\x03\x00\x00\x00"...)
	end := uint32(0)
	for _, e := range []struct{ tag, value string }{{"PAD\x00", strings.Repeat("-", 40)}, {"SNI\x00", name}, {"VER\x00", "Q043"}} {
		end += uint32(len(e.value))
		p = binary.LittleEndian.AppendUint32(append(p, e.tag...), end)
	}
	return append(p, strings.Repeat("-", 40)+name+"Q043"...)
}

func TestGoogleName(t *testing.T) {
	whole := googleHello("Play.Google.com")
	for _, c := range []struct {
		what string
		p    []byte
		want string
	}{
		{"a hello", whole, "play.google.com"},
		{"cut behind the name", whole[:len(whole)-4], "play.google.com"},
		{"cut within the name", whole[:len(whole)-6], ""},
		{"no name", googleHello(""), ""},
		{"a name that is none", googleHello("a b"), ""},
		{"another version", append([]byte("\x0d12345678X043"), whole[13:]...), ""},
		{"nothing", nil, ""},
	} {
		if got := quic.GoogleName(c.p); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

func FuzzGoogleName(f *testing.F) {
	f.Add(googleHello("dns.google.com"))
	f.Add(googleHello(strings.Repeat("a", 300)))
	f.Fuzz(func(t *testing.T, p []byte) {
		name := quic.GoogleName(p)
		if name != strings.ToLower(name) || len(name) > 255 || strings.ContainsAny(name, "\x00 \n\x7f") {
			t.Fatalf("name %q", name)
		}
		if name != "" && !strings.Contains(strings.ToLower(string(p)), name) {
			t.Fatalf("%q does not stand in the packet", name)
		}
	})
}
