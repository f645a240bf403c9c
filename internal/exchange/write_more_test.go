package exchange_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/exchange"
)

// A table that went through a spreadsheet still says what it said.
func TestTableIsReadBack(t *testing.T) {
	list := table()
	text, _ := write(t, "csv", list)
	back, feed := read(t, "x.csv", text)
	if diff := cmp.Diff(meanings(list, true), meanings(back, true)); diff != "" || feed.Format != "csv" || feed.RejectedTotal != 0 {
		t.Errorf("read as %s, %+v (-written +read)\n%s", feed.Format, feed.Rejected, diff)
	}
}

// What a MISP event deletes is told to who keeps the feed, unless the event says
// it in another place.
func TestDeletedAttributesAreTakenBack(t *testing.T) {
	text := `{"Event":{"info":"x","Attribute":[
		{"type":"domain|ip","category":"Network activity","to_ids":true,"deleted":true,"value":"gone.example|192.0.2.1"},
		{"type":"domain","category":"Network activity","to_ids":true,"deleted":"1","value":"moved.example"},
		{"type":"domain","category":"Network activity","to_ids":true,"deleted":false,"value":"moved.example"}]}}`
	var gone []string
	feed, err := exchange.Stream("x", strings.NewReader(text), exchange.Config{Withdrawn: func(o tinycheck.Observable) error {
		gone = append(gone, o.Value)
		return nil
	}})
	if diff := cmp.Diff([]string{"gone.example", "192.0.2.1"}, gone); diff != "" || err != nil || feed.Withdrawn != 2 || feed.Accepted != 1 {
		t.Errorf("%+v, %v\n%s", feed, err, diff)
	}
}
