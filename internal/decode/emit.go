package decode

import (
	"errors"
	"strings"

	"tinycheck"
	"tinycheck/internal/wire/dns"
	"tinycheck/internal/wire/dtls"
	"tinycheck/internal/wire/http"
	"tinycheck/internal/wire/quic"
	"tinycheck/internal/wire/tls"
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
	e.tls = func(m tls.Message) { d.tlsMessage(m) }
	e.dtls = func(m dtls.Message) { d.dtlsMessage(m) }
	e.http = func(m http.Message) { d.httpMessage(m) }
	e.dns = func(b []byte) { d.dnsMessage(b, tinycheck.ProtocolDNS) }
	e.quic = func(c quic.Crypto) { d.quicCrypto(c) }
}

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

// hello tells a ClientHello and names the flow by it.
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
	d.nameByHello(&fact)
	d.event(fact)
}

func (d *Decoder) nameByHello(h *tinycheck.ClientHello) {
	f := d.flow
	if f.Protocol == tinycheck.ProtocolUnknown || f.Protocol == tinycheck.ProtocolHTTP {
		f.Protocol = h.Via
	}
	source := tinycheck.NameTLS
	if h.Via == tinycheck.ProtocolQUIC {
		source = tinycheck.NameQUIC
	}
	f.addName(h.SNI, source)
	f.JA3, f.JA4 = h.JA3, h.JA4
	if f.ECH == tinycheck.ECHNone {
		f.ECH = h.ECH
	}
	d.encryptedDNS(h)
}

// encryptedDNS recognises DNS over TLS (RFC 7858: port 853, or its ALPN) and
// over QUIC (RFC 9250).
func (d *Decoder) encryptedDNS(h *tinycheck.ClientHello) {
	port := d.flow.Server.Port() == 853
	for _, p := range h.ALPN {
		port = port || p == "dot" || p == "doq"
	}
	switch {
	case !port:
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
	d.flow.Protocol = orProtocol(d.flow.Protocol, via)
	fact := tinycheck.ServerHello{Version: versionName(h.Negotiated()), Cipher: h.CipherSuite, ALPN: h.ALPN, Via: via}
	if err == nil {
		fact.JA3S = h.JA3S()
	}
	d.event(fact)
}

func orProtocol(p, other tinycheck.Protocol) tinycheck.Protocol {
	if p == tinycheck.ProtocolUnknown {
		return other
	}
	return p
}

// certificates tells the chain that a server showed, as valid or not at the
// time of the packet.
func (d *Decoder) certificates(body []byte) {
	list, err := tls.ParseCertificates(body, false)
	if err != nil {
		d.stats.BadMessages++
	}
	for i := range list {
		c := &list[i]
		fact := tinycheck.Certificate{Position: i, SHA1: c.SHA1, SHA256: c.SHA256, Subject: c.Subject, Issuer: c.Issuer,
			Names: certNames(c), NotBefore: c.NotBefore, NotAfter: c.NotAfter, ValidThen: c.ValidAt(d.packet.Time), SelfSigned: c.SelfSigned}
		if c.ParseError != nil {
			fact.Unreadable = c.ParseError.Error()
		}
		if i == 0 && d.flow.Client.IsValid() {
			for _, n := range fact.Names {
				d.flow.addName(strings.TrimPrefix(n, "*."), tinycheck.NameCertificate)
			}
		}
		d.event(fact)
	}
}

func certNames(c *tls.Certificate) []string {
	if len(c.DNSNames) > 0 || c.SubjectCommonName == "" || !strings.Contains(c.SubjectCommonName, ".") {
		return c.DNSNames
	}
	return []string{strings.ToLower(c.SubjectCommonName)}
}

// quicMessage reads a handshake message as it stands in CRYPTO frames, whole or cut.
func (d *Decoder) quicMessage(message []byte, fromClient bool) {
	const header = 4
	if len(message) <= header {
		return
	}
	body := message[header:]
	switch {
	case message[0] == tls.TypeClientHello && fromClient:
		hello, err := tls.ParseClientHello(body)
		d.hello(&hello, err, tinycheck.ProtocolQUIC)
	case message[0] == tls.TypeServerHello && !fromClient:
		d.serverHello(body, tinycheck.ProtocolQUIC)
	}
}

// httpMessage tells a request or response, and names the flow by the host.
func (d *Decoder) httpMessage(m http.Message) {
	switch m.Kind {
	case http.RequestMessage:
		d.httpRequest(&m.Request)
	case http.ResponseMessage:
		r := &m.Response
		d.event(tinycheck.HTTPResponse{Status: r.Status, ContentType: r.ContentType, Server: r.Server, Location: r.Location, Body: max(0, r.ContentLength)})
	case http.BodyMessage:
		if d.side != nil && d.side.client && m.BodySize > 0 && !d.side.sized {
			d.flow.Uploaded += m.BodySize
		}
	}
}

func (d *Decoder) httpRequest(r *http.Request) {
	f := d.flow
	f.Protocol = orProtocol(f.Protocol, tinycheck.ProtocolHTTP)
	f.addName(r.Host, tinycheck.NameHTTP)
	for _, other := range r.OtherHosts {
		f.addName(other, tinycheck.NameHTTP)
	}
	body := max(0, r.ContentLength)
	f.Uploaded += body
	if d.side != nil {
		d.side.sized = r.ContentLength >= 0
	}
	d.event(tinycheck.HTTPRequest{Method: r.Method, Host: r.Host, Path: r.Path, UserAgent: r.UserAgent, ContentType: r.ContentType, Body: body})
	for _, other := range r.OtherHosts {
		d.event(tinycheck.HTTPRequest{Method: r.Method, Host: other, Path: r.Path, UserAgent: r.UserAgent})
	}
}

func versionName(v uint16) string {
	switch v {
	case tls.VersionSSL20:
		return "SSL2"
	case tls.VersionSSL30:
		return "SSL3"
	case tls.VersionTLS10:
		return "TLS1.0"
	case tls.VersionTLS11:
		return "TLS1.1"
	case tls.VersionTLS12:
		return "TLS1.2"
	case tls.VersionTLS13:
		return "TLS1.3"
	case tls.VersionDTLS10:
		return "DTLS1.0"
	case tls.VersionDTLS12:
		return "DTLS1.2"
	case tls.VersionDTLS13:
		return "DTLS1.3"
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

// dnsMessage tells the questions or the answer of one DNS message.
func (d *Decoder) dnsMessage(b []byte, via tinycheck.Protocol) {
	m := &d.dns
	if err := m.Unpack(b); err != nil {
		d.stats.BadMessages++
	}
	d.flow.Protocol = orProtocol(d.flow.Protocol, via)
	if m.Response {
		d.dnsAnswer(m, via)
		return
	}
	for _, q := range m.Questions {
		d.event(tinycheck.DNSQuery{Name: strings.Clone(q.Name), Type: q.Type.String(), Via: via})
	}
}

func (d *Decoder) dnsAnswer(m *dns.Message, via tinycheck.Protocol) {
	fact := tinycheck.DNSAnswer{Via: via, RCode: rcode(m.RCode)}
	if len(m.Questions) > 0 {
		fact.Name = strings.Clone(m.Questions[0].Name)
	}
	for i := range m.Records {
		record(&m.Records[i], &fact)
	}
	if via == tinycheck.ProtocolDNS {
		d.learn(&fact)
	}
	d.event(fact)
}
