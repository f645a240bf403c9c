package library_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/bundle"
	"tinycheck/internal/library"
	"tinycheck/internal/store"
)

// sender is a library that packs bundles.
type sender struct {
	*library.Library
	t      testing.TB
	public bundle.PublicKey
	key    bundle.PrivateKey
}

func newSender(t testing.TB) *sender {
	t.Helper()
	public, private, err := bundle.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &sender{open(t), t, public, private}
}

func (s *sender) pack(version uint64, feeds ...string) []byte {
	s.t.Helper()
	var out bytes.Buffer
	_, err := s.Pack(s.t.Context(), &out, library.Packing{
		Name: "coalition", Version: version, Expires: noon.Add(24 * time.Hour), Feeds: feeds, Sign: s.key.Sign,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out.Bytes()
}

func apply(t testing.TB, l *library.Library, packed []byte, keys ...bundle.PublicKey) (library.Applied, error) {
	t.Helper()
	return l.Apply(t.Context(), bytes.NewReader(packed), int64(len(packed)), library.Applying{Keys: keys})
}

func TestABundleBringsEverything(t *testing.T) {
	from := newSender(t)
	rich := tinycheck.Indicator{Class: tinycheck.ClassWatchware, Family: "Example Guard", Tags: []string{"family-app"}, TLP: "amber", Confidence: 70}
	if _, err := from.Add(t.Context(), []string{"guard.example", "192.0.2.0/24", strings.Repeat("ab", 20)}, rich); err != nil {
		t.Fatal(err)
	}
	imports(t, from.Library, "list.txt", "a.spy.example\nb.spy.example\n", library.Source{})
	to := open(t)
	done, err := apply(t, to, from.pack(1, "own", "list.txt"), from.public)
	if err == nil && (done.Again || len(done.Intakes) != 2) {
		t.Errorf("%+v", done)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range rows(t, from.Library, "own") {
		want.Feed = "coalition.own"
		found := false
		for _, got := range rows(t, to, "coalition.own") {
			found = found || got.Compare(&want) == 0
		}
		if !found {
			t.Errorf("lost on the way: %+v", want)
		}
	}
	if got := classes(t, to, "guard.example"); len(got) != 1 || got[0] != tinycheck.ClassWatchware {
		t.Errorf("in force: %v", got)
	}
	if f := stands(t, to, "coalition.list.txt"); f.Kind != tinycheck.FeedBundle || f.Indicators != 2 {
		t.Errorf("the feed stands so: %+v", f)
	}
}

// rows are the indicators of a feed; none of one that is not there.
func rows(t testing.TB, l *library.Library, feed string) (list []tinycheck.Indicator) {
	t.Helper()
	found, _, err := l.Find(t.Context(), store.Query{Feed: feed})
	if err != nil && !errors.Is(err, tinycheck.NotFound) {
		t.Fatal(err)
	}
	for _, f := range found {
		list = append(list, f.Indicator)
	}
	return list
}

func TestBundlesThatAreRefusedChangeNothing(t *testing.T) {
	from := newSender(t)
	imports(t, from.Library, "list.txt", "a.spy.example\n", library.Source{})
	first, second := from.pack(1), from.pack(2)
	to := open(t)
	if err := to.Trust(from.public, true); err != nil {
		t.Fatal(err)
	}
	if _, err := apply(t, to, second); err != nil {
		t.Fatal(err)
	}
	stranger := newSender(t)
	imports(t, stranger.Library, "list.txt", "b.spy.example\n", library.Source{})
	damaged := bytes.Clone(from.pack(3))
	damaged[len(damaged)/2] ^= 1
	for name, c := range map[string]struct {
		packed []byte
		kind   tinycheck.ErrorKind
	}{
		"older": {first, tinycheck.Conflict}, "another key": {stranger.pack(9), tinycheck.Invalid},
		"damaged": {damaged, tinycheck.Invalid}, "empty": {nil, tinycheck.Invalid}, "a list": {[]byte("a.example\n"), tinycheck.Invalid},
	} {
		if _, err := apply(t, to, c.packed); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := rows(t, to, "coalition.list.txt"); len(got) != 1 || got[0].Value != "a.spy.example" {
		t.Errorf("what was there changed: %+v", got)
	}
	if done, err := apply(t, to, second); err != nil || !done.Again {
		t.Errorf("the same again: %+v, %v", done, err)
	}
}

// A feed that somebody made on the box is theirs.
func TestABundleDoesNotTouchWhatWasMadeHere(t *testing.T) {
	from := newSender(t)
	imports(t, from.Library, "list.txt", "a.spy.example\n", library.Source{})
	to := open(t)
	imports(t, to, "mine", "mine.example\n", library.Source{Feed: "coalition.list.txt"})
	if _, err := apply(t, to, from.pack(1), from.public); !errors.Is(err, tinycheck.Conflict) {
		t.Errorf("error %v", err)
	}
	if len(classes(t, to, "mine.example")) != 1 || len(classes(t, to, "a.spy.example")) != 0 {
		t.Error("the feed changed")
	}
}

// Keys of feeds stay where they are.
func TestABundleHoldsNoSecrets(t *testing.T) {
	from := newSender(t)
	add(t, from.Library, tinycheck.Feed{Name: "misp", Kind: tinycheck.FeedMISP, URL: "https://misp.example", Secret: "geheim"})
	packed := from.pack(1, "misp")
	b, err := bundle.Read(bytes.NewReader(packed), int64(len(packed)), bundle.Check{
		Keys: []bundle.PublicKey{from.public}, Now: noon, Applied: func(string) (uint64, error) { return 0, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range b.Parts {
		var text bytes.Buffer
		r, err := b.Open(part.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := text.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text.String(), "geheim") || strings.Contains(text.String(), "misp.example") {
			t.Errorf("%s tells %s", part.Name, text.String())
		}
	}
}
