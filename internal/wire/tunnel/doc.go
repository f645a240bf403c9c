// Package tunnel tells by shape which tunnel or proxy a flow carries, without
// decrypting anything. A phone whose traffic runs through a tunnel cannot be
// judged by what is visible outside of it; the product must say so.
//
// One Stream watches one flow:
//
//	var s tunnel.Stream
//	state := s.See(payload, fromClient, meta)   // every payload, until decided
//	found := s.Found()                          // after Yes
//
// For UDP a payload is a datagram, for TCP the next contiguous bytes of that
// direction. A Stream decides after a few packets; from then on See returns at
// once, and the caller may stop calling. Most flows are decided by the first
// payload of each direction (TCP) or by the sixth datagram (UDP).
//
// Recognised, one file each, listed in the table of stream.go: WireGuard (white
// paper section 5.4; also as Cloudflare WARP has it), OpenVPN (its protocol
// documentation; draft-openvpn-wire-protocol), IKEv1 and IKEv2 (RFC 2408, RFC
// 7296), ESP in UDP (RFC 3948), L2TP (RFC 2661, RFC 3931), PPTP (RFC 2637), SOCKS
// (RFC 1928, SOCKS 4 and 4A) and SSH (RFC 4253). Protocol tells those that are IP
// protocols of their own.
//
// Not recognised, because there is nothing to see: Shadowsocks, VMess, obfs4 and
// other protocols that look like noise; OpenVPN with a scrambling patch or a
// static key; AmneziaWG with its headers changed; tunnels inside TLS or QUIC,
// among them Tor. TorLikeName is a weak sign for the last one, TorLikeCertificate a
// strong one. A tunnel that
// takes nearly all of a phone's bytes shows by that, not here.
//
// Nothing is allocated for a flow that matches nothing, at most 5 KiB for one
// that may still. Damaged or cut payloads count as no match; Meta.Length tells
// of payloads cut by the snap length.
package tunnel
