package exchange

import (
	"encoding/xml"
	"slices"
	"strings"
)

// stix1Object is a CybOX object that is being read: what it is, and what the
// fields read so far say. All fields of one object must be seen together.
type stix1Object struct {
	kind  string // of the namespace-free type: DomainNameObjectType
	parts []pattern
}

func newStix1Object(e *xml.StartElement) *stix1Object {
	kind := attribute(e, "type")
	if cut := strings.LastIndexByte(kind, ':'); cut >= 0 {
		kind = kind[cut+1:]
	}
	kind = clip(strings.TrimSuffix(kind, "ObjectType"), maxWord)
	if category := attribute(e, "category"); kind == "Address" && category != "" && !slices.Contains([]string{"ipv4-addr", "ipv6-addr", "cidr", "ipv4-net", "ipv6-net"}, category) {
		kind = clip(category, maxWord)
	}
	return &stix1Object{kind: kind}
}

// stix1Fields are the fields of the objects that say what is to be seen.
var stix1Fields = map[string][]string{
	"DomainName": {"Value"}, "URI": {"Value"}, "Link": {"Value"}, "Hostname": {"Hostname_Value"}, "Address": {"Address_Value"},
	"SocketAddress": {"Address_Value", "Hostname_Value"}, "NetworkConnection": {"Address_Value", "Hostname_Value"},
}

// leaf takes one field.
func (o *stix1Object) leaf(line int, name, text string, d *stix1) {
	fields := stix1Fields[o.kind]
	if text == "" || fields == nil {
		return
	}
	if len(o.parts) > maxTags {
		o.parts = []pattern{{refused: []string{refusedAnd}}} // nobody writes so many fields
	}
	switch {
	case slices.Contains(d.path, "Source_Socket_Address"):
		o.parts = append(o.parts, pattern{narrow: true})
	case name == "Port_Value":
		part := pattern{narrow: true}
		if checkPort(text) == nil {
			part.ports = []string{text}
		}
		o.parts = append(o.parts, part)
	case slices.Contains(fields, name):
		o.parts = append(o.parts, stix1Values(line, text, d.last))
	default:
		o.parts = append(o.parts, pattern{narrow: true}) // a protocol, a type
	}
}

// stix1Values gives what a field with a condition says; several values are
// written with a delimiter (CybOX 2.1, PatternFieldGroup).
func stix1Values(line int, text string, e *xml.StartElement) pattern {
	switch attribute(e, "condition") {
	case "Equals", "":
	case "Contains", "FitsPattern", "StartsWith", "EndsWith":
		return pattern{refused: []string{refusedMatch}}
	default:
		return pattern{refused: []string{refusedNot}}
	}
	delimiter := attribute(e, "delimiter")
	if delimiter == "" {
		delimiter = "##comma##"
	}
	values := strings.Split(text, delimiter)
	switch apply := attribute(e, "apply_condition"); {
	case apply == "NONE":
		return pattern{refused: []string{refusedNot}}
	case apply == "ALL" && len(values) > 1:
		return pattern{refused: []string{refusedAnd}}
	}
	var found pattern
	for _, value := range values {
		if value = strings.TrimSpace(value); value != "" {
			found.terms = append(found.terms, term{value: value, line: line})
		}
	}
	return found
}

func (d *stix1) closeObject(int) {
	o := d.object
	if d.object = nil; o == nil || len(d.nodes) == 0 {
		return
	}
	found := pattern{foreign: []unseen{{kind: o.kind}}}
	if stix1Fields[o.kind] != nil && len(o.parts) > 0 {
		found = joined(o.parts)
	}
	node := &d.nodes[len(d.nodes)-1]
	node.parts = append(node.parts, found)
}
