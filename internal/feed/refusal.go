package feed

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tinycheck"
)

// refused says what a status means for whoever set the feed up (RFC 9110
// section 15, RFC 6585).
func (v *visit) refused(q request, a answer, page []byte) error {
	if q.refuse != nil {
		if err, ok := q.refuse(a, page); ok {
			return err
		}
	}
	kind, words := meaning(a.status, v.secret != "")
	err := tinycheck.Errorf(fmt.Sprintf("the server answers %d: %s", a.status, words), kind, nil)
	if a.status != http.StatusTooManyRequests && (a.status < 500 || a.status == http.StatusNotImplemented) {
		return err
	}
	wait := retryAfter(a.header)
	if wait > maxWait {
		return tinycheck.Errorf(fmt.Sprintf("the server answers %d and asks to wait %v: try again later", a.status, wait.Round(time.Second)), tinycheck.Unavailable, nil)
	}
	return &passing{err: err, after: wait}
}

func meaning(status int, secret bool) (tinycheck.ErrorKind, string) {
	switch {
	case status == http.StatusUnauthorized && !secret:
		return tinycheck.Invalid, "it asks for a key or a password: set it for this feed"
	case status == http.StatusUnauthorized:
		return tinycheck.Invalid, "it does not accept the key or the password: check it"
	case status == http.StatusForbidden:
		return tinycheck.Invalid, "it does not allow this: check the address, the key and what the key may do"
	case status == http.StatusNotFound:
		return tinycheck.NotFound, "there is nothing at this address: check it, the feed may have moved"
	case status == http.StatusGone:
		return tinycheck.NotFound, "the feed is gone for good: look for another one"
	case status == http.StatusNotModified:
		return tinycheck.Unavailable, "that nothing has changed, which was not asked"
	case status == http.StatusNotAcceptable || status == http.StatusUnsupportedMediaType:
		return tinycheck.Unsupported, "it does not speak the format that was asked for"
	case status == http.StatusProxyAuthRequired:
		return tinycheck.Invalid, "the proxy asks for a password"
	case status == http.StatusTooManyRequests:
		return tinycheck.Unavailable, "it was asked too often: try again later"
	case status == http.StatusNetworkAuthenticationRequired: // RFC 6585 section 6
		return tinycheck.Unavailable, "there is a login page in between: log in to this network first"
	case status >= 500:
		return tinycheck.Unavailable, "it has a problem of its own: try again later"
	case redirects(status):
		return tinycheck.Invalid, "a redirect to nowhere"
	case status < 300:
		return tinycheck.Invalid, "without the content that was asked for"
	}
	return tinycheck.Invalid, "it does not understand the question: check the address"
}

// retryAfter reads Retry-After in both its forms (RFC 9110 section 10.2.3); 0
// when there is none.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(t))
	}
	return 0
}

// webPage recognises a page for people where a feed should be, by the media type
// or by the first bytes (WHATWG MIME Sniffing, section 7.1).
func webPage(h http.Header, head []byte) error {
	media, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	text := strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n\f")))
	found := media == "text/html" || media == "application/xhtml+xml"
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<script", "<body", "<title", "<meta", "<iframe", "<!--"} {
		found = found || strings.HasPrefix(text, tag)
	}
	if !found {
		return nil
	}
	return invalid("answered by a web page: is there a login page in between, or is the address that of a page?")
}

// encoding refuses what was not asked for and cannot be taken off.
func encoding(h http.Header) error {
	for _, value := range h.Values("Content-Encoding") {
		for token := range strings.SplitSeq(value, ",") {
			switch strings.ToLower(strings.TrimSpace(token)) {
			case "", "identity", "gzip", "x-gzip", "zstd":
			default:
				return tinycheck.Errorf("the server packs its answer in a way that was not asked for", tinycheck.Unsupported, nil)
			}
		}
	}
	return nil
}
