package tls_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tinycheck/internal/wire/tls"
)

var (
	ja3Shape = regexp.MustCompile(`^\d+,[\d-]*,[\d-]*,[\d-]*,[\d-]*$`)
	ja4Shape = regexp.MustCompile(`^[tqd](\d\d|s[23]|d[123])[di]\d{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$`)
)

func FuzzClientHello(f *testing.F) {
	f.Add(chrome(), false)
	f.Add(chrome()[:120], false)
	f.Add(hello(0x0300, []uint16{4, 5}), false)
	f.Add(hello(0xfefd, []uint16{0xc02b}, ext(0xfe0d, []byte{1})), true)
	f.Fuzz(func(t *testing.T, body []byte, datagram bool) {
		parse := tls.ParseClientHello
		if datagram {
			parse = tls.ParseClientHelloDTLS
		}
		before := slices.Clone(body)
		h, err := parse(body)
		if !bytes.Equal(body, before) {
			t.Fatal("the input was changed")
		}
		if errors.Is(err, tls.ErrCut) && !h.Partial || err == nil && h.Partial {
			t.Fatalf("partial %v, error %v", h.Partial, err)
		}
		if h.SNI != strings.ToLower(h.SNI) && h.SNI == strings.Map(func(r rune) rune { return min(r, 0x7f) }, h.SNI) ||
			strings.ContainsAny(h.SNI, "\x00 \t\r\n") || len(h.SNI) > 254 {
			t.Fatalf("name %q", h.SNI)
		}
		if 2*len(h.CipherSuites)+4*len(h.Extensions) > len(body) {
			t.Fatal("more was read than there is")
		}
		if h.Partial {
			if h.JA3() != "" || h.JA4('t') != "" {
				t.Fatal("a fingerprint of a part")
			}
			return
		}
		if !ja3Shape.MatchString(h.JA3Raw()) || len(h.JA3()) != 32 {
			t.Fatalf("JA3 text %q", h.JA3Raw())
		}
		if ja4 := h.JA4('d'); !ja4Shape.MatchString(ja4) || strings.Contains(ja4, "_e3b0c44298fc") {
			t.Fatalf("JA4 %q", ja4)
		}
		// A whole hello stays the same hello when its end is not there.
		if cut, _ := parse(body[:len(body)-1]); cut.SNI != "" && cut.SNI != h.SNI {
			t.Fatalf("name %q, of the cut hello %q", h.SNI, cut.SNI)
		}
	})
}

func FuzzServerHello(f *testing.F) {
	f.Add(serverHello())
	f.Add(serverHello()[:36])
	f.Add(append(u16(0x7f12), make([]byte, 40)...))
	f.Fuzz(func(t *testing.T, body []byte) {
		h, err := tls.ParseServerHello(body)
		if errors.Is(err, tls.ErrCut) && !h.Partial || err == nil && h.Partial {
			t.Fatalf("partial %v, error %v", h.Partial, err)
		}
		if 4*len(h.Extensions) > len(body) || (h.JA3S() == "") != h.Partial {
			t.Fatalf("%+v", h)
		}
	})
}

// What the standard library accepts must be read the same way.
func FuzzCertificates(f *testing.F) {
	der := certificate(f, nil).Certificate[0]
	f.Add(chain(false, der), false)
	f.Add(chain(true, der, der), true)
	f.Add(chain(false, der[:100]), false)
	f.Fuzz(func(t *testing.T, body []byte, tls13 bool) {
		list, _ := tls.ParseCertificates(body, tls13)
		if len(list) > tls.MaxCertificates {
			t.Fatalf("%d certificates", len(list))
		}
		if tls13 || len(list) == 0 {
			return
		}
		rest := body[3:]
		for _, c := range list {
			n := int(rest[0])<<16 | int(rest[1])<<8 | int(rest[2])
			der := rest[3 : 3+n]
			rest = rest[3+n:]
			if c.SHA256 != sum256(der) {
				t.Fatalf("hash of something else: %s", c.SHA256)
			}
			sound, err := x509.ParseCertificate(der)
			if err != nil {
				if c.ParseError == nil {
					t.Fatalf("the standard library says %v", err)
				}
				continue
			}
			if c.ParseError == nil && (!c.NotBefore.Equal(sound.NotBefore) || !c.NotAfter.Equal(sound.NotAfter) ||
				c.SubjectCommonName != sound.Subject.CommonName || len(c.DNSNames) != len(sound.DNSNames) || len(c.IPs) != len(sound.IPAddresses)) {
				t.Fatalf("%+v", c)
			}
		}
	})
}

func FuzzStream(f *testing.F) {
	f.Add(record(22, part(1, chrome())), uint8(3), uint8(9))
	f.Add(slices.Concat(record(22, part(2, serverHello())), record(20, []byte{1}), record(22, part(2, serverHello()))), uint8(1), uint8(60))
	f.Add(split(slices.Concat(part(2, serverHello()), part(11, chain(false, make([]byte, 90))), part(14, nil)), 33), uint8(1), uint8(1))
	f.Add(append([]byte{0x80, 0x1f, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 4}, make([]byte, 40)...), uint8(2), uint8(7))
	f.Fuzz(func(t *testing.T, data []byte, a, b uint8) {
		want, whole := feed(data, max(len(data), 1))
		got, pieces := feed(data, int(a), int(b))
		if !slices.Equal(want, got) || whole.State() != pieces.State() {
			t.Fatalf("at once %v, in pieces %v", want, got)
		}
		for _, m := range got {
			if m.offset < 0 || m.offset >= len(data) || len(m.body) > len(data) {
				t.Fatalf("message at %d of %d bytes", m.offset, len(m.body))
			}
			if !m.sslv2 && data[m.offset] != m.kind {
				t.Fatalf("message %d at %d", m.kind, m.offset)
			}
		}
	})
}

func FuzzFindStart(f *testing.F) {
	f.Add(append([]byte("220 go\r\n"), record(22, part(1, chrome()))...), uint16(30))
	f.Add(append([]byte{22, 3, 1}, record(22, part(2, serverHello()))...), uint16(60))
	f.Add(record(22, part(11, chain(false, []byte{0x30, 0, 1}))), uint16(6))
	f.Fuzz(func(t *testing.T, data []byte, n uint16) {
		at := tls.FindStart(data)
		if at >= 0 {
			if p := data[at:]; p[0] != 22 || p[1] != 3 || p[2] > 4 || p[5] != 1 && p[5] != 2 && p[5] != 11 {
				t.Fatalf("start at %d: %x", at, p[:6])
			}
			var s tls.Stream
			if s.Feed(data[at:], func(tls.Message) {}) == tls.NotTLS {
				t.Fatalf("a start at %d that Stream refuses", at)
			}
		}
		prefix := data[:min(int(n), len(data))]
		early, resume := tls.ScanStart(prefix, 0)
		if early >= 0 && early != at {
			t.Fatalf("prefix says %d, all says %d", early, at)
		}
		if early < 0 {
			if later, _ := tls.ScanStart(data, resume); later != at {
				t.Fatalf("resumed at %d finds %d, all at once %d", resume, later, at)
			}
		}
	})
}
