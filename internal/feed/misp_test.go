package feed_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/feed"
	"tinycheck/internal/feedtest"
)

const key = "Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0Z2FycA"

func mispFeed(url string, selected ...string) tinycheck.Feed {
	return tinycheck.Feed{Name: "test", Kind: tinycheck.FeedMISP, URL: url, Secret: key, Select: selected, Private: true}
}

// values are the attributes of the parts, in order.
func values(t *testing.T, parts []part) (list []string) {
	t.Helper()
	for _, p := range parts {
		var page struct {
			Response struct{ Attribute []feedtest.Attribute }
		}
		if err := json.Unmarshal([]byte(p.body), &page); err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		for _, a := range page.Response.Attribute {
			list = append(list, a.Value)
		}
	}
	return list
}

func TestMISP(t *testing.T) {
	for _, n := range []int{1, feed.MISPLimit - 1, feed.MISPLimit, feed.MISPLimit + 1, 2*feed.MISPLimit + 7} {
		m := feedtest.NewMISP(key)
		for i := range n {
			m.Add(feedtest.Attribute{Value: fmt.Sprintf("%d.example", i), ToIDs: true})
		}
		m.Add(feedtest.Attribute{Value: "mail@example", Type: "email-dst", ToIDs: true})
		b := set(t)
		got, parts := b.must(mispFeed(feedtest.Start(t, m)))
		list := values(t, parts)
		if len(list) != n || list[0] != "0.example" || list[n-1] != fmt.Sprintf("%d.example", n-1) {
			t.Errorf("%d attributes: got %d", n, len(list))
		}
		if parts[0].name != "misp-page-1.json" || len(parts) != (n+feed.MISPLimit-1)/feed.MISPLimit || len(m.Asked()) != n/feed.MISPLimit+1 {
			t.Errorf("%d attributes: %d parts by %d questions", n, len(parts), len(m.Asked()))
		}
		if !got.Whole || got.Unchanged || !strings.HasPrefix(got.Cursor, strconv.Itoa(1_700_000_000+n-1)+" ") {
			t.Errorf("%d attributes: %+v", n, got)
		}
	}
}

func TestMISPChanges(t *testing.T) {
	m := feedtest.NewMISP(key)
	m.Add(feedtest.Attribute{Value: "a.example", ToIDs: true, Timestamp: "100"}, feedtest.Attribute{Value: "b.example", ToIDs: true, Timestamp: "200"}, feedtest.Attribute{Value: "c.example", ToIDs: true, Timestamp: "200"})
	b := set(t)
	source := mispFeed(feedtest.Start(t, m))
	first, _ := b.must(source)
	source.Cursor = first.Cursor
	m.Change(func(a *feedtest.Attribute) {
		if a.Value == "a.example" { // it loses its mark, which has to be seen
			a.ToIDs, a.Timestamp = false, "300"
		}
	})
	m.Add(feedtest.Attribute{Value: "d.example", Deleted: true, ToIDs: true, Timestamp: "250"})
	got, parts := b.must(source)
	if list := fmt.Sprint(values(t, parts)); list != "[a.example b.example c.example d.example]" { // those at the cursor come again
		t.Error(list)
	}
	if got.Whole || got.Unchanged || !strings.HasPrefix(got.Cursor, "300 ") {
		t.Errorf("%+v", got)
	}
	if q := m.Asked()[1]; q["timestamp"] != "200" || q["to_ids"] != nil || fmt.Sprint(q["deleted"]) != "[0 1]" {
		t.Errorf("asked %v", q)
	}
	if q := m.Asked()[0]; q["timestamp"] != nil || q["to_ids"] != nil || q["returnFormat"] != "json" || q["includeEventTags"] != true {
		t.Errorf("asked %v", q)
	}
	source.Cursor = got.Cursor
	m.Change(func(a *feedtest.Attribute) { a.Timestamp = "1" })
	again, parts := b.must(source)
	if !again.Unchanged || again.Whole || again.Cursor != got.Cursor || len(parts) != 0 {
		t.Errorf("%+v %v", again, parts)
	}
}

