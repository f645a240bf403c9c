package library_test

import (
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/library"
)

func overlaps(t testing.TB, l *library.Library) map[string]library.OverlapKind {
	t.Helper()
	found := map[string]library.OverlapKind{}
	err := l.Audit(t.Context(), func(o library.Overlap) error {
		found[o.Indicator.Value] = o.Kind
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAuditListsEveryOverlap(t *testing.T) {
	l := open(t)
	imports(t, l, "list.csv", "type,value,class\ndomain,spy.apple.com,c2\ndomain,bucket.s3.amazonaws.com,c2\ndomain,plain.example,c2\nip,104.16.0.9,c2\n", library.Source{})
	if _, err := l.Add(t.Context(), []string{"apple.com"}, tinycheck.Indicator{Class: tinycheck.ClassC2}); err != nil {
		t.Fatal(err)
	}
	found := overlaps(t, l)
	for value, want := range map[string]library.OverlapKind{
		"spy.apple.com": library.OverlapCovered, "apple.com": library.OverlapWeak,
		"bucket.s3.amazonaws.com": library.OverlapTenant, "104.16.0.9": library.OverlapTenant, "plain.example": "",
	} {
		if found[value] != want {
			t.Errorf("%s: %q, want %q", value, found[value], want)
		}
	}
}

// An allow-list that somebody imports may explain what is ordinary. It must not
// speak for a c2 indicator, whichever of the two came first.
func TestAForeignAllowListExcusesNoC2(t *testing.T) {
	const allowed = `{"elements":[{"type":"domain","element":"shop.example"},{"type":"domain","element":"cloud.example"}]}`
	for name, files := range map[string][][2]string{
		"indicator first":  {{"c2.txt", "spy.cloud.example\n"}, {"whitelist.json", allowed}},
		"allow-list first": {{"whitelist.json", allowed}, {"c2.txt", "spy.cloud.example\n"}},
	} {
		l := open(t)
		for _, f := range files {
			imports(t, l, f[0], f[1], library.Source{})
		}
		known, err := l.Knowledge(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c := known.Index.Context("www.shop.example"); c == nil || c.Class != tinycheck.ContextService {
			t.Errorf("%s: what is ordinary is not known: %+v", name, c)
		}
		if c := known.Index.Context("other.cloud.example"); c != nil {
			t.Errorf("%s: it speaks for a cloud in which a spy lives: %+v", name, c)
		}
		if overlaps(t, l)["spy.cloud.example"] != library.OverlapCovered {
			t.Errorf("%s: the audit does not tell", name)
		}
	}
}

// Context that nobody has checked for years excuses nothing.
func TestExpiredContextIsNotInForce(t *testing.T) {
	folder := t.TempDir()
	at := noon
	l := open(t, func(c *library.Config) { c.Folder, c.Now = folder, func() time.Time { return at } })
	if known, err := l.Knowledge(t.Context()); err != nil || known.Index.Context("captive.apple.com") == nil {
		t.Fatalf("today: %v", err)
	}
	at = noon.AddDate(3, 0, 0)
	known, err := l.Knowledge(t.Context())
	if err != nil || known.Index.Context("captive.apple.com") != nil {
		t.Errorf("three years later it still excuses: %v", err)
	}
	if got := known.Index.Tenant("x.firebaseio.com"); got != "x.firebaseio.com" {
		t.Errorf("platforms stay: %q", got)
	}
	imports(t, l, "c2.txt", "spy.apple.com\n", library.Source{})
	if got := overlaps(t, l)["spy.apple.com"]; got != library.OverlapExpired {
		t.Errorf("the audit says %q", got)
	}
}

// A network meets what lies in it as well as what lies around it.
func TestAuditSeesNetworks(t *testing.T) {
	l := open(t)
	imports(t, l, "list.csv", "type,value,class\nip,131.0.0.0/16,c2\nip,131.0.72.128/25,c2\nip,192.0.2.0/24,c2\n", library.Source{})
	found := overlaps(t, l)
	for value, want := range map[string]library.OverlapKind{
		"131.0.0.0/16": library.OverlapTenant, "131.0.72.128/25": library.OverlapTenant, "192.0.2.0/24": "",
	} {
		if found[value] != want {
			t.Errorf("%s: %q, want %q", value, found[value], want)
		}
	}
}
