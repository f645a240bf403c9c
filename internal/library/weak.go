package library

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// The tags of an indicator that say what its feed said: listedC2 of one that
// the judge changed, unclassified of one whose feed states no class.
const (
	listedC2     = "listed:c2"
	unclassified = "unclassified"
)

// Why an indicator that is listed as c2 is weak, in words.
const (
	whyStrangers = "every application may use this host"
	whyPlatform  = "it is a whole platform: its customers are somebody, the platform is nobody"
	whyOrdinary  = "it is, or stands above, what every phone asks for"
	whyCut       = "it is the end of another listed project's name, cut at the hyphen"
	whyResolver  = "it is a public resolver or relay, which every phone may use"
	whyWide      = "the network is too wide to be one operator's"
	whyNobody    = "nobody can be reached under it"
)

// The widest networks that can mean c2: a /16 is the most that one provider
// hands to one customer, a /32 what a registry hands to one provider of IPv6.
const (
	widestIPv4 = 16
	widestIPv6 = 32
)

// maxStated bounds what a judge remembers. Beyond it nothing gets another class
// any more, because a c2 statement may have been missed.
const maxStated = 1 << 20

// strangers are hosts that feeds list as c2 although every application on earth
// may use them. The list is closed: a host belongs here only when its platform's
// own documentation shows that it serves strangers.
var strangers = map[string]bool{
	"alog.umeng.com":     true, // collector of the Umeng analytics kit
	"mtechn.zendesk.com": true, // a help desk, which people read
	"apprtc.appspot.com": true, // demonstration of WebRTC by its makers
}

// Judge knows which entries that feeds list as c2 cannot mean it. It reads in
// two passes: first it hears every indicator, then it can be asked about each.
// The order within a pass does not matter. It is for one goroutine.
//
// An entry is weak when it is
//
//   - one of the three hosts that serve strangers;
//   - a whole hosting platform, dynamic-DNS service or public suffix, or stands
//     above a platform;
//   - a name of os_core or known_service, or stands above one: it would accuse
//     every phone;
//   - a name of a Google Cloud project whose label is five hexadecimal digits
//     that are the end, after a hyphen, of another c2 project that is listed:
//     "e2c64.firebaseio.com" beside "phonecontrolapp-e2c64.firebaseio.com".
//     Firebase appends such digits to make a project's name unique; a list that
//     cut at the hyphen has a name that cannot be theirs (project names have six
//     to thirty characters and begin with a letter);
//   - a well-known public resolver or relay, or an address under which nobody can be
//     reached (0.0.0.0, loopback, multicast), which is where sinkholes point;
//   - a network wider than /16 (IPv4) or /32 (IPv6).
//
// An address in the range of a platform is none of these: internal/match sees at
// the moment of contact that strangers share it, and says so.
type Judge struct {
	ordinary  map[string]string // names and addresses that cannot mean c2, and why
	technique map[tinycheck.Observable]tinycheck.Infrastructure
	stated    map[uint64]statement // by hash of the observable, so that no text is kept
	ends      map[string]bool      // the digits at the end of listed projects
	seed      maphash.Seed
	full      bool
}

// statement is as what the sources that tell classes apart list one observable.
type statement uint8

const (
	statedC2 statement = 1 << iota
	statedWatchware
	statedWebsite
	statedDistribution
)

// NewJudge makes a judge. Only those entries of the context count that the
// program itself carries: what a feed calls ordinary must not weaken what
// another one lists.
func NewJudge(context []tinycheck.Context) *Judge {
	j := &Judge{
		ordinary: map[string]string{}, technique: map[tinycheck.Observable]tinycheck.Infrastructure{},
		stated: map[uint64]statement{}, ends: map[string]bool{}, seed: maphash.MakeSeed(),
	}
	own := map[tinycheck.Observable]tinycheck.ContextClass{}
	for _, c := range Context() {
		own[c.Observable] = c.Class
	}
	for _, c := range context {
		if c.Observable.Type == tinycheck.DomainName && own[c.Observable] == c.Class {
			j.excuse(&c)
		}
	}
	for name := range strangers {
		j.ordinary[name] = whyStrangers
	}
	indicators, _ := Starter()
	for i := range indicators {
		j.infrastructure(&indicators[i])
	}
	return j
}

