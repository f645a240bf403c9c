package dns_test

import (
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"tinycheck/internal/wire/dns"
)

// messages are built by the oracle, in the shapes that phones and resolvers
// send.
func messages() map[string]dnsmessage.Message {
	name := dnsmessage.MustNewName
	head := func(n string, t dnsmessage.Type) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: name(n), Type: t, Class: dnsmessage.ClassINET, TTL: 300}
	}
	ask := func(n string, t dnsmessage.Type) []dnsmessage.Question {
		return []dnsmessage.Question{{Name: name(n), Type: t, Class: dnsmessage.ClassINET}}
	}
	reply := dnsmessage.Header{ID: 7, Response: true, RecursionDesired: true, RecursionAvailable: true}
	https := dnsmessage.SVCBResource{Priority: 1, Target: name("."), Params: []dnsmessage.SVCParam{
		{Key: dnsmessage.SVCParamALPN, Value: []byte("\x02h3\x02h2")}, {Key: dnsmessage.SVCParamPort, Value: []byte{1, 187}}, {Key: dnsmessage.SVCParamECH, Value: []byte{0}}}}
	return map[string]dnsmessage.Message{
		"query":      {Header: dnsmessage.Header{ID: 9, RecursionDesired: true}, Questions: ask("WWW.Example.COM.", dnsmessage.TypeA)},
		"root query": {Header: dnsmessage.Header{ID: 9}, Questions: ask(".", dnsmessage.TypeNS)},
		"nxdomain": {Header: dnsmessage.Header{ID: 3, Response: true, RCode: dnsmessage.RCodeNameError}, Questions: ask("nobody.example.", dnsmessage.TypeAAAA),
			Authorities: []dnsmessage.Resource{{Header: head("example.", dnsmessage.TypeSOA), Body: &dnsmessage.SOAResource{NS: name("ns.example."), MBox: name("root.example."), Serial: 1}}}},
		"addresses": {Header: reply, Questions: ask("a.example.com.", dnsmessage.TypeA), Answers: []dnsmessage.Resource{
			{Header: head("a.example.com.", dnsmessage.TypeCNAME), Body: &dnsmessage.CNAMEResource{CNAME: name("b.cdn.example.net.")}},
			{Header: head("b.cdn.example.net.", dnsmessage.TypeA), Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}},
			{Header: head("b.cdn.example.net.", dnsmessage.TypeA), Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 2}}},
			{Header: head("b.cdn.example.net.", dnsmessage.TypeAAAA), Body: &dnsmessage.AAAAResource{AAAA: [16]byte{0x20, 1, 0xd, 0xb8, 15: 1}}}}},
		"names": {Header: reply, Questions: ask("example.com.", dnsmessage.TypeMX), Answers: []dnsmessage.Resource{
			{Header: head("example.com.", dnsmessage.TypeMX), Body: &dnsmessage.MXResource{Pref: 10, MX: name("mail.example.com.")}},
			{Header: head("_sip._udp.example.com.", dnsmessage.TypeSRV), Body: &dnsmessage.SRVResource{Port: 5060, Target: name("sip.example.com.")}},
			{Header: head("1.2.0.192.in-addr.arpa.", dnsmessage.TypePTR), Body: &dnsmessage.PTRResource{PTR: name("a.example.com.")}},
			{Header: head("example.com.", dnsmessage.TypeTXT), Body: &dnsmessage.TXTResource{TXT: []string{"v=spf1 -all", "second"}}}},
			Authorities: []dnsmessage.Resource{{Header: head("example.com.", dnsmessage.TypeNS), Body: &dnsmessage.NSResource{NS: name("ns.example.com.")}}},
			Additionals: []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: name("."), Type: dnsmessage.TypeOPT, Class: 4096}, Body: &dnsmessage.OPTResource{Options: []dnsmessage.Option{{Code: 10, Data: make([]byte, 8)}}}}}},
		"https": {Header: reply, Questions: ask("example.com.", dnsmessage.TypeHTTPS), Answers: []dnsmessage.Resource{
			{Header: head("example.com.", dnsmessage.TypeHTTPS), Body: &dnsmessage.HTTPSResource{SVCBResource: https}}}},
	}
}

// seeds are messages to begin fuzzing with.
func seeds(t testing.TB) (out [][]byte) {
	for what, m := range messages() {
		b, err := m.Pack()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		out = append(out, b)
	}
	out = append(out, unhex(t, answer), unhex(t, answer)[:60], unhex(t, query+"c00c 0001 0001"), unhex(t, query+"03612e62 00 0001 8001"))
	return append(out, unhex(t, "0001 8180 0000 0001 0000 0000 0161 00 0041 0001 00000001 0057 0001 00 0001 0003 026833 0004 0004 c0000201 0005 0047"+echList))
}

func TestOracle(t *testing.T) {
	for what, o := range messages() {
		t.Run(what, func(t *testing.T) {
			b, err := o.Pack()
			if err != nil {
				t.Fatal(err)
			}
			m, err := dns.Parse(b)
			if err != nil && what != "https" { // its ech value is no list
				t.Fatal(err)
			}
			var again dnsmessage.Message
			if again.Unpack(b) != nil {
				t.Fatal("the oracle does not read its own message")
			}
			compare(t, b, &m, err)
			if !dns.Looks(b) {
				t.Error("does not look like DNS")
			}
		})
	}
}

