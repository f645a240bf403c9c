package tls

import (
	"errors"
	"fmt"
	"slices"
)

// maxSessionID is the longest session id (RFC 8446 section 4.1.2).
const maxSessionID = 32

// ClientHello is the first message of a client (RFC 8446 section 4.1.2), with
// the fields that name the remote side or the software. Lists are in the order
// of the wire and include GREASE values. Nothing aliases the parsed bytes.
type ClientHello struct {
	Version             uint16 // legacy_version
	SessionIDLength     int
	CookieLength        int // DTLS only
	CipherSuites        []uint16
	Extensions          []uint16 // types
	SNI                 string   // host_name, lower case, without trailing dot; "" when absent or no name
	ALPN                []string
	SupportedVersions   []uint16
	Groups              []uint16
	PointFormats        []uint8
	SignatureAlgorithms []uint16
	ECH                 ECH
	PreSharedKey        bool
	EarlyData           bool
	QUICParameters      bool
	SSLv2               bool // SSL 2.0 shape: only Version and CipherSuites are known
	Partial             bool // cut or damaged: lists may be short, so there is no fingerprint
}

// ParseClientHello reads the body of a TLS ClientHello, without the four bytes
// of handshake header. The hello of a cut or damaged body holds every field
// before the damage, and every sound extension after a damaged one; the error
// wraps ErrCut when bytes were missing at the end.
func ParseClientHello(body []byte) (ClientHello, error) {
	return parseClientHello(body, false)
}

// ParseClientHelloDTLS is ParseClientHello for DTLS, whose hello has a cookie
// after the session id (RFC 6347 section 4.2.1).
func ParseClientHelloDTLS(body []byte) (ClientHello, error) {
	return parseClientHello(body, true)
}

func parseClientHello(body []byte, datagram bool) (ClientHello, error) {
	var h ClientHello
	r := reader{rest: body}
	err := h.read(&r, datagram)
	if err == nil && r.cut {
		err = ErrCut
	}
	h.Partial = r.cut || errors.Is(err, errOverrun) || errors.Is(err, errList)
	if err != nil {
		err = fmt.Errorf("parse client hello: %w", err)
	}
	return h, err
}

// errList marks damage in front of the extensions.
var errList = errors.New("malformed list")

// read takes the fields in the order of the wire. It leaves bytes that are
// missing at the end to r.cut.
func (h *ClientHello) read(r *reader, datagram bool) (err error) {
	h.Version = r.uint16()
	r.bytes(32) // random
	h.SessionIDLength = len(r.vector8())
	if h.SessionIDLength > maxSessionID {
		return fmt.Errorf("%w: session id of %d bytes", errList, h.SessionIDLength)
	}
	if datagram {
		h.CookieLength = len(r.vector8())
	}
	suites := r.vector16()
	h.CipherSuites = uint16s(suites)
	if len(suites)%2 != 0 && !r.cut {
		return fmt.Errorf("%w: %d bytes of cipher suites", errList, len(suites))
	}
	r.vector8() // compression methods
	if !r.cut && len(r.rest) > 0 {
		// Absent before TLS 1.2 (RFC 5246 section 7.4.1.2): then the body ends here.
		h.Extensions, err = readExtensions(r, h.readExtension)
	}
	return err
}

// readExtension decodes one extension; it reports whether the data was well
// formed. Of a repeated extension (forbidden by RFC 8446 section 4.2) the last
// one counts, as it does for JA3, except that a server name once read stays.
func (h *ClientHello) readExtension(kind uint16, data []byte) (ok bool) {
	r := reader{rest: data}
	switch kind {
	case extServerName:
		return h.readServerName(&r)
	case extALPN:
		h.ALPN, ok = readALPN(&r)
		return ok
	case extSupportedGroups:
		return read16List(&h.Groups, r.vector16(), &r)
	case extSignatureAlgorithms:
		return read16List(&h.SignatureAlgorithms, r.vector16(), &r)
	case extSupportedVersions:
		return read16List(&h.SupportedVersions, r.vector8(), &r)
	case extPointFormats:
		h.PointFormats = slices.Clone(r.vector8())
		return !r.cut
	case extPreSharedKey:
		h.PreSharedKey = true
	case extEarlyData:
		h.EarlyData = true
	case extQUICParameters, extQUICParametersDraft:
		h.QUICParameters = true
	case extECH:
		h.ECH, ok = readECH(&r)
		return ok
	case extESNI:
		if h.ECH.Kind == ECHNone {
			h.ECH.Kind = ECHDraftESNI
		}
	}
	return true
}

func read16List(list *[]uint16, data []byte, r *reader) bool {
	*list = uint16s(data)
	return !r.cut && len(data)%2 == 0
}

// Highest is the newest version that the client offers: the greatest number in
// supported_versions without GREASE, or legacy_version when the extension is
// absent (RFC 8446 section 4.2.1). DTLS numbers count downwards; there the
// greatest number is the oldest version.
func (h *ClientHello) Highest() uint16 {
	var highest uint16
	for _, v := range h.SupportedVersions {
		if !IsGREASE(v) && v > highest {
			highest = v
		}
	}
	if highest == 0 {
		return h.Version
	}
	return highest
}
