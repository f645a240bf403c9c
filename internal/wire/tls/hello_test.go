package tls_test

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"tinycheck/internal/wire/tls"
)

// vec gives data with a length of n bytes in front.
func vec(n int, data []byte) []byte {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(data)))
	return append(slices.Clone(length[8-n:]), data...)
}

func u16(list ...uint16) []byte {
	var b []byte
	for _, v := range list {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

func ext(kind uint16, data []byte) []byte { return append(u16(kind), vec(2, data)...) }

func sni(host string) []byte {
	return ext(0, vec(2, append([]byte{0}, vec(2, []byte(host))...)))
}

func alpn(names ...string) []byte {
	var list []byte
	for _, n := range names {
		list = append(list, vec(1, []byte(n))...)
	}
	return ext(16, vec(2, list))
}

// hello gives the body of a ClientHello; nil extensions leave the block out.
func hello(version uint16, suites []uint16, extensions ...[]byte) []byte {
	b := u16(version)
	b = append(b, make([]byte, 32)...)
	b = append(b, 0) // session id
	b = append(b, vec(2, u16(suites...))...)
	b = append(b, 1, 0)
	if extensions != nil {
		b = append(b, vec(2, slices.Concat(extensions...))...)
	}
	return b
}

// chrome is the hello behind the example of JA4.md, with GREASE put back in.
func chrome() []byte {
	return hello(0x0303,
		[]uint16{0x6a6a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
		ext(0x2a2a, nil), ext(0x1b, []byte{2, 0, 2}), sni("www.Example.COM."), ext(0x33, nil), alpn("h2", "http/1.1"),
		ext(0x4469, nil), ext(0x17, nil), ext(0x2d, []byte{1, 1}),
		ext(13, vec(2, u16(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601))),
		ext(5, nil), ext(0x23, nil), ext(0x12, nil),
		ext(43, vec(1, u16(0x8a8a, 0x0304, 0x0303))),
		ext(0xff01, []byte{0}), ext(11, vec(1, []byte{0})), ext(10, vec(2, u16(0xdada, 0x001d, 0x0017))),
		ext(0xfafa, []byte{0}), ext(0x15, nil))
}

func TestParseClientHello(t *testing.T) {
	h, err := tls.ParseClientHello(chrome())
	if err != nil {
		t.Fatal(err)
	}
	if h.SNI != "www.example.com" {
		t.Errorf("SNI %q", h.SNI)
	}
	if !slices.Equal(h.ALPN, []string{"h2", "http/1.1"}) {
		t.Errorf("ALPN %q", h.ALPN)
	}
	if h.Highest() != tls.VersionTLS13 || h.Version != tls.VersionTLS12 {
		t.Errorf("highest %#x, legacy %#x", h.Highest(), h.Version)
	}
	if !slices.Equal(h.Groups, []uint16{0xdada, 0x1d, 0x17}) || !slices.Equal(h.PointFormats, []uint8{0}) {
		t.Errorf("groups %v, formats %v", h.Groups, h.PointFormats)
	}
	if len(h.Extensions) != 18 || h.Extensions[2] != 0 || h.Extensions[17] != 0x15 {
		t.Errorf("extensions %v", h.Extensions)
	}
	if h.ECH.Kind != tls.ECHNone || h.PreSharedKey || h.QUICParameters || h.Partial || h.SSLv2 {
		t.Errorf("flags of %+v", h)
	}
}

// Every cut gives ErrCut, never a wrong name, and the name as soon as its
// extension is whole.
func TestClientHelloCutAnywhere(t *testing.T) {
	whole := chrome()
	var named int
	for n := range whole {
		h, err := tls.ParseClientHello(whole[:n])
		// The hello may end after the compression methods: then it is an old one.
		if bare := len(hello(0x0303, make([]uint16, 16))); n == bare {
			continue
		}
		if !errors.Is(err, tls.ErrCut) || !h.Partial {
			t.Fatalf("cut at %d: partial %v, error %v", n, h.Partial, err)
		}
		if h.JA3() != "" || h.JA4(tls.TransportTCP) != "" || h.JA3Raw() != "" {
			t.Fatalf("cut at %d: a fingerprint of a part", n)
		}
		switch h.SNI {
		case "www.example.com":
			named++
		case "":
			if named > 0 {
				t.Fatalf("cut at %d: lost the name", n)
			}
		default:
			t.Fatalf("cut at %d: name %q", n, h.SNI)
		}
	}
	if named < 100 {
		t.Errorf("the name was there at %d cuts only", named)
	}
}

func TestServerNameForms(t *testing.T) {
	entry := func(kind byte, name string) []byte { return append([]byte{kind}, vec(2, []byte(name))...) }
	tests := map[string]struct {
		list   []byte
		want   string
		failed bool
	}{
		"lower case":       {entry(0, "API.Example.org"), "api.example.org", false},
		"trailing dot":     {entry(0, "a.example."), "a.example", false},
		"address literal":  {entry(0, "192.0.2.7"), "192.0.2.7", false},
		"underscore":       {entry(0, "_x.example"), "_x.example", false},
		"other type first": {append(entry(7, "opaque"), entry(0, "b.example")...), "b.example", false},
		"first one counts": {append(entry(0, "one.example"), entry(0, "two.example")...), "one.example", false},
		"only other type":  {entry(9, "c.example"), "", false},
		"space":            {entry(0, "bad name"), "", true},
		"control":          {entry(0, "bad\x00name"), "", true},
		"not UTF-8":        {entry(0, "bad\xff\xfe"), "", true},
		"empty":            {entry(0, ""), "", true},
		"overrun":          {[]byte{0, 0, 200, 'a'}, "", true},
	}
	for name, test := range tests {
		h, err := tls.ParseClientHello(hello(0x0303, []uint16{0x1301}, ext(0, vec(2, test.list)), alpn("h2")))
		if h.SNI != test.want || (err != nil) != test.failed {
			t.Errorf("%s: name %q, error %v", name, h.SNI, err)
		}
		if len(h.ALPN) != 1 || h.Partial {
			t.Errorf("%s: the extension behind a bad name was lost", name)
		}
	}
}

func TestClientHelloDamage(t *testing.T) {
	sessionID := hello(0x0303, []uint16{0x1301})
	sessionID[34] = 33
	odd := hello(0x0303, []uint16{0x1301, 0x1302})
	odd[36] = 3
	overrun := hello(0x0303, []uint16{0x1301}, sni("a.example"), []byte{0, 10, 0, 9, 1})
	tests := map[string]struct {
		body    []byte
		partial bool
	}{
		"session id":    {append(sessionID, make([]byte, 64)...), true},
		"odd suites":    {odd, true},
		"overrun":       {overrun, true},
		"trailing":      {append(hello(0x0303, nil, sni("a.example")), 0), false},
		"odd groups":    {hello(0x0303, nil, ext(10, vec(2, []byte{0, 23, 0}))), false},
		"groups length": {hello(0x0303, nil, ext(10, []byte{0, 9, 0, 23})), false},
	}
	for name, test := range tests {
		h, err := tls.ParseClientHello(test.body)
		if err == nil || errors.Is(err, tls.ErrCut) || h.Partial != test.partial {
			t.Errorf("%s: partial %v, error %v", name, h.Partial, err)
		}
	}
	if h, _ := tls.ParseClientHello(overrun); h.SNI != "a.example" {
		t.Errorf("name before the damage: %q", h.SNI)
	}
}

func TestECH(t *testing.T) {
	outer := slices.Concat([]byte{0}, u16(1, 3), []byte{0x42}, vec(2, make([]byte, 32)), vec(2, make([]byte, 144)))
	tests := map[string]struct {
		extension []byte
		want      tls.ECH
		failed    bool
	}{
		"outer":        {ext(0xfe0d, outer), tls.ECH{Kind: tls.ECHOuter, KDF: 1, AEAD: 3, ConfigID: 0x42, EncLength: 32, PayloadLength: 144}, false},
		"inner":        {ext(0xfe0d, []byte{1}), tls.ECH{Kind: tls.ECHInner}, false},
		"draft":        {ext(0xffce, []byte{9, 9, 9}), tls.ECH{Kind: tls.ECHDraftESNI}, false},
		"other":        {ext(0x1234, nil), tls.ECH{}, false},
		"empty":        {ext(0xfe0d, nil), tls.ECH{Kind: tls.ECHOuter}, true},
		"unknown type": {ext(0xfe0d, []byte{7}), tls.ECH{Kind: tls.ECHOuter}, true},
		"short":        {ext(0xfe0d, outer[:40]), tls.ECH{Kind: tls.ECHOuter, KDF: 1, AEAD: 3, ConfigID: 0x42, EncLength: 32}, true},
	}
	for name, test := range tests {
		h, err := tls.ParseClientHello(hello(0x0303, []uint16{0x1301}, test.extension))
		if h.ECH != test.want || (err != nil) != test.failed {
			t.Errorf("%s: %+v, error %v", name, h.ECH, err)
		}
	}
}

func TestClientHelloMarks(t *testing.T) {
	h, err := tls.ParseClientHello(hello(0x0303, []uint16{0x1301}, ext(57, []byte{1}), ext(42, nil), ext(41, []byte{0})))
	if err != nil || !h.QUICParameters || !h.EarlyData || !h.PreSharedKey {
		t.Errorf("%+v, error %v", h, err)
	}
}

func TestParseClientHelloDTLS(t *testing.T) {
	plain := hello(0xfefd, []uint16{0xc02b}, sni("d.example"))
	body := slices.Concat(plain[:35], vec(1, make([]byte, 20)), plain[35:])
	h, err := tls.ParseClientHelloDTLS(body)
	if err != nil || h.CookieLength != 20 || h.SNI != "d.example" || !slices.Equal(h.CipherSuites, []uint16{0xc02b}) {
		t.Errorf("%+v, error %v", h, err)
	}
	if _, err := tls.ParseClientHello(body); err == nil {
		t.Error("the cookie passed for a TLS hello")
	}
}

func TestParseServerHello(t *testing.T) {
	body := slices.Concat(u16(0x0303), make([]byte, 32), vec(1, make([]byte, 32)), u16(0x1301), []byte{0},
		vec(2, slices.Concat(ext(43, u16(0x0304)), ext(51, make([]byte, 36)), alpn("h2"))))
	h, err := tls.ParseServerHello(body)
	if err != nil || h.Negotiated() != tls.VersionTLS13 || h.CipherSuite != 0x1301 || h.ALPN != "h2" || h.RetryRequest {
		t.Errorf("%+v, error %v", h, err)
	}
	if h.JA3SRaw() != "771,4865,43-51-16" {
		t.Errorf("JA3S text %q", h.JA3SRaw())
	}
	for n := range body {
		if h, err := tls.ParseServerHello(body[:n]); n != 70 && (!errors.Is(err, tls.ErrCut) || h.JA3S() != "") {
			t.Fatalf("cut at %d: JA3S %q, error %v", n, h.JA3S(), err)
		}
	}
	// Draft 18 has neither session id nor compression.
	draft := slices.Concat(u16(0x7f12), make([]byte, 32), u16(0x1301), vec(2, ext(40, nil)))
	if h, err := tls.ParseServerHello(draft); err != nil || h.JA3SRaw() != "32530,4865,40" {
		t.Errorf("draft: %q, error %v", h.JA3SRaw(), err)
	}
}

func TestParseClientHelloSSLv2(t *testing.T) {
	body := slices.Concat(u16(0x0301, 9, 0, 16), []byte{0, 0, 0x2f, 0, 0, 0x35, 1, 0, 0x80}, make([]byte, 16))
	h, err := tls.ParseClientHelloSSLv2(body)
	if err != nil || h.Version != 0x0301 || !slices.Equal(h.CipherSuites, []uint16{0x2f, 0x35}) {
		t.Errorf("%+v, error %v", h, err)
	}
	if h.JA3() != "" || h.JA4('t') != "" {
		t.Error("a fingerprint where none is defined")
	}
	if _, err := tls.ParseClientHelloSSLv2(body[:20]); !errors.Is(err, tls.ErrCut) {
		t.Errorf("cut: %v", err)
	}
}
