// Package stun reads STUN messages (RFC 8489), among them those of TURN (RFC
// 8656), and the ChannelData messages that TURN puts around relayed data.
//
//	if stun.Looks(payload) {
//		m, err := stun.Parse(payload)
//	}
//
// STUN is how calls and meetings find their way; a TURN allocation is a relay,
// through which audio and video run whose other end cannot be seen. Over TCP the
// messages follow each other: Message.Size says where the next one starts.
//
// The package does not check MESSAGE-INTEGRITY (the key is unknown) and keeps no
// state: which channel belongs to which allocation is for the caller to know.
// Messages of the older RFC 3489 have no magic cookie; Looks, which must not err,
// does not accept them, Parse does when all of the message fits together.
//
// A damaged message gives everything before the damage and an error. Nothing is
// allocated but the strings kept, which are bounded by MaxText.
package stun
