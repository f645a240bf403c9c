package exchange

import (
	"errors"
	"slices"
	"strings"
)

// refusal is a kind of file that never is a list of indicators, although its
// lines may look like entries.
type refusal struct {
	looks func(s sample) bool
	words string
}

// refusals say what a file is, and what to do.
var refusals = []refusal{
	{inText("===BEGIN ICANN DOMAINS==="), "it is the Public Suffix List: it says where names may be bought; nothing is to be done with it"},
	{looksVendor, "it is a description of a vendor and whom it pays: its product's indicators are in ioc.yaml"},
	{looksCatalogue, "it is a catalogue of feeds, not a feed: add the feeds that it names"},
	{looksPorts, "it is a list of ports and who uses them: a port names no host; nothing is to be done with it"},
	{looksOperators, "it is a list of network operators (AS numbers): each would accuse all of their customers"},
	{endsIn("_ip_ranges", "cdn_ranges", "bogon_ranges", "worst_asns"), "it is a list of whole networks of one owner or operator: strangers share them, so they neither accuse nor excuse"},
	{endsIn("ignore_events"), "it is a list of events that Maltrail is not to report: it names no indicators"},
	{both(endsIn("ua"), looksMaltrail), "it is a list of suspicious programs by their User-Agent, which is a pattern and no network observable"},
	{both(endsIn("free_web_hosting"), looksMaltrail), sharedHosting},
	{looksCategories, "it is a list of nDPI that sorts names into categories: a category is no accusation; give it as a list with a class of your own"},
	{endsIn("107_gambling", "gambling_custom"), "it is a list of a category of websites (nDPI): visiting them is no sign of being spied on"},
	{looksTopLevel, "it is a list of top-level domains: each would match ordinary names by the million"},
	{looksBenignJA3, "it is a list of the JA3 fingerprints of ordinary programs: it accuses nobody"},
	{both(inName("known_fp"), looksHashed), "it is a list of hashes of harmless files: it accuses nobody, and TinyCheck sees no files"},
	{looksHashes, "it is a list of bare hashes, and does not say of what: TinyCheck sees no files; hashes of certificates belong in a table with a column cert_sha1"},
	{looksMails, "it is a list of e-mail addresses: no traffic shows whose they are"},
	{looksNames, "it is a list of what is inside a phone (packages, files, processes, profiles): no traffic shows it"},
}

const sharedHosting = "it lists hosting companies whose names strangers share: each would accuse all of their customers; give the full name of the one that is meant"

// refuse says why a file is none of ours, as a whole.
func refuse(s sample) error {
	for _, r := range refusals {
		if r.looks(s) {
			return unsupported(r.words)
		}
	}
	return nil
}

func inText(words ...string) func(s sample) bool {
	return func(s sample) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(s.text, word) })
	}
}

// endsIn reports files whose name, without its ending, ends so.
func endsIn(endings ...string) func(s sample) bool {
	return func(s sample) bool {
		name := baseName(s.name)
		if cut := strings.LastIndexByte(name, '.'); cut > 0 {
			name = name[:cut]
		}
		return slices.ContainsFunc(endings, func(ending string) bool {
			return name == ending || strings.HasSuffix(name, ending) && ending[0] == '_' || len(ending) > 5 && strings.HasSuffix(name, ending)
		})
	}
}

func inName(part string) func(s sample) bool {
	return func(s sample) bool { return strings.Contains(baseName(s.name), part) }
}

func both(first, second func(s sample) bool) func(s sample) bool {
	return func(s sample) bool { return first(s) && second(s) }
}

// mostly reports that at least three of four lines look so.
func (s sample) mostly(right func(line string) bool) bool {
	lines, good := s.lines(), 0
	for _, line := range lines {
		if right(line) {
			good++
		}
	}
	return good > 0 && 4*good >= 3*len(lines)
}

// looksVendor: Echap's vendors/*.yaml.
func looksVendor(s sample) bool {
	for _, key := range []string{"- company:", "- article:", "- website:", "- articles:"} {
		if strings.HasPrefix(s.text, key) {
			return true
		}
	}
	return false
}

// looksCatalogue: MVT's indicators.yaml, and the *_feeds.csv of Slips.
func looksCatalogue(s sample) bool {
	if strings.HasPrefix(s.text, "indicators:") && strings.Contains(s.text, "type: github") {
		return true
	}
	return inText(`"URL", "Threat level"`, `"Feed","Threat Level"`)(s)
}

// looksPorts: "ftp,21,tcp,File Transfer", and the table of Slips that says whose
// ports are whose.
func looksPorts(s sample) bool {
	return inText(`"Organization","IP/IP range","port"`)(s) || s.mostly(func(line string) bool {
		cells := strings.Split(line, ",")
		return len(cells) >= 3 && digits(cells[1]) && slices.Contains([]string{"tcp", "udp", "sctp", "dccp"}, strings.TrimSpace(cells[2]))
	})
}

func looksOperators(s sample) bool {
	return endsIn("_asn", "_asns")(s) || s.mostly(func(line string) bool {
		number, ok := strings.CutPrefix(strings.ToUpper(line), "AS")
		return ok && digits(number)
	})
}

// looksCategories: "name<TAB>99", the lists that nDPI reads.
func looksCategories(s sample) bool {
	return s.mostly(func(line string) bool {
		cells := strings.Fields(line)
		if len(cells) != 2 || !digits(cells[1]) || len(cells[1]) > 3 {
			return false
		}
		_, _, err := entry(cells[0])
		return err == nil || strings.HasPrefix(cells[0], "[")
	})
}

func looksTopLevel(s sample) bool {
	return !looksMaltrail(s) && s.mostly(func(line string) bool {
		return line[0] == '.' && strings.IndexByte(line[1:], '.') < 0
	})
}

// looksBenignJA3: Salesforce's osx-nix-ja3.csv, "hash,"program"" below a licence.
func looksBenignJA3(s sample) bool {
	return strings.Contains(s.text, "salesforce.com inc") && s.most(func(line string) bool {
		first, _, ok := strings.Cut(line, ",")
		return ok && len(first) == 32 && hash(first)
	}) || strings.Contains(baseName(s.name), "osx-nix-ja3")
}

func looksHashed(s sample) bool {
	return s.mostly(func(line string) bool { return hash(strings.TrimSpace(line[strings.LastIndexByte(line, ',')+1:])) })
}

// looksHashes: one hash per line, perhaps with the name of the file behind it.
func looksHashes(s sample) bool {
	return s.mostly(func(line string) bool {
		first, _, _ := strings.Cut(line, " ")
		return hash(first)
	})
}

// looksMails: one e-mail address per line, defanged or not.
func looksMails(s sample) bool {
	return s.mostly(func(line string) bool {
		_, _, err := entry(line)
		return errors.Is(err, errEntryMail)
	})
}

// looksNames: the text files beside the reports of Amnesty International and MVT.
func looksNames(s sample) bool {
	switch strings.TrimSuffix(baseName(s.name), ".txt") {
	case "package_names", "packages", "file_names", "file_paths", "files", "processes", "process_names", "config_profiles",
		"android_properties", "package_cert_hashes", "bundle_ids":
		return true
	}
	return false
}
