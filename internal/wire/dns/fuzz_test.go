package dns_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"tinycheck/internal/wire/dns"
)

// checkName holds a name to presentation form.
func checkName(t *testing.T, name string) {
	t.Helper()
	if len(name) > 255*4 {
		t.Fatalf("name of %d characters", len(name))
	}
	for _, c := range []byte(name) {
		if c < ' ' || c > '~' || c >= 'A' && c <= 'Z' {
			t.Fatalf("name %q", name)
		}
	}
}

func checkMessage(t *testing.T, msg []byte, m *dns.Message, err error) {
	t.Helper()
	if len(m.Questions)*5 > len(msg) || len(m.Records)*11 > len(msg) {
		t.Fatalf("%d questions and %d records in %d bytes", len(m.Questions), len(m.Records), len(msg))
	}
	for _, q := range m.Questions {
		checkName(t, q.Name)
	}
	for _, r := range m.Records {
		checkName(t, r.Name)
		checkName(t, r.Target)
		if r.Damaged && err == nil {
			t.Fatal("damage without an error")
		}
		if r.TextLength > int(r.Length) || len(r.Text) > 4*64 {
			t.Fatalf("text of %d bytes, %d shown, in %d", r.TextLength, len(r.Text), r.Length)
		}
		if r.SVCB != nil {
			checkName(t, r.SVCB.Target)
			for _, c := range r.SVCB.ECH {
				checkName(t, c.PublicName)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	var reused dns.Message
	f.Fuzz(func(t *testing.T, msg []byte) {
		m, err := dns.Parse(msg)
		checkMessage(t, msg, &m, err)
		if dns.Looks(msg) && !dns.LooksOnPort(msg) {
			t.Fatal("Looks is easier than LooksOnPort")
		}
		if dns.LooksOnPort(msg) && len(m.Questions)+len(m.Records) == 0 {
			t.Fatal("Looks says yes and nothing is there")
		}
		again := reused.Unpack(msg)
		if !errors.Is(again, err) || text(&reused) != text(&m) {
			t.Fatalf("reuse differs:\n%s %v\n%s %v", text(&reused), again, text(&m), err)
		}
		compare(t, msg, &m, err)
	})
}

// text spells what a message says, SVCB data included.
func text(m *dns.Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %v %d %d %v %v %v %v %+v", m.ID, m.Response, m.Opcode, m.RCode, m.Authoritative, m.Truncated, m.Recursion, m.Available, m.Questions)
	for _, r := range m.Records {
		v := r.SVCB
		r.SVCB = nil
		fmt.Fprintf(&b, "\n%+v", r)
		if v != nil {
			fmt.Fprintf(&b, " %+v", *v)
		}
	}
	return b.String()
}

// spell puts a name of the oracle into our presentation form.
func spell(n dnsmessage.Name) string {
	var b strings.Builder
	for _, c := range n.Data[:n.Length] {
		switch {
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 32)
		case c < ' ' || c > '~' || c == '\\':
			fmt.Fprintf(&b, `\%03d`, c)
		default:
			b.WriteByte(c)
		}
	}
	return strings.TrimSuffix(b.String(), ".")
}

// compare holds a message that the oracle reads whole against what it reads.
// The oracle does not look at RDLENGTH for addresses: where it is wrong, the
// address is not compared.
func compare(t *testing.T, msg []byte, m *dns.Message, err error) {
	t.Helper()
	var o dnsmessage.Message
	if len(msg) > dns.MaxLength || o.Unpack(msg) != nil {
		return
	}
	if o.ID != m.ID || o.Response != m.Response || o.Authoritative != m.Authoritative || o.Truncated != m.Truncated || uint16(o.OpCode) != uint16(m.Opcode) ||
		o.RecursionDesired != m.Recursion || o.RecursionAvailable != m.Available || uint16(o.RCode) != uint16(m.RCode&15) {
		t.Fatalf("header: %+v, oracle %+v", m, o.Header)
	}
	if len(o.Questions) != len(m.Questions) {
		t.Fatalf("%d questions, oracle %d, error %v", len(m.Questions), len(o.Questions), err)
	}
	for i, q := range o.Questions {
		if g := m.Questions[i]; g.Name != spell(q.Name) || uint16(g.Type) != uint16(q.Type) || uint16(g.Class) != uint16(q.Class)&0x7fff {
			t.Fatalf("question %+v, oracle %+v", g, q)
		}
	}
	all := append(append(append([]dnsmessage.Resource{}, o.Answers...), o.Authorities...), o.Additionals...)
	if len(all) != len(m.Records) {
		t.Fatalf("%d records, oracle %d, error %v", len(m.Records), len(all), err)
	}
	for i, r := range all {
		compareRecord(t, &m.Records[i], r)
	}
}

func compareRecord(t *testing.T, g *dns.Record, r dnsmessage.Resource) {
	t.Helper()
	if g.Name != spell(r.Header.Name) || uint16(g.Type) != uint16(r.Header.Type) || g.Length != r.Header.Length {
		t.Fatalf("record %+v, oracle %+v", g, r.Header)
	}
	if g.Length == 0 && (g.Class == dns.ClassANY || g.Class == dns.ClassNONE) {
		return
	}
	want := ""
	switch b := r.Body.(type) {
	case *dnsmessage.AResource:
		if g.Length == 4 && g.Addr.As4() != b.A {
			t.Fatalf("address %v, oracle %v", g.Addr, b.A)
		}
		return
	case *dnsmessage.AAAAResource:
		if g.Length == 16 && g.Addr.As16() != b.AAAA {
			t.Fatalf("address %v, oracle %v", g.Addr, b.AAAA)
		}
		return
	case *dnsmessage.CNAMEResource:
		want = spell(b.CNAME)
	case *dnsmessage.NSResource:
		want = spell(b.NS)
	case *dnsmessage.PTRResource:
		want = spell(b.PTR)
	case *dnsmessage.MXResource:
		want = spell(b.MX)
	case *dnsmessage.SRVResource:
		want = spell(b.Target)
	case *dnsmessage.HTTPSResource:
		compareSVCB(t, g, &b.SVCBResource)
		return
	case *dnsmessage.SVCBResource:
		compareSVCB(t, g, b)
		return
	default:
		return
	}
	if g.Target != want {
		t.Fatalf("%v of %q is %q, oracle %q", g.Type, g.Name, g.Target, want)
	}
}

func compareSVCB(t *testing.T, g *dns.Record, b *dnsmessage.SVCBResource) {
	t.Helper()
	if g.SVCB == nil || g.SVCB.Priority != b.Priority || g.SVCB.Target != spell(b.Target) {
		t.Fatalf("%+v, oracle %+v", g, b)
	}
	if port, ok := b.GetParam(dnsmessage.SVCParamPort); ok && b.Priority > 0 && len(port) == 2 && g.SVCB.Port != uint16(port[0])<<8|uint16(port[1]) {
		t.Fatalf("port %d, oracle %v", g.SVCB.Port, port)
	}
	if _, ok := b.GetParam(dnsmessage.SVCParamECH); b.Priority > 0 && ok != g.SVCB.ECHPresent {
		t.Fatalf("ech %v, oracle %v", g.SVCB.ECHPresent, ok)
	}
}

// FuzzRoundTrip reads anything, writes what of it can be written, and reads
// the same again.
func FuzzRoundTrip(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		m, _ := dns.Parse(msg)
		m = writable(m)
		out, err := dns.Append([]byte("before"), m)
		if err != nil {
			if len(msg) < 1000 {
				t.Fatalf("%v\n%s", err, text(&m))
			}
			return // uncompressed names can make it too long
		}
		again, err := dns.Parse(out[len("before"):])
		if err != nil {
			t.Fatalf("%v\n%s", err, text(&m))
		}
		for i := range again.Records {
			again.Records[i].Length = 0
		}
		if text(&again) != text(&m) {
			t.Fatalf("\ngot  %s\nwant %s", text(&again), text(&m))
		}
		if twice, _ := dns.Append([]byte("before"), m); !bytes.Equal(twice, out) {
			t.Fatal("written twice, two results")
		}
	})
}

