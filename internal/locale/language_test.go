package locale_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"tinycheck"
	"tinycheck/internal/locale"
)

func TestFind(t *testing.T) {
	for wish, want := range map[string]string{
		"": "en", "en": "en", "en-GB": "en", "fr": "fr", "FR": "fr", "fr-CA": "fr",
		"fr_CA.UTF-8": "fr", "fr-Latn-BE-u-nu-latn": "fr", "fr_FR@euro": "fr",
	} {
		l, err := locale.Find(wish)
		if err != nil || l.Tag() != want {
			t.Errorf("Find(%q) = %v, %v; want %s", wish, l, err, want)
		}
	}
	for _, wish := range []string{"de", "zz", "ja", "not a tag", "\x1b[31m", "und", "mul", strings.Repeat("a-", 10000)} {
		_, err := locale.Find(wish)
		if !errors.Is(err, tinycheck.Unsupported) {
			t.Errorf("Find(%.20q) gives %v, want Unsupported", wish, err)
		} else if !strings.Contains(err.Error(), "en, fr") {
			t.Errorf("%v does not list what there is", err)
		}
	}
}

func TestSay(t *testing.T) {
	fr, err := locale.Find("fr")
	if err != nil {
		t.Fatal(err)
	}
	en := locale.English()
	args := func(families ...string) map[string]any {
		return map[string]any{"Families": families, "Count": len(families)}
	}
	for _, c := range []struct {
		l         *locale.Language
		key, want string
		args      map[string]any
	}{
		{en, "answer.detected.headline", "We saw contact with servers used by mSpy, a product made to watch someone's phone.", args("mSpy")},
		{en, "answer.detected.headline", "We saw contact with servers used by A, B and C, products made to watch someone's phone.", args("A", "B", "C")},
		{fr, "answer.detected.headline", "Nous avons vu un contact avec des serveurs utilisés par A et B, des produits conçus pour surveiller le téléphone de quelqu’un.", args("A", "B")},
		{en, "report.others", "1 more device is in this recording, and this page does not answer for it.", map[string]any{"Count": 1}},
		{en, "report.others", "1,234 more devices are in this recording, and this page does not answer for them.", map[string]any{"Count": 1234}},
		// French counts zero and one alike.
		{fr, "duration.minutes", "0 minute", map[string]any{"Count": 0}},
		{fr, "duration.minutes", "2 minutes", map[string]any{"Count": int64(2)}},
		// A million has a plural form of its own in French (CLDR "many"); the general one stands in.
		{fr, "duration.minutes", "1\u00a0000\u00a0000 minutes", map[string]any{"Count": 1000000}},
		{en, "there.is.no.such.key", "there.is.no.such.key", nil},
		{fr, "there.is.no.such.key", "there.is.no.such.key", nil},
		// Arguments are data: a template in a name stays what it is.
		{en, "finding.names", "Names seen: {{.Names}} and {{call}}.", map[string]any{"Names": []string{"{{.Names}}", "{{call}}"}}},
	} {
		if got := c.l.Say(c.key, c.args); got != c.want {
			t.Errorf("%s %s:\n got %q\nwant %q", c.l.Tag(), c.key, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	fr, err := locale.Find("fr")
	if err != nil {
		t.Fatal(err)
	}
	en := locale.English()
	for _, c := range []struct{ got, want string }{
		{en.Number(1234567), "1,234,567"}, {fr.Number(1234567), "1\u00a0234\u00a0567"}, {en.Number(-5), "-5"},
		{en.Bytes(0), "0 bytes"}, {en.Bytes(1), "1 byte"}, {en.Bytes(999), "999 bytes"}, {fr.Bytes(1), "1 octet"},
		{en.Bytes(1000), "1\u00a0kB"}, {en.Bytes(1234567), "1.2\u00a0MB"}, {fr.Bytes(1234567), "1,2\u00a0Mo"},
		{en.Bytes(999_960), "1\u00a0MB"}, {en.Bytes(5_000_000_000_000_000), "5,000\u00a0TB"},
		{en.Percent(0), "0%"}, {en.Percent(0.001), "less than 1%"}, {en.Percent(0.29), "29%"}, {en.Percent(0.8499), "84%"},
		{en.Percent(0.999), "99%"}, {en.Percent(1), "100%"}, {en.Percent(7), "100%"}, {en.Percent(-1), "0%"},
		{fr.Percent(0.42), "42\u00a0%"}, {fr.Percent(0.001), "moins de 1\u00a0%"},
		{en.Duration(0), "0 seconds"}, {en.Duration(-time.Hour), "0 seconds"}, {en.Duration(45 * time.Second), "45 seconds"},
		{en.Duration(time.Minute), "1 minute"}, {en.Duration(179 * time.Second), "2 minutes 59 seconds"},
		{en.Duration(12*time.Minute + 59*time.Second), "12 minutes"}, {en.Duration(65 * time.Minute), "1 hour 5 minutes"},
		{en.Duration(2 * time.Hour), "2 hours"}, {en.Duration(25 * time.Hour), "1 day 1 hour"}, {en.Duration(400 * time.Hour), "16 days"},
		{fr.Duration(65 * time.Minute), "1 heure 5 minutes"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestTimes(t *testing.T) {
	fr, err := locale.Find("fr")
	if err != nil {
		t.Fatal(err)
	}
	en := locale.English()
	at := time.Date(2025, 3, 1, 1, 2, 3, 999, time.FixedZone("somewhere", 2*3600))
	for _, c := range []struct{ got, want string }{
		{en.Moment(at), "28 February 2025 at 23:02:03 UTC"},
		{fr.Moment(at), "28 février 2025 à 23:02:03 UTC"},
		{en.Date(at.Add(3 * time.Hour)), "1 March 2025"},
		{fr.Date(at.Add(3 * time.Hour)), "1er mars 2025"},
		{en.Moment(time.Time{}), "an unknown time"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestList(t *testing.T) {
	en := locale.English()
	items := []string{"A", "B", "C", "D"}
	for _, c := range []struct {
		n, limit int
		want     string
	}{
		{0, 5, ""}, {1, 5, "A"}, {2, 5, "A and B"}, {3, 5, "A, B and C"}, {4, 4, "A, B, C and D"},
		{4, 3, "A, B, C and 1 more"}, {4, 2, "A, B and 2 more"}, {4, 1, "A and 3 more"}, {4, 0, "A and 3 more"}, {1, -1, "A"},
	} {
		if got := en.List(items[:c.n], c.limit); got != c.want {
			t.Errorf("List of %d, at most %d: got %q, want %q", c.n, c.limit, got, c.want)
		}
	}
}

func TestSayAtOnce(t *testing.T) {
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			l, err := locale.Find("fr")
			if err != nil {
				t.Error(err)
				return
			}
			for _, key := range l.Keys() {
				l.Say(key, nil)
			}
		})
	}
	wait.Wait()
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"", "fr-CA", "zh-Hant-TW", "x-private", "C.UTF-8", "en-\x00", "i-klingon"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		l, err := locale.Find(tag)
		if (l == nil) == (err == nil) {
			t.Fatalf("Find(%q) = %v, %v", tag, l, err)
		}
		if err != nil && (!errors.Is(err, tinycheck.Unsupported) || !utf8.ValidString(err.Error())) {
			t.Fatalf("Find(%q) gives %v", tag, err)
		}
	})
}
