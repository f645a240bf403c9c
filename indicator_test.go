package tinycheck_test

import (
	"testing"
	"time"

	"tinycheck"
)

// Compare is total: whatever differs, there is an order, and it turns round.
func TestIndicatorCompareIsTotal(t *testing.T) {
	like := tinycheck.Indicator{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: "a.example"}, Class: tinycheck.ClassC2,
		Infrastructure: "a", Family: "a", Feed: "a", SourceID: "a", Tags: []string{"a"}, TLP: "amber", Confidence: 1, ValidFrom: time.Unix(1, 0), ValidUntil: time.Unix(1, 0), Updated: time.Unix(1, 0)}
	for name, change := range map[string]func(*tinycheck.Indicator){
		"type": func(i *tinycheck.Indicator) { i.Type = tinycheck.URL }, "value": func(i *tinycheck.Indicator) { i.Value = "b.example" },
		"class": func(i *tinycheck.Indicator) { i.Class = tinycheck.ClassWebsite }, "infrastructure": func(i *tinycheck.Indicator) { i.Infrastructure = "b" },
		"family": func(i *tinycheck.Indicator) { i.Family = "b" }, "feed": func(i *tinycheck.Indicator) { i.Feed = "b" },
		"source": func(i *tinycheck.Indicator) { i.SourceID = "b" }, "tags": func(i *tinycheck.Indicator) { i.Tags = []string{"a", "b"} },
		"tlp": func(i *tinycheck.Indicator) { i.TLP = "green" }, "confidence": func(i *tinycheck.Indicator) { i.Confidence = 2 },
		"from": func(i *tinycheck.Indicator) { i.ValidFrom = time.Unix(2, 0) }, "until": func(i *tinycheck.Indicator) { i.ValidUntil = time.Unix(2, 0) },
		"updated": func(i *tinycheck.Indicator) { i.Updated = time.Unix(2, 0) },
	} {
		other := like
		change(&other)
		if like.Compare(&other) == 0 || like.Compare(&other) != -other.Compare(&like) {
			t.Errorf("%s: %d one way, %d the other", name, like.Compare(&other), other.Compare(&like))
		}
		if one := like; one.Compare(&like) != 0 {
			t.Error("an indicator is not equal to itself")
		}
	}
}