// writable leaves of a message what Append writes.
func writable(m dns.Message) dns.Message {
	var records []dns.Record
	m.RCode &= 15
	for _, r := range m.Records {
		switch r.Type {
		case dns.TypeA, dns.TypeAAAA:
			if !r.Addr.IsValid() {
				continue
			}
		case dns.TypeCNAME, dns.TypeNS, dns.TypePTR, dns.TypeDNAME:
			if r.Length == 0 {
				continue
			}
		case dns.TypeSVCB, dns.TypeHTTPS:
			if r.SVCB == nil {
				continue
			}
			r.SVCB.ECHPresent = len(r.SVCB.ECH) > 0
		case dns.TypeOPT:
			m.RCode |= dns.RCode(r.TTL>>24) << 4
		default:
			continue
		}
		r.Damaged, r.Length = false, 0
		records = append(records, r)
	}
	m.Records = records
	return m
}

// FuzzTCPStream cuts a stream at any place: the messages stay the same.
func FuzzTCPStream(f *testing.F) {
	a := unhex(f, answer)
	stream := append(append([]byte{0, byte(len(a))}, a...), append([]byte{0, byte(len(a))}, a...)...)
	f.Add(stream, []byte{1, 2, 3})
	f.Add(stream[:len(stream)-7], []byte{200})
	f.Add(append(stream[:len(a)+2:len(a)+2], 0, 3, 1, 2, 3), []byte{1})
	f.Fuzz(func(t *testing.T, stream, cuts []byte) {
		var want [][]byte
		rest := stream
		for len(rest) >= 2 {
			n := int(rest[0])<<8 | int(rest[1])
			if n < 12 {
				rest = nil
				break
			}
			if len(rest) < 2+n {
				break
			}
			want = append(want, rest[2:2+n])
			rest = rest[2+n:]
		}
		if len(rest) >= 2+12 {
			want = append(want, rest[2:])
		}
		var got [][]byte
		emit := func(msg []byte) { got = append(got, bytes.Clone(msg)) }
		var s dns.TCPStream
		left := stream
		for i := 0; len(left) > 0; i++ {
			n := len(left)
			if len(cuts) > 0 {
				n = min(n, 1+int(cuts[i%len(cuts)]))
			}
			s.Feed(bytes.Clone(left[:n]), emit)
			left = left[n:]
		}
		s.Flush(emit)
		if len(got) != len(want) {
			t.Fatalf("%d messages, want %d", len(got), len(want))
		}
		for i := range want {
			if !bytes.Equal(got[i], want[i]) {
				t.Fatalf("message %d: %x, want %x", i, got[i], want[i])
			}
		}
		if !s.Feed([]byte{0, 12}, emit) {
			t.Fatal("not ready again after Flush")
		}
	})
}