// excuse notes a name of the context and what stands above it.
func (j *Judge) excuse(c *tinycheck.Context) {
	why := whyOrdinary
	if c.Class == tinycheck.ContextPlatform {
		why = whyPlatform
	}
	j.ordinary[c.Observable.Value] = why
	for name := spelling.Parent(c.Observable.Value); name != ""; name = spelling.Parent(name) {
		if j.ordinary[name] == "" {
			j.ordinary[name] = why
		}
	}
}

// infrastructure notes what the program itself knows as an ordinary technique.
func (j *Judge) infrastructure(i *tinycheck.Indicator) {
	if i.Class != tinycheck.ClassInfrastructure {
		return
	}
	j.technique[i.Observable] = i.Infrastructure
	if j.ordinary[i.Value] != "" {
		return
	}
	switch i.Infrastructure {
	case tinycheck.InfraDoH, tinycheck.InfraRelay:
		j.ordinary[i.Value] = whyResolver
	case tinycheck.InfraDynamicDNS:
		j.ordinary[i.Value] = whyPlatform
	}
}

// Hear takes one indicator of the first pass. It keeps nothing of it but the
// end of a project's name.
func (j *Judge) Hear(i *tinycheck.Indicator) {
	if i.Class == tinycheck.ClassC2 && i.Type == tinycheck.DomainName {
		j.hearProject(i.Value)
	}
	says := states(i)
	if says == 0 {
		return
	}
	key := j.key(i.Observable)
	said, known := j.stated[key]
	switch {
	case !known && len(j.stated) >= maxStated:
		j.full = true
	case said|says != said:
		j.stated[key] = said | says
	}
}

// states gives what an indicator states if it is of a source that tells the
// classes apart, as far as one entry shows: such a source names the product, and
// gives entries no ids of its own as the exports of intelligence platforms do,
// where everything is an indicator of compromise.
func states(i *tinycheck.Indicator) statement {
	switch i.Class {
	case tinycheck.ClassWatchware:
		return statedWatchware
	case tinycheck.ClassWebsite:
		return statedWebsite
	case tinycheck.ClassDistribution:
		return statedDistribution
	case tinycheck.ClassC2:
		if i.SourceID == "" && !flat(i) {
			return statedC2
		}
	}
	return 0
}

// flat reports whether an indicator is of a source that calls everything c2: a
// bare list, or an export for TinyCheck and SpyGuard, which names no product.
func flat(i *tinycheck.Indicator) bool {
	return i.Family == "" || slices.Contains(i.Tags, unclassified)
}

// key is what a judge remembers of an observable. Values of two types are never
// written alike.
func (j *Judge) key(o tinycheck.Observable) uint64 { return maphash.String(j.seed, o.Value) }

// Weak says whether an indicator is listed as c2 and cannot mean it, and why.
// It reads Value, Type and Class.
func (j *Judge) Weak(i *tinycheck.Indicator) (why string, weak bool) {
	if i.Class != tinycheck.ClassC2 {
		return "", false
	}
	switch i.Type {
	case tinycheck.DomainName:
		why = j.weakName(i.Value)
	case tinycheck.IPv4Addr, tinycheck.IPv6Addr:
		why = j.weakAddress(i.Observable)
	}
	return why, why != ""
}

func (j *Judge) weakName(name string) string {
	if why := j.ordinary[name]; why != "" {
		return why
	}
	if digits := cutProject(name); digits != "" && j.ends[digits] {
		return whyCut
	}
	if spelling.Shared(name) {
		return whyPlatform
	}
	return ""
}

func (j *Judge) weakAddress(o tinycheck.Observable) string {
	prefix, ok := o.Prefix()
	switch {
	case !ok:
		return ""
	case j.ordinary[o.Value] != "":
		return j.ordinary[o.Value]
	case prefix.Bits() < widestIPv4 || prefix.Addr().Is6() && prefix.Bits() < widestIPv6:
		return whyWide
	case nobody(prefix.Addr()):
		return whyNobody
	}
	return ""
}

