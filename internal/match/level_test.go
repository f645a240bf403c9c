package match_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"tinycheck"
)

// row is one line of a table: what is listed, what is played, what is told.
type row struct {
	name    string
	list    []tinycheck.Indicator
	context []tinycheck.Context
	play    func(*tape)
	want    []string
}

func play(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(strings.ReplaceAll(r.name, " ", "-"), func(t *testing.T) {
			p := newTape(r.list, r.context...)
			r.play(p)
			compare(t, p.told(), r.want)
			if n := p.Lost(); n != 0 {
				t.Errorf("%d lost", n)
			}
		})
	}
}

// A c2 indicator by name, any channel: detected.
func TestC2ByName(t *testing.T) {
	list := []tinycheck.Indicator{c2("thd.cc", "mSpy")}
	certified := []tinycheck.Indicator{c2("x509-sha1="+strings.Repeat("ab", 20), "mSpy"), c2("x509-sha256="+strings.Repeat("cd", 32), "mSpy")}
	play(t, []row{
		{"question without an answer", list, nil, func(p *tape) { p.query("pipe.thd.cc") },
			[]string{"detected c2-name thd.cc mSpy flows=0 via dns-query"}},
		{"question with an answer", list, nil, func(p *tape) { p.answer("thd.cc", "NOERROR") },
			[]string{"detected c2-name thd.cc mSpy flows=0 via dns-query"}},
		{"NXDOMAIN", list, nil, func(p *tape) { p.answer("a.thd.cc", "NXDOMAIN") },
			[]string{"detected c2-name thd.cc mSpy flows=0 via dns-query"}},
		{"answer whose question was not recorded", list, nil, func(p *tape) {
			f := p.flow("192.168.2.1:53")
			p.see(f, tinycheck.DNSAnswer{Name: "a.thd.cc", Via: tinycheck.ProtocolDNS, RCode: "NOERROR"})
			p.see(f, tinycheck.DNSAnswer{Name: "a.thd.cc", Via: tinycheck.ProtocolDNS, RCode: "NOERROR"})
		}, []string{"detected c2-name thd.cc mSpy flows=0 via dns-query"}},
		{"alias", list, nil, func(p *tape) { p.answer("cdn.harmless.example", "NOERROR", "x.thd.cc") },
			[]string{"detected c2-name thd.cc mSpy flows=0 via dns-cname"}},
		{"end point of an HTTPS record", list, nil, func(p *tape) {
			f := p.flow("192.168.2.1:53")
			p.see(f, tinycheck.DNSAnswer{Name: "harmless.example", Via: tinycheck.ProtocolDNS, Services: []tinycheck.DNSService{{Owner: "harmless.example", Name: "x.thd.cc"}}})
		}, []string{"detected c2-name thd.cc mSpy flows=0 via dns-cname"}},
		{"TLS", list, nil, func(p *tape) { p.tls(server, "a.thd.cc") },
			[]string{"detected c2-name thd.cc mSpy flows=1 via tls-sni"}},
		{"TLS over IPv6", list, nil, func(p *tape) { p.tls(server6, "a.thd.cc") },
			[]string{"detected c2-name thd.cc mSpy flows=1 via tls-sni"}},
		{"QUIC", list, nil, func(p *tape) { p.quic(server, "a.thd.cc") },
			[]string{"detected c2-name thd.cc mSpy flows=1 via quic-sni"}},
		{"HTTP", list, nil, func(p *tape) { p.http("203.0.113.5:80", "a.thd.cc", "/", 0) },
			[]string{"detected c2-name thd.cc mSpy flows=1 via http-host"}},
		{"proxy", list, nil, func(p *tape) { p.socks("203.0.113.5:1080", "a.thd.cc") },
			[]string{"detected c2-name thd.cc mSpy flows=1 via socks"}},
		{"SHA-1 of a certificate", certified, nil, func(p *tape) {
			p.certificate(server, "cover.example", tinycheck.Certificate{SHA1: strings.Repeat("ab", 20)})
		}, []string{"detected c2-certificate cover.example mSpy flows=1 via cert-hash"}},
		{"SHA-256 of an issuer, no name", certified, nil, func(p *tape) {
			p.certificate(server, "", tinycheck.Certificate{Position: 1, SHA256: strings.Repeat("cd", 32)})
		}, []string{"detected c2-certificate 203.0.113.5 mSpy flows=1 via cert-hash"}},
		{"several channels are one finding", list, nil, func(p *tape) {
			p.answer("a.thd.cc", "NOERROR")
			p.tls(server, "a.thd.cc")
			p.tls(server6, "a.thd.cc")
			p.quic(server, "b.thd.cc")
		}, []string{"detected c2-name thd.cc mSpy flows=3 via dns-query,tls-sni,quic-sni"}},
		{"tenants are told apart", []tinycheck.Indicator{c2("phonecontrolapp-e2c64.firebaseio.com", "A")}, nil, func(p *tape) {
			p.tls(server, "phonecontrolapp-e2c64.firebaseio.com")
			p.tls(server, "weather-12345.firebaseio.com")
		}, []string{"detected c2-name phonecontrolapp-e2c64.firebaseio.com A flows=1 via tls-sni"}},
	})
}

