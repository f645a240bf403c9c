package exchange

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"tinycheck"
)

// table reads the rows of a CSV.
type table struct {
	*book
	heading
	flatLike tinycheck.Indicator
	begun    bool // the header, if it is no comment, has passed
}

// comment takes the date of lists that say when they were made.
func (t *table) comment(text string) {
	if _, date, ok := strings.Cut(text, "Last updated:"); ok {
		t.dated(moment(strings.TrimSpace(strings.TrimRight(date, "# "))))
	}
}

func (t *table) row(line int, row []string) {
	if !t.begun {
		t.begun = true
		if slices.Equal(trimmed(row), trimmed(t.names)) {
			return
		}
	}
	value, col := t.found(row)
	switch {
	case len(row) > maxColumns:
		t.reject(line, row[0], "more columns than a table may have")
	case value == "":
		t.reject(line, strings.Join(row[:min(len(row), 4)], ","), errEntryEmpty.Error())
	case col == colForeign:
		t.foreign(line, value, letters(t.names[t.at[colForeign]-1]))
	default:
		t.typed(line, value, t.kind(row, col), t.like(row, col))
	}
}

func trimmed(cells []string) []string {
	out := make([]string, len(cells))
	for n, cell := range cells {
		out[n] = strings.Trim(cell, " \t\r\"\ufeff")
	}
	return out
}

// kind gives the type of a row, spelled as MISP does.
func (t *table) kind(row []string, col column) string {
	if kind := columnTypes[col]; kind != "" {
		return kind
	}
	kind := t.cell(row, colType)
	if kind == "" {
		return ""
	}
	return strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(kind))
}

// typed takes a value of a type. The names are MISP's, and those of others.
func (t *table) typed(line int, value, kind string, like tinycheck.Indicator) {
	switch kind {
	case "", "domain", "domain-name", "hostname", "host", "fqdn", "ip", "ipv4", "ipv6", "ip-dst", "ip-src", "ipv4-addr", "ipv6-addr",
		"ip4addr", "ip6addr", "cidr", "address", "url", "uri", "ip:port", "ip-range", "subnet":
		t.flat(line, value, like)
	case "domain|ip": // the name, and where it was when somebody looked
		name, _, _ := strings.Cut(value, "|")
		t.flat(line, name, like)
	case "ip-dst|port", "ip-src|port", "hostname|port", "domain|port":
		t.flat(line, ported(value), like)
	case "x509-fingerprint-sha1", "x509-fingerprint-sha256", "sha1cert", "cert-sha1", "cert-sha256", "x509-sha1", "x509-sha256":
		t.certificate(line, value, like)
	case "ja3", "ja3-fingerprint-md5", "ja3-md5":
		t.fingerprint(line, tinycheck.JA3, value, like)
	case "ja4", "ja4-plus":
		t.fingerprint(line, tinycheck.JA4, value, like)
	case "jarm-fingerprint":
		t.reject(line, value, tinyCheckRefused["jarm"])
	case "link":
		t.reject(line, value, "a link to a report, not an indicator")
	default:
		t.untaken(line, value, kind)
	}
}

// untaken says why a type gives no indicator.
func (t *table) untaken(line int, value, kind string) {
	if reason := tinyCheckRefused[kind]; reason != "" {
		t.reject(line, value, reason)
		return
	}
	for _, word := range foreignTypes {
		if strings.Contains(kind, word) {
			t.foreign(line, value, kind)
			return
		}
	}
	t.reject(line, value, "unknown type "+clip(kind, maxWord))
}

// foreignTypes are the parts of the names of types that no traffic shows.
var foreignTypes = []string{
	"md5", "sha1", "sha2", "sha3", "sha5", "sha-", "hash", "imphash", "ssdeep", "tlsh", "file", "email", "e-mail", "whois", "text", "comment", "yara",
	"sigma", "regkey", "registry", "mutex", "threat-actor", "campaign", "vulnerability", "cve", "user-agent", "pdb", "package", "app",
	"mobile", "attachment", "malware", "process", "phone", "btc", "xmr", "other", "port", "asn", "mac", "datetime", "counter",
}

func ported(value string) string {
	host, port, _ := strings.Cut(value, "|")
	if addr, err := netip.ParseAddr(strings.TrimSpace(host)); err == nil && addr.Is6() {
		return "[" + addr.String() + "]:" + port
	}
	return host + ":" + port
}

// like gives everything that a row says but the value.
func (t *table) like(row []string, col column) tinycheck.Indicator {
	i := t.class(row, col)
	i.Family = unguarded(t.cell(row, colFamily))
	for _, other := range []column{colReason, colName} {
		if i.Family == "" {
			i.Family = t.cell(row, other)
		}
	}
	i.Family = strings.TrimSuffix(i.Family, " C&C") // abuse.ch: "AsyncRAT C&C"
	if about := t.cell(row, colDescription); strings.Contains(about, "::") {
		i = civil(i, about)
	}
	i.ValidFrom, i.ValidUntil = moment(t.cell(row, colFirst)), moment(t.cell(row, colUntil))
	i.Updated = moment(t.cell(row, colDate))
	if last := moment(t.cell(row, colLast)); last.After(i.Updated) {
		i.Updated = last
	}
	t.dated(i.Updated)
	if n, err := strconv.Atoi(t.cell(row, colConfidence)); err == nil {
		i.Confidence = min(max(n, 0), 100)
	}
	if i.SourceID = t.cell(row, colID); i.SourceID == "" {
		i.SourceID = t.cell(row, colReference)
	}
	i.SourceID = clip(i.SourceID, maxWord)
	return marked(i, t.cell(row, colTLP))
}

// momentForms are the forms in which tables write times.
var momentForms = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02 15:04:05 MST", "2006-01-02T15:04:05", time.DateOnly, "2006/01/02", "20060102",
}

// moment reads a time; one that is none is as good as not stated.
func moment(text string) time.Time {
	if len(text) < 8 || len(text) > 40 {
		return time.Time{}
	}
	for _, form := range momentForms {
		if at, err := time.Parse(form, text); err == nil {
			return at.UTC()
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 1e8 && n < 1e10 {
		return time.Unix(n, 0).UTC()
	}
	return time.Time{}
}
