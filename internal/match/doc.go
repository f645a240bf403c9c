// Package match knows which indicators a phone's traffic touches: it turns
// observables into sightings and sightings into findings.
//
//	index := match.NewIndex(indicators, context)
//	gather := match.NewGatherer(index)
//	for … { gather.See(event) }
//	findings := gather.Findings(addressesOfADevice)
//
// Every name that is seen anywhere is compared: questions, answered or not,
// aliases, TLS and QUIC server names, HTTP hosts, names asked of proxies, names
// in certificates; so are addresses, certificate hashes, JA3 and JA4. Names
// match at label boundaries only, and the most specific indicator decides; all
// sources that list it are named. Context says what is ordinary; it never hides
// an indicator.
//
// A flow counts for an identity when it ends: because it said the name itself,
// or because the device had asked for the name, nothing else was asked for at
// that address, and bytes went either way. Packets that merely arrive from a
// listed address are no contact.
//
// The levels are those of the table of docs/contract.md: this package holds the
// rows that need nothing but indicators. It has no clock and no words.
//
// An Index is one run of bytes, the same in memory as in a file (layout.go), and
// is opened where it lies: a Builder makes it, Open checks its checksum and
// decodes nothing. It takes about 45 bytes for each name and keeps nothing else.
// A damaged one is refused as a whole. What does not fit into one is counted. What a Gatherer keeps is bounded by
// the constants in limit.go, and Lost counts what did not fit; when the bounds
// are reached, what can decide an answer is kept before all else.
package match
