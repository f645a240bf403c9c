package feedtest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// List is what Liar serves where it tells the truth.
const List = "c2.example\nc2.example.net\n192.0.2.7\n"

// The marks of List.
const (
	ListETag     = `"list-1"`
	ListModified = "Sun, 06 Nov 1994 08:49:37 GMT"
)

// Liar is an HTTP server that does what servers should not do. Its paths:
//
//	/list.txt                   the truth, with ETag and Last-Modified
//	/list.txt.gz /list.txt.zst  the truth, packed; /encoded and /zencoded by Content-Encoding, /double both
//	/bomb.gz /bomb.zst          512 MiB of zeros, packed
//	/cut.gz /bad.gz /hollow.gz  a packed file that breaks off; one that is damaged; one that packs nothing, without end
//	/brotli                     a Content-Encoding that nobody asked for
//	/silent /slow /loris        no headers; a line, then silence; a byte now and then
//	/endless /huge              a body that never ends; one that says it has a TiB
//	/truncated /aborted /reset  less than announced; a chunk that never comes; a reset in the middle
//	/headers /garbage           headers without end; something that is no HTTP
//	/loop /hop/N                a redirect to itself; N redirects, then the truth
//	/to/STATUS?URL              a redirect to URL; without one, nowhere
//	/html /portal               a web page, and one that says it is text
//	/empty                      200 with nothing
//	/status/N                   status N
//	/shaky/N                    503 until the N-th question, then the truth
//	/busy/N                     429 with Retry-After: N, then the truth
//	/echo                       403, with the Authorization it was asked with
type Liar struct {
	mu    sync.Mutex
	asked []*http.Request
}

// Asked are the requests so far; their bodies are gone.
func (l *Liar) Asked() []*http.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]*http.Request(nil), l.asked...)
}

// note keeps the request and counts those for the same path.
func (l *Liar) note(r *http.Request) (times int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, r)
	for _, before := range l.asked {
		if before.URL.Path == r.URL.Path {
			times++
		}
	}
	return times
}

