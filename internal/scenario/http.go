package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// httpAct is: http PLACE METHOD HOST/PATH|/PATH [up N] [down N] [agent TEXT]
// [type TEXT] [body TEXT] [status N] [location URL] [inject URL].
type httpAct struct {
	at          place
	method      string
	host, path  string
	agent       string
	contentType string
	body        string
	status      int
	location    string
	inject      string // where somebody on the way redirects to
	amount      amount
	how         treatment
}

// methods of RFC 9110 section 9 and of WebDAV, RFC 4918.
var methods = []string{"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "PROPFIND"}

func readHTTP(w *words) (act, error) {
	a := &httpAct{status: 200}
	if err := w.place(&a.at, 80); err != nil {
		return nil, err
	}
	if err := w.oneOf(&a.method, methods...); err != nil {
		return nil, err
	}
	if err := a.url(w); err != nil {
		return nil, err
	}
	return a, w.options(a.at.familyOptions(), a.amount.options(), a.how.options(), []option{
		textOption("agent", &a.agent), textOption("type", &a.contentType), textOption("body", &a.body),
		numberOption("status", &a.status, 200, 599), textOption("location", &a.location), textOption("inject", &a.inject),
	})
}

// url reads HOST/PATH, or /PATH when the place has a name.
func (a *httpAct) url(w *words) error {
	const what = "HOST/PATH, or /PATH for a host with a name"
	var s string
	if err := read(w, &s, what, func(s string) (string, bool) {
		host, _, _ := strings.Cut(s, "/")
		_, ok := parseName(strings.Trim(host, "[]"))
		return s, !strings.ContainsAny(s, " \r\n\t") && (ok || host == "" && a.at.name != "" && s != "")
	}); err != nil {
		return err
	}
	a.host, a.path, _ = strings.Cut(s, "/")
	if a.path = "/" + a.path; a.host == "" {
		a.host = a.at.name
	}
	return nil
}

func (a *httpAct) play(t *turn) error {
	s, ok, err := t.stream(a.at, a.how)
	if err != nil || !ok {
		return err
	}
	a.amount.rounds(func(pause time.Duration, up, down int) {
		s.pause(pause)
		s.say(client, a.request(t, up), max(up-len(a.body), 0))
		a.injected(s)
		s.say(server, a.response(down), down*bodyOf(a.method, a.status))
	})
	s.close()
	return nil
}

// injected is a redirect that somebody on the path sends in the name of the
// server: the same place in the stream as the true answer, which comes later,
// from another distance.
func (a *httpAct) injected(s *stream) {
	if a.inject == "" {
		return
	}
	forged := httpAct{method: a.method, status: 307, location: a.inject}
	at := s.now + s.rtt/2
	s.put(server, at, flagACK|flagPSH, data{head: forged.response(0)})
	if s.turn.full == nil {
		s.turn.packets[len(s.turn.packets)-1].ttl = 61
	}
}

// bodyOf is 0 when the response has no body, RFC 9110 section 6.4.1.
func bodyOf(method string, status int) int {
	if method == "HEAD" || status == 204 || status == 304 {
		return 0
	}
	return 1
}

var agents = map[string]string{
	systemAndroid: "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 7 Build/UQ1A.240205.002)",
	systemIPhone:  "CaptiveNetworkSupport-481.60.2 wispr",
	"":            "Mozilla/5.0",
}

// request is the head of RFC 9112 section 3 and what is said of the body.
func (a *httpAct) request(t *turn, up int) []byte {
	agent := a.agent
	if agent == "" {
		agent = agents[t.device.system]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n", a.method, a.path, a.host, clean(agent))
	length := max(up, len(a.body))
	if length > 0 || a.method == "POST" || a.method == "PUT" {
		kind := a.contentType
		if kind == "" {
			kind = "application/octet-stream"
			if a.body != "" {
				kind = "application/x-www-form-urlencoded"
			}
		}
		fmt.Fprintf(&b, "Content-Type: %s\r\nContent-Length: %d\r\n", clean(kind), length)
	}
	b.WriteString("Accept: */*\r\nConnection: keep-alive\r\n\r\n" + a.body)
	return []byte(b.String())
}

func (a *httpAct) response(down int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\nServer: nginx\r\nContent-Type: text/html\r\n", a.status, reason(a.status))
	if a.location != "" {
		fmt.Fprintf(&b, "Location: %s\r\n", clean(a.location))
	}
	if a.status != 204 {
		b.WriteString("Content-Length: " + strconv.Itoa(down) + "\r\n")
	}
	b.WriteString("Connection: keep-alive\r\n\r\n")
	return []byte(b.String())
}

// clean keeps a text from ending its line.
func clean(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }

// reason is the phrase of RFC 9112 section 4, which nobody reads.
func reason(status int) string {
	switch status {
	case 200:
		return "OK"
	case 204:
		return "No Content"
	case 301:
		return "Moved Permanently"
	case 302:
		return "Found"
	case 307:
		return "Temporary Redirect"
	case 404:
		return "Not Found"
	}
	return "Status"
}
