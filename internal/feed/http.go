package feed

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"path"
	"strings"
)

// fetchHTTP asks for one document, unless it is the one that is known already
// (RFC 9110 sections 13.1.2 and 13.1.3).
func (v *visit) fetchHTTP(ctx context.Context) (Fetched, error) {
	q := v.document()
	if mark := v.feed.ETag; usable(mark) {
		q.header.Set("If-None-Match", mark)
		q.since = true
	}
	if mark := v.feed.Modified; usable(mark) {
		q.header.Set("If-Modified-Since", mark)
		q.since = true
	}
	a, err := v.ask(ctx, q)
	if err != nil {
		return Fetched{}, err
	}
	got := Fetched{ETag: mark(a.header, "ETag"), Modified: mark(a.header, "Last-Modified"), Whole: true}
	if a.spool == nil {
		got.Unchanged = true // a 304 need not repeat what it said before (RFC 9110 section 15.4.5)
		got.ETag, got.Modified = cmp.Or(got.ETag, v.feed.ETag), cmp.Or(got.Modified, v.feed.Modified)
		return got, nil
	}
	if a.spool.size == 0 {
		return Fetched{}, invalid("the server answers with nothing: the feed is empty")
	}
	return got, nil
}

func (v *visit) document() request {
	return request{
		method: http.MethodGet, url: v.home, header: http.Header{"Accept": {"*/*"}},
		name: nameOf(v.home.Path, v.home.Hostname()), limit: v.MaxBytes,
	}
}

// nameOf is the last step of a path that has a name.
func nameOf(p, otherwise string) string {
	if name := path.Base(strings.TrimRight(p, "/")); name != "." && name != "/" && name != ".." {
		return name
	}
	return otherwise
}

// usable marks go back to the server as they came.
func usable(mark string) bool {
	return mark != "" && len(mark) <= maxMark && !strings.ContainsFunc(mark, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func mark(h http.Header, name string) string {
	if value := h.Get(name); usable(value) {
		return value
	}
	return ""
}

func (v *visit) probeHTTP(ctx context.Context) (string, error) {
	q := v.document()
	q.peek = true
	a, err := v.ask(ctx, q)
	if err != nil {
		return "", err
	}
	said := "The server answers"
	if a.url.Host != v.home.Host {
		said += " through " + a.url.Host
	}
	if length := a.header.Get("Content-Length"); length != "" {
		said += fmt.Sprintf(" with %s bytes", v.quote(length))
	}
	if changed := mark(a.header, "Last-Modified"); changed != "" {
		said += ", last changed " + v.quote(changed)
	}
	return said + ".", nil
}
