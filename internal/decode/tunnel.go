package decode

import (
	"bytes"
	"encoding/binary"

	"tinycheck"
	"tinycheck/internal/wire/http"
	"tinycheck/internal/wire/tls"
	"tinycheck/internal/wire/tunnel"
)

// kinds translates what the shape of a flow told.
var kinds = map[tunnel.Kind]tinycheck.TunnelKind{
	tunnel.WireGuard: tinycheck.TunnelWireGuard,
	tunnel.OpenVPN:   tinycheck.TunnelOpenVPN,
	tunnel.IKE:       tinycheck.TunnelIPsec,
	tunnel.ESP:       tinycheck.TunnelIPsec,
	tunnel.AH:        tinycheck.TunnelIPsec,
	tunnel.L2TP:      tinycheck.TunnelL2TP,
	tunnel.PPTP:      tinycheck.TunnelPPTP,
	tunnel.SSH:       tinycheck.TunnelSSH,
	tunnel.SOCKS:     tinycheck.TunnelSOCKS,
}

// shape looks whether the payload has the shape of a tunnel. It reports
// whether that is still open.
func (d *Decoder) shape(s *tunnel.Stream, p []byte, sent bool) bool {
	f := d.flow
	meta := tunnel.Meta{Transport: string(f.Transport), ClientPort: f.Client.Port(), ServerPort: f.Server.Port()}
	if d.missing > 0 {
		meta.Length = len(p) + d.missing
	}
	switch s.See(p, sent, meta) {
	case tunnel.Undecided:
		return true
	case tunnel.Yes:
		d.shaped(s.Found())
	}
	return false
}

// shaped tells which tunnel it is. A proxy is asked for a host by name: that
// is whom the flow is for.
func (d *Decoder) shaped(found tunnel.Found) {
	kind, ok := kinds[found.Kind]
	if !ok || d.flow.Tunnel != "" {
		return
	}
	d.tunnelled(kind)
	if found.Host != "" {
		d.nameRemote(found.Host, tinycheck.NameSOCKS)
		d.event(tinycheck.SOCKSRequest{Host: found.Host, Port: found.Port})
	}
}

// findTunnel looks at the first bytes of a stream for a tunnel. It reports
// whether that changed how the direction is read, and with which bytes the
// next mode begins.
func (s *direction) findTunnel(data []byte) (rest []byte, ok bool) {
	f := s.f
	switch {
	case f.Tunnel == tinycheck.TunnelSOCKS:
		return s.behindReply(data)
	case f.Tunnel == tinycheck.TunnelOpenVPN:
		s.insideOpenVPN(data)
		return nil, true
	case s.broken || f.Tunnel != "" || s.d.shape(&f.tcp.tunnel, data, s.client):
		return nil, false
	case f.Tunnel == tinycheck.TunnelSOCKS:
		return s.behindRequest(data, f.tcp.tunnel.Found().Offset)
	case f.Tunnel == tinycheck.TunnelOpenVPN:
		s.insideOpenVPN(data)
		return nil, true
	}
	return nil, false
}

// insideOpenVPN looks for hellos within packets of OpenVPN, which have two bytes
// of length in front when they travel on TCP. They carry TLS in pieces, each
// behind a header of its own, so that only messages which lie whole within one
// packet are read.
func (s *direction) insideOpenVPN(data []byte) {
	if s.searched += len(data); s.searched > maxSearch {
		s.done()
		return
	}
	data = append(s.held, data...)
	for len(data) > 2 {
		end := 2 + int(binary.BigEndian.Uint16(data))
		if end > len(data) {
			break
		}
		if at := tls.FindStart(data[:end]); at >= 0 {
			var one tls.Stream
			one.Feed(data[at:end], s.d.emitters.tls)
		}
		data = data[end:]
	}
	s.held = append([]byte(nil), data...)
}

// behindRequest begins anew where the client's request to a proxy ends.
func (s *direction) behindRequest(data []byte, offset int) (rest []byte, ok bool) {
	client := &s.f.tcp.sides[0]
	if client.mode != modeSearch {
		return nil, false
	}
	if !s.client { // the answer of the proxy decided
		if client.seen == offset {
			client.enter(modeFresh)
		}
		return s.behindReply(data)
	}
	s.enter(modeFresh)
	return data[min(max(0, offset-s.seen), len(data)):], true
}

// behindReply finds an answer of HTTP behind that of the proxy, whose length
// depends on what was negotiated.
func (s *direction) behindReply(data []byte) (rest []byte, ok bool) {
	at := bytes.Index(data, []byte("HTTP/1."))
	if s.client || at < 0 || http.Looks(data[at:]) != http.ResponseMessage {
		return nil, false
	}
	s.enter(modeHTTP)
	return data[at:], true
}