// Names match at label boundaries, in every spelling.
func TestNamesMatchAtLabelBoundaries(t *testing.T) {
	list := []tinycheck.Indicator{c2("mspy.com", "mSpy"), c2("t.co", "x"), c2("bark.us", "x"), c2("bücher.example", "x")}
	for name, want := range map[string]bool{
		"mspy.com": true, "my.mspy.com": true, "MY.mSpy.COM": true, "mspy.com.": true, "a.b.c.mspy.com.": true,
		"bücher.example": true, "BÜCHER.example.": true, "xn--bcher-kva.example": true, "www.xn--bcher-kva.example": true,
		"t.co": true, "x.t.co": true,
		"notmspy.com": false, "mspy.com.evil.example": false, "spyt.co": false, "embark.us": false, "com": false, "": false, ".": false,
		"mspy.co": false, "mspyxcom": false,
	} {
		for channel, see := range map[string]func(*tape){
			"dns":  func(p *tape) { p.query(name) },
			"tls":  func(p *tape) { p.tls(server, name) },
			"http": func(p *tape) { p.http(server, name, "/", 0) },
		} {
			p := newTape(list)
			see(p)
			if got := len(p.told()) > 0; got != want {
				t.Errorf("%q over %s: found %v, want %v", name, channel, got, want)
			}
		}
	}
}

// The most specific indicator decides; its sources are all told.
func TestTheMostSpecificDecides(t *testing.T) {
	other := c2("thd.cc", "Kid Safe")
	other.Feed = "second"
	play(t, []row{
		{"website below c2", []tinycheck.Indicator{c2("mspy.com", "mSpy"), website("www.mspy.com", "mSpy")}, nil,
			func(p *tape) { p.tls(server, "www.mspy.com") }, []string{"note website mspy.com mSpy flows=1 via tls-sni"}},
		{"c2 below website", []tinycheck.Indicator{website("mspy.com", "mSpy"), c2("api.mspy.com", "mSpy")}, nil,
			func(p *tape) { p.tls(server, "x.api.mspy.com"); p.tls(server, "www.mspy.com") },
			[]string{"detected c2-name mspy.com mSpy flows=1 via tls-sni", "note website mspy.com mSpy flows=1 via tls-sni"}},
		{"dynamic DNS above c2", []tinycheck.Indicator{listing("infrastructure:dynamic-dns", "duckdns.org", ""), c2("spy.duckdns.org", "A")}, nil,
			func(p *tape) { p.query("spy.duckdns.org"); p.query("home.duckdns.org") },
			[]string{"detected c2-name spy.duckdns.org A flows=0 via dns-query", "note dynamic-dns home.duckdns.org  flows=0 via dns-query"}},
		{"address below prefix", []tinycheck.Indicator{c2("203.0.113.0/24", "A"), listing(tinycheck.ClassWeak, "203.0.113.5", "B")}, nil,
			func(p *tape) { p.silent(server) }, []string{"note weak-indicator 203.0.113.5 B flows=1 via address"}},
		{"all products are named", []tinycheck.Indicator{c2("thd.cc", "mSpy"), other}, nil,
			func(p *tape) { p.query("thd.cc") }, []string{"detected c2-name thd.cc Kid Safe+mSpy flows=0 via dns-query"}},
		{"c2 wins over a weaker listing", []tinycheck.Indicator{c2("thd.cc", "mSpy"), listing(tinycheck.ClassTracker, "thd.cc", "")}, nil,
			func(p *tape) { p.query("thd.cc") }, []string{"detected c2-name thd.cc mSpy flows=0 via dns-query"}},
		{"c2 and watchware", []tinycheck.Indicator{c2("thd.cc", "mSpy"), listing(tinycheck.ClassWatchware, "thd.cc", "Kid")}, nil,
			func(p *tape) { p.query("thd.cc") }, []string{"detected c2-name thd.cc mSpy flows=0 via dns-query"}},
	})
	p := newTape([]tinycheck.Indicator{c2("thd.cc", "mSpy"), other})
	p.query("thd.cc")
	if s := p.Findings([]netip.Addr{phone})[0].Sightings; len(s) != 1 || len(s[0].Indicators) != 2 || s[0].Indicators[0].Feed == s[0].Indicators[1].Feed {
		t.Errorf("sightings %+v do not name both sources", s)
	}
}

