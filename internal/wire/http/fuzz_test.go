package http_test

import (
	"bufio"
	"bytes"
	nethttp "net/http"
	"regexp"
	"strings"
	"testing"

	"tinycheck/internal/wire/http"
)

var seeds = []string{
	"GET / HTTP/1.1\r\nHost: a.example\r\nUser-Agent: u\r\n\r\n",
	"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\nGET / HTTP/1.0\r\n\r\n",
	"CONNECT a.example:443 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
	"CONNECT a.example:443 HTTP/1.1\r\n\r\n\x16\x03\x01\x00\x05hello",
	"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n\x81\x00",
	"HTTP/1.0 200 Connection established\r\n\r\nSSH-2.0-x\r\n",
	"\r\nNOTIFY * HTTP/1.1\r\nHost: [::1]:1900\r\nServer: a\r\n b\r\n\r\n",
	"GET http://u@h.example:1/p HTTP/1.1\nHost : x\nContent-Length: 1, 1\n\nzGET /",
	"GET /gen?hwid=1\r\nHost: c2.example\r\n\r\nGET HTTP/1.0\n\n",
	"OPTIONS rtsp://a/ RTSP/1.0\r\n\r\n",
}

// FuzzStream: the messages do not depend on how the bytes are cut, as long as
// the stream is in step; every tunnelled byte is handed over once; offsets lie
// within the input and never go back.
func FuzzStream(f *testing.F) {
	for i, s := range seeds {
		f.Add([]byte(s), uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, width uint8) {
		whole, tunnelled, s := read(string(data))
		check(t, whole, data)
		for _, w := range []int{1, int(width)%7 + 2, int(width) + 1} {
			var pieces []string
			for rest := data; len(rest) > 0; {
				n := min(w, len(rest))
				pieces = append(pieces, string(rest[:n]))
				rest = rest[n:]
			}
			got, gotTunnelled, gotS := read(pieces...)
			check(t, got, data)
			if s.Stats().Lost > 0 || gotS.Stats().Lost > 0 {
				if (s.Stats().Lost > 0) != (gotS.Stats().Lost > 0) {
					t.Fatalf("lost step: %d in one piece, %d in pieces of %d", s.Stats().Lost, gotS.Stats().Lost, w)
				}
				if len(got) < len(whole) || say(got[:len(whole)]) != say(whole) {
					t.Fatalf("pieces of %d before the loss:\n%swhole:\n%s", w, say(got), say(whole))
				}
				continue
			}
			if say(got) != say(whole) || gotTunnelled != tunnelled {
				t.Fatalf("pieces of %d:\n%s%q\nwhole:\n%s%q", w, say(got), gotTunnelled, say(whole), tunnelled)
			}
		}
		if o, ok := s.Opaque(); ok && string(data[o:]) != tunnelled {
			t.Fatalf("tunnel at %d, handed over %q", o, tunnelled)
		}
		if s.Offset() != int64(len(data)) {
			t.Fatalf("offset %d of %d", s.Offset(), len(data))
		}
	})
}

// check holds what is true of all messages.
func check(t *testing.T, all []http.Message, data []byte) {
	t.Helper()
	last, n := int64(-1), int64(len(data))
	for _, m := range all {
		if m.Start < last || m.Start > n || m.Body > n || m.Body >= 0 && m.Body < m.Start {
			t.Fatalf("message out of place: %+v", m)
		}
		last = m.Start
		if m.Kind == http.BodyMessage && (m.BodySize < 0 || m.BodySize > n) {
			t.Fatalf("body size: %+v", m)
		}
		r := m.Request
		if len(r.Host) > http.MaxHost || len(r.Target) > http.MaxTarget || len(r.UserAgent) > http.MaxValue || len(r.OtherHosts) > http.MaxHosts ||
			strings.ContainsAny(r.Host, " \r\n\x00") || strings.ToLower(r.Host) != r.Host && isASCII(r.Host) {
			t.Fatalf("request: %+v", r)
		}
		if m.Kind == http.RequestMessage && r.Method == "" {
			t.Fatalf("empty request line: %+v", r)
		}
	}
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

// FuzzLooks: a decided answer holds for every longer piece.
func FuzzLooks(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		decided := http.Maybe
		for i := range min(len(data), 300) + 1 {
			got := http.Looks(data[:i])
			if decided != http.Maybe && got != decided {
				t.Fatalf("Looks(%q) = %d, was %d", data[:i], got, decided)
			}
			decided = got
		}
	})
}

// FuzzSkip: holes at any place do not upset anything.
func FuzzSkip(f *testing.F) {
	f.Add([]byte(seeds[1]), uint16(20), uint16(5))
	f.Fuzz(func(t *testing.T, data []byte, at, hole uint16) {
		a := min(int(at), len(data))
		var all []http.Message
		var up, down http.Stream
		http.Pair(&up, &down)
		emit := func(m http.Message) { all = append(all, m) }
		for _, s := range []*http.Stream{&up, &down} {
			all = all[:0]
			s.Feed(data[:a], emit)
			s.Skip(int64(hole), emit)
			s.Feed(data[a:], emit)
			s.Resync(data, emit)
			s.Flush(emit)
			for _, m := range all {
				if m.Start > s.Offset() || m.BodySize > s.Offset() && m.Kind == http.BodyMessage {
					t.Fatalf("message beyond the stream: %+v", m)
				}
			}
		}
	})
}

var wellFormedHost = regexp.MustCompile(`^[A-Za-z0-9.-]*[A-Za-z0-9-](:[0-9]+)?$`)

// FuzzOracle: what net/http reads as a plain request, this package reads alike.
func FuzzOracle(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		want, err := nethttp.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
		if err != nil || want.ProtoMajor != 1 || len(want.Method) > http.MaxMethod || len(data) > 1000 || strings.TrimSpace(want.RequestURI) != want.RequestURI || want.RequestURI == "" {
			return
		}
		got, ok := http.ParseHead(data)
		if !ok || got.Method != want.Method || got.Target != want.RequestURI {
			t.Fatalf("%t %+v, want %s %s", ok, got, want.Method, want.RequestURI)
		}
		if ua := want.UserAgent(); ua != "" && ua != got.UserAgent && len(want.Header["User-Agent"]) == 1 {
			t.Fatalf("user agent %q, want %q", got.UserAgent, ua)
		}
		if wellFormedHost.MatchString(want.Host) && !strings.Contains(want.RequestURI, "%") {
			host, _, _ := strings.Cut(strings.ToLower(want.Host), ":")
			if got.Host != host {
				t.Fatalf("host %q, want %q", got.Host, host)
			}
		}
	})
}

func BenchmarkFeed(b *testing.B) {
	request := []byte("GET /api/v1/location?id=12345 HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nConnection: keep-alive\r\nCookie: a=b; c=d\r\n\r\n")
	var s http.Stream
	emit := func(http.Message) {}
	b.SetBytes(int64(len(request)))
	b.ReportAllocs()
	for b.Loop() {
		s.Feed(request, emit)
	}
	if s.Stats().Lost > 0 {
		b.Fatal("lost step")
	}
}

func BenchmarkBody(b *testing.B) {
	var s http.Stream
	emit := func(http.Message) {}
	s.Feed([]byte("HTTP/1.1 200 OK\r\n\r\n"), emit)
	p := make([]byte, 1448)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		s.Feed(p, emit)
	}
}

func BenchmarkLooksNo(b *testing.B) {
	p := []byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
	for b.Loop() {
		http.Looks(p)
	}
}