// ServeHTTP lies.
func (l *Liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	times := l.note(r)
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	n, _ := strconv.Atoi(rest)
	switch name {
	case "hop":
		if n > 0 {
			http.Redirect(w, r, fmt.Sprintf("/hop/%d", n-1), http.StatusFound)
			return
		}
	case "to":
		if r.URL.RawQuery != "" {
			w.Header().Set("Location", r.URL.RawQuery)
		}
		w.WriteHeader(n)
		return
	case "status":
		w.WriteHeader(n)
		return
	case "shaky":
		if times < n {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
	case "busy":
		if times == 1 {
			w.Header().Set("Retry-After", rest)
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
	default:
		if lie, known := lies[name]; known {
			lie(w, r)
			return
		}
	}
	truth(w, r)
}

// lies are the paths that need nothing but themselves.
var lies = map[string]http.HandlerFunc{
	"list.txt.gz":  func(w http.ResponseWriter, _ *http.Request) { w.Write(Gzip([]byte(List))) },
	"list.txt.zst": func(w http.ResponseWriter, _ *http.Request) { w.Write(Zstd([]byte(List))) },
	"encoded":      encoded("gzip", func() []byte { return Gzip([]byte(List)) }),
	"zencoded":     encoded("zstd", func() []byte { return Zstd([]byte(List)) }),
	"double":       encoded("gzip", func() []byte { return Gzip(Gzip([]byte(List))) }),
	"brotli":       encoded("br", func() []byte { return []byte(List) }),
	"bomb.gz":      func(w http.ResponseWriter, _ *http.Request) { bomb(gzip.NewWriter(w)) },
	"bomb.zst":     bombZstd,
	"cut.gz": func(w http.ResponseWriter, _ *http.Request) {
		b := Gzip(bytes.Repeat([]byte(List), 100))
		w.Write(b[:len(b)-9])
	},
	"bad.gz": func(w http.ResponseWriter, _ *http.Request) {
		b := Gzip([]byte(List))
		b[len(b)-6] ^= 0xff // the checksum (RFC 1952 section 2.3.1)
		w.Write(b)
	},
	"hollow.gz": hollow,
	"silent":    func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	"slow":      slow,
	"loris":     loris,
	"endless":   endless,
	"huge":      huge,
	"truncated": truncated,
	"aborted":   aborted,
	"reset":     reset,
	"headers":   headers,
	"garbage":   raw("this is no HTTP at all\r\n\r\n"),
	"loop":      func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) },
	"html":      page("text/html; charset=utf-8"),
	"portal":    page("text/plain"),
	"empty":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
	"echo": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"name":"no","title":"no %[1]s","message":"not with %[1]s"}`, r.Header.Get("Authorization"))
	},
}

func truth(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", ListETag)
	w.Header().Set("Last-Modified", ListModified)
	w.Header().Set("Content-Type", "text/plain")
	if r.Header.Get("If-None-Match") == ListETag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	io.WriteString(w, List)
}

// Gzip packs b.
func Gzip(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// Zstd packs b.
func Zstd(b []byte) []byte {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil
	}
	defer z.Close()
	return z.EncodeAll(b, nil)
}

func encoded(how string, body func() []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", how)
		w.Header().Set("Content-Type", "text/plain")
		w.Write(body())
	}
}

func bombZstd(w http.ResponseWriter, _ *http.Request) {
	if z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)); err == nil {
		bomb(z)
	}
}

func bomb(w io.WriteCloser) {
	zeros := make([]byte, 1<<20)
	for range 512 {
		if _, err := w.Write(zeros); err != nil {
			return
		}
	}
	w.Close()
}

// hollow sends empty blocks (RFC 1951 section 3.2.4) for as long as they are taken.
func hollow(w http.ResponseWriter, _ *http.Request) {
	w.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff})
	for {
		if _, err := w.Write(bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, 1000)); err != nil {
			return
		}
	}
}

func flush(w http.ResponseWriter) { http.NewResponseController(w).Flush() }

func slow(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, "c2.example\n")
	flush(w)
	<-r.Context().Done()
}

func loris(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		io.WriteString(w, "a")
		flush(w)
		time.Sleep(10 * time.Millisecond)
	}
}

func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, strings.Repeat("c2.example\n", 1000)); err != nil {
			return
		}
	}
}

func huge(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", strconv.FormatInt(1<<40, 10))
	endless(w, r)
}

func aborted(w http.ResponseWriter, _ *http.Request) {
	io.WriteString(w, "c2.example\n")
	flush(w)
	panic(http.ErrAbortHandler)
}

func truncated(w http.ResponseWriter, r *http.Request) {
	raw("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nc2.example\n")(w, r)
}

// taken takes the connection out of the server's hands.
func taken(w http.ResponseWriter) (net.Conn, bool) {
	c, _, err := http.NewResponseController(w).Hijack()
	return c, err == nil
}

func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if c, ok := taken(w); ok {
			io.WriteString(c, text)
			c.Close()
		}
	}
}

func reset(w http.ResponseWriter, _ *http.Request) {
	c, ok := taken(w)
	if !ok {
		return
	}
	io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nc2.example\n")
	time.Sleep(20 * time.Millisecond) // or the reset overtakes the text
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}

func headers(w http.ResponseWriter, _ *http.Request) {
	c, ok := taken(w)
	if !ok {
		return
	}
	defer c.Close()
	io.WriteString(c, "HTTP/1.1 200 OK\r\n")
	for i := range 10_000 {
		if _, err := fmt.Fprintf(c, "X-%d: %s\r\n", i, strings.Repeat("x", 100)); err != nil {
			return
		}
	}
}

func page(media string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		io.WriteString(w, "\n <!DOCTYPE html><html><body>Please accept our terms</body></html>")
	}
}
