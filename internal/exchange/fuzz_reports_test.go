package exchange_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/exchange"
)

func FuzzMISP(f *testing.F) {
	seed(f, "misp.json")
	f.Add(`[{"Event":{"Attribute":[{"type":"domain|ip","value":"a.example|192.0.2.1","to_ids":1}]}},{"response":[]}]`)
	f.Add(`{"Attribute":{"type":"url","category":"x","value":"http://a.example/x"}}`)
	f.Fuzz(hold)
}

func FuzzOpenIOC(f *testing.F) {
	seed(f, "openioc.ioc")
	f.Add(`<OpenIOC xmlns="http://openioc.org/schemas/OpenIOC_1.1"><criteria><Indicator operator="AND" negate="true"><IndicatorItem id="a.example"/></Indicator></criteria></OpenIOC>`)
	f.Fuzz(hold)
}

func FuzzSTIX1(f *testing.F) {
	seed(f, "stix1.xml")
	f.Add(`<Observables xmlns="http://cybox.mitre.org/cybox-2"><Observable><Object><Properties type="URIObjectType"><Value>http://a.example/x</Value></Properties></Object></Observable></Observables>`)
	f.Fuzz(hold)
}

// FuzzWrite writes one indicator in every format: it is left out with a reason,
// or it is read back with the meaning that it had.
func FuzzWrite(f *testing.F) {
	for n, family := range families {
		for kind, texts := range values {
			f.Add(texts[0], string(kind), uint8(n), family, "tag\nof mine")
		}
	}
	f.Add("http://a.example/[[.]]", "url", uint8(0), "x\x00y", `tinycheck:class="c2"`)
	f.Add("http://a.example/x'", "url", uint8(7), "\xff", "tinycheck-class:weak")
	f.Add("a.example", "domain-name", uint8(9), strings.Repeat("ü", 100), "tlp:red")
	f.Add("t1Cd1516h2_8daaf6152771_02713d6af862", "ja4", uint8(5), "Spy", "tag")
	means := table()[:12]
	f.Fuzz(func(t *testing.T, value, kind string, class uint8, family, tag string) {
		i := means[int(class)%len(means)]
		i.Observable = tinycheck.Observable{Type: tinycheck.ObservableType(kind), Value: value}
		i.Family, i.Tags = family, []string{tag}
		for _, format := range exchange.Writers() {
			var out bytes.Buffer
			in, err := exchange.Write(format, &out, about, each([]tinycheck.Indicator{i}))
			if err != nil || in.Accepted+in.RejectedTotal != 1 || in.RejectedTotal != len(in.Rejected) {
				t.Fatalf("%s: %+v, %v", format, in, err)
			}
			if in.Accepted == 1 && slices.Contains([]string{"stix", "misp", "tinycheck-json"}, format) {
				same(t, format, &i, out.String())
			}
			if in.Accepted == 1 && (format == "list" || format == "hosts") && !strings.Contains(out.String(), value+"\n") {
				t.Fatalf("%s: %q", format, out.String())
			}
		}
	})
}

// same asserts that what was written is what is read; a family is told in its
// one spelling.
func same(t *testing.T, format string, i *tinycheck.Indicator, text string) {
	back, feed, err := exchange.Read("x", strings.NewReader(text))
	if err != nil || len(back) != 1 || feed.RejectedTotal != 0 || feed.Format != format {
		t.Fatalf("%s: %+v %v\n%s", format, feed, err, text)
	}
	got := back[0]
	if got.Observable != i.Observable || got.Class != i.Class || got.Infrastructure != i.Infrastructure {
		t.Fatalf("%s: wrote %+v, read %+v\n%s", format, i, got, text)
	}
	if format == "tinycheck-json" {
		return
	}
	var out bytes.Buffer
	if _, err := exchange.Write(format, &out, about, each(back)); err != nil {
		t.Fatal(err)
	}
	again, _, err := exchange.Read("x", bytes.NewReader(out.Bytes()))
	if diff := cmp.Diff(back, again); diff != "" || err != nil {
		t.Fatalf("%s: the second time %v\n%s", format, err, diff)
	}
	if strings.TrimSpace(i.Family) == i.Family && i.Family == strings.Join(strings.Fields(i.Family), " ") && len(i.Family) < 128 && got.Family != strings.ToValidUTF8(i.Family, "\uFFFD") && !strings.ContainsFunc(i.Family, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		t.Fatalf("%s: family %q became %q", format, i.Family, got.Family)
	}
}