// A name that is both the spy's server and its shop.
func TestC2ThatIsAlsoTheShop(t *testing.T) {
	list := []tinycheck.Indicator{c2("spy.example", "S"), website("spy.example", "S")}
	cdn := []tinycheck.Context{platform("203.0.113.0/24")}
	const suspicious, detected = "suspicious c2-also-website spy.example S ", "detected c2-also-website spy.example S "
	play(t, []row{
		{"a question", list, nil, func(p *tape) { p.answer("spy.example", "NOERROR") }, []string{suspicious + "flows=0 via dns-query"}},
		{"many questions", list, nil, func(p *tape) { p.query("spy.example"); p.query("www.spy.example"); p.query("spy.example") }, []string{suspicious + "flows=0 via dns-query"}},
		{"one flow", list, nil, func(p *tape) { p.query("spy.example"); p.tls(server, "spy.example") }, []string{suspicious + "flows=1 via dns-query,tls-sni"}},
		{"two requests of one flow", list, nil, func(p *tape) {
			f := p.flow("203.0.113.5:80")
			p.see(f, tinycheck.HTTPRequest{Method: "GET", Host: "spy.example", Path: "/"})
			p.see(f, tinycheck.HTTPRequest{Method: "GET", Host: "spy.example", Path: "/style.css"})
			p.end(f)
		}, []string{suspicious + "flows=1 via http-host"}},
		{"two flows", list, nil, func(p *tape) { p.tls(server, "spy.example"); p.tls(server6, "www.spy.example") }, []string{detected + "flows=2 via tls-sni"}},
		{"one flow that posts", list, nil, func(p *tape) { p.http("203.0.113.5:80", "spy.example", "/up", 512) }, []string{detected + "flows=1 via http-host"}},
		{"one flow that sends a form", list, nil, func(p *tape) { p.http("203.0.113.5:80", "spy.example", "/login", 511) }, []string{suspicious + "flows=1 via http-host"}},
		{"one flow that sends much more than it gets", list, nil, func(p *tape) {
			f := p.flow(server)
			f.Sent.Payload, f.Received.Payload = 100_000, 40_000
			p.hello(f, "spy.example")
			p.end(f)
		}, []string{detected + "flows=1 via tls-sni"}},
		{"not quite an upload by size", list, nil, func(p *tape) {
			f := p.flow(server)
			f.Sent.Payload, f.Received.Payload = 99_999, 0
			p.hello(f, "spy.example")
			p.end(f)
		}, []string{suspicious + "flows=1 via tls-sni"}},
		{"not quite an upload by ratio", list, nil, func(p *tape) {
			f := p.flow(server)
			f.Sent.Payload, f.Received.Payload = 139_000, 60_000
			p.hello(f, "spy.example")
			p.end(f)
		}, []string{suspicious + "flows=1 via tls-sni"}},
		{"flows under way do not count yet", list, nil, func(p *tape) { p.hello(p.flow(server), "spy.example"); p.hello(p.flow(server), "spy.example") }, []string{suspicious + "flows=0 via tls-sni"}},
		{"two flows without a name, one tenant there", list, nil, func(p *tape) {
			p.answer("spy.example", "NOERROR")
			p.silent(server, "spy.example")
			p.silent(server, "spy.example", "www.spy.example")
		}, []string{detected + "flows=2 via dns-query"}},
		{"asked over IPv4, two flows without a name over IPv6", list, nil, func(p *tape) {
			p.answer("spy.example", "NOERROR")
			p.silent(server6, "spy.example")
			p.silent(server6, "spy.example")
		}, []string{detected + "flows=2 via dns-query"}},
		{"flows alone, without a question", list, nil, func(p *tape) { p.silent(server, "spy.example") }, nil},
		{"two flows without a name, two tenants there", list, nil, func(p *tape) {
			p.answer("spy.example", "NOERROR")
			p.silent(server, "spy.example", "weather.example")
			p.silent(server, "weather.example", "spy.example")
		}, []string{suspicious + "flows=0 via dns-query"}},
		{"two flows without a name to a CDN", list, cdn, func(p *tape) {
			p.answer("spy.example", "NOERROR")
			p.silent(server, "spy.example")
			p.silent(server, "spy.example")
		}, []string{suspicious + "flows=0 via dns-query"}},
		{"two flows that carry nothing", list, nil, func(p *tape) {
			p.answer("spy.example", "NOERROR")
			for range 2 {
				f := p.flow(server)
				f.Names = []tinycheck.Name{{Value: "spy.example", Source: tinycheck.NameDNS}}
				f.Sent.Payload, f.Received = 0, tinycheck.Volume{}
				p.end(f)
			}
		}, []string{suspicious + "flows=0 via dns-query"}},
		{"two flows to its address for somebody else", list, nil, func(p *tape) {
			p.answer("spy.example", "NOERROR")
			for range 2 {
				f := p.flow(server)
				f.Names = []tinycheck.Name{{Value: "spy.example", Source: tinycheck.NameDNS}}
				p.hello(f, "weather.example")
				p.end(f)
			}
		}, []string{suspicious + "flows=0 via dns-query"}},
	})
}

