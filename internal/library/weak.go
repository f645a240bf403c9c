package library

import (
	"slices"
	"strings"

	"tinycheck"
)

// listedC2 tells, on an indicator that became weak, what the feed had said.
const listedC2 = "listed:c2"

// strangers are hosts that feeds list as c2 although every application on earth
// may use them. The list is closed: a host belongs here only when its platform's
// own documentation shows that it serves strangers.
var strangers = map[string]bool{
	"alog.umeng.com":     true, // collector of the Umeng analytics kit
	"mtechn.zendesk.com": true, // a help desk, which people read
	"apprtc.appspot.com": true, // demonstration of WebRTC by its makers
}

// googleProject are the platforms whose customers are Google Cloud projects:
// one project has the same name on all of them.
var googleProject = []string{"appspot.com", "firebaseio.com", "firebaseapp.com", "web.app"}

// MarkWeak changes indicators that are listed as c2 and cannot mean it to class
// weak, and tags them "listed:c2". It gives their number. The rules:
//
//   - the three hosts that serve strangers;
//   - a whole hosting platform (context of class shared_platform): its customers
//     are somebody, the platform is nobody;
//   - a name of a Google Cloud project whose label is five hexadecimal digits
//     that are the end, after a hyphen, of another c2 project that is listed:
//     "e2c64.firebaseio.com" beside "phonecontrolapp-e2c64.firebaseio.com".
//     Firebase appends such digits to make a project's name unique; a list that
//     cut at the hyphen has a name that cannot be theirs (project names have six
//     to thirty characters and begin with a letter).
//
// The list need not be sorted, and its order is kept; sort it afterwards.
func MarkWeak(indicators []tinycheck.Indicator) int {
	ends, platforms := projectEnds(indicators), platformNames()
	marked := 0
	for i := range indicators {
		if in := &indicators[i]; listsC2(in) && (strangers[in.Value] || platforms[in.Value] || ends[cutProject(in.Value)]) {
			in.Class = tinycheck.ClassWeak
			in.Tags = append(slices.Clone(in.Tags), listedC2)
			marked++
		}
	}
	return marked
}

// platformNames are the names of whole hosting platforms.
func platformNames() map[string]bool {
	names := map[string]bool{}
	for _, c := range Context() {
		if c.Class == tinycheck.ContextPlatform && c.Observable.Type == tinycheck.DomainName {
			names[c.Observable.Value] = true
		}
	}
	return names
}

func listsC2(i *tinycheck.Indicator) bool {
	return i.Class == tinycheck.ClassC2 && i.Type == tinycheck.DomainName
}

// projectEnds collects the digits at the end of all listed projects.
func projectEnds(indicators []tinycheck.Indicator) map[string]bool {
	ends := map[string]bool{}
	for i := range indicators {
		if !listsC2(&indicators[i]) {
			continue
		}
		label := project(indicators[i].Value)
		if cut := strings.LastIndexByte(label, '-'); cut > 0 && fiveDigits(label[cut+1:]) {
			ends[label[cut+1:]] = true
		}
	}
	return ends
}

// cutProject gives the label of a project's name that is nothing but digits.
func cutProject(name string) string {
	if label := project(name); fiveDigits(label) {
		return label
	}
	return ""
}

// project gives the single label of a name under a platform of Google's; "" for
// every other name.
func project(name string) string {
	label, platform, _ := strings.Cut(name, ".")
	if slices.Contains(googleProject, platform) {
		return label
	}
	return ""
}

func fiveDigits(s string) bool {
	return len(s) == 5 && strings.Trim(s, "0123456789abcdef") == ""
}
