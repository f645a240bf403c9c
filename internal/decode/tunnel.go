package decode

import (
	"tinycheck"
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
	if d.datagram.Cut {
		meta.Length = len(p) + d.missing()
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
		d.flow.addName(found.Host, tinycheck.NameSOCKS)
		d.event(tinycheck.SOCKSRequest{Host: found.Host, Port: found.Port})
	}
}
