package exchange

import (
	"bufio"
	"cmp"
	"encoding/xml"
	"regexp"
	"strings"
	"time"

	"tinycheck"
)

// OpenIOC 1.0 and 1.1 (schemas.mandiant.com/2010/ioc and openioc.org/schemas/OpenIOC_1.1):
// a tree of Indicator elements (OR, AND) over IndicatorItem elements. It comes
// down to the same as a STIX pattern and is judged like one: an item that must
// be seen together with something else that identifies is refused, because a
// part alone would accuse more than the source did.
//
// The family is the short description. MISP's export writes "Event #11" there,
// so in those it is the description. Its older exports leave the content empty
// and put the value in the place of the item's id: there it is taken from.

func looksOpenIOC(s sample) bool {
	return strings.HasPrefix(s.text, "<") &&
		(strings.Contains(s.text, "schemas.mandiant.com/2010/ioc") || strings.Contains(s.text, "openioc.org/schemas/OpenIOC"))
}

// openIOC is a document that is being read.
type openIOC struct {
	*book
	id, short, long string
	updated         time.Time
	nodes           []iocNode // the Indicator elements that are open
	found           pattern
	item            iocItem
}

// iocNode is an Indicator element.
type iocNode struct {
	and, not bool
	parts    []pattern
}

// iocItem is an IndicatorItem.
type iocItem struct {
	id, condition, search, value string
	not                          bool
}

func readOpenIOC(in *bufio.Reader, b *book) error {
	d := &openIOC{book: b}
	err := walkXML(in, d)
	for len(d.nodes) > 0 { // cut off: an OR is worth what it has so far
		d.closeNode(err != nil)
	}
	d.finish()
	return err
}

func (d *openIOC) open(_ int, e *xml.StartElement) {
	switch e.Name.Local {
	case "ioc", "OpenIOC":
		d.id = clip(attribute(e, "id"), maxWord)
		d.when(attribute(e, "last-modified"))
		d.when(attribute(e, "published-date"))
	case "Indicator":
		d.nodes = append(d.nodes, iocNode{
			and: strings.EqualFold(attribute(e, "operator"), "AND"),
			not: attribute(e, "negate") == "true",
		})
	case "IndicatorItem":
		d.item = iocItem{id: attribute(e, "id"), condition: strings.ToLower(attribute(e, "condition")), not: attribute(e, "negate") == "true"}
	case "Context":
		d.item.search = strings.ToLower(clip(attribute(e, "search"), maxWord))
	}
}

func (d *openIOC) when(text string) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() > 1970 {
			d.dated(at.UTC())
			if at = at.UTC(); at.After(d.updated) {
				d.updated = at
			}
			return
		}
	}
}

func (d *openIOC) close(line int, name, text string) {
	switch name {
	case "short_description":
		d.short = text
	case "description":
		d.long = text
	case "Content":
		d.item.value = text
	case "IndicatorItem":
		if n := len(d.nodes); n > 0 {
			d.nodes[n-1].parts = append(d.nodes[n-1].parts, d.item.pattern(line))
		}
		d.item = iocItem{}
	case "Indicator":
		if len(d.nodes) > 0 {
			d.closeNode(false)
		}
	}
}

// closeNode gives what an Indicator comes down to to the one around it. Of an
// AND that was cut off, what is missing may have been the decisive part.
func (d *openIOC) closeNode(cut bool) {
	last := len(d.nodes) - 1
	node := d.nodes[last]
	d.nodes = d.nodes[:last]
	found := either(node.parts)
	switch {
	case node.not:
		found = pattern{refused: []string{refusedNot}}
	case node.and && cut:
		found = pattern{refused: []string{refusedAnd}}
	case node.and:
		found = joined(node.parts)
	}
	if last > 0 {
		d.nodes[last-1].parts = append(d.nodes[last-1].parts, found)
		return
	}
	d.found = either([]pattern{d.found, found})
}

