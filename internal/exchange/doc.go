// Package exchange turns the formats in which others publish indicators into
// indicators, and says what became of every entry.
//
//	indicators, intake, err := exchange.Read("ioc.yaml", r)
//	intake, err := exchange.Stream("names.txt", r, exchange.Config{Indicator: take})
//
// Read sorts and merges. Stream gives each indicator as it comes, in memory that
// does not depend on the number of lines; documents (JSON, YAML, XML) are held.
// Both recognise the format by its content; the name only helps where content
// leaves a doubt. One format is one file and one row of the table in format.go:
//
//	tinycheck-yaml    our own: families and infrastructure, each with its class
//	tinycheck-json    TinyCheck and SpyGuard: {"iocs":[{type,tag,tlp,value}],"to_delete":[…]}
//	echap-yaml        Echap stalkerware-indicators: ioc.yaml and watchware.yaml
//	stix              STIX 2.0 and 2.1 bundles and TAXII envelopes (patterns: STIX 2.1 section 9)
//	misp              MISP events, feed files and answers of a search
//	openioc           OpenIOC 1.0 and 1.1
//	stix1             STIX 1 packages (XML) with CybOX objects
//	tinycheck-ndjson  our own lines, which lose nothing (WriteLines writes them)
//	json-list         a JSON array of strings
//	tor-exits         the Tor project's exit-addresses
//	maltrail          trails of Maltrail; the file's name says what they mean
//	csv               tables with a header, also of abuse.ch, MISP, Civilsphere, Slips
//	dataset           data sets of Suricata
//	hosts             block lists in the form of a hosts file
//	list              one name, address, prefix or URL per line
//
// Other files are refused as a whole, with a sentence that says what they are:
// lists of popular names, networks, ports, hashes and rules (refuse.go, rules.go).
// The names of allow-lists can be taken as context, their addresses never
// (allow.go). A list without a class that names what every phone talks to is
// refused too (ordinary.go).
//
// What an entry means is taken from the source where the source says it. A flat
// list says nothing: its entries become class c2 with the tag "unclassified",
// because everybody publishes such lists to be warned by them, unless Config.Like
// or the name of the file (hints.go) says otherwise. The JSON of TinyCheck and
// SpyGuard is flat too, apart from its tags; Echap's export in that format mixes
// vendors' websites with c2, so ioc.yaml is the better file.
// A name listed twice with two meanings stays two indicators. Private addresses
// are refused: they are another machine in every network.
//
// Defanged spellings (hxxp://, [.], (dot), [:]) are understood. A port becomes
// the tag "port:N", since no indicator has a port; "*.name" and ".name" become
// the name, since an indicator covers what lies under it. A URL stays a URL,
// never its host, unless it is nothing but its host.
//
// Nothing is dropped in silence: an entry that gives no indicator is counted in
// Intake.RejectedTotal and by reason in Intake.Reasons, and the first hundred
// stand in Intake.Rejected with line, value and reason. Kinds that no traffic
// shows (packages, file hashes, e-mail addresses) have one row per kind.
//
// Input is hostile: length, depth, number of entries and YAML nodes are bounded
// by the constants in limit.go, YAML aliases are refused, and one bad entry
// never loses the others. An error is of kind Invalid or Unsupported; indicators
// read before the damage are given with it.
//
// It does not fetch, store or judge: internal/library reads files with it
// and marks entries that are too general.
//
// Writing goes the other way, and only in formats that are read here:
//
//	intake, err := exchange.Write("stix", w, about, indicators)
//
// stix and misp hold everything that an indicator says; tinycheck-json and csv
// hold its class; hosts and list hold what accuses (c2 and distribution) and
// nothing else. What a format cannot hold is left out and counted by reason.
package exchange