// An address says less than a name.
func TestC2ByAddress(t *testing.T) {
	list := []tinycheck.Indicator{c2("203.0.113.5", "S"), c2("2001:db8::5", "S")}
	dated := func(about func(*tinycheck.Indicator)) []tinycheck.Indicator {
		i := c2("203.0.113.5", "S")
		about(&i)
		return []tinycheck.Indicator{i}
	}
	cdn := []tinycheck.Context{platform("203.0.113.0/24"), platform("2001:db8::/32")}
	const suspicious = "suspicious c2-address 203.0.113.5 S flows=1 via address"
	const aged = "note c2-address-aged 203.0.113.5 S flows=1 via address"
	quiet := func(p *tape) { p.silent(server) }
	play(t, []row{
		{"no name", list, nil, quiet, []string{suspicious}},
		{"no name, IPv6", list, nil, func(p *tape) { p.silent(server6) }, []string{"suspicious c2-address 2001:db8::5 S flows=1 via address"}},
		{"a neighbour", list, nil, func(p *tape) { p.silent("203.0.113.6:443"); p.silent("[2001:db8::6]:443") }, nil},
		{"a certificate contradicts nothing", list, nil, func(p *tape) {
			p.certificate(server, "", tinycheck.Certificate{Names: []string{"weather.example"}})
		}, []string{suspicious}},
		{"a CDN", list, cdn, func(p *tape) { p.silent(server); p.silent(server6) }, []string{
			"note c2-address-shared 2001:db8::5 S flows=1 via address", "note c2-address-shared 203.0.113.5 S flows=1 via address"}},
		{"a known service is no CDN", list, []tinycheck.Context{{Observable: listing(tinycheck.ClassC2, "203.0.113.0/24", "").Observable, Class: tinycheck.ContextService}},
			quiet, []string{suspicious}},
		{"for somebody else", list, nil, func(p *tape) { p.tls(server, "weather.example"); p.tls(server6, "weather.example") }, []string{
			"note c2-address-other-name 2001:db8::5 S flows=1 via address", "note c2-address-other-name 203.0.113.5 S flows=1 via address"}},
		{"several strangers asked for there", list, nil, func(p *tape) { p.silent(server, "weather.example", "news.example") },
			[]string{"note c2-address-other-name 203.0.113.5 S flows=1 via address"}},
		{"for the product's own name", append(list, c2("spy.example", "S")), nil, func(p *tape) { p.tls(server, "api.spy.example") },
			[]string{"detected c2-name spy.example S flows=1 via tls-sni"}},
		{"for another product's name", append(list, c2("spy.example", "T")), nil, func(p *tape) { p.tls(server, "spy.example") }, []string{
			"detected c2-name spy.example T flows=1 via tls-sni", "note c2-address-other-name 203.0.113.5 S flows=1 via address"}},
		{"an unnamed tracker is not an unnamed spy", []tinycheck.Indicator{c2("203.0.113.5", ""), listing(tinycheck.ClassTracker, "ads.example", "")}, nil,
			func(p *tape) { p.tls(server, "ads.example") }, []string{
				"note c2-address-other-name 203.0.113.5  flows=1 via address", "note tracker ads.example  flows=1 via tls-sni"}},
		{"a prefix", []tinycheck.Indicator{c2("203.0.113.0/24", "S"), c2("2001:db8::/64", "S")}, nil, func(p *tape) { p.silent(server); p.silent(server6) }, []string{
			"note c2-address-aged 2001:db8::5 S flows=1 via address", aged}},
		{"listed long ago", dated(func(i *tinycheck.Indicator) { i.Updated = noon.Add(-361 * 24 * time.Hour) }), nil, quiet, []string{aged}},
		{"listed lately", dated(func(i *tinycheck.Indicator) { i.Updated = noon.Add(-359 * 24 * time.Hour) }), nil, quiet, []string{suspicious}},
		{"first listed long ago", dated(func(i *tinycheck.Indicator) { i.ValidFrom = noon.Add(-361 * 24 * time.Hour) }), nil, quiet, []string{aged}},
		{"confirmed since", dated(func(i *tinycheck.Indicator) {
			i.ValidFrom, i.Updated = noon.Add(-1000*24*time.Hour), noon.Add(-time.Hour)
		}), nil, quiet, []string{suspicious}},
		{"no longer valid", dated(func(i *tinycheck.Indicator) { i.ValidUntil = noon.Add(-time.Hour) }), nil, quiet, []string{aged}},
		{"listed after the capture", dated(func(i *tinycheck.Indicator) { i.Updated = noon.Add(1000 * time.Hour) }), nil, quiet, []string{suspicious}},
		{"one source is fresh", append(dated(func(i *tinycheck.Indicator) { i.Updated = noon.Add(-1000 * 24 * time.Hour) }), list...), nil, quiet, []string{suspicious}},
		{"a weak entry", []tinycheck.Indicator{listing(tinycheck.ClassWeak, "203.0.113.5", "S")}, nil, quiet, []string{"note weak-indicator 203.0.113.5 S flows=1 via address"}},
		{"opened and never answered", list, nil, func(p *tape) {
			f := p.flow(server)
			f.Sent, f.Received = tinycheck.Volume{Packets: 1, Bytes: 60}, tinycheck.Volume{}
			p.end(f)
		}, []string{suspicious}},
		{"only stray packets from there", list, nil, func(p *tape) {
			f := p.flow(server)
			f.Sent, f.Received = tinycheck.Volume{}, tinycheck.Volume{Packets: 3, Bytes: 156}
			p.end(f)
		}, nil},
		{"a port scan from there", list, nil, func(p *tape) {
			f := p.flow(server)
			f.Inward, f.Client, f.Server = true, f.Server, f.Client
			f.Sent, f.Received = tinycheck.Volume{Packets: 1, Bytes: 60}, tinycheck.Volume{Packets: 1, Bytes: 40}
			p.end(f)
		}, nil},
		{"opened from there and served", list, nil, func(p *tape) {
			f := p.flow(server)
			f.Inward, f.Client, f.Server = true, f.Server, f.Client
			p.end(f)
		}, []string{suspicious}},
	})
}