// nobody reports whether an address is of those that no server has: "this
// network", loopback, multicast and above (RFC 6890).
func nobody(a netip.Addr) bool {
	if a.Is4() && (a.As4()[0] == 0 || a.As4()[0] >= 240) {
		return true
	}
	return a.IsUnspecified() || a.IsLoopback() || a.IsMulticast()
}

// watches reports whether an indicator is of an intelligence platform, where
// everything is c2, and of a product that is known to be watchware.
func watches(i *tinycheck.Indicator) bool {
	f, ok := FindFamily(i.Family)
	return ok && f.Kind == Watchware && i.SourceID != ""
}

// Class gives what an entry of a flat list means according to the sources that
// tell classes apart, where none of them lists it as c2: Echap's export for
// TinyCheck, for example, has vendors' shops and servers under one tag, and its
// YAML tells them apart. An entry that names its product is left alone, unless
// that product is watchware and they list the entry as such.
func (j *Judge) Class(i *tinycheck.Indicator) (tinycheck.Class, tinycheck.Infrastructure, bool) {
	said := j.stated[j.key(i.Observable)]
	if i.Class != tinycheck.ClassC2 || j.full || said&statedC2 != 0 {
		return i.Class, i.Infrastructure, false
	}
	if !flat(i) {
		if said&statedWatchware != 0 && watches(i) {
			return tinycheck.ClassWatchware, "", true
		}
		return i.Class, i.Infrastructure, false
	}
	switch {
	case said&statedWatchware != 0:
		return tinycheck.ClassWatchware, "", true
	case said&statedWebsite != 0:
		return tinycheck.ClassWebsite, "", true
	case said&statedDistribution != 0:
		return tinycheck.ClassDistribution, "", true
	case j.technique[i.Observable] != "":
		return tinycheck.ClassInfrastructure, j.technique[i.Observable], true
	}
	return i.Class, i.Infrastructure, false
}

// Change gives an indicator the class that it can mean, with the tag
// "listed:c2", and says why, in words; "" when nothing is to be changed.
func (j *Judge) Change(i *tinycheck.Indicator) (why string, changed bool) {
	if class, infrastructure, ok := j.Class(i); ok {
		i.Class, i.Infrastructure = class, infrastructure
		why = "a source that tells classes apart lists it only as " + string(class)
	} else if reason, weak := j.Weak(i); weak {
		i.Class, why = tinycheck.ClassWeak, reason
	} else {
		return "", false
	}
	i.Tags = append(slices.Clone(i.Tags), listedC2)
	return why, true
}

// MarkWeak lets a judge of the compiled-in context change the indicators of a
// list, and gives the number of those that it changed. The list need not be
// sorted, and its order is kept; sort it afterwards.
func MarkWeak(indicators []tinycheck.Indicator) int {
	j := NewJudge(Context())
	for i := range indicators {
		j.Hear(&indicators[i])
	}
	marked := 0
	for i := range indicators {
		if _, changed := j.Change(&indicators[i]); changed {
			marked++
		}
	}
	return marked
}

// hearProject collects the digits at the end of a listed project.
func (j *Judge) hearProject(name string) {
	label := project(name)
	if cut := strings.LastIndexByte(label, '-'); cut > 0 && fiveDigits(label[cut+1:]) && !j.ends[label[cut+1:]] {
		j.ends[strings.Clone(label[cut+1:])] = true
	}
}

// cutProject gives the label of a project's name that is nothing but digits.
func cutProject(name string) string {
	if label := project(name); fiveDigits(label) {
		return label
	}
	return ""
}

// project gives the single label of a name under a platform of Google's; "" for
// every other name. One project has the same name on all of them.
func project(name string) string {
	label, platform, _ := strings.Cut(name, ".")
	switch platform {
	case "appspot.com", "firebaseio.com", "firebaseapp.com", "web.app":
		return label
	}
	return ""
}

func fiveDigits(s string) bool {
	return len(s) == 5 && strings.Trim(s, "0123456789abcdef") == ""
}
