package report_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tinycheck/internal/report"
)

// checker validates a document against the part of JSON Schema (draft 2020-12)
// that schema.json uses; a keyword outside of it fails the test. It also notes
// which keys of the schema were met.
type checker struct {
	root   map[string]any
	met    map[string]bool // "path/to/properties/key"
	faults []string
	strict bool // an undocumented key is a fault
}

func newChecker(t *testing.T) *checker {
	t.Helper()
	c := &checker{met: map[string]bool{}, strict: true}
	if err := json.Unmarshal(report.Schema(), &c.root); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *checker) fault(at, format string, a ...any) {
	c.faults = append(c.faults, at+": "+fmt.Sprintf(format, a...))
}

func (c *checker) check(s map[string]any, where string, v any, at string) {
	if ref, ok := s["$ref"].(string); ok {
		name, found := strings.CutPrefix(ref, "#/$defs/")
		target, ok := c.root["$defs"].(map[string]any)[name].(map[string]any)
		if !found || !ok {
			c.fault(at, "%s leads nowhere", ref)
			return
		}
		c.check(target, name, v, at)
		return
	}
	for keyword, want := range s {
		switch keyword {
		case "$schema", "$id", "$defs", "title", "description":
		case "type":
			c.kind(want, v, at)
		case "const":
			if v != want {
				c.fault(at, "%v is not %v", v, want)
			}
		case "enum":
			if !slices.Contains(want.([]any), v) {
				c.fault(at, "%v is not one of %v", v, want)
			}
		case "minimum", "maximum":
			n, ok := v.(float64)
			limit := want.(float64)
			if !ok || keyword == "minimum" && n < limit || keyword == "maximum" && n > limit {
				c.fault(at, "%v is beyond the %s %v", v, keyword, limit)
			}
		case "pattern":
			if text, ok := v.(string); !ok || !regexp.MustCompile(want.(string)).MatchString(text) {
				c.fault(at, "%v does not match %v", v, want)
			}
		case "format":
			if text, ok := v.(string); ok {
				if parsed, err := time.Parse(time.RFC3339Nano, text); want != "date-time" || err != nil || parsed.Location() != time.UTC {
					c.fault(at, "%v is no %v in UTC", v, want)
				}
			}
		case "required", "properties":
			c.object(s, where, v, at)
		case "items":
			list, _ := v.([]any)
			for i, item := range list {
				c.check(want.(map[string]any), where+"[]", item, fmt.Sprintf("%s[%d]", at, i))
			}
		default:
			c.fault(at, "the schema uses %s, which this test does not know", keyword)
		}
	}
}

func (c *checker) object(s map[string]any, where string, v any, at string) {
	fields, ok := v.(map[string]any)
	if !ok {
		return // told by type
	}
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := fields[name.(string)]; !ok {
			c.fault(at, "%v is missing", name)
		}
		if _, ok := properties[name.(string)]; !ok {
			c.fault(at, "%v is required and not documented", name)
		}
	}
	for name, field := range fields {
		property, ok := properties[name].(map[string]any)
		if !ok {
			if c.strict {
				c.fault(at, "%s is not documented", name)
			}
			continue
		}
		if !c.met[where+"/"+name] && property["$ref"] == nil && property["description"] == nil {
			c.fault(at, "%s has no description", name)
		}
		c.met[where+"/"+name] = true
		c.check(property, where+"/"+name, field, at+"."+name)
	}
}

func (c *checker) kind(want, v any, at string) {
	kinds, ok := want.([]any)
	if !ok {
		kinds = []any{want}
	}
	is := "null"
	switch x := v.(type) {
	case string:
		is = "string"
	case bool:
		is = "boolean"
	case float64:
		is = "number"
		if x == math.Trunc(x) && slices.Contains(kinds, any("integer")) {
			is = "integer"
		}
	case []any:
		is = "array"
	case map[string]any:
		is = "object"
	}
	if !slices.Contains(kinds, any(is)) {
		c.fault(at, "is %s, not %v", is, want)
	}
}

// documented lists every key that the schema describes, as checker.met has it.
func (c *checker) documented() map[string]bool {
	all := map[string]bool{}
	var walk func(s map[string]any, where string)
	walk = func(s map[string]any, where string) {
		properties, _ := s["properties"].(map[string]any)
		for name, p := range properties {
			all[where+"/"+name] = true
			walk(p.(map[string]any), where+"/"+name)
		}
		if items, ok := s["items"].(map[string]any); ok {
			walk(items, where+"[]")
		}
	}
	walk(c.root, "")
	for name, s := range c.root["$defs"].(map[string]any) {
		walk(s.(map[string]any), name)
	}
	return all
}

func TestSchema(t *testing.T) {
	c := newChecker(t)
	if c.root["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
		t.Errorf("$schema is %v", c.root["$schema"])
	}
	for name, r := range examples() {
		for _, format := range []string{"json", "ndjson"} {
			var v any
			if err := json.Unmarshal([]byte(write(t, r, report.Config{Format: format})), &v); err != nil {
				t.Fatal(err)
			}
			before := len(c.faults)
			c.check(c.root, "", v, name)
			for _, f := range c.faults[before:] {
				t.Error(f)
			}
		}
	}
	// Every key of the schema is produced; the other direction was a fault above.
	for _, key := range slices.Sorted(maps.Keys(c.documented())) {
		if !c.met[key] {
			t.Errorf("%s is documented and never produced", key)
		}
	}
}

// The checker itself must see what is wrong.
func TestCheckerSees(t *testing.T) {
	good := write(t, detectedReport(), report.Config{Format: "ndjson"})
	for _, change := range []struct{ from, to, want string }{
		{`"schema":1`, `"schema":2`, "is not 1"},
		{`"answer":"detected"`, `"answer":"clean"`, "is not one of"},
		{`"other_devices":0`, `"other_devices":-1`, "beyond the minimum"},
		{`"other_devices":0`, `"other_device":0`, "other_devices is missing"},
		{`"other_devices":0`, `"other_devices":0,"x":1`, "x is not documented"},
		{`"packets":48211`, `"packets":1.5`, "not integer"},
		{`"tags":["stalkerware"]`, `"tags":null`, "is null"},
		{`"start":"2025-03-14T09:26:53.589793Z"`, `"start":"2025-03-14 09:26"`, "is no date-time"},
		{`"start":"2025-03-14T09:26:53.589793Z"`, `"start":"2025-03-14T09:26:53+01:00"`, "in UTC"},
		{`"sha256":"9f`, `"sha256":"zz`, "does not match"},
	} {
		bad := strings.Replace(good, change.from, change.to, 1)
		if bad == good {
			t.Errorf("%s does not stand in the example", change.from)
			continue
		}
		var v any
		if err := json.Unmarshal([]byte(bad), &v); err != nil {
			t.Fatal(err)
		}
		c := newChecker(t)
		c.check(c.root, "", v, "x")
		if !strings.Contains(strings.Join(c.faults, "\n"), change.want) {
			t.Errorf("%s passes, or gives %q", change.to, c.faults)
		}
	}
}
