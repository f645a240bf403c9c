package scenario_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/decode"
	"tinycheck/internal/scenario"
)

const world = "phone 192.168.4.20 mac 02:11:22:33:44:55 ip6 2001:db8:4::20 android name \"Pixel\"\nresolver 192.168.4.1\n" +
	"host web.example 203.0.113.80 2001:db8:2::80\n"

func parse(t testing.TB, words string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse(words)
	if err != nil {
		t.Fatalf("%v\n%s", err, words)
	}
	return s
}

// events are what decode reads out of a scenario, each as "kind value".
func events(t testing.TB, s *scenario.Scenario) (list []string, stats decode.Stats) {
	t.Helper()
	say := func(kind, format string, args ...any) { list = append(list, kind+" "+fmt.Sprintf(format, args...)) }
	d := decode.New(decode.Config{}, func(e tinycheck.Event) {
		switch f := e.Fact.(type) {
		case tinycheck.DNSQuery:
			say("query", "%s %s %s", f.Via, f.Type, f.Name)
		case tinycheck.DNSAnswer:
			say("answer", "%s %s", f.RCode, f.Name)
			for _, a := range f.Address {
				say("address", "%s %v", a.Owner, a.Addr)
			}
			for _, a := range f.CNAME {
				say("alias", "%s %s", a.Owner, a.Alias)
			}
			for _, a := range f.Services {
				say("service", "%s ech=%v %s", a.Owner, a.ECH, a.PublicName)
			}
		case tinycheck.ClientHello:
			say("hello", "%s %s %s ech=%s", f.Via, f.SNI, strings.Join(f.ALPN, ","), f.ECH)
			say("ja4", "%s", f.JA4)
		case tinycheck.ServerHello:
			say("server", "%s %s", f.Via, f.Version)
		case tinycheck.Certificate:
			say("certificate", "%s %s", strings.Join(f.Names, ","), f.SHA256)
		case tinycheck.QUICInitial:
			say("quic", "%s %v", f.Version, f.Decrypted)
		case tinycheck.HTTPRequest:
			say("request", "%s %s %s %d", f.Method, f.Host, f.Path, f.Body)
		case tinycheck.HTTPResponse:
			say("response", "%d", f.Status)
		case tinycheck.DHCPRequest:
			say("dhcp", "%s %s %s", f.MAC, f.Name, f.VendorClass)
		case tinycheck.STUNMessage:
			say("stun", "%s %s", f.Method, f.Class)
		case tinycheck.TunnelSeen:
			say("tunnel", "%s", f.Kind)
		case tinycheck.SOCKSRequest:
			say("socks", "%s %d", f.Host, f.Port)
		case tinycheck.FlowEnd:
			say("end", "%s %d", e.Flow.Protocol, e.Flow.Gaps)
		}
	})
	if err := s.Packets(func(p *tinycheck.Packet) error { d.Decode(p); return nil }); err != nil {
		t.Fatal(err)
	}
	d.End()
	return list, d.Stats()
}

// digest is over everything that a capture would hold.
func digest(t testing.TB, packets func(func(*tinycheck.Packet) error) error) (sum string, count int) {
	t.Helper()
	h := sha256.New()
	var last int64
	err := packets(func(p *tinycheck.Packet) error {
		count++
		if p.Time.UnixNano() < last || p.Number != int64(count) || len(p.Data) > p.Length || len(p.Data) == 0 {
			return fmt.Errorf("packet %d: time %v, number %d, %d of %d bytes", count, p.Time, p.Number, len(p.Data), p.Length)
		}
		last = p.Time.UnixNano()
		var head [20]byte
		binary.BigEndian.PutUint64(head[:], uint64(last))
		binary.BigEndian.PutUint32(head[8:], uint32(p.Length))
		binary.BigEndian.PutUint32(head[12:], uint32(len(p.Data)))
		binary.BigEndian.PutUint32(head[16:], uint32(p.Link))
		h.Write(head[:])
		h.Write(p.Data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil)), count
}