// What is a note, and nothing more.
func TestNotes(t *testing.T) {
	ja3, ja4 := "ja3=0123456789abcdef0123456789abcdef", "ja4=t13d1516h2_8daaf6152771_e5627efa2ab1"
	san := []tinycheck.Indicator{c2("spy.example", "S")}
	rows := []row{
		{"JA3 and JA4", []tinycheck.Indicator{c2(ja3, "S"), c2(ja4, "S")}, nil, func(p *tape) { p.tls(server, "weather.example"); p.tls(server6, "") }, []string{
			"note fingerprint 2001:db8::5 S flows=1 via fingerprint", "note fingerprint weather.example S flows=1 via fingerprint"}},
		{"a name in a certificate", san, nil, func(p *tape) {
			p.certificate(server, "weather.example", tinycheck.Certificate{Names: []string{"weather.example", "*.spy.example"}})
		}, []string{"note certificate-name spy.example S flows=1 via cert-name"}},
		{"a name in a certificate, none asked for", san, nil, func(p *tape) {
			p.certificate(server, "", tinycheck.Certificate{Names: []string{"spy.example"}})
		}, []string{"note certificate-name spy.example S flows=1 via cert-name"}},
		{"the name that was asked for", san, nil, func(p *tape) {
			p.certificate(server, "api.spy.example", tinycheck.Certificate{Names: []string{"*.spy.example"}})
		}, []string{"detected c2-name spy.example S flows=1 via tls-sni"}},
		{"a name in an issuer's certificate", san, nil, func(p *tape) {
			p.certificate(server, "weather.example", tinycheck.Certificate{Position: 1, Names: []string{"spy.example"}})
		}, nil},
		{"a tracker in a certificate", []tinycheck.Indicator{listing(tinycheck.ClassTracker, "ads.example", "")}, nil, func(p *tape) {
			p.certificate(server, "weather.example", tinycheck.Certificate{Names: []string{"ads.example"}})
		}, nil},
		{"a resolver asked in the clear", []tinycheck.Indicator{listing("infrastructure:doh", "203.0.113.53", "")}, nil, func(p *tape) {
			f := p.flow("203.0.113.53:53")
			f.Transport, f.Protocol = tinycheck.UDP, tinycheck.ProtocolDNS
			p.end(f)
			f = p.flow("203.0.113.53:0")
			f.Transport = tinycheck.ICMP
			p.end(f)
		}, nil},
		{"a resolver asked in secret", []tinycheck.Indicator{listing("infrastructure:doh", "203.0.113.53", "")}, nil, func(p *tape) { p.tls("203.0.113.53:443", "") },
			[]string{"note doh 203.0.113.53  flows=1 via address"}},
		{"a weak hash", []tinycheck.Indicator{listing(tinycheck.ClassWeak, "x509-sha1="+strings.Repeat("ab", 20), "S")}, nil, func(p *tape) {
			p.certificate(server, "weather.example", tinycheck.Certificate{SHA1: strings.Repeat("ab", 20)})
		}, []string{"note weak-indicator weather.example S flows=1 via cert-hash"}},
	}
	for class, rule := range map[tinycheck.Class]tinycheck.RuleID{
		tinycheck.ClassWebsite: tinycheck.RuleWebsite, tinycheck.ClassWatchware: tinycheck.RuleWatchware, tinycheck.ClassTracker: tinycheck.RuleTracker,
		tinycheck.ClassDistribution: tinycheck.RuleDistribution, tinycheck.ClassWeak: tinycheck.RuleWeak, "infrastructure:tor": tinycheck.RuleTor,
		"infrastructure:doh": tinycheck.RuleDoH, "infrastructure:relay": tinycheck.RuleRelay, "infrastructure:vpn": tinycheck.RuleVPN,
		"infrastructure:parking": tinycheck.RuleParking, "infrastructure:dynamic-dns": tinycheck.RuleDynamicDNS,
	} {
		rows = append(rows, row{string(class), []tinycheck.Indicator{listing(class, "listed.example", "F"), listing(class, "203.0.113.5", "F")}, nil, func(p *tape) {
			p.answer("listed.example", "NOERROR")
			p.tls("203.0.113.9:443", "www.listed.example")
			p.http("203.0.113.9:80", "listed.example", "/", 9999)
			p.tls(server, "")
		}, []string{
			"note " + string(rule) + " 203.0.113.5 F flows=1 via address",
			"note " + string(rule) + " listed.example F flows=2 via dns-query,tls-sni,http-host"}})
	}
	play(t, rows)
}

