// Package exchange turns the formats in which others publish indicators into
// indicators, and says what became of every entry.
//
//	indicators, feed, err := exchange.Read("ioc.yaml", r)
//
// Read recognises the format by its content; the name only helps where content
// leaves a doubt. One format is one file and one row of the table in format.go:
//
//	tinycheck-yaml  our own: families and infrastructure, each with its class
//	tinycheck-json  TinyCheck and SpyGuard: {"iocs":[{type,tag,tlp,value}],"to_delete":[…]}
//	echap-yaml      Echap stalkerware-indicators: ioc.yaml and watchware.yaml
//	stix            STIX 2.0 and 2.1 bundles and TAXII envelopes (patterns: STIX 2.1 section 9)
//	hosts           block lists in the form of a hosts file
//	list            one name, address, prefix or URL per line
//
// What an entry means is taken from the source where the source says it. A flat
// list says nothing: its entries become class c2 with the tag "unclassified",
// because everybody publishes such lists to be warned by them. The JSON of
// TinyCheck and SpyGuard is flat too, apart from its tags; Echap's export in
// that format mixes vendors' websites with c2, so ioc.yaml is the better file.
// A name listed twice with two meanings stays two indicators. Private addresses
// are taken, because only a list made for one network has them.
//
// Defanged spellings (hxxp://, [.], (dot), [:]) are understood. A port becomes
// the tag "port:N", since no indicator has a port; "*.name" and ".name" become
// the name, since an indicator covers what lies under it. A URL stays a URL,
// never its host, unless it is nothing but its host.
//
// Nothing is dropped in silence: an entry that gives no indicator is counted in
// Feed.RejectedTotal, and the first hundred stand in Feed.Rejected with line,
// value and reason. Kinds that no traffic shows (packages, file hashes, e-mail
// addresses) are counted in bulk, one row per kind.
//
// Input is hostile: length, depth, number of entries and YAML nodes are bounded
// by the constants in limit.go, YAML aliases are refused, and one bad entry
// never loses the others. An error is of kind Invalid or Unsupported; indicators
// read before the damage are given with it.
//
// It does not fetch, store, write or judge: internal/library reads files with it
// and marks entries that are too general.
package exchange
