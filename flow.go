package tinycheck

import (
	"net/netip"
	"time"
)

// Transport is the protocol that carries a flow.
type Transport string

// The transports that are told apart.
const (
	TCP   Transport = "tcp"
	UDP   Transport = "udp"
	ICMP  Transport = "icmp" // IPv4 and IPv6
	ESP   Transport = "esp"
	SCTP  Transport = "sctp"
	Other Transport = "ip" // every other IP protocol
)

// Protocol is what a flow was found to speak.
type Protocol string

// The application protocols that are recognised. ProtocolUnknown is honest:
// nothing of the flow was understood.
const (
	ProtocolUnknown Protocol = ""
	ProtocolDNS     Protocol = "dns"
	ProtocolMDNS    Protocol = "mdns"
	ProtocolLLMNR   Protocol = "llmnr"
	ProtocolDoT     Protocol = "dot" // DNS over TLS, RFC 7858
	ProtocolDoQ     Protocol = "doq" // DNS over QUIC, RFC 9250
	ProtocolDoH     Protocol = "doh" // DNS over HTTPS, RFC 8484, by the name of the resolver
	ProtocolTLS     Protocol = "tls"
	ProtocolDTLS    Protocol = "dtls"
	ProtocolQUIC    Protocol = "quic"
	ProtocolGQUIC   Protocol = "gquic"
	ProtocolHTTP    Protocol = "http"
	ProtocolDHCP    Protocol = "dhcp"
	ProtocolSTUN    Protocol = "stun"
	ProtocolTunnel  Protocol = "tunnel" // a VPN or relay; Flow.Tunnel says which
)

// TunnelKind is a way in which traffic hides whole from who looks on.
type TunnelKind string

// The tunnels that are recognised without looking inside.
const (
	TunnelWireGuard TunnelKind = "wireguard"
	TunnelOpenVPN   TunnelKind = "openvpn"
	TunnelIPsec     TunnelKind = "ipsec"
	TunnelL2TP      TunnelKind = "l2tp"
	TunnelPPTP      TunnelKind = "pptp"
	TunnelTor       TunnelKind = "tor"
	TunnelRelay     TunnelKind = "private-relay" // iCloud Private Relay
	TunnelVPN       TunnelKind = "vpn"           // some VPN: one server takes all, and is listed as that of a VPN or has no name
	TunnelSSH       TunnelKind = "ssh"
	TunnelSOCKS     TunnelKind = "socks"
	TunnelCalling   TunnelKind = "wifi-calling" // IPsec to the carrier's ePDG: calls and texts only
)

// Flow is one conversation between two endpoints (RFC 7011, both directions).
// Client is the endpoint that opened it. A Flow that an Event points to goes on
// changing until its FlowEnd.
type Flow struct {
	ID             int64 // by order of first packet, from 1
	Transport      Transport
	Client, Server netip.AddrPort
	ClientMAC      MAC  // link address on the client's side, where the capture has it
	ServerMAC      MAC  // the same of the server's side
	Inward         bool // the device is the server: somebody opened the flow towards it
	First, Last    time.Time
	FirstPacket    int64
	Sent           Volume // client to server
	Received       Volume // server to client
	Protocol       Protocol
	Tunnel         TunnelKind
	QUICVersion    string
	ECH            ECHState
	Names          []Name // every name known for the remote, best first
	JA3, JA4       string
	SYN            string // kinds of the TCP options in the client's SYN, one byte each, in order (RFC 9293 section 3.2)
	App            App
	Uploaded       int64 // bytes of HTTP request bodies seen or declared
	Rounds         int64 // of a small question and a small answer, where a flow to port 443 has little else; known at its end
	Gaps           int64 // holes in the reassembled part of the stream
}

// Volume counts one direction of a flow.
type Volume struct {
	Packets int64
	Bytes   int64 // on the wire, from the IP header on
	Payload int64 // of the transport
}

// App is the program that owns a flow, where the capture says so (PCAPdroid).
type App struct {
	UID  int32
	Name string
}

// Local is the device's endpoint.
func (f *Flow) Local() netip.AddrPort {
	if f.Inward {
		return f.Server
	}
	return f.Client
}

// Remote is the endpoint that the device talks to.
func (f *Flow) Remote() netip.AddrPort {
	if f.Inward {
		return f.Client
	}
	return f.Server
}

// Up is what the device sent.
func (f *Flow) Up() Volume {
	if f.Inward {
		return f.Received
	}
	return f.Sent
}

// Down is what the device received.
func (f *Flow) Down() Volume {
	if f.Inward {
		return f.Sent
	}
	return f.Received
}

// Name returns the best-known name of the remote, or the zero Name.
func (f *Flow) Name() Name {
	if len(f.Names) == 0 {
		return Name{}
	}
	return f.Names[0]
}

// String is the flow as it stands in machine output: "tcp 10.0.0.2:4711 > 192.0.2.1:443".
func (f *Flow) String() string {
	return string(f.Transport) + " " + f.Client.String() + " > " + f.Server.String()
}

// Name is a name of a remote and how we know it.
type Name struct {
	Value  string
	Source NameSource
}

// NameSource says how a name of a remote was learnt.
type NameSource string

// The sources, best first: what the client said of this very flow, then what
// the device had just been told of the address, then what the server claimed.
const (
	NameTLS         NameSource = "tls-sni"
	NameQUIC        NameSource = "quic-sni"
	NameHTTP        NameSource = "http-host"
	NameSOCKS       NameSource = "socks"
	NameDNS         NameSource = "dns"
	NameCertificate NameSource = "certificate"
)

// Rank orders sources, 0 is the best.
func (s NameSource) Rank() int {
	switch s {
	case NameTLS, NameQUIC:
		return 0
	case NameHTTP, NameSOCKS:
		return 1
	case NameDNS:
		return 2
	}
	return 3
}
