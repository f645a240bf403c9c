package feed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tinycheck"
	"tinycheck/internal/feed"
	"tinycheck/internal/feedtest"
)

func TestADocument(t *testing.T) {
	for _, tt := range []struct{ path, name string }{
		{"/list.txt", "list.txt"},
		{"/list.txt.gz", "list.txt"},
		{"/list.txt.zst", "list.txt"},
		{"/encoded", "encoded"},
		{"/zencoded", "zencoded"},
		{"/double", "double"},
		{"/hop/5", "5"},
		{"/", "127.0.0.1"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			b, l := set(t), &feedtest.Liar{}
			got, parts := b.must(httpFeed(feedtest.Start(t, l) + tt.path))
			if len(parts) != 1 || parts[0] != (part{tt.name, feedtest.List}) {
				t.Errorf("%q", parts)
			}
			if !got.Whole || got.Unchanged || got.Bytes != int64(len(feedtest.List)) {
				t.Errorf("%+v", got)
			}
			for _, r := range l.Asked() {
				if r.UserAgent() != "Mozilla/5.0" || r.Header.Get("Authorization") != "" || strings.Contains(strings.ToLower(fmt.Sprint(r.Header)), "tinycheck") {
					t.Errorf("asked with %v", r.Header)
				}
			}
		})
	}
}

func TestUnchangedDocument(t *testing.T) {
	b, l := set(t), &feedtest.Liar{}
	source := httpFeed(feedtest.Start(t, l) + "/list.txt")
	first, _ := b.must(source)
	if first.ETag != feedtest.ListETag || first.Modified != feedtest.ListModified {
		t.Fatalf("%+v", first)
	}
	source.ETag, source.Modified = first.ETag, first.Modified
	again, parts := b.must(source)
	want := feed.Fetched{ETag: first.ETag, Modified: first.Modified, Unchanged: true, Whole: true}
	if again != want || len(parts) != 0 {
		t.Errorf("%+v %v", again, parts)
	}
	last := l.Asked()[1].Header
	if last.Get("If-None-Match") != feedtest.ListETag || last.Get("If-Modified-Since") != feedtest.ListModified {
		t.Errorf("asked with %v", last)
	}
	source.ETag, source.Modified = "no\r\nmark", strings.Repeat("x", 5000)
	if _, parts := b.must(source); len(parts) != 1 {
		t.Error("marks that cannot be sent must not be")
	}
}

func TestServersThatLie(t *testing.T) {
	for _, tt := range []struct {
		path  string
		kind  tinycheck.ErrorKind
		words string
		tries int
	}{
		{"/bomb.gz", tinycheck.Invalid, "larger than 1 MiB", 1},
		{"/bomb.zst", tinycheck.Invalid, "larger than 1 MiB", 1},
		{"/endless", tinycheck.Invalid, "larger than 1 MiB", 1},
		{"/huge", tinycheck.Invalid, "larger than 1 MiB", 1},
		{"/hollow.gz", tinycheck.Invalid, "larger than 1 MiB", 1},
		{"/bad.gz", tinycheck.Invalid, "gzip packing is damaged", 1},
		{"/cut.gz", tinycheck.Unavailable, "ended before", 2},
		{"/truncated", tinycheck.Unavailable, "ended before", 2},
		{"/aborted", tinycheck.Unavailable, "ended before", 2},
		{"/reset", tinycheck.Unavailable, "reach the server", 2},
		{"/silent", tinycheck.Unavailable, "wait for the server", 2},
		{"/slow", tinycheck.Unavailable, "stopped sending", 2},
		{"/loris", tinycheck.Unavailable, "took too long", 2},
		{"/headers", tinycheck.Unavailable, "reach the server", 1},
		{"/garbage", tinycheck.Unavailable, "reach the server", 1},
		{"/brotli", tinycheck.Unsupported, "not asked for", 1},
		{"/loop", tinycheck.Invalid, "more than 5 times", 6},
		{"/hop/6", tinycheck.Invalid, "more than 5 times", 6},
		{"/to/302", tinycheck.Invalid, "redirect to nowhere", 1},
		{"/to/302?ftp://x.example/", tinycheck.Invalid, "neither with https", 1},
		{"/to/302?http://%zz/", tinycheck.Invalid, "no address", 1},
		{"/html", tinycheck.Invalid, "answered by a web page: is there a login page in between", 1},
		{"/portal", tinycheck.Invalid, "answered by a web page: is there a login page in between", 1},
		{"/empty", tinycheck.Invalid, "the feed is empty", 1},
		{"/status/204", tinycheck.Invalid, "without the content", 1},
		{"/status/206", tinycheck.Invalid, "without the content", 1},
		{"/status/304", tinycheck.Unavailable, "not asked", 1},
		{"/status/400", tinycheck.Invalid, "check the address", 1},
		{"/status/401", tinycheck.Invalid, "asks for a key", 1},
		{"/status/403", tinycheck.Invalid, "does not allow", 1},
		{"/status/404", tinycheck.NotFound, "may have moved", 1},
		{"/status/410", tinycheck.NotFound, "gone for good", 1},
		{"/status/429", tinycheck.Unavailable, "asked too often", 2},
		{"/status/500", tinycheck.Unavailable, "problem of its own", 2},
		{"/status/501", tinycheck.Unavailable, "problem of its own", 1},
		{"/status/511", tinycheck.Unavailable, "login page", 2},
		{"/busy/61", tinycheck.Unavailable, "asks to wait 1m1s", 1},
	} {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			l := &feedtest.Liar{}
			url := feedtest.Start(t, l)
			b := set(t, func(c *feed.Config) {
				switch c.Tries = 2; tt.path {
				case "/silent", "/slow":
					c.Idle = 100 * time.Millisecond
				case "/loris":
					c.Timeout = 300 * time.Millisecond
				}
			})
			err := b.refused(httpFeed(url+tt.path), tt.kind, tt.words)
			if n := len(l.Asked()); n != tt.tries {
				t.Errorf("asked %d times, want %d", n, tt.tries)
			}
			if text := fmt.Sprint(err); !strings.HasPrefix(text, "fetch feed test: ") {
				t.Error(text)
			}
		})
	}
}

