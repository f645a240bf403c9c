package feed

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tinycheck"
)

// agent says nothing: the server, and whoever watches the line, need not learn
// that somebody checks phones here.
const agent = "Mozilla/5.0"

// request is one question to a server.
type request struct {
	method string
	url    *url.URL
	header http.Header
	body   []byte
	name   string                             // of the spool
	limit  int64                              // bytes of the answer, unpacked
	media  func(contentType string) error     // looks at the media type of the answer
	since  bool                               // asked only for what changed: 304 is an answer
	peek   bool                               // the headers are enough
	refuse func(answer, []byte) (error, bool) // explains an error page; false: the usual words
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	url    *url.URL // after redirects
	spool  *spool   // nil for 304, and when the headers were enough
}

// ask asks, and asks again when what failed may pass.
func (v *visit) ask(ctx context.Context, q request) (answer, error) {
	for try := 1; ; try++ {
		a, err := v.once(ctx, q)
		var again *passing
		if err == nil || !errors.As(err, &again) || try >= v.Tries || ctx.Err() != nil {
			return a, err
		}
		if err := v.sleep(ctx, v.pause(try, again.after)); err != nil {
			return answer{}, unavailable("fetching was stopped", err)
		}
	}
}

// pause grows with each try; a server that says how long is believed.
func (v *visit) pause(try int, after time.Duration) time.Duration {
	if after > 0 {
		return after + v.jitter(time.Second)
	}
	step := time.Second << (try - 1)
	return step + v.jitter(step)
}

// once asks one time, following redirects, each checked like the first address.
func (v *visit) once(parent context.Context, q request) (answer, error) {
	ctx, stop := context.WithTimeoutCause(parent, v.Timeout, errTimeout)
	defer stop()
	for hop := 0; ; hop++ {
		a, next, err := v.hop(ctx, q)
		if err != nil || next == nil {
			return a, err
		}
		if hop == maxRedirects {
			return answer{}, invalid("the server redirects more than %d times", maxRedirects)
		}
		q.url = next
	}
}

// hop is one request and its answer; next is where it redirects to.
func (v *visit) hop(parent context.Context, q request) (a answer, next *url.URL, err error) {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	req, err := v.compose(ctx, q)
	if err != nil {
		return answer{}, nil, err
	}
	route, err := v.route(q.url)
	if err != nil {
		return answer{}, nil, err
	}
	resp, err := route.RoundTrip(req)
	if err != nil {
		return answer{}, nil, diagnose(ctx, err)
	}
	defer resp.Body.Close()
	a = answer{status: resp.StatusCode, header: resp.Header, url: q.url}
	if to := resp.Header.Get("Location"); redirects(resp.StatusCode) && to != "" {
		next, err = v.redirect(q, to)
		return a, next, err
	}
	if err := v.accept(cancel, q, &a, resp); err != nil {
		return answer{}, nil, diagnose(ctx, err)
	}
	return a, nil, nil
}

// accept looks at an answer and spools its content.
func (v *visit) accept(cancel context.CancelCauseFunc, q request, a *answer, resp *http.Response) error {
	body := &watched{r: resp.Body, idle: v.Idle, late: func() { cancel(errIdle) }}
	switch {
	case a.status == http.StatusNotModified && q.since:
		return nil
	case a.status != http.StatusOK && a.status != http.StatusNonAuthoritativeInfo:
		return v.refused(q, *a, errorPage(body))
	}
	if err := webPage(resp.Header, nil); err != nil {
		return err
	}
	if q.media != nil {
		if err := q.media(resp.Header.Get("Content-Type")); err != nil {
			return err
		}
	}
	if err := encoding(resp.Header); err != nil || q.peek {
		return err
	}
	p, err := v.fill(q.name, body, q.limit)
	if err != nil {
		return err
	}
	if err := webPage(nil, p.head); err != nil {
		v.drop(p)
		return err
	}
	a.spool = p
	return nil
}

// errorPage gives the beginning of what a server says about an error.
func errorPage(body io.Reader) []byte {
	u, err := unpack(io.LimitReader(body, maxRefusal))
	defer u.close()
	if err != nil {
		return nil
	}
	page, _ := io.ReadAll(io.LimitReader(u.in, maxRefusal)) // what there is will do
	return page
}

// compose writes the request. The secret goes to the feed's own server only.
func (v *visit) compose(ctx context.Context, q request) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, q.method, q.url.String(), bytes.NewReader(q.body))
	if err != nil {
		return nil, invalid("the address is no URL")
	}
	if len(q.body) == 0 {
		req.Body, req.GetBody, req.ContentLength = nil, nil, 0
	}
	req.Header = q.header.Clone()
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Accept-Encoding", "gzip, zstd")
	if v.secret != "" && same(q.url, v.home) {
		req.Header.Set("Authorization", v.authorization())
	}
	return req, nil
}

// authorization is Basic (RFC 7617) for user:password; a key is a bearer token
// (RFC 6750) unless it brings its own scheme: "Token abc".
func (v *visit) authorization() string {
	switch {
	case v.feed.Kind == tinycheck.FeedMISP:
		return v.secret // MISP: the key alone
	case strings.Contains(v.secret, ":"):
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(v.secret))
	case strings.Contains(v.secret, " "):
		return v.secret
	}
	return "Bearer " + v.secret
}

// route is the way to a server: through the proxy, or straight.
func (v *visit) route(u *url.URL) (*http.Transport, error) {
	proxy, err := v.proxy(u)
	if err != nil {
		return nil, invalid("the proxy in the environment is no address") // it may have a password: not quoted
	}
	private := v.private(u)
	by := strconv.FormatBool(private)
	if proxy != nil {
		by += proxy.String()
	}
	if v.routes[by] == nil {
		v.routes[by] = v.transport(proxy, private)
	}
	return v.routes[by], nil
}

// private reports whether an address of a private network is allowed: of the
// server that the feed names, not of those to which it redirects.
func (v *visit) private(u *url.URL) bool {
	return v.feed.Private && (v.home == nil || strings.EqualFold(u.Hostname(), v.home.Hostname()))
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirect says where to go on. A question with a body is never repeated
// elsewhere (RFC 9110 section 15.4: only with care).
func (v *visit) redirect(q request, to string) (*url.URL, error) {
	next, err := q.url.Parse(to)
	if err != nil {
		return nil, invalid("the server redirects to something that is no address")
	}
	next.User, next.Fragment, next.RawFragment = nil, "", ""
	switch {
	case q.method != http.MethodGet:
		return nil, invalid("the server redirects to %s: is the address right, and the key?", v.quote(place(next)))
	case q.url.Scheme == "https" && next.Scheme != "https":
		return nil, invalid("the server redirects from https to %s: refused, it would be unprotected", v.quote(place(next)))
	}
	if err := allowed(next, v.private(next)); err != nil {
		return nil, invalid("the server redirects to %s: %v", v.quote(place(next)), err)
	}
	return next, nil
}

// watched ends a request whose server stops sending.
type watched struct {
	r    io.Reader
	idle time.Duration
	late func()
}

func (w *watched) Read(b []byte) (int, error) {
	timer := time.AfterFunc(w.idle, w.late)
	defer timer.Stop()
	return w.r.Read(b)
}
