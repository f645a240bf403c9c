package analysis

import (
	"regexp"
	"strconv"
	"strings"

	"tinycheck"
)

// sign is one thing that a kind of device does. Its weight is how much more
// often that kind does it than others, as log-odds; below zero, how much less.
type sign struct {
	kind   signKind
	class  tinycheck.DeviceClass
	weight int
	group  signGroup
	value  string         // a name for signName, else a text that is looked for
	match  *regexp.Regexp // in place of the text
	tells  *regexp.Regexp // what of the text is told: the version of the system, never the model
	words  string         // what tells it, in words that need no translation
}

// A class needs wantScore, and wantMargin more than any other.
const (
	wantScore  = 6
	wantMargin = 3
)

// classComputer collects what speaks against a phone. It is never told: a
// computer is of unknown class.
const classComputer tinycheck.DeviceClass = "computer"

var classes = [...]tinycheck.DeviceClass{tinycheck.ClassIPhone, tinycheck.ClassAndroid, classComputer}

// signKind is where a sign shows.
type signKind uint8

const (
	signName       signKind = iota // a name asked for, in DNS, mDNS, TLS, QUIC or HTTP; what lies under it too
	signAgent                      // HTTP User-Agent
	signProbe                      // host and path of an HTTP request
	signVendor                     // DHCP option 60
	signParameters                 // DHCP option 55
	signOptions                    // the order of DHCP options
	signV6                         // DHCPv6 of any kind
	signSYN                        // the order of TCP options
	signPush                       // the port of a flow to the outside
	signKinds
)

// signGroup is of signs that hang together, so that they do not count as if each
// were seen by chance.
type signGroup uint8

const (
	apart       signGroup = iota
	appleSigns            // Macs do the same as iPhones
	chromeSigns           // Chrome and other Linux do the same as Android
	probeSigns            // one probe of the network, in many ways
	parameters            // one DHCP client
	signGroups
)

// groupMost bounds what a group weighs. All that a Mac does as well, or a
// computer with Chrome, is not enough to make a phone of it.
var groupMost = [signGroups]int{apart: 1 << 16, appleSigns: 5, chromeSigns: 3, probeSigns: 4, parameters: 8}

const (
	iphone   = tinycheck.ClassIPhone
	android  = tinycheck.ClassAndroid
	computer = classComputer
)

