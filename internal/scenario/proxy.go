package scenario

import (
	"net/netip"
	"strconv"
)

// TLS through a proxy. The options are those of tls.

// wish is the host that a proxy is asked for: NAME[:PORT] or an address.
func (w *words) wish(a *tlsAct) (host string, port uint16, err error) {
	var p place
	if err := w.place(&p, 443); err != nil {
		return "", 0, err
	}
	if a.sni = p.name; p.name == "" {
		a.hidden = true
		return p.addr.String(), p.port, nil
	}
	return p.name, p.port, nil
}

// readConnect is: connect PLACE HOST[:PORT] …: a proxy of RFC 9110 section 9.3.6.
func readConnect(w *words) (act, error) {
	a := &tlsAct{amount: amount{up: 900, down: 4000}}
	if err := w.place(&a.at, 8080); err != nil {
		return nil, err
	}
	host, port, err := w.wish(a)
	if err != nil {
		return nil, err
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		host = "[" + host + "]"
	}
	host += ":" + strconv.Itoa(int(port))
	a.begin = func(s *stream) {
		s.say(client, []byte("CONNECT "+host+" HTTP/1.1\r\nHost: "+host+"\r\n\r\n"), 0)
		s.say(server, []byte("HTTP/1.1 200 Connection established\r\n\r\n"), 0)
	}
	return a, w.options(a.options())
}

// readSOCKS is: socks PLACE HOST[:PORT] [with 4|4a|5] …: a proxy of RFC 1928.
func readSOCKS(w *words) (act, error) {
	a := &tlsAct{amount: amount{up: 900, down: 4000}}
	if err := w.place(&a.at, 1080); err != nil {
		return nil, err
	}
	host, port, err := w.wish(a)
	if err != nil {
		return nil, err
	}
	version := "5"
	if w.take("with") {
		if err := w.oneOf(&version, "4a", "5"); err != nil {
			return nil, err
		}
	}
	a.begin = func(s *stream) {
		if version == "5" {
			socks5(s, host, port)
		} else {
			socks4a(s, host, port)
		}
	}
	return a, w.options(a.options())
}

// socks5 follows RFC 1928 sections 3 to 6: no authentication, connect.
func socks5(s *stream, host string, port uint16) {
	s.say(client, []byte{5, 1, 0}, 0)
	s.say(server, []byte{5, 0}, 0)
	out := []byte{5, 1, 0}
	if addr, err := netip.ParseAddr(host); err != nil {
		out = with8(append(out, 3), []byte(host))
	} else if addr.Is4() {
		out = append(append(out, 1), addr.AsSlice()...)
	} else {
		out = append(append(out, 4), addr.AsSlice()...)
	}
	s.say(client, be16(out, int(port)), 0)
	s.say(server, []byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0}, 0)
}

// socks4a asks by name (the extension of SOCKS 4 by Ying-Da Lee).
func socks4a(s *stream, host string, port uint16) {
	out := append(be16([]byte{4, 1}, int(port)), 0, 0, 0, 1, 0)
	s.say(client, append(append(out, host...), 0), 0)
	s.say(server, []byte{0, 90, 0, 0, 0, 0, 0, 0}, 0)
}
