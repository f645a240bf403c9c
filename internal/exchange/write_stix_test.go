package exchange_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The rules of STIX 2.1 (OASIS standard, 10 June 2021) that a bundle must obey.
func TestBundleObeysTheSpecification(t *testing.T) {
	text, _ := write(t, "stix", table())
	var bundle struct {
		Type    string           `json:"type"`
		ID      string           `json:"id"`
		Objects []map[string]any `json:"objects"`
	}
	if err := json.Unmarshal([]byte(text), &bundle); err != nil {
		t.Fatal(err)
	}
	if bundle.Type != "bundle" || !stixID.MatchString(bundle.ID) {
		t.Errorf("bundle %s %s", bundle.Type, bundle.ID)
	}
	ids := map[string]string{}
	for _, o := range bundle.Objects {
		id, _ := o["id"].(string)
		if ids[id] != "" {
			t.Errorf("%s stands there twice", id)
		}
		ids[id], _ = o["type"].(string)
	}
	for _, o := range bundle.Objects {
		obey(t, o, ids)
	}
}

var (
	stixID    = regexp.MustCompile(`^([a-z][a-z0-9-]*)--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	stixStamp = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}Z$`)
)

// required are the properties that a type must have beside the common ones.
var required = map[string][]string{
	"indicator":          {"pattern", "pattern_type", "valid_from", "modified"},
	"malware":            {"is_family", "modified"},
	"relationship":       {"relationship_type", "source_ref", "target_ref", "modified"},
	"identity":           {"name", "modified"},
	"marking-definition": {"definition_type", "definition"},
}

func obey(t *testing.T, o map[string]any, ids map[string]string) {
	kind, _ := o["type"].(string)
	id, _ := o["id"].(string)
	if required[kind] == nil || o["spec_version"] != "2.1" || !stixID.MatchString(id) || !strings.HasPrefix(id, kind+"--") {
		t.Errorf("%v: not an object of STIX 2.1", o)
	}
	for _, key := range append(required[kind], "created") {
		if o[key] == nil {
			t.Errorf("%s has no %s", id, key)
		}
	}
	for key, value := range o {
		if list, ok := value.([]any); ok && len(list) == 0 {
			t.Errorf("%s: %s is an empty list (section 2.9)", id, key)
		}
	}
	obeyTimes(t, id, o)
	obeyReferences(t, id, o, ids)
	if n, ok := o["confidence"].(float64); ok && (n < 1 || n > 100) {
		t.Errorf("%s: confidence %v", id, n)
	}
	if kind == "marking-definition" && o["modified"] != nil {
		t.Errorf("%s: a marking cannot be modified (section 7.2.1)", id)
	}
}

func obeyTimes(t *testing.T, id string, o map[string]any) {
	at := map[string]time.Time{}
	for _, key := range []string{"created", "modified", "valid_from", "valid_until"} {
		text, ok := o[key].(string)
		if !ok {
			continue
		}
		var err error
		if at[key], err = time.Parse(time.RFC3339Nano, text); err != nil || !stixStamp.MatchString(text) {
			t.Errorf("%s: %s %s", id, key, text)
		}
	}
	if at["modified"].Before(at["created"]) && o["modified"] != nil {
		t.Errorf("%s: modified %v before it was created %v", id, at["modified"], at["created"])
	}
	if o["valid_until"] != nil && !at["valid_until"].After(at["valid_from"]) {
		t.Errorf("%s: valid until %v, from %v (section 4.7.1)", id, at["valid_until"], at["valid_from"])
	}
}

func obeyReferences(t *testing.T, id string, o map[string]any, ids map[string]string) {
	want := map[string][]string{"source_ref": {"indicator"}, "target_ref": {"malware"}, "created_by_ref": {"identity"}}
	for key, types := range want {
		if ref, ok := o[key].(string); ok && !slices.Contains(types, ids[ref]) {
			t.Errorf("%s: %s is %q, a %q", id, key, ref, ids[ref])
		}
	}
	list, _ := o["object_marking_refs"].([]any)
	for _, ref := range list {
		if word, _ := ref.(string); ids[word] != "marking-definition" {
			t.Errorf("%s: no such marking %v", id, ref)
		}
	}
	if o["type"] == "relationship" && o["relationship_type"] != "indicates" {
		t.Errorf("%s: %v", id, o["relationship_type"])
	}
}

// The four markings have fixed ids and contents (section 7.2.1.4).
func TestMarkingsAreThoseOfTheSpecification(t *testing.T) {
	text, _ := write(t, "stix", table())
	for _, line := range []string{
		`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9","created":"2017-01-20T00:00:00.000Z","name":"TLP:WHITE","definition_type":"tlp","definition":{"tlp":"white"}}`,
		`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da","created":"2017-01-20T00:00:00.000Z","name":"TLP:GREEN","definition_type":"tlp","definition":{"tlp":"green"}}`,
		`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82","created":"2017-01-20T00:00:00.000Z","name":"TLP:AMBER","definition_type":"tlp","definition":{"tlp":"amber"}}`,
		`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed","created":"2017-01-20T00:00:00.000Z","name":"TLP:RED","definition_type":"tlp","definition":{"tlp":"red"}}`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s", line)
		}
	}
}
