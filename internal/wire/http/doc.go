// Package http reads the heads of HTTP/1.0 and HTTP/1.1 messages out of recorded
// TCP streams (RFC 9112; field meanings RFC 9110) and of single UDP datagrams
// that borrow the format (SSDP).
//
// One Stream reads one direction of one TCP stream. It is fed the bytes in order
// and reports a Message for every head, as soon as the head is complete, and one
// more of kind Body when a body has ended:
//
//	var up, down http.Stream
//	http.Pair(&up, &down)             // answers to HEAD and CONNECT need the question
//	rest := up.Feed(segment, emit)    // rest: bytes of a tunnel, see below
//	up.Skip(missing, emit)            // a hole, or bytes cut off by the snap length
//	up.Flush(emit)                    // the end of the capture or of the stream
//
// Which way a Stream looks (requests or responses) is learnt from its bytes.
// After CONNECT with a 2xx answer, and after 101 Switching Protocols, the stream
// is opaque: State is Tunnel, Opaque gives the offset of the first tunnelled
// byte, and Feed returns the tunnelled bytes, for the caller to look for TLS, or
// for HTTP with a fresh Stream, in them.
//
// Work is linear in the bytes fed and memory is bounded by MaxLine and the other
// constants, whatever the peer sends. Messages do not depend on how the bytes
// were cut into pieces, as long as the stream is in step. When it has lost step
// (capture began in mid-stream, bytes missing, nonsense between two messages) it
// waits for a piece that starts with a request line or a status line: captures
// have holes, and senders start messages with a fresh segment.
//
// The package does not keep or decode bodies, does not read HTTP/0.9, HTTP/2,
// RTSP or SIP, and does not judge a message: it is lenient where a recipient
// might be (bare LF, obs-fold, blanks before the colon, missing or repeated
// Host) and Message.Err and Stats say what was irregular. Nothing panics and
// nothing is refused that can be read.
package http
