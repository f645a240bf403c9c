package exchange

import (
	"bufio"
	"encoding/json"
	"slices"
	"strings"

	"tinycheck"
)

// Allow-lists say what their makers did not want to hear about. Their names
// become context where that is asked for, which can turn a behaviour into a
// note and never hides an indicator. Their addresses are never taken.

const (
	refusedAllowed  = "it is an allow-list: those name what is ordinary, so it gives no indicators; its names can be taken as context"
	reasonAddresses = "no address is known to be ordinary: addresses change hands"
	reasonOperator  = "a name of a company, which no traffic shows"
)

// kept are the kinds of file that are no indicators and are read all the same,
// to take their context, or to count what is in them.
var kept = []format{
	{"rules", looksRules, readRules},
	{"allow-list", looksElements, readElements},
	{"allow-list", looksSlips, readSlips},
	{"allow-list", looksAllowed, readAllowed},
}

// allowed takes one entry of an allow-list.
func (b *book) allowed(line int, raw, owner string) {
	found, _, err := entry(raw)
	switch {
	case err != nil:
		b.reject(line, raw, err.Error())
	case found.Type == tinycheck.IPv4Addr, found.Type == tinycheck.IPv6Addr:
		b.reject(line, raw, reasonAddresses)
	case found.Type != tinycheck.DomainName:
		b.reject(line, raw, "only names can be known as ordinary")
	default:
		b.context(line, tinycheck.Context{
			Observable: found, Class: tinycheck.ContextService, Owner: owner,
			Purpose: "listed as ordinary by " + clip(b.feed.Name, maxWord),
		})
	}
}

// asked refuses the file where nobody asks for context; the counts stand.
func (b *book) asked(err error) error {
	if err == nil && b.config.Context == nil {
		return unsupported(refusedAllowed)
	}
	return err
}

// TinyCheck and SpyGuard: {"elements": [{"type": "domain", "element": "…"}]}.
func looksElements(s sample) bool {
	return strings.HasPrefix(s.text, "{") && strings.Contains(s.text, `"elements"`) && !strings.Contains(s.text, `"iocs"`)
}

func readElements(in *bufio.Reader, b *book) error {
	return b.asked(eachElement(in, map[string]element{"elements": func(line int, raw json.RawMessage) {
		var e struct {
			Element string `json:"element"`
		}
		if json.Unmarshal(raw, &e) != nil {
			b.reject(line, string(raw[:min(len(raw), maxEntry)]), "not an entry with type and element")
			return
		}
		b.allowed(line, e.Element, "")
	}}))
}

// Slips: whitelist.conf, "domain,name,both,alerts".
func looksSlips(s sample) bool {
	return strings.Contains(s.text, `"IoCType","IoCValue","Direction"`)
}

func readSlips(in *bufio.Reader, b *book) error {
	return b.asked(b.eachLine(in, func(number int, line []byte) {
		cells := strings.Split(string(line), ",")
		switch {
		case len(cells) < 2:
			b.reject(number, string(line), "not an entry of an allow-list")
		case cells[0] == "domain", cells[0] == "ip":
			b.allowed(number, cells[1], "")
		case cells[0] == `"IoCType"`:
		case cells[0] == "organization":
			b.reject(number, cells[1], reasonOperator)
		default:
			b.foreign(number, cells[1], cells[0])
		}
	}))
}

// looksAllowed: lists whose names say what they are: whitelist.txt,
// popular_domains.txt, apple_domains of Slips.
func looksAllowed(s sample) bool {
	if firm(s.name) != "" {
		return true
	}
	if looksMaltrail(s) && baseName(s.name) != "whitelist.txt" {
		return false // a family may be called like anything
	}
	for _, word := range nameWords(s.name) {
		switch word {
		case "whitelist", "allowlist", "popular", "tranco", "umbrella", "alexa", "top1m", "safelist":
			return looksHosts(s) || s.most(func(line string) bool {
				_, _, err := entry(line[strings.LastIndexByte(line, ',')+1:])
				return err == nil
			}, ".txt")
		}
	}
	return false
}

// firm gives the owner that the name of a file of Slips states.
func firm(name string) string {
	owner, ok := strings.CutSuffix(baseName(name), "_domains")
	if ok && slices.Contains([]string{"apple", "facebook", "google", "microsoft", "twitter"}, owner) {
		return strings.ToUpper(owner[:1]) + owner[1:]
	}
	return ""
}

func readAllowed(in *bufio.Reader, b *book) error {
	owner := firm(b.feed.Name)
	return b.asked(b.eachLine(in, func(number int, line []byte) {
		cells := strings.FieldsFunc(string(line), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
		if len(cells) > 0 {
			b.allowed(number, cells[len(cells)-1], owner)
		}
	}))
}
