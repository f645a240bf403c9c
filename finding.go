package tinycheck

import (
	"cmp"
	"slices"
	"time"
)

// Channel is the way in which an observable was seen.
type Channel string

// The channels.
const (
	ViaDNSQuery    Channel = "dns-query"   // asked, whatever came back
	ViaDNSAlias    Channel = "dns-cname"   // in the chain of an answer
	ViaTLS         Channel = "tls-sni"     // TLS or DTLS
	ViaQUIC        Channel = "quic-sni"    //
	ViaHTTP        Channel = "http-host"   //
	ViaSOCKS       Channel = "socks"       //
	ViaCertName    Channel = "cert-name"   // a name in a certificate
	ViaCertHash    Channel = "cert-hash"   //
	ViaAddress     Channel = "address"     // a flow to a listed address
	ViaFingerprint Channel = "fingerprint" // JA3 or JA4
)

// Flow reports whether a sighting through the channel is part of a
// conversation with the remote itself; a DNS question is not.
func (c Channel) Flow() bool { return c != ViaDNSQuery && c != ViaDNSAlias }

// Sighting is an indicator and the observable that matched it, seen through
// one channel (STIX 2.1 section 5.2), for one device.
type Sighting struct {
	Seen       Observable   // what the traffic showed
	Indicators []*Indicator // what it matched: most specific first, every source
	Channel    Channel
	First      time.Time
	Last       time.Time
	Count      int64   // how often
	Packets    []int64 // packet numbers, the first few
}

// Identity is who the device talked to, at the level at which strangers do not
// share: a tenant of a hosting platform, else the registrable domain's host,
// else an address.
type Identity struct {
	Name    string // host or tenant; "" when only an address is known
	Address string
}

// String is the name, or the address where there is none.
func (i Identity) String() string { return cmp.Or(i.Name, i.Address) }

// Finding is one fact about a device that a rule found worth telling. It
// carries arguments for the words, never the words.
type Finding struct {
	Rule       RuleID
	Version    int
	Level      Level
	Weight     int // decibans; orders findings inside a level, nothing else
	Identity   Identity
	Class      Class
	Families   []string // every product that the identity is listed for, sorted
	Names      []string // every name seen for the identity, sorted, bounded
	Flows      int64
	Sent       int64 // payload bytes from the device
	Received   int64
	First      time.Time
	Last       time.Time
	Channels   []Channel
	Sightings  []Sighting
	Techniques []string // ATT&CK for Mobile
}

// CompareFindings orders by level, weight, then identity and rule, so that the
// same findings always stand in the same order.
func CompareFindings(a, b *Finding) int {
	return cmp.Or(
		cmp.Compare(b.Level.Rank(), a.Level.Rank()),
		cmp.Compare(b.Weight, a.Weight),
		cmp.Compare(a.Identity.String(), b.Identity.String()),
		cmp.Compare(a.Rule, b.Rule),
	)
}

// SortFindings sorts in place by CompareFindings.
func SortFindings(f []Finding) {
	slices.SortStableFunc(f, func(a, b Finding) int { return CompareFindings(&a, &b) })
}
