package http_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"tinycheck/internal/wire/http"
)

// read feeds the pieces and gives all messages and tunnelled bytes.
func read(pieces ...string) (all []http.Message, tunnelled string, s *http.Stream) {
	s = new(http.Stream)
	emit := func(m http.Message) { all = append(all, m) }
	for _, p := range pieces {
		tunnelled += string(s.Feed([]byte(p), emit))
	}
	tunnelled += string(s.Flush(emit))
	return all, tunnelled, s
}

// say writes messages in one line each, for comparison.
func say(all []http.Message) string {
	var b strings.Builder
	for _, m := range all {
		switch m.Kind {
		case http.RequestMessage:
			fmt.Fprintf(&b, "%d %s %s host=%s:%d %v", m.Start, m.Request.Method, m.Request.Path, m.Request.Host, m.Request.Port, m.Request.OtherHosts)
		case http.ResponseMessage:
			fmt.Fprintf(&b, "%d %d", m.Start, m.Response.Status)
		case http.BodyMessage:
			fmt.Fprintf(&b, "%d body", m.Start)
		}
		fmt.Fprintf(&b, " size=%d", m.BodySize)
		if m.Cut {
			b.WriteString(" cut")
		}
		if m.Err != nil {
			b.WriteString(" err")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestStream(t *testing.T) {
	long := strings.Repeat("x", http.MaxLine)
	tests := []struct {
		name   string
		pieces []string
		want   string
	}{
		{"RFC 9112 section 2.1 style", []string{"GET /hello.txt HTTP/1.1\r\nUser-Agent: curl/7.64.1\r\nHost: www.Example.com\r\n\r\n"},
			"0 GET /hello.txt host=www.example.com:0 [] size=-1\n"},
		{"keep-alive, pipelined, leading line ends", []string{"\r\n\nGET /a HTTP/1.1\r\nHost: a\r\n\r\nPOST /b HTTP/1.1\r\nHost: b:8080\r\nContent-Length: 3\r\n\r\nxyzGET /c HTTP/1.0\r\n\r\n"},
			"3 GET /a host=a:0 [] size=-1\n31 POST /b host=b:8080 [] size=3\n31 body size=3\n87 GET /c host=:0 [] size=-1\n"},
		{"bare LF, blanks before the colon, obs-fold", []string{"GET / HTTP/1.1\nHost : a.example\nUser-Agent: one\n two\nX: y\n\n"},
			"0 GET / host=a.example:0 [] size=-1\n"},
		{"repeated Host: the first wins", []string{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nhost: A\r\n\r\n"},
			"0 GET / host=a:0 [b] size=-1\n"},
		{"absolute-form goes before Host, RFC 9112 section 3.2.2", []string{"GET http://u:p@Proxy.example.:81/x?y HTTP/1.1\r\nHost: other\r\n\r\n"},
			"0 GET /x?y host=proxy.example:81 [other] size=-1\n"},
		{"IPv6 in brackets", []string{"GET / HTTP/1.1\r\nHost: [2001:DB8::1]:8080\r\n\r\n"},
			"0 GET / host=2001:db8::1:8080 [] size=-1\n"},
		{"WebDAV and own tokens", []string{"PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\nx-spy_1 * HTTP/1.1\r\nHost: b\r\n\r\n"},
			"0 PROPFIND / host=a:0 [] size=-1\n32 x-spy_1 * host=b:0 [] size=-1\n"},
		{"chunked request with extension and trailer", []string{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: u\r\n\r\nGET /n HTTP/1.1\r\nHost: b\r\n\r\n"},
			"0 POST / host=a:0 [] size=-1\n0 body size=15\n102 GET /n host=b:0 [] size=-1\n"},
		{"responses: length, none, chunked, until close", []string{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204\r\n\r\nHTTP/1.0 200 OK\r\n\r\nabc"},
			"0 100 size=-1\n25 200 size=2\n25 body size=2\n65 304 size=9\n113 204 size=-1\n129 200 size=-1\n129 body size=3\n"},
		{"no version, as malware sends it", []string{"GET /gen.php?hwid=1\r\nHost: c2.example\r\n\r\nGET HTTP/1.1\r\nHost: b\r\n\r\n"},
			"0 GET /gen.php?hwid=1 host=c2.example:0 [] size=-1\n41 GET  host=b:0 [] size=-1\n"},
		{"HTTP/0.9", []string{"GET /x\r\n\r\n"}, ""},
		{"cut in the fields: the last line is not believed", []string{"GET /x HTTP/1.1\r\nUser-Agent: u\r\nHost: victoria.exam"},
			"0 GET /x host=:0 [] size=-1 cut\n"},
		{"cut in the target", []string{"GET /very/long/pa"}, "0 GET /very/long/pa host=:0 [] size=-1 cut\n"},
		{"cut in the host of the target", []string{"GET http://a.exam"}, "0 GET  host=:0 [] size=-1 cut\n"},
		{"cut behind the host of the target", []string{"GET http://a.example/x"}, "0 GET /x host=a.example:0 [] size=-1 cut\n"},
		{"cut body", []string{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"},
			"0 POST / host=a:0 [] size=10\n0 body size=3 cut\n"},
		{"line longer than is kept", []string{"GET / HTTP/1.1\r\nCookie: " + long + "\r\nHost: late\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"},
			fmt.Sprintf("0 GET / host=late:0 [] size=-1 err\n%d GET /2 host=:0 [] size=-1\n", 16+8+len(long)+2+12+2)},
		{"contradictory lengths", []string{"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"},
			"0 POST / host=:0 [] size=3 err\n0 body size=3\n"},
		{"host that is none", []string{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"}, "0 GET / host=:0 [] size=-1 err\n"},
		{"in mid-stream, then a fresh piece", []string{"tail of a body\r\n", "more", "GET /s HTTP/1.1\r\nHost: a\r\n\r\n"},
			"20 GET /s host=a:0 [] size=-1\n"},
		{"nonsense after a body, then a fresh piece", []string{"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx\x00\x01", "GET /s HTTP/1.1\r\nHost: a", "\r\n\r\n"},
			"0 POST / host=:0 [] size=1\n0 body size=1\n41 GET /s host=a:0 [] size=-1\n"},
		{"RTSP, SIP, HTTP/2 and HTTP/0.9 are not ours", []string{"OPTIONS rtsp://a/b RTSP/1.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET /x\r\n", "INVITE sip:a@b SIP/2.0\r\n"}, ""},
		{"other protocols", []string{"SSH-2.0-OpenSSH_9.6\r\n", "220 mail.example.org ESMTP\r\n", "\x16\x03\x01\x02\x00\x01"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all, _, _ := read(tt.pieces...)
			if got := say(all); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

func TestFields(t *testing.T) {
	all, _, s := read("POST /up?id=1 HTTP/1.1\r\nHost: c2.example:8443\r\nUser-Agent:  Dalvik/2.1.0\r\n  (Linux)\t\r\nContent-Type: multipart/form-data\r\nContent-Length: 4, 4\r\nUpgrade: h2c\r\nbroken line\r\n\r\nabcd" +
		"GET / HTTP/1.1\r\n\r\n")
	want := http.Request{Method: "POST", Target: "/up?id=1", Path: "/up?id=1", Host: "c2.example", Port: 8443, Version: "1.1",
		UserAgent: "Dalvik/2.1.0 (Linux)", ContentType: "multipart/form-data", ContentLength: 4, Upgrade: "h2c"}
	if !reflect.DeepEqual(all[0].Request, want) {
		t.Errorf("got  %+v\nwant %+v", all[0].Request, want)
	}
	if st := s.Stats(); st != (http.Stats{Requests: 2, Irregular: 1}) {
		t.Errorf("stats %+v", st)
	}
	all, _, _ = read("HTTP/1.1 302 Found\r\nServer: nginx\r\nLocation: http://b.example/\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
	wantR := http.Response{Status: 302, Version: "1.1", Server: "nginx", Location: "http://b.example/", ContentType: "text/html", ContentLength: -1, Chunked: true}
	if !reflect.DeepEqual(all[0].Response, wantR) {
		t.Errorf("got  %+v\nwant %+v", all[0].Response, wantR)
	}
	if len(all) != 2 || all[1].BodySize != 0 || all[1].Cut {
		t.Errorf("chunked body: %+v", all[1:])
	}
}

func TestPair(t *testing.T) {
	var up, down http.Stream
	http.Pair(&up, &down)
	var all []http.Message
	emit := func(m http.Message) { all = append(all, m) }
	up.Feed([]byte("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n"), emit)
	down.Feed([]byte("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), emit)
	want := "0 HEAD /a host=a:0 [] size=-1\n29 GET /b host=a:0 [] size=-1\n0 200 size=50\n39 103 size=-1\n67 200 size=2\n67 body size=2\n"
	if got := say(all); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestTunnel(t *testing.T) {
	const connect = "CONNECT Mail.example.com:443 HTTP/1.1\r\nHost: mail.example.com:443\r\n\r\n"
	const yes = "HTTP/1.1 200 Connection Established\r\n\r\n"
	hello := "\x16\x03\x01\x00\x05hello"
	pair := func() (up, down *http.Stream) {
		up, down = new(http.Stream), new(http.Stream)
		http.Pair(up, down)
		return up, down
	}
	count := 0
	emit := func(m http.Message) {
		count++
		if m.Kind == http.RequestMessage && m.Request.Method == "CONNECT" && (m.Request.Host != "mail.example.com" || m.Request.Port != 443 || m.Request.OtherHosts != nil) {
			t.Errorf("CONNECT: %+v", m.Request)
		}
	}
	t.Run("answered", func(t *testing.T) {
		up, down := pair()
		up.Feed([]byte(connect), emit)
		got := string(down.Feed([]byte(yes+"abc"), emit)) + "|" + string(up.Feed([]byte("GET / HTTP/1.1\r\n\r\n"), emit))
		if got != "abc|GET / HTTP/1.1\r\n\r\n" {
			t.Errorf("tunnelled %q", got)
		}
		if o, ok := up.Opaque(); !ok || o != int64(len(connect)) {
			t.Errorf("up.Opaque() = %d, %t", o, ok)
		}
		if o, ok := down.Opaque(); !ok || o != int64(len(yes)) || down.State() != http.Tunnel {
			t.Errorf("down.Opaque() = %d, %t", o, ok)
		}
	})
	t.Run("refused, then asked again", func(t *testing.T) {
		up, down := pair()
		count = 0
		up.Feed([]byte(connect), emit)
		down.Feed([]byte("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"), emit)
		up.Feed([]byte(connect), emit)
		down.Feed([]byte("HTTP/1.0 200 OK\r\n\r\n"), emit)
		if got := string(up.Feed([]byte(hello), emit)); got != hello || count != 4 {
			t.Errorf("tunnelled %q after %d messages", got, count)
		}
	})
	t.Run("one direction only, piece by piece", func(t *testing.T) {
		pieces := strings.Split(connect+"SSH-2.0-x\r\nmore", "")
		_, got, s := read(pieces...)
		if o, _ := s.Opaque(); got != "SSH-2.0-x\r\nmore" || o != int64(len(connect)) {
			t.Errorf("tunnelled %q at %d", got, o)
		}
		if _, got, _ := read(yes + hello); got != hello {
			t.Errorf("answer alone: tunnelled %q", got)
		}
		if _, got, _ := read(connect, "SSH-2"); got != "SSH-2" {
			t.Errorf("undecided at the end: tunnelled %q", got)
		}
	})
	t.Run("upgrade", func(t *testing.T) {
		up, down := pair()
		up.Feed([]byte("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"), emit)
		down.Feed([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00"), emit)
		if up.State() != http.Tunnel || down.State() != http.Tunnel {
			t.Errorf("states %d, %d", up.State(), down.State())
		}
	})
}

func TestSkip(t *testing.T) {
	head := "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
	next := "GET /next HTTP/1.1\r\nHost: b\r\n\r\n"
	tests := []struct {
		name string
		skip int64
		want string
	}{
		{"within the body", 97, "0 POST / host=a:0 [] size=100\n0 body size=100\n149 GET /next host=b:0 [] size=-1\n"},
		{"beyond the body", 98, "0 POST / host=a:0 [] size=100\n0 body size=3 cut\n150 GET /next host=b:0 [] size=-1\n"},
		{"half of the body", 20, "0 POST / host=a:0 [] size=100\n0 body size=54 cut\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s http.Stream
			var all []http.Message
			emit := func(m http.Message) { all = append(all, m) }
			s.Feed([]byte(head+"abc"), emit)
			s.Skip(tt.skip, emit)
			s.Feed([]byte(next), emit)
			s.Flush(emit)
			if got := say(all); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
	t.Run("resync", func(t *testing.T) {
		var s http.Stream
		var all []http.Message
		emit := func(m http.Message) { all = append(all, m) }
		s.Feed([]byte(head+"abc"), emit)
		if s.Resync([]byte("no message"), emit) || !s.Resync([]byte(next), emit) {
			t.Error("Resync must believe a request line only")
		}
		if got, want := say(all), "0 POST / host=a:0 [] size=100\n0 body size=3 cut\n52 GET /next host=b:0 [] size=-1\n"; got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

func TestBounds(t *testing.T) {
	var s http.Stream
	var all []http.Message
	emit := func(m http.Message) { all = append(all, m) }
	s.Feed([]byte("GET / HTTP/1.1\r\nHost: a\r\n"), emit)
	for range http.MaxHead/8 + 1 {
		s.Feed([]byte("X: 123\r\n"), emit)
	}
	if len(all) != 1 || !all[0].Cut || all[0].Request.Host != "a" || !errors.Is(all[0].Err, http.ErrFieldCount) || s.State() != http.Seeking {
		t.Errorf("endless head: %+v, state %d", all, s.State())
	}
	all = nil
	s = http.Stream{}
	s.Feed([]byte("GET / HTTP/1.1\r\nHost: a\r\n"+strings.Repeat("X: y\r\n", http.MaxFields+9)+"Server: never\r\n\r\n"), emit)
	if len(all) != 1 || all[0].Cut || !errors.Is(all[0].Err, http.ErrFieldCount) {
		t.Errorf("too many fields: %+v", all)
	}
}

func TestParseHead(t *testing.T) {
	r, ok := http.ParseHead([]byte("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nST: ssdp:all\r\nUSER-AGENT: Android/14"))
	if !ok || r.Method != "M-SEARCH" || r.Host != "239.255.255.250" || r.Port != 1900 || r.UserAgent != "" {
		t.Errorf("%t %+v", ok, r)
	}
	if _, ok := http.ParseHead([]byte("HTTP/1.1 200 OK\r\n\r\n")); ok {
		t.Error("a response is no request")
	}
	if r, ok := http.ParseResponse([]byte("HTTP/1.1 200 OK\r\nServer: UPnP/1.0\r\nLocation: http://192.168.0.1/d.xml\r\n\r\n")); !ok || r.Server != "UPnP/1.0" {
		t.Errorf("%t %+v", ok, r)
	}
}

func TestLooks(t *testing.T) {
	for p, want := range map[string]http.Kind{
		"": http.Maybe, "\r\n": http.Maybe, "G": http.Maybe, "GET ": http.Maybe, "GET /a b HTTP/1.1\r\n": http.RequestMessage,
		"HTTP/1.1 20": http.Maybe, "HTTP/1.1 200 ": http.ResponseMessage, "HTTP/2 200 ": http.No, "HTTP/1.1 2000": http.No,
		"\x16\x03\x01": http.No, "EHLO a\r\n": http.No, "OPTIONS * RTSP/1.0\r\n": http.No, "\r\nx y HTTP/1.0\n": http.RequestMessage,
		strings.Repeat("A", http.MaxMethod+2): http.No,
	} {
		if got := http.Looks([]byte(p)); got != want {
			t.Errorf("Looks(%q) = %d, want %d", p, got, want)
		}
	}
}
