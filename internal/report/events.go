package report

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"time"

	"tinycheck"
)

// Events writes facts as JSON lines (docs/contract.md, Machine output). After
// an error it writes nothing more.
type Events struct {
	capture string
	out     io.Writer
	err     error
}

// eventLine is one line: one value of one kind.
type eventLine struct {
	Capture string `json:"pcap"`
	Kind    string `json:"kind"`
	Value   string `json:"value"`
	Flow    string `json:"flow,omitempty"`
	Packet  int64  `json:"packet"`
	Time    string `json:"time"`
}

// NewEvents writes the events of one capture, named as it was given, to w.
func NewEvents(w io.Writer, capture string) *Events {
	return &Events{capture: capture, out: w}
}

// Err returns the first error of writing.
func (e *Events) Err() error {
	if e.err == nil {
		return nil
	}
	return tinycheck.Errorf("write events", tinycheck.Unavailable, e.err)
}

// See writes the lines of one event; some facts have none.
func (e *Events) See(v tinycheck.Event) {
	line := eventLine{Capture: e.capture, Packet: v.Packet, Time: v.Time.UTC().Format(time.RFC3339Nano)}
	if v.Flow != nil {
		line.Flow = v.Flow.String()
	}
	eventValues(v, func(kind, value string) {
		if value == "" || e.err != nil {
			return
		}
		line.Kind, line.Value = kind, value
		e.write(&line)
	})
}

// write leaves no control character bare: values come from strangers.
func (e *Events) write(line *eventLine) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if e.err = encoder.Encode(line); e.err != nil {
		return
	}
	_, e.err = e.out.Write(escape(b.Bytes()))
}

// eventValues gives the kinds and values of a fact.
func eventValues(v tinycheck.Event, put func(kind, value string)) {
	switch f := v.Fact.(type) {
	case tinycheck.DNSQuery:
		put(dnsKind(f.Via, "dns_query"), rootName(f.Name))
	case tinycheck.DNSAnswer:
		answerValues(&f, put)
	case tinycheck.ClientHello:
		helloValues(&f, put)
	case tinycheck.ServerHello:
		put("ja3s", f.JA3S)
	case tinycheck.Certificate:
		put("cert_sha1", f.SHA1)
		put("cert_sha256", f.SHA256)
		put("subject", f.Subject)
		put("issuer", f.Issuer)
	case tinycheck.QUICInitial:
		put("quic_version", f.Version)
	case tinycheck.HTTPRequest:
		put("http_host", hostName(f.Host))
		put("user_agent", f.UserAgent)
	case tinycheck.DHCPRequest:
		put("dhcp_vendor", f.VendorClass)
	case tinycheck.STUNMessage:
		put("stun", strings.TrimSpace(f.Method+" "+f.Class))
	case tinycheck.TunnelSeen:
		put("tunnel", string(f.Kind))
	case tinycheck.SOCKSRequest:
		put("socks_host", f.Host)
	case tinycheck.FlowEnd:
		put("flow", flowValue(v.Flow))
	}
}

func answerValues(f *tinycheck.DNSAnswer, put func(kind, value string)) {
	for _, a := range f.Address {
		put(dnsKind(f.Via, "dns_answer"), a.Addr.String())
	}
	for _, a := range f.CNAME {
		put(dnsKind(f.Via, "dns_cname"), a.Alias)
	}
}

// dnsKind tells the names of the local network apart from those of the Internet.
func dnsKind(via tinycheck.Protocol, kind string) string {
	switch via {
	case tinycheck.ProtocolMDNS, tinycheck.ProtocolLLMNR:
		return strings.Replace(kind, "dns", string(via), 1)
	}
	return kind
}

// hostName writes an IPv6 address as a Host field has it (RFC 3986 section 3.2.2).
func hostName(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func rootName(name string) string {
	if name == "" {
		return "<root>"
	}
	return name
}

func helloValues(f *tinycheck.ClientHello, put func(kind, value string)) {
	kind := "sni"
	switch f.Via {
	case tinycheck.ProtocolQUIC:
		kind = "quic_sni"
	case tinycheck.ProtocolDTLS:
		kind = "dtls_sni"
	}
	put(kind, f.SNI)
	put("ja3", f.JA3)
	put("ja4", f.JA4)
}

// flowValue is what the flow spoke; unknown is a value too.
func flowValue(f *tinycheck.Flow) string {
	if f.Protocol == tinycheck.ProtocolUnknown {
		return string(f.Transport)
	}
	return string(f.Protocol) + "/" + string(f.Transport)
}
