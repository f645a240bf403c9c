package library

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"tinycheck"
)

//go:embed families.yaml
var familyText string

// Family is what is known about a product or campaign that feeds name. The
// texts are in English, for experts.
type Family struct {
	Name        string   // the one name that reports use
	Aliases     []string // other spellings, brands that are the same product, makers
	Kind        FamilyKind
	About       string        // one line, without judgement
	Source      string        // where it can be read
	Every       time.Duration // how often it reports when nothing happens, by default; 0 where nobody has published it
	EverySource string        // who has
}

// FamilyKind is what a family is.
type FamilyKind string

// The kinds of family.
const (
	Stalkerware      FamilyKind = "stalkerware"          // installed by hand, to watch another person
	Watchware        FamilyKind = "watchware"            // child safety, family location, anti-theft
	MercenarySpyware FamilyKind = "mercenary-spyware"    // sold to states
	StateSpyware     FamilyKind = "state-spyware"        // used by states or their contractors
	RemoteTrojan     FamilyKind = "remote-access-trojan" // control from afar, for everybody
	BankingTrojan    FamilyKind = "banking-trojan"       // after money
	ExploitKit       FamilyKind = "exploit-kit"          // brings others onto the phone
	ForensicTool     FamilyKind = "forensic-tool"        // copies a phone in the hand
	Adware           FamilyKind = "adware"               // advertisements, and loading others
)

// familyFile is the shape of families.yaml.
type familyFile struct {
	Version  int                         `yaml:"tinycheck-families"`
	Date     string                      `yaml:"date"`
	Kinds    map[FamilyKind]familyCommon `yaml:"kinds"`
	Families []familyEntry               `yaml:"families"`
}

// familyCommon is what a family has that states nothing of its own.
type familyCommon struct {
	About  string `yaml:"about"`
	Source string `yaml:"source"`
}

type familyEntry struct {
	Name        string     `yaml:"name"`
	Kind        FamilyKind `yaml:"kind"`
	Aliases     []string   `yaml:"aliases"`
	About       string     `yaml:"about"`
	Source      string     `yaml:"source"`
	Every       int        `yaml:"every"` // minutes
	EverySource string     `yaml:"every-source"`
}

// families is parsed at the first question; nothing changes it afterwards.
var families = sync.OnceValue(func() familyTable {
	table, err := parseFamilies(familyText)
	if err != nil {
		panic("families.yaml, which is compiled in, is broken: " + err.Error())
	}
	return table
})

// familyTable finds families by every name they have.
type familyTable struct {
	all    []Family
	byName map[string]int // of familyKey, to the place in all
}

// Families gives every family that the program knows, sorted by name.
func Families() []Family {
	all := slices.Clone(families().all)
	for i := range all {
		all[i].Aliases = slices.Clone(all[i].Aliases)
	}
	return all
}

// Habits gives the families that watch a person without showing it, and how
// often each reports, where that is known.
func Habits() (list []tinycheck.Habit) {
	for _, f := range families().all {
		switch f.Kind {
		case Stalkerware, MercenarySpyware, StateSpyware, RemoteTrojan:
			list = append(list, tinycheck.Habit{Family: f.Name, Every: f.Every})
		}
	}
	return list
}

// FindFamily finds a family by its name or any alias, without regard to case,
// spaces and punctuation.
func FindFamily(name string) (Family, bool) {
	table := families()
	at, ok := table.byName[familyKey(name)]
	if !ok {
		return Family{}, false
	}
	found := table.all[at]
	found.Aliases = slices.Clone(found.Aliases)
	return found, true
}

// Canonical gives the one name of a family. A name that is not known comes back
// unchanged.
func Canonical(name string) string {
	table := families()
	if at, ok := table.byName[familyKey(name)]; ok && name != "" {
		return table.all[at].Name
	}
	return name
}

// FamilyOf gives the one name of the family of an indicator. Where the tags say
// which trails of Maltrail it is from, the name is looked up as one of those
// first: its "cerberus" for Android collects bank logins, and is not the
// anti-theft application of that name.
func FamilyOf(i *tinycheck.Indicator) string {
	for _, trails := range []string{"android", "apt", "ios"} {
		if i.Family != "" && slices.Contains(i.Tags, trails) {
			if f, ok := FindFamily(trails + "_" + i.Family); ok {
				return f.Name
			}
		}
	}
	return Canonical(i.Family)
}

// familyKey is what two spellings of a name have in common.
func familyKey(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

func parseFamilies(text string) (familyTable, error) {
	var file familyFile
	if err := decode(text, &file); err != nil {
		return familyTable{}, err
	}
	table := familyTable{byName: map[string]int{}}
	for _, e := range file.Families {
		common, known := file.Kinds[e.Kind]
		if !known {
			return table, fmt.Errorf("%s: unknown kind %q", e.Name, e.Kind)
		}
		if e.Every < 0 || (e.Every > 0) != strings.HasPrefix(e.EverySource, "https://") {
			return table, fmt.Errorf("%s: an interval and its source belong together", e.Name)
		}
		table.all = append(table.all, e.family(common))
	}
	slices.SortFunc(table.all, func(a, b Family) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	for at := range table.all {
		if err := table.enter(at); err != nil {
			return table, err
		}
	}
	return table, nil
}

func (e familyEntry) family(common familyCommon) Family {
	f := Family{Name: e.Name, Aliases: e.Aliases, Kind: e.Kind, About: e.About, Source: e.Source,
		Every: time.Duration(e.Every) * time.Minute, EverySource: e.EverySource}
	if f.About == "" {
		f.About = common.About
	}
	if f.Source == "" {
		f.Source = common.Source
	}
	return f
}

// enter makes a family findable. An alias that is spelled like the family's own
// name is one and the same.
func (t *familyTable) enter(at int) error {
	f := &t.all[at]
	for _, name := range append([]string{f.Name}, f.Aliases...) {
		key := familyKey(name)
		if key == "" {
			return errors.New("a family without name")
		}
		if other, taken := t.byName[key]; taken && other != at {
			return fmt.Errorf("%q is %s and %s", name, t.all[other].Name, f.Name)
		}
		t.byName[key] = at
	}
	return nil
}