func TestWhatPassesIsTriedAgain(t *testing.T) {
	for _, tt := range []struct {
		path   string
		pauses []time.Duration
	}{
		{"/shaky/3", []time.Duration{time.Second, 2 * time.Second}},
		{"/busy/7", []time.Duration{7 * time.Second}},
		{"/busy/60", []time.Duration{60 * time.Second}},
		{"/busy/Thu, 01 Jan 1970 00:00:00 GMT", []time.Duration{time.Second}},
	} {
		b := set(t)
		_, parts := b.must(httpFeed(feedtest.Start(t, &feedtest.Liar{}) + tt.path))
		if len(parts) != 1 || parts[0].body != feedtest.List || fmt.Sprint(b.pauses) != fmt.Sprint(tt.pauses) {
			t.Errorf("%s: %q after %v, want %v", tt.path, parts, b.pauses, tt.pauses)
		}
	}
	b := set(t)
	b.refused(httpFeed(feedtest.Start(t, &feedtest.Liar{})+"/shaky/4"), tinycheck.Unavailable, "503")
}

func TestNobodyListens(t *testing.T) {
	b := set(t)
	b.refused(httpFeed("http://127.0.0.1:1/"), tinycheck.Unavailable, "refused")
	if len(b.pauses) != 2 {
		t.Errorf("paused %v", b.pauses)
	}
}

// The real clock of a bubble: pauses are as long as they say, and end at once
// when fetching is stopped.
func TestPauses(t *testing.T) {
	f, err := feed.New(feed.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for try, step := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second} {
		if d := f.Pause(try, 0); d < step || d >= 2*step {
			t.Errorf("try %d: %v", try, d)
		}
	}
	if d := f.Pause(1, 30*time.Second); d < 30*time.Second || d >= 31*time.Second {
		t.Errorf("asked to wait 30 s: %v", d)
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := feed.Sleep(t.Context(), time.Minute); err != nil || time.Since(start) != time.Minute {
			t.Errorf("slept %v: %v", time.Since(start), err)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if err := feed.Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 61*time.Second {
			t.Errorf("slept %v: %v", time.Since(start), err)
		}
	})
}

func TestStopped(t *testing.T) {
	b, url := set(t), feedtest.Start(t, &feedtest.Liar{})
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	_, err := b.Fetch(ctx, httpFeed(url+"/loris"), func(feed.Part) error { return nil })
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, tinycheck.Unavailable) || len(b.pauses) != 0 {
		t.Errorf("%v after %v", err, b.pauses)
	}
}

func TestTheCallersErrorIsItsOwn(t *testing.T) {
	b, url := set(t), feedtest.Start(t, &feedtest.Liar{})
	mine := errors.New("mine")
	if got, err := b.Fetch(t.Context(), httpFeed(url+"/list.txt"), func(feed.Part) error { return mine }); err != mine || got != (feed.Fetched{}) {
		t.Errorf("%+v %v", got, err)
	}
	func() {
		defer func() { recover() }()
		b.Fetch(t.Context(), httpFeed(url+"/list.txt"), func(feed.Part) error { panic("mine") })
	}()
}