// The names of hosts are from the makers' own lists for administrators of
// networks (support.apple.com/101555, support.google.com/work/android/answer/10513641)
// and from the sources of Android (NetworkMonitor); the orders of DHCP options
// from what these systems were seen to send.
var signs = []sign{
	{kind: signVendor, class: android, weight: 8, group: parameters, value: "android-dhcp", tells: regexp.MustCompile(`^android-dhcp(-\d{1,2})?`), words: "dhcp option 60"},
	{kind: signVendor, class: computer, weight: 8, value: "MSFT ", words: "dhcp option 60 of Windows"},
	{kind: signVendor, class: computer, weight: 6, value: "udhcp", words: "dhcp option 60 of BusyBox"},
	{kind: signParameters, class: android, weight: 6, group: parameters, match: regexp.MustCompile(`^1,3,6,15,26,28,51,58,59,43(,114)?(,108)?(,162)?$`), words: "dhcp option 55 in the order of Android"},
	{kind: signParameters, class: iphone, weight: 6, match: regexp.MustCompile(`^1,121,3,6,15(,108)?(,114)?,119.*252$`), words: "dhcp option 55 in the order of iOS"},
	{kind: signParameters, class: computer, weight: 8, match: regexp.MustCompile(`^1,121,3,6,15.*252,95,44,46`), words: "dhcp option 55 in the order of macOS"},
	{kind: signOptions, class: android, weight: 2, group: parameters, match: regexp.MustCompile(`^53,61(,50)?(,54)?(,80)?,57,60(,12)?,55`), words: "dhcp options in the order of Android"},
	{kind: signOptions, class: iphone, weight: 2, group: appleSigns, match: regexp.MustCompile(`^53,55,57,61,(50|51|54)(,.*)?,12`), words: "dhcp options in the order of Apple"},
	{kind: signV6, class: iphone, weight: 1, group: appleSigns, words: "dhcpv6"},
	{kind: signV6, class: computer, weight: 1, words: "dhcpv6"},
	{kind: signV6, class: android, weight: -2, words: "dhcpv6"},

	{kind: signSYN, class: android, weight: 1, group: chromeSigns, value: "\x02\x04\x08\x01\x03", words: "tcp options 2-4-8-1-3"},
	{kind: signSYN, class: iphone, weight: 3, group: appleSigns, value: "\x02\x01\x03\x01\x01\x08\x04\x00\x00", words: "tcp options 2-1-3-1-1-8-4-0-0"},
	{kind: signSYN, class: computer, weight: 5, value: "\x02\x01\x03\x01\x01\x04", words: "tcp options 2-1-3-1-1-4"},

	{kind: signAgent, class: android, weight: 7, value: "Android", tells: regexp.MustCompile(`Android( \d{1,2})?`), words: "http user-agent"},
	{kind: signAgent, class: android, weight: 7, value: "Dalvik/", words: "http user-agent Dalvik"},
	{kind: signAgent, class: android, weight: 2, value: "okhttp/", words: "http user-agent okhttp"},
	{kind: signAgent, class: iphone, weight: 7, match: regexp.MustCompile(`iPhone|iPad`), tells: regexp.MustCompile(`(iPhone OS|CPU OS|iOS) \d{1,2}`), words: "http user-agent of iOS"},
	{kind: signAgent, class: iphone, weight: 3, group: appleSigns, value: "CaptiveNetworkSupport", words: "http user-agent CaptiveNetworkSupport"},
	{kind: signAgent, class: iphone, weight: 2, group: appleSigns, value: " Darwin/", words: "http user-agent Darwin"},
	{kind: signAgent, class: computer, weight: 5, value: "Windows NT", words: "http user-agent Windows"},
	{kind: signAgent, class: computer, weight: 3, value: "Macintosh", words: "http user-agent Macintosh"}, // iPads say so too
	{kind: signAgent, class: computer, weight: 3, value: "X11;", words: "http user-agent X11"},            // Android does, asked for desktop sites

	{kind: signProbe, class: android, weight: 2, group: probeSigns, match: regexp.MustCompile(`^(www\.google\.com/gen_204|(clients3\.google|play\.googleapis|connectivitycheck\..*)\.com/generate_204)`), words: "http generate_204"},
	{kind: signName, class: android, weight: 3, group: probeSigns, value: "connectivitycheck.gstatic.com"},
	{kind: signName, class: android, weight: 3, group: probeSigns, value: "connectivitycheck.android.com"},
	{kind: signName, class: android, weight: 4, group: probeSigns, value: "connectivitycheck.grapheneos.network"},
	{kind: signName, class: android, weight: 4, group: probeSigns, value: "connectivitycheck.platform.hicloud.com"},
	{kind: signName, class: android, weight: 4, group: probeSigns, value: "connect.rom.miui.com"},
	{kind: signName, class: android, weight: 5, value: "time.android.com"},
	{kind: signName, class: android, weight: 4, value: "play-fe.googleapis.com"},
	{kind: signName, class: android, weight: 3, value: "android.apis.google.com"},
	{kind: signName, class: android, weight: 3, value: "android.googleapis.com"},
	{kind: signName, class: android, weight: 2, group: chromeSigns, value: "android.clients.google.com"},
	{kind: signName, class: android, weight: 2, group: chromeSigns, value: "mtalk.google.com"},
	{kind: signPush, class: android, weight: 2, group: chromeSigns, value: "5228", words: "tcp port 5228"},
	{kind: signName, class: android, weight: 1, group: chromeSigns, value: "_googlecast._tcp.local"},
	{kind: signName, class: android, weight: 2, value: "_androidtvremote2._tcp.local"},

	{kind: signName, class: iphone, weight: 2, group: appleSigns, value: "captive.apple.com"},
	{kind: signName, class: iphone, weight: 3, group: appleSigns, value: "courier.push.apple.com"},
	{kind: signPush, class: iphone, weight: 2, group: appleSigns, value: "5223", words: "tcp port 5223"},
	{kind: signName, class: iphone, weight: 2, group: appleSigns, value: "ls.apple.com"},
	{kind: signName, class: iphone, weight: 5, value: "time-ios.apple.com"},
	{kind: signName, class: iphone, weight: 3, value: "appldnld.apple.com"},
	{kind: signName, class: iphone, weight: 1, group: appleSigns, value: "_companion-link._tcp.local"},
	{kind: signName, class: iphone, weight: 1, group: appleSigns, value: "_rdlink._tcp.local"},
	{kind: signName, class: iphone, weight: 1, group: appleSigns, value: "_apple-mobdev2._tcp.local"},
	{kind: signName, class: iphone, weight: 1, group: appleSigns, value: "_homekit._tcp.local"},

	{kind: signName, class: computer, weight: 6, value: "msftconnecttest.com"},
	{kind: signName, class: computer, weight: 6, value: "msftncsi.com"},
	{kind: signName, class: computer, weight: 6, value: "time-macos.apple.com"},
	{kind: signName, class: computer, weight: 6, value: "swscan.apple.com"},
	{kind: signName, class: computer, weight: 6, value: "swdist.apple.com"},
	{kind: signName, class: computer, weight: 6, value: "connectivity-check.ubuntu.com"},
}