func TestMISPCursors(t *testing.T) {
	m := feedtest.NewMISP(key)
	m.Add(feedtest.Attribute{Value: "a.example", ToIDs: true, Timestamp: "100"}, feedtest.Attribute{Value: "b.example", ToIDs: true, Timestamp: "200"})
	url := feedtest.Start(t, m)
	got, _ := set(t).must(mispFeed(url))
	for _, tt := range []struct {
		name, cursor string
		selected     []string
		whole        bool
	}{
		{"its own", got.Cursor, nil, false},
		{"of another selection", got.Cursor, []string{"type:url", "type:domain"}, true},
		{"set by hand", "150", nil, false},
		{"nonsense", "yesterday", nil, true},
		{"of another kind", `{"https://x/":"2024-01-01T00:00:00Z"}`, nil, true},
		{"negative", "-5", nil, true},
		{"too large", "99999999999999999999", nil, true},
	} {
		source := mispFeed(url, tt.selected...)
		source.Cursor = tt.cursor
		got, _ := set(t).must(source)
		if got.Whole != tt.whole || !strings.HasPrefix(got.Cursor, "200 ") {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

// A stamp in the future would hide everything that comes before it.
func TestMISPStampsInTheFuture(t *testing.T) {
	m := feedtest.NewMISP(key)
	m.Add(feedtest.Attribute{Value: "a.example", ToIDs: true, Timestamp: "32503680000"}, feedtest.Attribute{Value: "b.example", ToIDs: true, Timestamp: "5"})
	got, _ := set(t).must(mispFeed(feedtest.Start(t, m)))
	stamp, _, _ := strings.Cut(got.Cursor, " ")
	n, err := strconv.ParseInt(stamp, 10, 64)
	if now := time.Now().Unix(); err != nil || n > now || n < now-10 {
		t.Errorf("cursor %q at %d", got.Cursor, now)
	}
}

// What changes while we read the later pages must come next time.
func TestMISPChangesMeanwhile(t *testing.T) {
	m := feedtest.NewMISP(key)
	for i := range feed.MISPLimit + 1 {
		m.Add(feedtest.Attribute{Value: fmt.Sprintf("%d.example", i), ToIDs: true, Timestamp: "100"})
	}
	now := time.Now().Unix()
	m.Before = func(query int) {
		if query != 2 {
			return
		}
		m.Change(func(a *feedtest.Attribute) {
			switch a.ID {
			case "1":
				a.Timestamp = strconv.FormatInt(now+5, 10)
			case strconv.Itoa(feed.MISPLimit + 1):
				a.Timestamp = strconv.FormatInt(now+9, 10)
			}
		})
	}
	b := set(t)
	source := mispFeed(feedtest.Start(t, m))
	got, _ := b.must(source)
	source.Cursor = got.Cursor
	_, parts := b.must(source)
	if list := fmt.Sprint(values(t, parts)); list != fmt.Sprintf("[0.example %d.example]", feed.MISPLimit) {
		t.Error(list)
	}
}

func TestMISPSelection(t *testing.T) {
	m := feedtest.NewMISP(key)
	tagged := &feedtest.MISPEvent{ID: "7", Info: "x", Tags: []feedtest.MISPTag{{Name: "stalkerware"}}}
	m.Add(
		feedtest.Attribute{Value: "a.example", ToIDs: true, Event: tagged},
		feedtest.Attribute{Value: "192.0.2.1", ToIDs: true, Type: "ip-dst", Event: tagged},
		feedtest.Attribute{Value: "c.example", ToIDs: true, Category: "Payload delivery"},
		feedtest.Attribute{Value: "d.example", Tags: []feedtest.MISPTag{{Name: "tlp:red"}}},
		feedtest.Attribute{Value: "not for phones", ToIDs: true, Type: "filename"},
	)
	url := feedtest.Start(t, m)
	for _, tt := range []struct {
		selected []string
		want     string
	}{
		{nil, "[a.example 192.0.2.1 c.example d.example]"},
		{[]string{"to_ids:true"}, "[a.example 192.0.2.1 c.example]"},
		{[]string{"type:domain"}, "[a.example c.example d.example]"},
		{[]string{"type: ip-dst ", "type:filename"}, "[192.0.2.1 not for phones]"},
		{[]string{"tag:stalkerware"}, "[a.example 192.0.2.1]"},
		{[]string{"tag:!stalkerware"}, "[c.example d.example]"},
		{[]string{"category:Network activity", "type:domain"}, "[a.example d.example]"},
		{[]string{"tag:tlp:red"}, "[d.example]"},
	} {
		_, parts := set(t).must(mispFeed(url, tt.selected...))
		if got := fmt.Sprint(values(t, parts)); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.selected, got, tt.want)
		}
	}
	for _, wrong := range []string{"domain", "type:", "typ:domain", "to_ids:maybe", ""} {
		set(t).refused(mispFeed(url, wrong), tinycheck.Invalid, "is none of type:")
	}
	set(t).refused(mispFeed(url, "tag:nobody has this"), tinycheck.NotFound, "no attribute that is selected")
}

func TestMISPThatRefuses(t *testing.T) {
	m := feedtest.NewMISP(key)
	m.Add(feedtest.Attribute{Value: "a.example", ToIDs: true})
	url := feedtest.Start(t, m)
	liar := feedtest.Start(t, &feedtest.Liar{})
	login := feedtest.Start(t, http.RedirectHandler("/users/login", http.StatusFound))
	wrong, none := mispFeed(url), mispFeed(url)
	wrong.Secret, none.Secret = "TheWrongKey0123456789", ""
	elsewhere := mispFeed(url + "/events")
	for _, tt := range []struct {
		feed  tinycheck.Feed
		kind  tinycheck.ErrorKind
		words string
	}{
		{wrong, tinycheck.Invalid, "refuses the key: \"Authentication failed."},
		{none, tinycheck.Invalid, "asks for a key"},
		{elsewhere, tinycheck.NotFound, "address that of its start page?"},
		{mispFeed(liar + "/echo"), tinycheck.Invalid, "refuses the key: \"not with …\""},
		{mispFeed(liar + "/html"), tinycheck.Invalid, "web page"},
		{mispFeed(liar + "/list.txt"), tinycheck.Invalid, "no JSON"},
		{mispFeed(login), tinycheck.Invalid, "redirects to http://127.0.0.1"},
	} {
		if err := set(t).refused(tt.feed, tt.kind, tt.words); tt.feed.Secret != "" && strings.Contains(fmt.Sprint(err), tt.feed.Secret) {
			t.Errorf("the key stands in %v", err)
		}
		if said, err := set(t).Probe(t.Context(), tt.feed); !errors.Is(err, tt.kind) {
			t.Errorf("probe %s: %q %v", tt.feed.URL, said, err)
		}
	}
	if said, err := set(t).Probe(t.Context(), mispFeed(url+"/")); err != nil || said != "MISP "+feedtest.MISPVersion+" answers and accepts the key." {
		t.Errorf("%q %v", said, err)
	}
}

func TestMISPThatIsNone(t *testing.T) {
	for name, answer := range map[string]string{
		"error page":     `{"name":"An Internal Error Has Occurred."}`,
		"list":           `[]`,
		"text":           `"x"`,
		"empty":          ``,
		"cut":            `{"response":{"Attribute":[{"timestamp":"1"}`,
		"no object":      `{"response":{"Attribute":["x"]}}`,
		"two":            `{"response":{"Attribute":[]}} {}`,
		"twice":          `{"response":{"Attribute":[]},"response":{"Attribute":[]}}`,
		"another shape":  `{"response":"x"}`,
		"attribute text": `{"response":{"Attribute":"x"}}`,
	} {
		m := feedtest.NewMISP(key)
		m.Add(feedtest.Attribute{Value: "a.example", ToIDs: true})
		m.Answer = func([]byte) []byte { return []byte(answer) }
		t.Run(name, func(t *testing.T) {
			set(t).refused(mispFeed(feedtest.Start(t, m)), tinycheck.Invalid, "not that of a MISP instance")
		})
	}
	m := feedtest.NewMISP(key)
	m.Answer = func([]byte) []byte { return []byte(`{"response":[]}`) } // PHP's way to say: nothing
	set(t).refused(mispFeed(feedtest.Start(t, m)), tinycheck.NotFound, "no attribute")
	m.Answer = func([]byte) []byte { return []byte("<!DOCTYPE html><html>login</html>") }
	set(t).refused(mispFeed(feedtest.Start(t, m)), tinycheck.Invalid, "web page")
}

// A page that fails leaves nothing, however many came before it.
func TestMISPBreaksOff(t *testing.T) {
	m := feedtest.NewMISP(key)
	for range feed.MISPLimit + 1 {
		m.Add(feedtest.Attribute{Value: "a.example", ToIDs: true})
	}
	m.Before = func(query int) {
		if query == 2 {
			m.Answer = func(b []byte) []byte { return b[:len(b)/2] }
		}
	}
	set(t).refused(mispFeed(feedtest.Start(t, m)), tinycheck.Invalid, "not that of a MISP instance")
}

func TestMISPWithRealEvents(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(root(t), "../shared/feeds/citizenlab+malware-indicators/*/misp.json"))
	if len(files) == 0 {
		t.Skip("no real events in ../shared/feeds")
	}
	m, n := feedtest.NewMISP(key), 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		some, err := m.Load(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n += some
	}
	_, parts := set(t).must(mispFeed(feedtest.Start(t, m)))
	list := values(t, parts)
	t.Logf("%d events, %d attributes, %d that a phone can show, in %d pages", len(files), n, len(list), len(parts))
	if !strings.Contains(fmt.Sprint(list), "ideas-telcel.com.mx") || len(list) >= n {
		t.Errorf("%d of %d", len(list), n)
	}
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above")
		}
		dir = filepath.Dir(dir)
	}
}