// The bound holds for a part that has exactly that size.
func TestTheBoundIsExact(t *testing.T) {
	for _, packed := range []bool{false, true} {
		for size, good := range map[int]bool{999: true, 1000: true, 1001: false} {
			body := bytes.Repeat([]byte("a"), size)
			if packed {
				body = feedtest.Gzip(body)
			}
			url := feedtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }))
			b := set(t, func(c *feed.Config) { c.MaxBytes = 1000 })
			if _, _, err := b.fetch(httpFeed(url)); (err == nil) != good {
				t.Errorf("packed %v, %d bytes: %v", packed, size, err)
			}
		}
	}
}

func TestSecretsStayAtHome(t *testing.T) {
	other := &feedtest.Liar{}
	away := feedtest.Start(t, other)
	for _, tt := range []struct{ secret, header string }{
		{"user:pässword", "Basic dXNlcjpww6Rzc3dvcmQ="},
		{"0123456789abcdef", "Bearer 0123456789abcdef"},
		{"Token 0123456789", "Token 0123456789"},
	} {
		b, l := set(t), &feedtest.Liar{}
		source := httpFeed(feedtest.Start(t, l) + "/to/302?" + away + "/list.txt")
		source.Secret = tt.secret
		b.must(source)
		if got := l.Asked()[0].Header.Get("Authorization"); got != tt.header {
			t.Errorf("asked with %q, want %q", got, tt.header)
		}
		source.URL = strings.Replace(source.URL, "/to/302?"+away+"/list.txt", "/echo?key="+tt.secret[:4], 1)
		err := b.refused(source, tinycheck.Invalid, "403")
		for _, secret := range append(strings.Split(tt.secret, ":"), tt.header) {
			if strings.Contains(fmt.Sprint(err), secret) {
				t.Errorf("%q stands in %v", secret, err)
			}
		}
	}
	for _, r := range other.Asked() {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Referer") != "" {
			t.Errorf("the other server was told %v", r.Header)
		}
	}
	b, l := set(t), &feedtest.Liar{}
	url := strings.Replace(feedtest.Start(t, l), "//", "//me:secret@", 1)
	b.must(httpFeed(url + "/list.txt"))
	if user, password, _ := l.Asked()[0].BasicAuth(); user != "me" || password != "secret" {
		t.Error("the user in the URL was not sent")
	}
	if err := b.refused(httpFeed(url+"/status/404?apikey=hidden"), tinycheck.NotFound, "404"); strings.Contains(fmt.Sprint(err), "hidden") || strings.Contains(fmt.Sprint(err), "secret") {
		t.Error(err)
	}
}

func TestCertificates(t *testing.T) {
	a, l := feedtest.NewAuthority(t), &feedtest.Liar{}
	trusting := func(c *feed.Config) { c.Roots = a.Roots() }
	if _, parts := set(t, trusting).must(httpFeed(feedtest.StartTLS(t, l, a.Good()) + "/list.txt")); parts[0].body != feedtest.List {
		t.Errorf("%q", parts)
	}
	heard := len(l.Asked())
	for words, url := range map[string]string{
		"expired":          feedtest.StartTLS(t, l, a.Expired()),
		"for another name": feedtest.StartTLS(t, l, a.WrongHost()),
		"nobody known":     feedtest.StartTLS(t, l, a.SelfSigned()),
		"safe encryption":  feedtest.StartOldTLS(t, l, a.Good()),
		"does not speak":   strings.Replace(feedtest.Start(t, l), "http:", "https:", 1),
	} {
		b := set(t, trusting)
		b.refused(httpFeed(url+"/list.txt"), tinycheck.Unavailable, words)
		if len(b.pauses) != 0 {
			t.Errorf("%s: tried again", words)
		}
	}
	if len(l.Asked()) != heard {
		t.Error("a request was sent before the server had proved who it is")
	}
	b := set(t, trusting)
	b.refused(httpFeed(feedtest.StartTLS(t, l, a.Good())+"/to/301?"+feedtest.Start(t, l)+"/list.txt"), tinycheck.Invalid, "from https to http")
}

func TestProbe(t *testing.T) {
	b, l := set(t), &feedtest.Liar{}
	url := feedtest.Start(t, l)
	said, err := b.Probe(t.Context(), httpFeed(url+"/list.txt"))
	if err != nil || !strings.Contains(said, feedtest.ListModified) || !strings.HasSuffix(said, ".") {
		t.Errorf("%q %v", said, err)
	}
	if _, err := b.Probe(t.Context(), httpFeed(url+"/endless")); err != nil {
		t.Errorf("only the headers are wanted: %v", err)
	}
	if _, err := b.Probe(t.Context(), httpFeed(url+"/status/404")); !errors.Is(err, tinycheck.NotFound) {
		t.Error(err)
	}
}
