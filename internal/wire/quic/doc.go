// Package quic reads the only part of QUIC that an onlooker can read: the
// Initial packets, whose keys follow from a connection ID that travels in the
// clear, and in them the CRYPTO bytes that carry the TLS ClientHello and
// ServerHello.
//
// Looks says whether a UDP payload may begin a QUIC flow. A Stream then sees the
// datagrams of one flow, of both directions and in the order of the capture, and
// emits the bytes of each side's first handshake message as far as they are
// known without a gap:
//
//	var s quic.Stream
//	s.See(payload, fromClient, func(c quic.Crypto) { hello(c.FromClient, c.Data) })
//
// The bytes are bare TLS handshake messages (one byte of type, three of length)
// without TLS records; reading them is the work of wire/tls. SealInitial,
// SealFlight and SealRetry write datagrams for simulated captures.
//
// Standards: RFC 8999 (what holds for every version), RFC 9000 section 17
// (packets) and 19 (frames), RFC 9001 section 5 (protection), RFC 9368 (version
// negotiation), RFC 9369 (version 2), and the drafts 29 to 34 of them.
//
// What it does not do: it decrypts neither 0-RTT, Handshake nor 1-RTT packets,
// whose keys are secret, nor Google QUIC and drafts before 29, which no phone
// speaks any more: those are labelled with their version only. It follows no
// migration, no stream data and no acknowledgement.
//
// On failure nothing is returned and nothing panics: a packet that is damaged,
// cut by the snap length or opened by no key is counted in Facts, and whatever
// could be read before it stays emitted. The authentication tag is the judge of
// every packet; nothing unauthenticated is ever emitted. All memory and effort
// is bounded by the constants in limit.go.
package quic
