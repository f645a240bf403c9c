package match_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/match"
	"tinycheck/internal/spelling"
)

var (
	noon  = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	phone = netip.MustParseAddr("192.168.2.10")
	sixth = netip.MustParseAddr("fd00::10")
)

// listing makes an indicator of a value as a feed writes it.
func listing(class tinycheck.Class, value, family string) tinycheck.Indicator {
	i := tinycheck.Indicator{Class: class, Family: family, Feed: "test"}
	if kind, infra, ok := strings.Cut(string(class), ":"); ok {
		i.Class, i.Infrastructure = tinycheck.Class(kind), tinycheck.Infrastructure(infra)
	}
	kind, rest, ok := strings.Cut(value, "=")
	if ok {
		i.Observable = tinycheck.Observable{Type: tinycheck.ObservableType(kind), Value: rest}
		return i
	}
	if o, err := spelling.Address(value); err == nil {
		i.Observable = o
		return i
	}
	name, err := spelling.Domain(value)
	if err != nil {
		panic(value + ": " + err.Error())
	}
	i.Observable = tinycheck.Observable{Type: tinycheck.DomainName, Value: name}
	return i
}

func c2(value, family string) tinycheck.Indicator {
	return listing(tinycheck.ClassC2, value, family)
}

func website(value, family string) tinycheck.Indicator {
	return listing(tinycheck.ClassWebsite, value, family)
}

// platform is a range of hosting shared by strangers.
func platform(prefix string) tinycheck.Context {
	o, err := spelling.Address(prefix)
	if err != nil {
		panic(err)
	}
	return tinycheck.Context{Observable: o, Class: tinycheck.ContextPlatform, Owner: "a CDN", Purpose: "hosting"}
}

// tape plays events, a second apart.
type tape struct {
	*match.Gatherer
	packet int64
	port   uint16
}

func newTape(list []tinycheck.Indicator, context ...tinycheck.Context) *tape {
	return &tape{Gatherer: match.NewGatherer(match.NewIndex(list, context)), port: 40000}
}

func (t *tape) see(f *tinycheck.Flow, fact tinycheck.Fact) {
	t.packet++
	if f.FirstPacket == 0 {
		f.FirstPacket = t.packet
		f.First = noon.Add(time.Duration(t.packet) * time.Second)
	}
	f.Last = noon.Add(time.Duration(t.packet) * time.Second)
	t.See(tinycheck.Event{Time: f.Last, Packet: t.packet, Flow: f, Fact: fact})
}

// flow opens a flow of the phone, over the same IP version as the remote.
func (t *tape) flow(remote string) *tinycheck.Flow {
	t.port++
	to := netip.MustParseAddrPort(remote)
	from := phone
	if to.Addr().Is6() {
		from = sixth
	}
	return &tinycheck.Flow{Transport: tinycheck.TCP, Client: netip.AddrPortFrom(from, t.port), Server: to,
		Sent: tinycheck.Volume{Packets: 5, Bytes: 900, Payload: 600}, Received: tinycheck.Volume{Packets: 5, Bytes: 2400, Payload: 2000}}
}

func (t *tape) end(f *tinycheck.Flow) { t.see(f, tinycheck.FlowEnd{}) }

const server, server6 = "203.0.113.5:443", "[2001:db8::5]:443"

// query asks the resolver, and nothing comes back.
func (t *tape) query(name string) {
	f := t.flow("192.168.2.1:53")
	f.Transport, f.Protocol = tinycheck.UDP, tinycheck.ProtocolDNS
	t.see(f, tinycheck.DNSQuery{Name: name, Type: "A", Via: tinycheck.ProtocolDNS})
	t.end(f)
}

// answer is a whole exchange with the resolver.
func (t *tape) answer(name, rcode string, aliases ...string) {
	f := t.flow("192.168.2.1:53")
	f.Transport, f.Protocol = tinycheck.UDP, tinycheck.ProtocolDNS
	t.see(f, tinycheck.DNSQuery{Name: name, Type: "A", Via: tinycheck.ProtocolDNS})
	a := tinycheck.DNSAnswer{Name: name, Via: tinycheck.ProtocolDNS, RCode: rcode}
	for _, alias := range aliases {
		a.CNAME = append(a.CNAME, tinycheck.DNSAlias{Owner: name, Alias: alias})
	}
	t.see(f, a)
	t.end(f)
}

// tls is a whole TLS flow with a server name.
func (t *tape) tls(remote, sni string) {
	f := t.flow(remote)
	t.hello(f, sni)
	t.end(f)
}

func (t *tape) hello(f *tinycheck.Flow, sni string) {
	f.Protocol = tinycheck.ProtocolTLS
	if sni != "" {
		f.Names = append([]tinycheck.Name{{Value: sni, Source: tinycheck.NameTLS}}, f.Names...)
	}
	t.see(f, tinycheck.ClientHello{SNI: sni, Via: tinycheck.ProtocolTLS, JA3: "0123456789abcdef0123456789abcdef", JA4: "t13d1516h2_8daaf6152771_e5627efa2ab1"})
}

func (t *tape) quic(remote, sni string) {
	f := t.flow(remote)
	f.Transport, f.Protocol = tinycheck.UDP, tinycheck.ProtocolQUIC
	f.Names = []tinycheck.Name{{Value: sni, Source: tinycheck.NameQUIC}}
	t.see(f, tinycheck.ClientHello{SNI: sni, Via: tinycheck.ProtocolQUIC})
	t.end(f)
}

func (t *tape) http(remote, host, path string, body int64) {
	f := t.flow(remote)
	f.Protocol, f.Uploaded = tinycheck.ProtocolHTTP, body
	f.Names = []tinycheck.Name{{Value: host, Source: tinycheck.NameHTTP}}
	t.see(f, tinycheck.HTTPRequest{Method: "GET", Host: host, Path: path, Body: body})
	t.end(f)
}

func (t *tape) socks(remote, host string) {
	f := t.flow(remote)
	f.Tunnel = tinycheck.TunnelSOCKS
	f.Names = []tinycheck.Name{{Value: host, Source: tinycheck.NameSOCKS}}
	t.see(f, tinycheck.SOCKSRequest{Host: host, Port: 443})
	t.end(f)
}

// silent is a flow that says no name; the device may have been told some.
func (t *tape) silent(remote string, told ...string) {
	f := t.flow(remote)
	for _, name := range told {
		f.Names = append(f.Names, tinycheck.Name{Value: name, Source: tinycheck.NameDNS})
	}
	t.end(f)
}

// certificate is a TLS flow in which the server shows a certificate.
func (t *tape) certificate(remote, sni string, c tinycheck.Certificate) {
	f := t.flow(remote)
	t.hello(f, sni)
	for _, n := range c.Names {
		f.Names = append(f.Names, tinycheck.Name{Value: strings.TrimPrefix(n, "*."), Source: tinycheck.NameCertificate})
	}
	t.see(f, c)
	t.end(f)
}

// told says the findings in one line each: what a table compares.
func (t *tape) told() (lines []string) {
	for _, f := range t.Findings([]netip.Addr{phone, sixth}) {
		lines = append(lines, fmt.Sprintf("%s %s %s %s flows=%d via %s", f.Level, f.Rule, f.Identity, strings.Join(f.Families, "+"), f.Flows, join(f.Channels)))
	}
	return lines
}

func join(channels []tinycheck.Channel) string {
	var words []string
	for _, c := range channels {
		words = append(words, string(c))
	}
	return strings.Join(words, ",")
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}
