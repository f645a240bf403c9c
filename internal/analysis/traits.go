package analysis

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"tinycheck"
	"tinycheck/internal/decode"
)

// traits is what tells what kind of device an address belongs to.
type traits map[netip.Addr]*trait

type trait struct {
	name     string
	score    map[tinycheck.DeviceClass]int
	evidence map[tinycheck.DeviceClass][]string
}

// sign is one thing that a kind of device does. The weights are log-odds as in
// the literature on passive recognition of systems; a class needs wantScore,
// and wantMargin more than the other.
type sign struct {
	class  tinycheck.DeviceClass
	weight int
	words  string
	match  func(tinycheck.Fact) bool
}

const (
	wantScore  = 6
	wantMargin = 3
)

// iphoneParameters is the order in which Apple's DHCP client asks.
var iphoneParameters = regexp.MustCompile(`^1,121,3,6,15(,108)?(,114)?,119.*252$`)

var signs = []sign{
	{tinycheck.ClassAndroid, 8, "DHCP option 60 android-dhcp", func(f tinycheck.Fact) bool {
		r, ok := f.(tinycheck.DHCPRequest)
		return ok && strings.HasPrefix(r.VendorClass, "android-dhcp")
	}},
	{tinycheck.ClassIPhone, 6, "DHCP option 55 in Apple's order", func(f tinycheck.Fact) bool {
		r, ok := f.(tinycheck.DHCPRequest)
		return ok && iphoneParameters.MatchString(numbers(r.Parameters))
	}},
	{tinycheck.ClassIPhone, 3, "asks for captive.apple.com", asks("captive.apple.com")},
	{tinycheck.ClassIPhone, 4, "asks for Apple's push servers", asks("courier.push.apple.com")},
	{tinycheck.ClassIPhone, 3, "asks for Apple's location servers", asks("ls.apple.com")},
	{tinycheck.ClassAndroid, 3, "asks for connectivitycheck.gstatic.com", asks("connectivitycheck.gstatic.com")},
	{tinycheck.ClassAndroid, 4, "asks for Google's push servers", asks("mtalk.google.com")},
	{tinycheck.ClassAndroid, 3, "asks for Android's time server", asks("time.android.com")},
	{tinycheck.ClassAndroid, 6, "HTTP user agent of Android", agent("Dalvik/", "Linux; Android", "Linux; U; Android")},
	{tinycheck.ClassIPhone, 6, "HTTP user agent of iOS", agent("iPhone OS", "CPU iPhone", "iPhone;", "CaptiveNetworkSupport")},
}

func asks(domain string) func(tinycheck.Fact) bool {
	return func(f tinycheck.Fact) bool {
		q, ok := f.(tinycheck.DNSQuery)
		return ok && (q.Name == domain || strings.HasSuffix(q.Name, "."+domain) || strings.HasSuffix(q.Name, "-"+domain))
	}
}

func agent(parts ...string) func(tinycheck.Fact) bool {
	return func(f tinycheck.Fact) bool {
		r, ok := f.(tinycheck.HTTPRequest)
		return ok && slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(r.UserAgent, p) })
	}
}

func numbers(list []byte) string {
	var b strings.Builder
	for i, n := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(itoa(int(n)))
	}
	return b.String()
}

func (t traits) see(e tinycheck.Event) {
	if e.Flow == nil {
		return
	}
	if r, ok := e.Fact.(tinycheck.DHCPRequest); ok && r.Name != "" {
		t.of(e.Flow.Local().Addr()).name = r.Name
	}
	for i := range signs {
		if signs[i].match(e.Fact) {
			t.of(e.Flow.Local().Addr()).add(&signs[i])
		}
	}
}

func (t traits) of(a netip.Addr) *trait {
	one := t[a]
	if one == nil {
		one = &trait{score: make(map[tinycheck.DeviceClass]int), evidence: make(map[tinycheck.DeviceClass][]string)}
		if len(t) < maxTalks {
			t[a] = one
		}
	}
	return one
}

// add counts every sign once.
func (t *trait) add(s *sign) {
	if !slices.Contains(t.evidence[s.class], s.words) {
		t.evidence[s.class] = append(t.evidence[s.class], s.words)
		t.score[s.class] += s.weight
	}
}

// device describes a host in the words of the dictionary.
func (t traits) device(h *decode.Host) tinycheck.Device {
	d := tinycheck.Device{ID: cmp.Or(h.MAC.String(), h.Addresses[0].String()), MAC: h.MAC, Addresses: h.Addresses, FirstSeen: h.First, Class: tinycheck.ClassUnknown}
	all := trait{score: make(map[tinycheck.DeviceClass]int), evidence: make(map[tinycheck.DeviceClass][]string)}
	for _, a := range h.Addresses {
		one := t[a]
		if one == nil {
			continue
		}
		d.Name = cmp.Or(d.Name, one.name)
		for i := range signs {
			if slices.Contains(one.evidence[signs[i].class], signs[i].words) {
				all.add(&signs[i])
			}
		}
	}
	iphone, android := all.score[tinycheck.ClassIPhone], all.score[tinycheck.ClassAndroid]
	switch {
	case iphone >= wantScore && iphone-android >= wantMargin:
		d.Class = tinycheck.ClassIPhone
	case android >= wantScore && android-iphone >= wantMargin:
		d.Class = tinycheck.ClassAndroid
	}
	d.Evidence = all.evidence[d.Class]
	return d
}