// byKind and byName find the signs that a text may be.
var byKind, byName = func() (kinds [signKinds][]int, names map[string]int) {
	names = make(map[string]int)
	for i, s := range signs {
		if s.kind == signName {
			names[s.value] = i
			continue
		}
		kinds[s.kind] = append(kinds[s.kind], i)
	}
	return kinds, names
}()

// is reports whether the text has the sign, and what of it is told.
func (s *sign) is(text string) (detail string, ok bool) {
	switch {
	case s.match != nil:
		ok = s.match.MatchString(text)
	case s.kind == signSYN || s.kind == signPush:
		ok = s.value == text
	default:
		ok = strings.Contains(text, s.value)
	}
	if ok && s.tells != nil {
		detail = s.tells.FindString(text)
	}
	return detail, ok
}

// named finds the sign of a name, or of one that it lies under: systems number
// their push servers in front of a dash or a dot.
func named(name string) (int, bool) {
	for rest := name; rest != ""; {
		if i, ok := byName[rest]; ok {
			return i, true
		}
		cut := strings.IndexAny(rest, ".-")
		if cut < 0 {
			break
		}
		rest = rest[cut+1:]
	}
	return 0, false
}

// score weighs signs for a class: bit n of seen is signs[n].
func score(seen uint64, class tinycheck.DeviceClass) (total int, evidence []int) {
	var sums [signGroups]int
	for i := range signs {
		if s := &signs[i]; seen&(1<<i) != 0 && s.class == class {
			sums[s.group] += s.weight
			if s.weight > 0 {
				evidence = append(evidence, i)
			}
		}
	}
	for g, sum := range sums {
		total += min(sum, groupMost[g])
	}
	return total, evidence
}

// decide gives the class that the signs tell, and which of them told it.
func decide(seen uint64) (tinycheck.DeviceClass, []int) {
	for _, c := range classes {
		own, evidence := score(seen, c)
		sure := own >= wantScore
		for _, other := range classes {
			if rest, _ := score(seen, other); other != c {
				sure = sure && own-rest >= wantMargin
			}
		}
		if sure && c != classComputer {
			return c, evidence
		}
	}
	return tinycheck.ClassUnknown, nil
}

// say gives the words of a sign that was seen.
func (s *sign) say(detail string) string {
	switch {
	case s.kind != signName:
		return strings.TrimSuffix(s.words+" "+detail, " ")
	case strings.HasPrefix(s.value, "_"):
		return "mdns " + s.value
	}
	return "name " + s.value
}

func numbers(list []byte) string {
	var b []byte
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(n), 10)
	}
	return string(b)
}