// What the builder writes, the oracle reads.
func TestBuilder(t *testing.T) {
	a := addrs("192.0.2.1", "2001:db8::1")
	m := dns.Message{ID: 5, Response: true, Recursion: true, Available: true, RCode: dns.NXDomain,
		Questions: []dns.Question{{Name: "www.example.com", Type: dns.TypeA, Class: dns.ClassIN}},
		Records: []dns.Record{
			{Name: "www.example.com", Type: dns.TypeCNAME, Class: dns.ClassIN, TTL: 60, Target: "cdn.example.com"},
			{Name: "cdn.example.com", Type: dns.TypeA, Class: dns.ClassIN, TTL: 60, Addr: a[0]},
			{Name: "cdn.example.com", Type: dns.TypeAAAA, Class: dns.ClassIN, TTL: 60, Addr: a[1]},
			{Name: "cdn.example.com", Type: dns.TypeHTTPS, Class: dns.ClassIN, TTL: 60, SVCB: &dns.SVCB{Priority: 1, ALPN: []string{"h3", "h2"}, Port: 443,
				IPv4Hint: a[:1], IPv6Hint: a[1:], ECHPresent: true, ECH: []dns.ECHConfig{{ConfigID: 1, KEM: 0x20, MaxNameLength: 64, PublicName: "ech.example"}}}},
			{Section: dns.Additional, Type: dns.TypeOPT, Class: 1232},
		}}
	b, err := dns.Append(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	var o dnsmessage.Message
	if err := o.Unpack(b); err != nil {
		t.Fatal(err)
	}
	back, err := dns.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, b, &back, nil)
	for i := range back.Records {
		back.Records[i].Length = 0
	}
	if text(&back) != text(&m) {
		t.Fatalf("got  %s\nwant %s", text(&back), text(&m))
	}
}

func TestBuilderRefuses(t *testing.T) {
	in := func(r dns.Record) dns.Message { return dns.Message{Records: []dns.Record{r}} }
	ask := func(n string) dns.Message {
		return dns.Message{Questions: []dns.Question{{Name: n, Type: 1, Class: 1}}}
	}
	long := "x234567890123456789012345678901234567890123456789012345678901234"
	for what, m := range map[string]dns.Message{
		"empty label":           ask("a..b"),
		"dot at the end":        ask("a."),
		"label of 64":           ask(long),
		"name of 256":           ask(long[1:] + "." + long[1:] + "." + long[1:] + "." + long[1:63]),
		"bad escape":            ask(`a\2x`),
		"escape above 255":      ask(`a\256`),
		"wrong family":          in(dns.Record{Name: "a", Type: dns.TypeA, Addr: addrs("::1")[0]}),
		"no address":            in(dns.Record{Name: "a", Type: dns.TypeAAAA}),
		"no writer":             in(dns.Record{Name: "a", Type: dns.TypeSOA}),
		"no data":               in(dns.Record{Name: "a", Type: dns.TypeHTTPS}),
		"alias with parameters": in(dns.Record{Name: "a", Type: dns.TypeHTTPS, SVCB: &dns.SVCB{Port: 1}}),
		"ech without list":      in(dns.Record{Name: "a", Type: dns.TypeHTTPS, SVCB: &dns.SVCB{Priority: 1, ECHPresent: true}}),
		"code above 15":         {RCode: 16},
		"sections out of order": {Records: []dns.Record{{Section: dns.Additional, Type: dns.TypeOPT}, {Type: dns.TypeOPT}}},
		"long TTL":              in(dns.Record{Name: "a", Type: dns.TypeCNAME, TTL: 1 << 31}),
	} {
		if out, err := dns.Append([]byte("x"), m); err == nil || string(out) != "x" {
			t.Errorf("%s: %x, %v", what, out, err)
		}
	}
}

func TestTypeString(t *testing.T) {
	if dns.TypeHTTPS.String() != "HTTPS" || dns.Type(65280).String() != "TYPE65280" {
		t.Error(dns.TypeHTTPS, dns.Type(65280))
	}
}

// A typical answer: an alias, two addresses, EDNS.
func typical(b *testing.B) []byte {
	out, err := dns.Append(nil, dns.Message{ID: 1, Response: true, Questions: []dns.Question{{Name: "www.example.com", Type: dns.TypeA, Class: 1}}, Records: []dns.Record{
		{Name: "www.example.com", Type: dns.TypeCNAME, Class: 1, TTL: 60, Target: "www.example.com.cdn.example.net"},
		{Name: "www.example.com.cdn.example.net", Type: dns.TypeA, Class: 1, TTL: 60, Addr: addrs("192.0.2.1")[0]},
		{Name: "www.example.com.cdn.example.net", Type: dns.TypeA, Class: 1, TTL: 60, Addr: addrs("192.0.2.2")[0]},
		{Section: dns.Additional, Type: dns.TypeOPT, Class: 1232}}})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func BenchmarkUnpack(b *testing.B) {
	msg := typical(b)
	var m dns.Message
	b.ReportAllocs()
	for b.Loop() {
		m.Unpack(msg)
	}
}

func BenchmarkParse(b *testing.B) {
	msg := typical(b)
	b.ReportAllocs()
	for b.Loop() {
		dns.Parse(msg)
	}
}

func BenchmarkLooks(b *testing.B) {
	msg := typical(b)
	for b.Loop() {
		dns.Looks(msg)
	}
}