// What is known to be ordinary never hides an indicator.
func TestContextHidesNothing(t *testing.T) {
	names := []string{"pctattletalev2.s3.amazonaws.com", "celular007.s3.amazonaws.com", "d2nipadu1fr4ne.cloudfront.net",
		"v4vw4ytvo4.execute-api.us-east-2.amazonaws.com", "spyt.co", "www.spappmonitoring.com", "viptelefonprogrami.com", "sync.xiz4me.com"}
	var list []tinycheck.Indicator
	context := []tinycheck.Context{platform("203.0.113.0/24")}
	for _, n := range names {
		list = append(list, c2(n, "S"))
	}
	for _, n := range append(names, "amazonaws.com", "cloudfront.net", "t.co", "com") {
		for _, class := range []tinycheck.ContextClass{tinycheck.ContextOS, tinycheck.ContextService, tinycheck.ContextPlatform} {
			context = append(context, tinycheck.Context{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: n}, Class: class})
		}
	}
	for _, n := range names {
		p := newTape(list, context...)
		p.tls(server, "weather.example")
		p.tls(server, n)
		if got := p.told(); len(got) != 1 || !strings.HasPrefix(got[0], "detected c2-name ") {
			t.Errorf("%s: %q", n, got)
		}
	}
}

// A platform of the context is never an identity, its customers are.
func TestCustomersOfPlatformsAreToldApart(t *testing.T) {
	of := func(name string) tinycheck.Context {
		return tinycheck.Context{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: name}, Class: tinycheck.ContextPlatform}
	}
	context := []tinycheck.Context{of("zendesk.com"), of("api.telegram.example"), of("amazonaws.com")}
	list := []tinycheck.Indicator{website("snoopza.zendesk.com", "S"), c2("zendesk.com", "Z"), c2("telegram.example", "T"), c2("b.s3.amazonaws.com", "A"), c2("weather.example", "W")}
	for host, want := range map[string]string{
		"snoopza.zendesk.com": "snoopza.zendesk.com", "x.snoopza.zendesk.com": "snoopza.zendesk.com", "zendesk.com": "zendesk.com",
		"api.telegram.example": "api.telegram.example", "x.api.telegram.example": "x.api.telegram.example", "www.telegram.example": "telegram.example",
		"x.b.s3.amazonaws.com": "b.s3.amazonaws.com", "www.weather.example": "weather.example",
	} {
		p := newTape(list, context...)
		p.query(host)
		if got := p.Findings([]netip.Addr{phone}); len(got) != 1 || got[0].Identity.Name != want {
			t.Errorf("%s: %v, want %s", host, p.told(), want)
		}
	}
}

