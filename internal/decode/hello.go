package decode

import (
	"errors"
	"slices"
	"strings"

	"tinycheck"
	"tinycheck/internal/wire/dtls"
	"tinycheck/internal/wire/http"
	"tinycheck/internal/wire/quic"
	"tinycheck/internal/wire/tls"
	"tinycheck/internal/wire/tunnel"
)

// emitters are the functions that parsers call back. They are made once, so
// that reading a packet makes none.
type emitters struct {
	tls  func(tls.Message)
	dtls func(dtls.Message)
	http func(http.Message)
	dns  func([]byte)
	quic func(quic.Crypto)
}

func (e *emitters) init(d *Decoder) {
	e.tls = func(m tls.Message) { d.told(); d.tlsMessage(m) }
	e.dtls = func(m dtls.Message) { d.dtlsMessage(m) }
	e.http = func(m http.Message) { d.told(); d.httpMessage(m) }
	e.dns = func(b []byte) { d.told(); d.dnsMessage(b, tinycheck.ProtocolDNS) }
	e.quic = func(c quic.Crypto) { d.quicCrypto(c) }
}

// told notes that a parser holds nothing of what it was fed before.
func (d *Decoder) told() { d.side.fed = 0 }

// tlsMessage reads one handshake message of a TCP stream.
func (d *Decoder) tlsMessage(m tls.Message) {
	switch m.Type {
	case tls.TypeClientHello:
		hello, err := m.ClientHello()
		d.hello(&hello, err, tinycheck.ProtocolTLS)
	case tls.TypeServerHello:
		d.serverHello(m.Body, tinycheck.ProtocolTLS)
	case tls.TypeCertificate:
		d.certificates(m.Body)
	}
}

func (d *Decoder) dtlsMessage(m dtls.Message) {
	switch m.Type {
	case tls.TypeClientHello:
		hello, err := tls.ParseClientHelloDTLS(m.Body)
		d.hello(&hello, err, tinycheck.ProtocolDTLS)
	case tls.TypeServerHello:
		d.serverHello(m.Body, tinycheck.ProtocolDTLS)
	case tls.TypeCertificate:
		d.certificates(m.Body)
	}
}

// hello tells a ClientHello and names the flow by it. What stood before the
// damage of a cut one counts too.
func (d *Decoder) hello(h *tls.ClientHello, err error, via tinycheck.Protocol) {
	if err != nil {
		d.stats.BadMessages++
		if h.SNI == "" && len(h.CipherSuites) == 0 {
			return
		}
	}
	fact := tinycheck.ClientHello{SNI: h.SNI, ALPN: h.ALPN, Version: versionName(h.Highest()), ECH: echState(h.ECH), Via: via, Cut: err != nil}
	if !errors.Is(err, tls.ErrCut) {
		fact.JA3, fact.JA4 = h.JA3(), h.JA4(ja4Transport(via))
	}
	d.greet(&fact)
	d.event(fact)
	if d.torLike(h.SNI) {
		d.tunnelled(tinycheck.TunnelTor)
	}
}

// torLike reports whether the flow looks like one to a relay of Tor: a name of
// the kind that Tor invents, which the device never asked for although it asks
// for names in sight.
func (d *Decoder) torLike(name string) bool {
	f := d.flow
	if f.Transport != tinycheck.TCP || f.Tunnel != "" || !tunnel.TorLikeName(name) || f.local() == nil {
		return false
	}
	asks := slices.ContainsFunc(d.hosts.same(f.local()), func(o *host) bool { return len(o.told) > 0 })
	return asks && !slices.Contains(d.hosts.told(f.local(), f.Remote().Addr()), name)
}

// greet takes what a hello tells of its flow. The first one counts: another
// follows a HelloRetryRequest (RFC 8446 section 4.1.2), or is that of somebody
// else within a tunnel.
func (d *Decoder) greet(h *tinycheck.ClientHello) {
	f := d.flow
	switch f.Protocol {
	case tinycheck.ProtocolUnknown, tinycheck.ProtocolHTTP, tinycheck.ProtocolSTUN:
		f.Protocol = h.Via
	}
	source := tinycheck.NameTLS
	if h.Via == tinycheck.ProtocolQUIC {
		source = tinycheck.NameQUIC
	}
	d.nameRemote(h.SNI, source)
	if f.JA3 == "" {
		f.JA3, f.JA4 = h.JA3, h.JA4
	}
	if f.ECH == tinycheck.ECHNone {
		f.ECH = h.ECH
		d.judgeECH(f)
		h.ECH = f.ECH
	}
	d.encryptedDNS(h)
}

// nameRemote names the other end by what the flow itself says. What somebody
// asks the device for names the device.
func (d *Decoder) nameRemote(name string, source tinycheck.NameSource) {
	if !d.flow.Inward {
		d.flow.addName(name, source)
	}
}

// encryptedDNS recognises DNS over TLS (RFC 7858: port 853, or its ALPN) and
// over QUIC (RFC 9250; its drafts used the ports 784 and 8853, and doq-i00 and
// the like).
func (d *Decoder) encryptedDNS(h *tinycheck.ClientHello) {
	dns := d.flow.Server.Port() == 853
	for _, p := range h.ALPN {
		dns = dns || p == "dot" || p == "doq" || strings.HasPrefix(p, "doq-i")
	}
	switch {
	case !dns:
	case h.Via == tinycheck.ProtocolTLS:
		d.flow.Protocol = tinycheck.ProtocolDoT
	case h.Via == tinycheck.ProtocolQUIC:
		d.flow.Protocol = tinycheck.ProtocolDoQ
	}
}

func (d *Decoder) serverHello(body []byte, via tinycheck.Protocol) {
	h, err := tls.ParseServerHello(body)
	if err != nil {
		d.stats.BadMessages++
		if h.Version == 0 {
			return
		}
	}
	d.flow.protocol(via)
	fact := tinycheck.ServerHello{Version: versionName(h.Negotiated()), Cipher: h.CipherSuite, ALPN: h.ALPN, Via: via}
	if err == nil {
		fact.JA3S = h.JA3S()
	}
	d.event(fact)
}

var versionNames = map[uint16]string{
	tls.VersionSSL20: "SSL2", tls.VersionSSL30: "SSL3", tls.VersionTLS10: "TLS1.0", tls.VersionTLS11: "TLS1.1",
	tls.VersionTLS12: "TLS1.2", tls.VersionTLS13: "TLS1.3",
	tls.VersionDTLS10: "DTLS1.0", tls.VersionDTLS12: "DTLS1.2", tls.VersionDTLS13: "DTLS1.3",
}

func versionName(v uint16) string {
	if name, ok := versionNames[v]; ok {
		return name
	}
	return "unknown"
}

func echState(e tls.ECH) tinycheck.ECHState {
	switch e.Kind {
	case tls.ECHOuter:
		return tinycheck.ECHOffered
	case tls.ECHDraftESNI:
		return tinycheck.ESNIOld
	}
	return tinycheck.ECHNone
}

func ja4Transport(via tinycheck.Protocol) byte {
	switch via {
	case tinycheck.ProtocolQUIC:
		return tls.TransportQUIC
	case tinycheck.ProtocolDTLS:
		return tls.TransportDTLS
	}
	return tls.TransportTCP
}
