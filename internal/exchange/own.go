package exchange

import (
	"bufio"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"tinycheck"
)

// Our own form, for lists that people write by hand:
//
//	tinycheck-indicators: 1
//	date: 2026-11-22
//	licence: …
//	families:
//	  - family: Example Spy
//	    source: https://…
//	    c2: [api.spy.example, 192.0.2.7]
//	    website: [spy.example]
//	    distribution: […]   watchware: […]   tracker: […]   weak: […]
//	infrastructure:
//	  - kind: doh           # tor, dynamic-dns, relay, vpn, parking
//	    source: https://…
//	    values: [dns.example]

func looksOwn(s sample) bool {
	return strings.HasPrefix(s.text, "tinycheck-indicators:") || strings.Contains(s.text, "\ntinycheck-indicators:")
}

func readOwn(in *bufio.Reader, b *book) error {
	root, err := readYAML(in)
	if err != nil {
		return err
	}
	for key, value := range fields(root) {
		switch key {
		case "tinycheck-indicators":
			if value.Value != "1" {
				return unsupported("written for a newer version of TinyCheck")
			}
		case "date":
			date, err := time.Parse(time.DateOnly, value.Value)
			if err != nil {
				b.reject(value.Line, value.Value, "not a date like 2006-01-02")
			}
			b.dated(date)
		case "licence":
			b.feed.Licence = clip(value.Value, maxWord)
		}
	}
	b.ownParts(root)
	return nil
}

func (b *book) ownParts(root *yaml.Node) {
	for key, value := range fields(root) {
		switch key {
		case "tinycheck-indicators", "date", "licence":
		case "families":
			b.ownList(value, b.ownFamily)
		case "infrastructure":
			b.ownList(value, b.ownInfrastructure)
		default:
			b.reject(value.Line, key, "unknown key")
		}
	}
}

func (b *book) ownList(n *yaml.Node, read func(n *yaml.Node)) {
	for _, child := range n.Content {
		if n.Kind != yaml.SequenceNode || child.Kind != yaml.MappingNode {
			b.reject(child.Line, child.Value, "not an entry with keys")
			continue
		}
		read(child)
	}
}

// ownClasses are the keys of a family that hold values.
var ownClasses = []tinycheck.Class{
	tinycheck.ClassC2, tinycheck.ClassWebsite, tinycheck.ClassDistribution,
	tinycheck.ClassWatchware, tinycheck.ClassTracker, tinycheck.ClassWeak,
}

func (b *book) ownFamily(n *yaml.Node) {
	like := tinycheck.Indicator{Updated: b.feed.Date}
	for key, value := range fields(n) {
		if key == "family" {
			like.Family = value.Value
		}
	}
	for key, value := range fields(n) {
		like.Class = tinycheck.Class(key)
		switch {
		case slices.Contains(ownClasses, like.Class):
			b.values(value, func(v *yaml.Node) { b.add(v.Line, v.Value, like) })
		case key != "family" && key != "source" && key != "note":
			b.reject(value.Line, key, "unknown key of a family")
		}
	}
}

// ownKinds are the kinds of infrastructure that may be listed.
var ownKinds = []tinycheck.Infrastructure{
	tinycheck.InfraDoH, tinycheck.InfraTor, tinycheck.InfraDynamicDNS,
	tinycheck.InfraRelay, tinycheck.InfraVPN, tinycheck.InfraParking,
}

func (b *book) ownInfrastructure(n *yaml.Node) {
	like := tinycheck.Indicator{Class: tinycheck.ClassInfrastructure, Updated: b.feed.Date}
	for key, value := range fields(n) {
		switch key {
		case "kind":
			like.Infrastructure = tinycheck.Infrastructure(value.Value)
		case "owner":
			like.Family = value.Value
		}
	}
	if !slices.Contains(ownKinds, like.Infrastructure) {
		b.reject(n.Line, string(like.Infrastructure), "unknown kind of infrastructure")
		return
	}
	for key, value := range fields(n) {
		switch key {
		case "values":
			b.values(value, func(v *yaml.Node) { b.add(v.Line, v.Value, like) })
		case "kind", "owner", "source", "note":
		default:
			b.reject(value.Line, key, "unknown key of infrastructure")
		}
	}
}
