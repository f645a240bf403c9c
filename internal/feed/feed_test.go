package feed_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/feed"
)

// part is a Part that was read.
type part struct{ name, body string }

// bench fetches for one test.
type bench struct {
	*feed.Fetcher
	t      *testing.T
	folder string
	pauses []time.Duration
}

// set makes a Fetcher with small limits. When the test ends, no spool may be left.
func set(t *testing.T, change ...func(*feed.Config)) *bench {
	t.Helper()
	b := &bench{t: t, folder: t.TempDir()}
	c := feed.Config{Timeout: 30 * time.Second, Idle: 10 * time.Second, MaxBytes: 1 << 20, Folder: b.folder}
	for _, do := range change {
		do(&c)
	}
	f, err := feed.New(c)
	if err != nil {
		t.Fatal(err)
	}
	f.Hurry(func(d time.Duration) { b.pauses = append(b.pauses, d) })
	b.Fetcher = f
	t.Cleanup(b.nothingLeft)
	return b
}

func (b *bench) nothingLeft() {
	left, err := os.ReadDir(b.folder)
	if err != nil || len(left) != 0 {
		b.t.Errorf("spools left behind: %v %v", left, err)
	}
}

// TestMain looks for goroutines that outlive all tests.
func TestMain(m *testing.M) {
	code := m.Run()
	stacks := make([]byte, 1<<20)
	for range 100 {
		text := string(stacks[:runtime.Stack(stacks, true)])
		if !strings.Contains(text, "persistConn") && !strings.Contains(text, "internal/feed.") {
			os.Exit(code)
		}
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Printf("goroutines left behind:\n%s\n", stacks)
	os.Exit(1)
}

func (b *bench) fetch(source tinycheck.Feed) (feed.Fetched, []part, error) {
	b.t.Helper()
	var parts []part
	var whole bool
	got, err := b.Fetch(context.Background(), source, func(p feed.Part) error {
		body, err := io.ReadAll(p.Body)
		if err != nil || int64(len(body)) != p.Size {
			b.t.Errorf("part %s of %d bytes has %d: %v", p.Name, p.Size, len(body), err)
		}
		parts, whole = append(parts, part{p.Name, string(body)}), p.Whole
		return nil
	})
	if err != nil && len(parts) > 0 {
		b.t.Errorf("parts were seen before the error %v", err)
	}
	if err == nil && len(parts) > 0 && whole != got.Whole {
		b.t.Errorf("the parts say that they are the whole: %v, the fetch %v", whole, got.Whole)
	}
	if err == nil && got.Parts != len(parts) {
		b.t.Errorf("%d parts are said to be %d", len(parts), got.Parts)
	}
	return got, parts, err
}

// must fetches what has to succeed.
func (b *bench) must(source tinycheck.Feed) (feed.Fetched, []part) {
	b.t.Helper()
	got, parts, err := b.fetch(source)
	if err != nil {
		b.t.Fatal(err)
	}
	return got, parts
}

// refused fetches what has to fail, with the kind and the words.
func (b *bench) refused(source tinycheck.Feed, kind tinycheck.ErrorKind, words string) error {
	b.t.Helper()
	got, _, err := b.fetch(source)
	if !errors.Is(err, kind) || !strings.Contains(fmt.Sprint(err), words) {
		b.t.Errorf("got %+v, error %v\nwant %s: …%s…", got, err, kind, words)
	}
	if got != (feed.Fetched{}) {
		b.t.Errorf("an error came with %+v", got)
	}
	return err
}

func httpFeed(url string) tinycheck.Feed {
	return tinycheck.Feed{Name: "test", Kind: tinycheck.FeedHTTP, URL: url, Private: true}
}

func TestConfigIsChecked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]feed.Config{
		"timeout":   {Timeout: -1},
		"idle":      {Idle: -1},
		"size":      {MaxBytes: -1},
		"too large": {MaxBytes: 2 << 30},
		"tries":     {Tries: 99},
		"proxy":     {Proxy: "ftp://secret@proxy"},
		"no proxy":  {Proxy: "http://"},
		"folder":    {Folder: file},
		"nowhere":   {Folder: file + "/none"},
	} {
		f, err := feed.New(c)
		if f != nil || !errors.Is(err, tinycheck.Invalid) || strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("%s: %v %v", name, f, err)
		}
	}
	if _, err := feed.New(feed.Config{}); err != nil {
		t.Errorf("the zero Config: %v", err)
	}
}

func TestFeedsThatCannotBeFetched(t *testing.T) {
	b := set(t)
	for _, tt := range []struct {
		feed  tinycheck.Feed
		kind  tinycheck.ErrorKind
		words string
	}{
		{tinycheck.Feed{Kind: tinycheck.FeedBuiltIn}, tinycheck.Unsupported, "nothing to fetch"},
		{tinycheck.Feed{Kind: tinycheck.FeedByHand}, tinycheck.Unsupported, "nothing to fetch"},
		{tinycheck.Feed{Kind: tinycheck.FeedBundle}, tinycheck.Unsupported, "nothing to fetch"},
		{tinycheck.Feed{Kind: tinycheck.FeedHTTP}, tinycheck.Invalid, "no address"},
		{tinycheck.Feed{Kind: tinycheck.FeedHTTP, URL: "ftp://c2.example/list"}, tinycheck.Invalid, "neither with https://"},
		{tinycheck.Feed{Kind: tinycheck.FeedHTTP, URL: "/etc/passwd"}, tinycheck.Invalid, "neither with https://"},
		{tinycheck.Feed{Kind: tinycheck.FeedHTTP, URL: "https:///list"}, tinycheck.Invalid, "names no server"},
		{tinycheck.Feed{Kind: tinycheck.FeedHTTP, URL: "https://u:hidden@%zz/"}, tinycheck.Invalid, "no URL"},
		{tinycheck.Feed{Kind: tinycheck.FeedHTTP, URL: "https://feed.example/", Secret: "a\nb: hidden"}, tinycheck.Invalid, "copy it again"},
		{tinycheck.Feed{Kind: tinycheck.FeedMISP, URL: "https://feed.example/", Secret: "hiddén"}, tinycheck.Invalid, "copy it again"},
		{tinycheck.Feed{Kind: tinycheck.FeedHTTP, URL: "http://feed.example/", Secret: "hidden"}, tinycheck.Invalid, "unprotected"},
		{tinycheck.Feed{Kind: tinycheck.FeedHTTP, URL: "http://u:hidden@feed.example/"}, tinycheck.Invalid, "unprotected"},
	} {
		tt.feed.Name = "test"
		if err := b.refused(tt.feed, tt.kind, tt.words); strings.Contains(fmt.Sprint(err), "hidd") {
			t.Errorf("the secret stands in %v", err)
		}
		if _, err := b.Probe(context.Background(), tt.feed); !errors.Is(err, tt.kind) {
			t.Errorf("probe: %v", err)
		}
	}
}
