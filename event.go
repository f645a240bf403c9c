package tinycheck

import (
	"net/netip"
	"time"
)

// Event is one fact that the traffic told, with the packet that completed it.
type Event struct {
	Time   time.Time
	Packet int64
	Flow   *Flow // nil for facts without a flow
	Fact   Fact
}

// Fact is one of the types below; nothing else is one.
type Fact interface{ fact() }

// DNSQuery is one question that somebody asked, answered or not.
type DNSQuery struct {
	Name string // lower case, no trailing dot, "" is the root
	Type string // A, AAAA, HTTPS … or TYPE123 (RFC 3597)
	Via  Protocol
}

// DNSAnswer is one response. Name is the question that it answers.
type DNSAnswer struct {
	Name     string
	Via      Protocol
	RCode    string // NOERROR, NXDOMAIN …
	Address  []DNSAddress
	CNAME    []DNSAlias
	Services []DNSService
}

// DNSAddress is an A or AAAA record of any section.
type DNSAddress struct {
	Owner  string
	Addr   netip.Addr
	Answer bool          // from the answer section: names are learnt from these only
	TTL    time.Duration // as told
}

// DNSAlias is a CNAME or DNAME record.
type DNSAlias struct{ Owner, Alias string }

// DNSService is an HTTPS or SVCB record (RFC 9460).
type DNSService struct {
	Owner      string
	Name       string // alternative end point, "" is the owner itself
	ALPN       []string
	Hints      []netip.Addr
	ECH        bool
	PublicName string // of the first ECH configuration (RFC 9849)
}

// ECHState says whether a ClientHello was encrypted to the server (RFC 9849).
type ECHState string

// The states. An outer hello looks the same whether it is real or GREASE; only
// what DNS said of the name decides which is likely.
const (
	ECHNone    ECHState = ""
	ECHOffered ECHState = "offered"     // real or GREASE
	ECHLikely  ECHState = "likely-real" // DNS had published a configuration, or the name is a known public name
	ESNIOld    ECHState = "esni"        // the abandoned draft before ECH
)

// ClientHello is the opening of TLS, DTLS or QUIC by the client.
type ClientHello struct {
	SNI      string
	ALPN     []string
	Version  string // highest offered: TLS1.3, DTLS1.2 …
	ECH      ECHState
	JA3, JA4 string
	Via      Protocol // tls, dtls or quic
	Cut      bool     // the end is missing; what could be read stands here
}

// ServerHello is the server's choice.
type ServerHello struct {
	Version string
	Cipher  uint16
	ALPN    string
	JA3S    string
	Via     Protocol
}

// Certificate is one certificate of a chain that a server showed (TLS <= 1.2).
type Certificate struct {
	Position            int // 0 is the server's own
	SHA1, SHA256        string
	Subject, Issuer     string
	Names               []string // DNS names of subjectAltName, else the common name
	NotBefore, NotAfter time.Time
	ValidThen           bool // valid at the time of the packet, not of the analysis
	SelfSigned          bool
	Unreadable          string // why nothing but the hashes is known; "" when all is
}

// QUICInitial is the first packet of a QUIC connection.
type QUICInitial struct {
	Version   string // v1, v2, draft-29, Q046 …
	Decrypted bool   // its ClientHello stands in an event of its own
}

// HTTPRequest is one request of HTTP/1.
type HTTPRequest struct {
	Method, Host, Path     string
	UserAgent, ContentType string
	Body                   int64 // bytes, declared or seen
}

// HTTPResponse is one response of HTTP/1.
type HTTPResponse struct {
	Status      int
	ContentType string
	Server      string
	Location    string
	Body        int64
}

// DHCPRequest is what a device told when it joined the network.
type DHCPRequest struct {
	MAC         MAC
	Name        string // option 12 or 81, personal
	Parameters  []byte // option 55
	VendorClass string // option 60
	Options     []byte // the codes of its options, in its order; not of DHCPv6
	V6          bool
}

// STUNMessage is a step of setting up a call or another direct connection.
type STUNMessage struct {
	Method, Class string
	Software      string
}

// TunnelSeen says that the flow carries traffic that nobody can look into.
type TunnelSeen struct{ Kind TunnelKind }

// SOCKSRequest names the host that a proxy is asked for.
type SOCKSRequest struct {
	Host string
	Port uint16
}

// FlowEnd is the last event of a flow: closed, idle for long, or the capture ended.
type FlowEnd struct{}

func (DNSQuery) fact()     {}
func (DNSAnswer) fact()    {}
func (ClientHello) fact()  {}
func (ServerHello) fact()  {}
func (Certificate) fact()  {}
func (QUICInitial) fact()  {}
func (HTTPRequest) fact()  {}
func (HTTPResponse) fact() {}
func (DHCPRequest) fact()  {}
func (STUNMessage) fact()  {}
func (TunnelSeen) fact()   {}
func (SOCKSRequest) fact() {}
func (FlowEnd) fact()      {}
