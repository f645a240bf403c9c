// Package report turns a tinycheck.Report and a language into bytes: a calm
// page for people (text), and the same facts for programs (json, ndjson).
//
//	err := report.Write(os.Stdout, r, report.Config{Format: "text", Language: l, Width: 80})
//
// There is one file per format and one table, in format.go. Explain and List
// print what a rule means, without any capture.
//
// The text begins with one sentence per device and one next step; then come the
// reasons, what could not be seen, the lines that every answer carries, and a
// technical part. It decides nothing: level, answer and grade come from
// tinycheck.Decide, and the words from internal/locale.
//
// The machine formats follow schema.json (JSON Schema, draft 2020-12) in the
// sense of docs/contract.md: keys are added, never renamed or removed. Equal
// reports give equal bytes. Numbers are JSON numbers (RFC 8259), times are
// RFC 3339 in UTC or null, lists are never null.
//
// Strings from the traffic are made harmless: no control character, terminal
// escape or direction mark reaches the paper (plain.go), and a name of a host
// is written as RFC 1035 section 5.1 does. The name that a device announced is
// personal and is left out of every format.
//
// Write fails for a format that is not there (tinycheck.Unsupported) and when
// the writer fails; nothing is written before the whole text is made.
package report
