package tls_test

import (
	"strings"
	"testing"

	"tinycheck/internal/wire/tls"
)

func TestJA4Example(t *testing.T) {
	h, err := tls.ParseClientHello(chrome())
	if err != nil {
		t.Fatal(err)
	}
	// The worked example of JA4.md.
	if got, want := h.JA4(tls.TransportTCP), "t13d1516h2_8daaf6152771_e5627efa2ab1"; got != want {
		t.Errorf("JA4 %s, want %s", got, want)
	}
	if got := h.JA4(tls.TransportQUIC); got[0] != 'q' {
		t.Errorf("QUIC: %s", got)
	}
}

func TestJA4WithoutSignatureAlgorithms(t *testing.T) {
	// JA4.md: the list of the example without algorithms hashes to 6d807ffa2a79.
	h := tls.ClientHello{Extensions: []uint16{0x1b, 0, 0x33, 0x10, 0x4469, 0x17, 0x2d, 0xd, 5, 0x23, 0x12, 0x2b, 0xff01, 0xb, 0xa, 0x15}}
	if got := h.JA4('t'); !strings.HasSuffix(got, "_000000000000_6d807ffa2a79") {
		t.Error(got)
	}
	h.SignatureAlgorithms = []uint16{0x0a0a}
	if got := h.JA4('t'); !strings.HasSuffix(got, "_6d807ffa2a79") {
		t.Errorf("GREASE as the only algorithm: %s", got)
	}
}

func TestJA4Head(t *testing.T) {
	many := make([]uint16, 150)
	for i := range many {
		many[i] = 0x0100 + uint16(i)
	}
	tests := map[string]struct {
		hello tls.ClientHello
		want  string
	}{
		"nothing":           {tls.ClientHello{}, "t00i000000_000000000000_000000000000"},
		"only GREASE":       {tls.ClientHello{Version: 0x0301, CipherSuites: []uint16{0x1a1a}, Extensions: []uint16{0xfafa}}, "t10i000000_000000000000_000000000000"},
		"not GREASE":        {tls.ClientHello{Version: 0x0302, CipherSuites: []uint16{0x0a1a}}, "t11i010000_"},
		"only name":         {tls.ClientHello{Version: 0x0303, Extensions: []uint16{0}}, "t12d000100_"},
		"counts":            {tls.ClientHello{Version: 0x0300, CipherSuites: many, Extensions: many}, "ts3i999900_"},
		"SSL 2.0":           {tls.ClientHello{Version: 0x0002}, "ts2i"},
		"unknown":           {tls.ClientHello{Version: 0x0305}, "t00i"},
		"draft":             {tls.ClientHello{Version: 0x0303, SupportedVersions: []uint16{0x7f1c, 0x0303}}, "t00i"},
		"highest":           {tls.ClientHello{Version: 0x0301, SupportedVersions: []uint16{0xfafa, 0x0302, 0x0304, 0x0303}}, "t13i"},
		"DTLS 1.0":          {tls.ClientHello{Version: 0xfeff}, "td1i"},
		"DTLS 1.2":          {tls.ClientHello{Version: 0xfefd}, "td2i"},
		"DTLS 1.3":          {tls.ClientHello{Version: 0xfefd, SupportedVersions: []uint16{0xfefc}}, "td3i"},
		"ALPN one letter":   {tls.ClientHello{ALPN: []string{"h", "h2"}}, "t00i0000hh_"},
		"ALPN upper case":   {tls.ClientHello{ALPN: []string{"H2"}}, "t00i0000H2_"},
		"ALPN long":         {tls.ClientHello{ALPN: []string{"http/1.1"}}, "t00i0000h1_"},
		"ALPN empty":        {tls.ClientHello{ALPN: []string{"", "h2"}}, "t00i000000_"},
		"ALPN ab":           {tls.ClientHello{ALPN: []string{"\xab"}}, "t00i0000ab_"},
		"ALPN abcd":         {tls.ClientHello{ALPN: []string{"\xab\xcd"}}, "t00i0000ad_"},
		"ALPN 30ab":         {tls.ClientHello{ALPN: []string{"\x30\xab"}}, "t00i00003b_"},
		"ALPN 3031abcd":     {tls.ClientHello{ALPN: []string{"\x30\x31\xab\xcd"}}, "t00i00003d_"},
		"ALPN 30abcd31":     {tls.ClientHello{ALPN: []string{"\x30\xab\xcd\x31"}}, "t00i000001_"},
		"ALPN space":        {tls.ClientHello{ALPN: []string{"a "}}, "t00i000060_"},
		"ALPN GREASE bytes": {tls.ClientHello{ALPN: []string{"\xba\xad"}}, "t00i0000bd_"},
	}
	for name, test := range tests {
		if got := test.hello.JA4('t'); !strings.HasPrefix(got, test.want) || len(got) != 36 {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestJA3(t *testing.T) {
	// The two examples of salesforce/ja3 (README): text and digest.
	tests := []struct {
		hello     tls.ClientHello
		raw, want string
	}{
		{
			tls.ClientHello{Version: 769, CipherSuites: []uint16{47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4},
				Extensions: []uint16{0, 10, 11}, Groups: []uint16{23, 24, 25}, PointFormats: []uint8{0}},
			"769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0", "ada70206e40642a3e4461f35503241d5",
		},
		{
			tls.ClientHello{Version: 769, CipherSuites: []uint16{4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99}},
			"769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6",
		},
		{
			// GREASE is left out of suites, extensions and groups (RFC 8701).
			tls.ClientHello{Version: 769, CipherSuites: []uint16{0x0a0a, 4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99}, Extensions: []uint16{0x1a1a}, Groups: []uint16{0xdada}},
			"769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6",
		},
	}
	for _, test := range tests {
		if got := test.hello.JA3Raw(); got != test.raw {
			t.Errorf("text %s, want %s", got, test.raw)
		}
		if got := test.hello.JA3(); got != test.want {
			t.Errorf("%s: %s, want %s", test.raw, got, test.want)
		}
	}
}

func TestJA3S(t *testing.T) {
	// As tshark prints it.
	h := tls.ServerHello{Version: 771, CipherSuite: 4865, Extensions: []uint16{51, 43}}
	if h.JA3SRaw() != "771,4865,51-43" || h.JA3S() != "eb1d94daa7e0344597e756a1fb6e7054" {
		t.Errorf("%s %s", h.JA3SRaw(), h.JA3S())
	}
	bare := tls.ServerHello{Version: 769, CipherSuite: 5}
	if bare.JA3SRaw() != "769,5," {
		t.Errorf("without extensions: %s", bare.JA3SRaw())
	}
}

func BenchmarkClientHello(b *testing.B) {
	body := chrome()
	b.ReportAllocs()
	for b.Loop() {
		h, err := tls.ParseClientHello(body)
		if err != nil || h.JA3() == "" || h.JA4(tls.TransportTCP) == "" {
			b.Fatal(err)
		}
	}
}
