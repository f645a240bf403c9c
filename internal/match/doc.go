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
// The levels are those of the table of docs/contract.md: this package holds the
// rows that need nothing but indicators. It has no clock and no words. What it
// keeps is bounded by the constants in limit.go, and Lost counts what did not
// fit; when the bounds are reached, sightings of c2 indicators are kept before
// all others.
package match
