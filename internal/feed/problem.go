package feed

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode"

	"tinycheck"
)

func invalid(format string, values ...any) error {
	return tinycheck.Errorf(fmt.Sprintf(format, values...), tinycheck.Invalid, nil)
}

func unavailable(op string, err error) error { return tinycheck.Errorf(op, tinycheck.Unavailable, err) }

// Why a request was given up by us.
var (
	errIdle    = errors.New("the server stopped sending")
	errTimeout = errors.New("the answer took too long")
)

// passing is a failure that may be over soon.
type passing struct {
	err   error
	after time.Duration // that the server asks to wait; 0: it does not
}

func (p *passing) Error() string { return p.err.Error() }
func (p *passing) Unwrap() error { return p.err }

// explain gives an error its address and its kind. The secret never gets out,
// not even in the words of a server that repeats it.
func (v *visit) explain(op string, err error) error {
	var own *tinycheck.Error
	if !errors.As(err, &own) {
		return tinycheck.Errorf(op, tinycheck.Unavailable, err)
	}
	return tinycheck.Errorf(op, own.Kind, err)
}

// quote makes the words of a server fit for an error: one short line, without
// the secret.
func (v *visit) quote(words string) string {
	for _, secret := range v.secrets() {
		words = strings.ReplaceAll(words, secret, "…")
	}
	words = strings.Join(strings.FieldsFunc(words, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }), " ")
	if len(words) > maxQuote {
		words = strings.ToValidUTF8(words[:maxQuote], "") + "…"
	}
	return words
}

// secrets are all spellings of the secret, the longest first.
func (v *visit) secrets() []string {
	if v.secret == "" {
		return nil
	}
	list := []string{v.secret}
	if user, password, ok := strings.Cut(v.secret, ":"); ok {
		list = []string{base64.StdEncoding.EncodeToString([]byte(v.secret)), v.secret, password, user}
	}
	out := list[:0]
	for _, s := range list {
		if len(s) > 3 { // shorter ones would tear words apart, and say so
			out = append(out, s)
		}
	}
	return out
}

// place names a server and a document in an error: a query may be a secret.
func place(u *url.URL) string {
	text := u.Scheme + "://" + u.Host + u.EscapedPath()
	if len(text) > maxQuote {
		text = strings.ToValidUTF8(text[:maxQuote], "") + "…"
	}
	return text
}

// diagnose turns what the network says into a sentence, and says whether it may
// pass. ctx is that of the request: its cause tells who ended it.
func diagnose(ctx context.Context, err error) error {
	var own *tinycheck.Error
	if errors.As(err, &own) {
		return err
	}
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(cause, errIdle) || errors.Is(cause, errTimeout) {
			return &passing{err: unavailable("wait for the server", cause)}
		}
		return unavailable("fetching was stopped", cause)
	}
	switch {
	case errors.Is(err, errPrivate):
		return tinycheck.Errorf("reach the server", tinycheck.Invalid, errPrivate)
	case errors.Is(err, errShort), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &passing{err: unavailable("the connection ended before the answer did", err)}
	}
	if sentence, kind := distrust(err); sentence != "" {
		return tinycheck.Errorf(sentence, kind, err)
	}
	return unreachable(err)
}

// distrust explains why a server did not prove who it is.
func distrust(err error) (string, tinycheck.ErrorKind) {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		bad     x509.CertificateInvalidError
		record  tls.RecordHeaderError
		refusal tls.AlertError
		verify  *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &name):
		return "the server's certificate is for another name: is there a login page in between, or is the address wrong?", tinycheck.Unavailable
	case errors.As(err, &bad) && bad.Reason == x509.Expired:
		return "the server's certificate has expired or is not valid yet: is the clock of this machine right?", tinycheck.Unavailable
	case errors.As(err, &unknown):
		return "nobody known has signed the server's certificate: is there a login page or a filter in between?", tinycheck.Unavailable
	case errors.As(err, &bad), errors.As(err, &verify):
		return "the server's certificate is not valid", tinycheck.Unavailable
	case errors.As(err, &record):
		return "the server does not speak TLS at this address", tinycheck.Unavailable
	case errors.As(err, &refusal), strings.Contains(err.Error(), "tls: "):
		return "the server and this program agree on no safe encryption", tinycheck.Unavailable
	}
	return "", ""
}

// unreachable explains why there is no connection.
func unreachable(err error) error {
	var lookup *net.DNSError
	if errors.As(err, &lookup) {
		if lookup.IsNotFound {
			return tinycheck.Errorf("no server has this name: is the address right, and is there a connection to the Internet?", tinycheck.Unavailable, err)
		}
		return &passing{err: unavailable("look up the server's name", err)}
	}
	var limit net.Error
	if errors.As(err, &limit) && limit.Timeout() {
		return &passing{err: unavailable("wait for the server", err)}
	}
	for _, e := range []syscall.Errno{syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, syscall.EHOSTUNREACH, syscall.ENETUNREACH} {
		if errors.Is(err, e) {
			return &passing{err: unavailable("reach the server", err)}
		}
	}
	return unavailable("reach the server", err)
}