// A URL is listed with its port and its query, or without the query.
func TestURLs(t *testing.T) {
	list := []tinycheck.Indicator{c2("url=http://files.example/gate.php", "S"), c2("url=http://203.0.113.5:8080/up?id=1", "S"),
		c2("url=http://[2001:db8::5]/up", "S"), website("url=http://files.example/shop", "S")}
	play(t, []row{
		{"path", list, nil, func(p *tape) { p.http("203.0.113.9:80", "Files.Example", "/gate.php", 0) }, []string{"detected c2-name files.example S flows=1 via http-host"}},
		{"path and query", list, nil, func(p *tape) { p.http("203.0.113.9:80", "files.example", "/gate.php?imei=1", 0) }, []string{"detected c2-name files.example S flows=1 via http-host"}},
		{"another path", list, nil, func(p *tape) { p.http("203.0.113.9:80", "files.example", "/gate.php.html", 0) }, nil},
		{"another port", list, nil, func(p *tape) { p.http("203.0.113.9:8080", "files.example", "/gate.php", 0) }, nil},
		{"address and port", list, nil, func(p *tape) { p.http("203.0.113.5:8080", "203.0.113.5", "/up?id=1", 0) }, []string{"detected c2-name 203.0.113.5 S flows=1 via http-host"}},
		{"IPv6", list, nil, func(p *tape) { p.http("[2001:db8::5]:80", "2001:db8::5", "/up", 0) }, []string{"detected c2-name 2001:db8::5 S flows=1 via http-host"}},
		{"a page of the shop", list, nil, func(p *tape) { p.http("203.0.113.9:80", "files.example", "/shop", 0) }, []string{"note website files.example S flows=1 via http-host"}},
	})
}
