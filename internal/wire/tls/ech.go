package tls

// ECHKind tells how far a ClientHello hides its real name.
type ECHKind uint8

const (
	ECHNone      ECHKind = iota // no such extension: the server name is the real one
	ECHOuter                    // the outer hello, or GREASE that looks the same (RFC 9849 section 6.2)
	ECHInner                    // the marker of an inner hello; never seen on a wire
	ECHDraftESNI                // encrypted_server_name of the early drafts (0xffce)
)

// String names the kind for people who read test failures and logs.
func (k ECHKind) String() string {
	switch k {
	case ECHOuter:
		return "outer"
	case ECHInner:
		return "inner"
	case ECHDraftESNI:
		return "esni"
	}
	return "none"
}

// ECH is the encrypted_client_hello extension of a ClientHello (RFC 9849
// section 5). A passive reader cannot tell the real thing from GREASE by these
// fields alone; the outer server name and the DNS answers decide.
type ECH struct {
	Kind          ECHKind
	KDF           uint16 // HPKE identifiers (RFC 9180 section 7); outer only
	AEAD          uint16
	ConfigID      uint8
	EncLength     int // bytes of the encapsulated key; 0 after a HelloRetryRequest
	PayloadLength int // bytes of the encrypted inner hello
}

// readECH reads the extension; the kind is known even when the rest is damaged.
func readECH(r *reader) (ECH, bool) {
	switch kind := r.uint8(); {
	case r.cut:
		// A hello with the extension but no data hides nothing that we know of,
		// yet it is not the absence of the extension.
		return ECH{Kind: ECHOuter}, false
	case kind == 1:
		return ECH{Kind: ECHInner}, len(r.rest) == 0
	case kind != 0:
		return ECH{Kind: ECHOuter}, false
	}
	e := ECH{Kind: ECHOuter}
	e.KDF = r.uint16()
	e.AEAD = r.uint16()
	e.ConfigID = r.uint8()
	e.EncLength = len(r.vector16())
	e.PayloadLength = len(r.vector16())
	return e, !r.cut && len(r.rest) == 0
}
