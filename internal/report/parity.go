package report

import (
	"io"
	"strings"

	"tinycheck"
	"tinycheck/internal/locale"
)

// Parity is one warning of TinyCheck (Kaspersky, commit 4f989dc, 2023) and of
// SpyGuard (commit cb93165, 2024), and what became of it here. Its words stand
// under "parity." and its id: what it reacted to, and why ours differs.
type Parity struct {
	ID                  string
	TinyCheck, SpyGuard Severity
	Ours                []Counterpart
}

// Severity is the level that a warning had there.
type Severity string

// The levels there. Some of their code never ran, and some texts had none.
const (
	High     Severity = "high"
	Moderate Severity = "moderate"
	Low      Severity = "low"
	Dead     Severity = "dead"    // moderate, and never reached
	Unused   Severity = "unused"  // only the text is there
	Dropped  Severity = "dropped" // of TinyCheck, left out by SpyGuard
	Absent   Severity = "absent"
)

// Counterpart is what we say to the same traffic, and the case of testdata/cases
// that shows it. Without a rule, nothing is said, but a limit may tell it.
type Counterpart struct {
	Rule  tinycheck.RuleID
	Level tinycheck.Level
	Limit tinycheck.Limit
	Case  string
}

// Parities lists every warning of both programs, in the order of their ids.
func Parities() []Parity {
	return []Parity{
		{"PROTO-01", Dead, Moderate, nothing("parity-proto-01")},
		{"PROTO-02", Low, Low, nothing("nothing-odd-port")},
		{"PROTO-03", Low, Low, nothing("nothing-plain-http")},
		{"PROTO-04", Moderate, Moderate, nothing("parity-proto-04")},
		{"PROTO-05", Low, Low, []Counterpart{
			{"", tinycheck.NothingFound, "", "nothing-bare-address"},
			{"", tinycheck.NothingFound, tinycheck.LimitUnexplained, "nothing-udp"},
		}},
		{"IOC-01", High, High, []Counterpart{
			{tinycheck.RuleC2Address, tinycheck.Suspicious, "", "address-plain"},
			{tinycheck.RuleSharedAddress, tinycheck.Note, "", "address-shared"},
			{tinycheck.RuleNamedAddress, tinycheck.Note, "", "address-named-other"},
			{tinycheck.RuleAgedAddress, tinycheck.Note, "", "address-aged"},
		}},
		{"IOC-02", Moderate, Moderate, ours(tinycheck.RuleAgedAddress, tinycheck.Note, "address-import-prefix")},
		{"IOC-03", High, High, []Counterpart{
			{tinycheck.RuleC2Name, tinycheck.Detected, "", "c2-name-dns-only"},
			{tinycheck.RuleC2Website, tinycheck.Suspicious, "", "dual-dns-only"},
			{tinycheck.RuleWebsite, tinycheck.Note, "", "website-visit"},
		}},
		{"IOC-04", Moderate, Low, ours(tinycheck.RuleTracker, tinycheck.Note, "tracker-visit")},
		{"IOC-05", Moderate, Moderate, ours(tinycheck.RuleDynamicDNS, tinycheck.Note, "level-dynamic-dns")},
		{"IOC-06", Low, Low, nothing("nothing-top-level-domain")},
		{"IOC-07", High, Unused, ours(tinycheck.RuleC2Certificate, tinycheck.Detected, "certificate-sha1")},
		{"IOC-08", High, Unused, ours(tinycheck.RuleC2Name, tinycheck.Detected, "c2-name-http-only")},
		{"IOC-09", Moderate, Unused, ours(tinycheck.RuleDynamicDNS, tinycheck.Note, "parity-ioc-09")},
		{"IOC-10", Low, Unused, nothing("parity-ioc-10")},
		{"IOC-11", Absent, High, ours(tinycheck.RuleTor, tinycheck.Note, "level-tor")},
		{"IOC-12", Absent, Low, ours(tinycheck.RuleWatchware, tinycheck.Note, "parity-ioc-12")},
		{"IOC-13", Absent, Low, []Counterpart{
			{tinycheck.RuleDoH, tinycheck.Note, "", "level-doh"},
			{"", tinycheck.NothingFound, tinycheck.LimitEncryptedDNS, "level-doh"},
		}},
		{"ACT-01", Moderate, Moderate, nothing("parity-act-01")},
		{"ACT-02", Moderate, Moderate, nothing("parity-act-02")},
		{"SSL-01", Moderate, Moderate, nothing("parity-ssl-01")},
		{"SSL-02", Moderate, Moderate, nothing("nothing-free-certificate")},
		{"SSL-03", Moderate, Moderate, nothing("nothing-self-signed")},
		{"SSL-04", High, High, []Counterpart{
			{tinycheck.RuleC2Name, tinycheck.Detected, "", "c2-name-sni-only"},
			{tinycheck.RuleC2Certificate, tinycheck.Detected, "", "certificate-sha1"},
		}},
		{"SSL-05", Absent, High, nothing("parity-ssl-05")},
		{"ADV-01", Moderate, Dropped, nothing("nothing-many-small-things")},
		{"SNORT-01", High, High, nothing("parity-snort-01")},
	}
}

func nothing(name string) []Counterpart { return ours("", tinycheck.NothingFound, name) }

func ours(rule tinycheck.RuleID, level tinycheck.Level, name string) []Counterpart {
	return []Counterpart{{Rule: rule, Level: level, Case: name}}
}

// FindParity returns the row of an id, in any case.
func FindParity(id string) (Parity, bool) {
	for _, row := range Parities() {
		if strings.EqualFold(row.ID, id) {
			return row, true
		}
	}
	return Parity{}, false
}

// ListParity writes what became of every warning of both programs.
func ListParity(w io.Writer, language *locale.Language, width int) error {
	p := newPaper(Config{Language: language, Width: width})
	p.parities()
	return put(w, p.buffer.Bytes())
}

func (p *paper) parities() {
	p.heading(p.say("parity.said.title", nil))
	for _, row := range Parities() {
		p.blank()
		p.parity(&row)
	}
}

func (p *paper) parity(row *Parity) {
	p.write(p.say("parity.said.head", args{"ID": row.ID}), 0, 0, bold)
	p.line(p.say("parity.said.was", args{"Text": p.say("parity."+row.ID+".was", nil)}), 1)
	p.line(p.say("parity.said.levels", args{"TinyCheck": p.severity(row.TinyCheck), "SpyGuard": p.severity(row.SpyGuard)}), 1)
	for _, c := range row.Ours {
		p.line(p.counterpart(c), 1)
	}
	p.line(p.say("parity.said.why", args{"Text": p.say("parity."+row.ID+".why", nil)}), 1)
}

func (p *paper) severity(s Severity) said { return p.say("parity.level."+string(s), nil) }

func (p *paper) counterpart(c Counterpart) said {
	switch {
	case c.Rule != "":
		return p.say("parity.said.ours", args{
			"Rule": string(c.Rule), "Level": string(c.Level), "Means": p.say("level."+string(c.Level), nil),
		})
	case c.Limit != "":
		return p.say("parity.said.limit", args{"Limit": string(c.Limit)})
	}
	return p.say("parity.said.nothing", nil)
}

// peers lists the warnings there that a rule of ours stands for.
func peers(rule tinycheck.RuleID) (ids []said) {
	for _, row := range Parities() {
		for _, c := range row.Ours {
			if c.Rule == rule {
				ids = append(ids, said(row.ID))
				break
			}
		}
	}
	return ids
}
