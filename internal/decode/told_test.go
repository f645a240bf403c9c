package decode_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"tinycheck"
	"tinycheck/internal/decode"
)

// tell has the router answer a device's question.
func (w *wire) tell(t *testing.T, who netip.Addr, name string, addresses ...netip.Addr) {
	t.Helper()
	resolver := router
	if who.Is6() {
		resolver = netip.MustParseAddr("fe80::1")
	}
	w.udp(at(who, 40053), at(resolver, 53), query(t, name))
	w.udp(at(resolver, 53), at(who, 40053), reply(t, name, addresses...))
}

// talk opens a flow of nothing that is known and gives its names.
func (w *wire) talk(who, to netip.Addr, port uint16) *conversation {
	return w.tcp(at(who, port), at(to, 4433)).open()
}

// named gives the names of the flow from a port.
func named(t *testing.T, w *wire, port uint16) []string {
	t.Helper()
	for _, f := range w.ended {
		if f.Client.Port() == port {
			return names(f)
		}
	}
	t.Fatalf("no flow from port %d", port)
	return nil
}

func TestNamesFromDNS(t *testing.T) {
	tests := []struct {
		name string
		play func(*testing.T, *wire)
		want []string
	}{
		{"own answer", func(t *testing.T, w *wire) {
			w.tell(t, phone, "a.example", server)
			w.talk(phone, server, 1)
		}, []string{"a.example (dns)"}},
		{"somebody else's answer is none", func(t *testing.T, w *wire) {
			w.tell(t, other, "a.example", server)
			w.talk(phone, server, 1)
		}, nil},
		{"several stay several, latest first", func(t *testing.T, w *wire) {
			w.tell(t, phone, "a.example", server)
			w.tell(t, phone, "b.example", server)
			w.talk(phone, server, 1)
		}, []string{"b.example (dns)", "a.example (dns)"}},
		{"what is told again is the latest again", func(t *testing.T, w *wire) {
			w.tell(t, phone, "a.example", server)
			w.tell(t, phone, "b.example", server)
			w.tell(t, phone, "a.example", server)
			w.talk(phone, server, 1)
		}, []string{"a.example (dns)", "b.example (dns)"}},
		{"told by IPv4, used by IPv6", func(t *testing.T, w *wire) {
			w.tell(t, phone, "a.example", server, server6)
			w.talk(phone6, server6, 1)
		}, []string{"a.example (dns)"}},
		{"told by IPv6, used by IPv4, latest first", func(t *testing.T, w *wire) {
			w.tell(t, phone, "a.example", server)
			w.tell(t, phone6, "b.example", server)
			w.talk(phone, server, 1)
		}, []string{"b.example (dns)", "a.example (dns)"}},
		{"told over TCP, the length in a segment of its own", func(t *testing.T, w *wire) {
			c := w.tcp(at(phone, 2), at(router, 53)).open()
			c.say(framed(query(t, "a.example"))[:2])
			c.say(framed(query(t, "a.example"))[2:])
			c.answer(framed(reply(t, "a.example", server))[:2])
			c.answer(framed(reply(t, "a.example", server))[2:])
			w.talk(phone, server, 1)
		}, []string{"a.example (dns)"}},
		{"not from multicast DNS", func(t *testing.T, w *wire) {
			w.udp(at(other, 5353), at(netip.MustParseAddr("224.0.0.251"), 5353), reply(t, "a.local", server))
			w.talk(phone, server, 1)
		}, nil},
		{"told after the flow had begun, when it says nothing itself", func(t *testing.T, w *wire) {
			w.talk(phone, server, 1)
			w.tell(t, phone, "a.example", server)
		}, []string{"a.example (dns)"}},
		{"but not beside what was told before", func(t *testing.T, w *wire) {
			w.tell(t, phone, "a.example", server)
			w.talk(phone, server, 1)
			w.tell(t, phone, "b.example", server)
		}, []string{"a.example (dns)"}},
		{"what the flow says comes first", func(t *testing.T, w *wire) {
			w.tell(t, phone, "a.example", server)
			w.talk(phone, server, 1).say(hello("b.example"))
		}, []string{"b.example (tls-sni)", "a.example (dns)"}},
		{"what is asked of the device is no name of the other end", func(t *testing.T, w *wire) {
			w.tcp(at(server, 1), at(phone, 8080)).open().say([]byte("GET / HTTP/1.1\r\nHost: phone.example\r\n\r\n"))
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire()
			w.udp(at(phone, 40000), at(router, 9999), []byte("x")) // the router knows the phone
			w.udp(at(phone6, 40000), at(server6, 9999), []byte("x"))
			tt.play(t, w)
			w.end(t)
			if got := named(t, w, 1); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A router's link address joins nobody.
func TestNamesAreNotSharedBehindARouter(t *testing.T) {
	w := newWire()
	w.macs[phone], w.macs[other] = routerMAC, routerMAC
	w.tell(t, phone, "a.example", server)
	w.talk(other, server, 1)
	w.end(t)
	if got := named(t, w, 1); got != nil {
		t.Errorf("got %q", got)
	}
}

func TestNamesAreBounded(t *testing.T) {
	w := newWire()
	for i := range decode.MaxPerAddr + 4 {
		w.tell(t, phone, fmt.Sprintf("n%d.example", i), server)
	}
	w.talk(phone, server, 1)
	w.end(t)
	got := named(t, w, 1)
	if len(got) != decode.MaxPerAddr || got[0] != "n19.example (dns)" || w.d.Stats().NamesLost != 4 {
		t.Errorf("%d names lost, %q", w.d.Stats().NamesLost, got)
	}
	if list := find(t, w.d.Hosts(), phone).Names[server]; len(list) != decode.MaxPerAddr || list[0] != "n19.example" {
		t.Errorf("host was told %q", list)
	}
}

// Whether an encrypted hello is real, DNS tells (RFC 9849 sections 6.1, 6.2).
func TestEncryptedHello(t *testing.T) {
	publish := func(name, public string) func(*testing.T, *wire) {
		return func(t *testing.T, w *wire) {
			w.tell(t, phone, name, server)
			w.udp(at(router, 53), at(phone, 40053), replyECH(t, name, public))
		}
	}
	tests := []struct {
		name  string
		dns   func(*testing.T, *wire)
		outer string
		state tinycheck.ECHState
		names []string
	}{
		{"the public name is shown", publish("hidden.example", "public.example"), "public.example", tinycheck.ECHLikely,
			[]string{"hidden.example (dns)", "public.example (tls-sni)"}},
		{"the name itself is shown: GREASE", publish("a.example", "public.example"), "a.example", tinycheck.ECHOffered,
			[]string{"a.example (tls-sni)", "a.example (dns)"}},
		{"the name itself is shown, and the public name cannot be read: GREASE", publish("a.example", ""), "a.example", tinycheck.ECHOffered,
			[]string{"a.example (tls-sni)", "a.example (dns)"}},
		{"another name is shown, and the public name cannot be read", publish("a.example", ""), "b.example", tinycheck.ECHLikely,
			[]string{"a.example (dns)", "b.example (tls-sni)"}},
		{"a third name is shown: GREASE", publish("a.example", "public.example"), "b.example", tinycheck.ECHOffered,
			[]string{"b.example (tls-sni)", "a.example (dns)"}},
		{"nothing was published: GREASE", func(t *testing.T, w *wire) { w.tell(t, phone, "a.example", server) }, "a.example", tinycheck.ECHOffered,
			[]string{"a.example (tls-sni)", "a.example (dns)"}},
		{"a known public name, and no DNS", func(*testing.T, *wire) {}, "cloudflare-ech.com", tinycheck.ECHLikely, []string{"cloudflare-ech.com (tls-sni)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire()
			tt.dns(t, w)
			w.talk(phone, server, 1).say(hello(tt.outer, outerECH()))
			w.end(t)
			if got := one[tinycheck.ClientHello](t, w); got.ECH != tt.state || got.SNI != tt.outer {
				t.Errorf("hello %+v, want %v", got, tt.state)
			}
			if got := named(t, w, 1); !slices.Equal(got, tt.names) {
				t.Errorf("names %q, want %q", got, tt.names)
			}
		})
	}
}

// The carrier's gateway for calls is no VPN.
func TestCalling(t *testing.T) {
	w := newWire()
	w.tell(t, phone, "epdg.epc.mnc001.mcc262.pub.3gppnetwork.org", server)
	w.ip(50, phone, server, make([]byte, 64))
	w.end(t)
	if f := w.ended[len(w.ended)-1]; f.Tunnel != tinycheck.TunnelCalling {
		t.Errorf("tunnel %q", f.Tunnel)
	}
}