// finish takes what the whole document comes down to.
func (d *openIOC) finish() {
	like := tinycheck.Indicator{Class: tinycheck.ClassC2, Family: d.family(), Updated: d.updated}
	for _, t := range d.found.terms {
		this := like
		if this.SourceID = d.id; guid(t.id) {
			this.SourceID = t.id
		}
		if t.port != "" {
			this.Tags = []string{"port:" + t.port}
		}
		d.add(t.line, t.value, this)
	}
	for _, reason := range d.found.refused {
		d.reject(0, d.id, reason)
	}
	for _, u := range d.found.foreign {
		d.foreign(0, cmp.Or(u.value, d.id), u.kind)
	}
}

var mispEventTitle = regexp.MustCompile(`^Event #\d+$`)

func (d *openIOC) family() string {
	if d.short != "" && !mispEventTitle.MatchString(d.short) {
		return d.short
	}
	title := d.long
	if cut := strings.LastIndex(title, " ("); cut > 0 && strings.HasSuffix(title, ")") && guid(title[cut+2:len(title)-1]) {
		title = title[:cut]
	}
	return title
}

// iocPaths are the terms (Context search) that say what is to be seen. Those of
// the other end only: an address of the machine itself accuses nobody.
var iocPaths = map[string]bool{
	"network/dns": true, "dnsentryitem/host": true, "dnsentryitem/recordname": true, "dnsentryitem/recorddata/host": true,
	"dnsentryitem/recorddata/ipv4address": true, "dnsentryitem/recorddata/ipv6address": true,
	"portitem/remoteip": true, "routeentryitem/destination": true, "network/remoteip": true,
	"urlhistoryitem/hostname": true, "urlhistoryitem/url": true, "network/uri": true, "network/url": true, "network/host": true,
	"cookiehistoryitem/hostname": true, "formhistoryitem/hostname": true, "filedownloadhistoryitem/sourceurl": true,
}

// iocNarrow are those that only narrow another one.
var iocNarrow = map[string]bool{
	"portitem/remoteport": true, "portitem/protocol": true, "portitem/localport": true, "network/remoteport": true,
	"dnsentryitem/recordtype": true, "network/protocol": true,
}

// pattern gives what one item says.
func (item *iocItem) pattern(line int) pattern {
	value := item.value
	if value == "" && !guid(item.id) {
		value = item.id
	}
	switch known := iocPaths[item.search]; {
	case item.not, strings.HasSuffix(item.condition, "not"), strings.HasSuffix(item.condition, "-than"):
		if known || iocNarrow[item.search] {
			return pattern{refused: []string{refusedNot}}
		}
		return pattern{foreign: []unseen{{item.search, value}}}
	case iocNarrow[item.search]:
		found := pattern{narrow: true}
		if strings.HasSuffix(item.search, "remoteport") && checkPort(value) == nil {
			found.ports = []string{value}
		}
		return found
	case !known:
		return pattern{foreign: []unseen{{item.search, value}}}
	case !item.whole(value):
		return pattern{refused: []string{refusedMatch}}
	}
	return pattern{terms: []term{{value: value, id: item.id, line: line}}}
}

// whole reports that an item means a whole name, address or URL. "contains" is
// how names are usually written, with what lies under them: what an indicator
// means anyway. A part of a URL is none: index.php would be read as a name.
func (item *iocItem) whole(value string) bool {
	link := strings.HasSuffix(item.search, "/uri") || strings.HasSuffix(item.search, "url")
	switch item.condition {
	case "is", "":
		return item.search != "network/uri" || strings.Contains(value, "://")
	case "contains", "ends-with":
		return !link && strings.Contains(strings.Trim(value, "."), ".")
	}
	return false
}

// guid reports the form of a GUID.
func guid(text string) bool {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return false
	}
	return hash(strings.ReplaceAll(text, "-", ""))
}
