package exchange

import (
	"bufio"
	"strings"

	"go.yaml.in/yaml/v3"

	"tinycheck"
)

// Echap's stalkerware-indicators, ioc.yaml and watchware.yaml: a list of
//
//	name: …          the family
//	type: …          stalkerware or watchware
//	websites: […]    distribution: […]    c2: {domains: […], ips: […]}
//	packages, certificates (of the APK's signer), ios_bundles …: not seen in traffic
//
// Everything of a watchware product is watchware, and the tag says as what it
// was listed.

func looksEchap(s sample) bool {
	if !strings.HasPrefix(s.text, "-") && !strings.Contains(s.text, "\n- ") {
		return false
	}
	for _, key := range []string{"websites:", "c2:", "packages:", "distribution:"} {
		if strings.Contains(s.text, "\n  "+key) || strings.Contains(s.text, "\n    "+key) {
			return true
		}
	}
	return false
}

func readEchap(in *bufio.Reader, b *book) error {
	root, err := readYAML(in)
	if err != nil {
		return err
	}
	if root.Kind != yaml.SequenceNode {
		return damaged("not a list of products with name, websites and c2")
	}
	for _, product := range root.Content {
		if product.Kind != yaml.MappingNode {
			b.reject(product.Line, product.Value, "not a product with name, websites and c2")
			continue
		}
		b.product(product)
	}
	return nil
}

func (b *book) product(n *yaml.Node) {
	name, kind := "", ""
	for key, value := range fields(n) {
		switch key {
		case "name":
			name = value.Value
		case "type":
			kind = strings.ToLower(value.Value)
		}
	}
	for key, value := range fields(n) {
		switch key {
		case "name", "names", "type":
		case "c2":
			b.echapC2(value, name, kind)
		case "websites":
			b.echapValues(value, echap(name, kind, tinycheck.ClassWebsite))
		case "distribution":
			b.echapValues(value, echap(name, kind, tinycheck.ClassDistribution))
		default:
			b.echapUnseen(value, key, name)
		}
	}
}

// echapUnseen takes what no traffic shows: packages, certificates of signers.
func (b *book) echapUnseen(n *yaml.Node, key, family string) {
	if len(n.Content) == 0 {
		b.unseen(n.Line, key, n.Value, family)
	}
	for _, v := range n.Content {
		b.unseen(v.Line, key, v.Value, family)
	}
}

func (b *book) echapC2(n *yaml.Node, name, kind string) {
	if n.Kind == yaml.SequenceNode {
		b.echapValues(n, echap(name, kind, tinycheck.ClassC2))
		return
	}
	for key, value := range fields(n) {
		switch key {
		case "domains", "domain", "ips", "ip", "urls", "url":
			b.echapValues(value, echap(name, kind, tinycheck.ClassC2))
		default:
			b.echapUnseen(value, "c2 "+key, name)
		}
	}
}

func (b *book) echapValues(n *yaml.Node, like tinycheck.Indicator) {
	b.values(n, func(v *yaml.Node) { b.add(v.Line, v.Value, like) })
}

// echap gives what every entry of one part of one product has in common.
func echap(name, kind string, listed tinycheck.Class) tinycheck.Indicator {
	i := labelled(kind)
	i.Family = name
	if i.Class == tinycheck.ClassC2 {
		i.Class = listed
	} else {
		i.Tags = union(i.Tags, []string{"listed:" + string(listed)})
	}
	return i
}
