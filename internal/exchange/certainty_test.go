package exchange_test

import (
	"fmt"
	"strings"
	"testing"

	"tinycheck/internal/exchange"
)

// How sure a source is may be said on several scales; what is no scale says
// nothing.
func TestMISPConfidence(t *testing.T) {
	for tag, want := range map[string]int{
		`misp:confidence-level="fairly-confident"`:                    50,
		`estimative-language:likelihood-probability="almost-certain"`: 97,
		`estimative-language:confidence-in-analytic-judgment="high"`:  85,
		`admiralty-scale:information-credibility="2"`:                 70,
		`admiralty-scale:source-reliability="b"`:                      0,
		`estimative-language:confidence-in-analytic-judgment="maybe"`: 0,
	} {
		event := fmt.Sprintf(`{"Event":{"info":"x","Attribute":[{"type":"domain","category":"Network activity","to_ids":true,"value":"a.example","Tag":[{"name":%q}]}]}}`, tag)
		list, _, err := exchange.Read("event.json", strings.NewReader(event))
		if err != nil || len(list) != 1 || list[0].Confidence != want {
			t.Errorf("%s: %+v, %v; want %d", tag, list, err, want)
		}
	}
}
