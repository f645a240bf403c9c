package locale_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/locale"
)

// spoken says for each closed set of the dictionary under which keys its words
// stand; % is the value.
var spoken = map[string][]string{
	"RuleID": {"rule.%.title", "rule.%.seen", "rule.%.means", "rule.%.sure", "rule.%.innocent", "rule.%.do", "rule.%.expert"},
	"Limit":  {"limit.%.means", "limit.%.do", "limit.%.expert"}, "Level": {"level.%", "level-expert.%"}, "Grade": {"grade.%", "grade-expert.%"},
	"NameSource": {"source.%", "ledger.by.%"}, "Channel": {"channel.%"}, "DamageKind": {"damage.%"},
	"DeviceClass": {"device.%"}, "Class": {"class.%"}, "Infrastructure": {"infrastructure.%"},
	"ContextClass": {"context.%"}, "TunnelKind": {"tunnel.%"}, "Protocol": {"protocol.%"}, "IdleState": {"idle.%"},
}

// constants reads the dictionary's own source, so that a new constant without
// words fails here and not in front of a person.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	sets := map[string][]string{}
	names, err := filepath.Glob(filepath.Join("..", "..", "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no source of the dictionary: %v", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			kind, ok := spec.Type.(*ast.Ident)
			if !ok {
				return true
			}
			for _, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					text, _ := strconv.Unquote(lit.Value)
					if text != "" {
						sets[kind.Name] = append(sets[kind.Name], text)
					}
				}
			}
			return true
		})
	}
	return sets
}

func TestEveryConstantHasWords(t *testing.T) {
	sets := constants(t)
	for kind, keys := range spoken {
		if len(sets[kind]) == 0 {
			t.Errorf("the dictionary has no constants of type %s", kind)
		}
		for _, value := range sets[kind] {
			for _, key := range keys {
				need(t, strings.ReplaceAll(key, "%", value))
			}
		}
	}
	for _, r := range tinycheck.Rules() {
		need(t, "rule."+string(r.ID)+".title")
		for _, technique := range r.Techniques {
			need(t, "technique."+technique)
		}
	}
	for _, level := range []tinycheck.Level{tinycheck.Detected, tinycheck.Suspicious, tinycheck.NothingFound, tinycheck.Inconclusive} {
		need(t, "answer."+string(level)+".headline")
		need(t, "answer."+string(level)+".next")
	}
}

func need(t *testing.T, key string) {
	t.Helper()
	for _, l := range languages(t) {
		if !l.Has(key) {
			t.Errorf("%s: no words for %s", l.Tag(), key)
		}
	}
}

func languages(t *testing.T) (all []*locale.Language) {
	t.Helper()
	for _, tag := range locale.Languages() {
		l, err := locale.Find(tag)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

var place = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

func places(forms []string) (names []string) {
	for _, f := range forms {
		for _, m := range place.FindAllStringSubmatch(f, -1) {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestLanguagesAgree(t *testing.T) {
	english := locale.English()
	for _, l := range languages(t) {
		for _, key := range english.Keys() {
			if !l.Has(key) {
				t.Errorf("%s: %s is missing", l.Tag(), key)
			}
		}
		for _, key := range l.Keys() {
			if !english.Has(key) {
				t.Errorf("%s: %s is not in English", l.Tag(), key)
				continue
			}
			want, got := english.Forms(key), l.Forms(key)
			if !slices.Equal(places(want), places(got)) {
				t.Errorf("%s: %s has the places %v, English has %v", l.Tag(), key, places(got), places(want))
			}
			if (len(want) > 1) != (len(got) > 1) {
				t.Errorf("%s: %s has %d plural forms, English has %d", l.Tag(), key, len(got), len(want))
			}
			for _, form := range got {
				// What looks like a place and is none would be shown to people.
				if rest := place.ReplaceAllString(form, ""); strings.ContainsAny(rest, "{}<>") || strings.TrimSpace(form) == "" {
					t.Errorf("%s: %s is malformed: %q", l.Tag(), key, form)
				}
			}
		}
	}
}

// A text that names products needs a twin for sources that name none.
func TestUnnamedTwins(t *testing.T) {
	english := locale.English()
	for _, key := range english.Keys() {
		if !slices.Contains(places(english.Forms(key)), "Families") {
			continue
		}
		twin := english.Forms(key + "-unnamed")
		if len(twin) == 0 || slices.Contains(places(twin), "Families") {
			t.Errorf("%s has no twin %s-unnamed without Families", key, key)
		}
	}
}

// forbidden are words that accuse, frighten, or promise what nobody can know.
var forbidden = map[string]*regexp.Regexp{
	"en": regexp.MustCompile(`(?i)\b(clean|compromised?|infect\w*|hack\w*|victims?|hits?|alerts?|malicious|malware|virus\w*|guilty|culprit|target\w*|whitelist\w*|blacklist\w*|everything looks fine|you are safe|your fault|panic)\b`),
	"fr": regexp.MustCompile(`(?i)(^|[^\p{L}])(propres?|sain|saine|compromis\w*|infecté\w*|infection\w*|infecter|pirat\w*|victimes?|alertes?|malveillan\w*|virus|coupables?|cibles?|ciblée?s?|tout va bien|vous ne risquez rien|votre faute|hack\w*)($|[^\p{L}])`),
}

func TestForbiddenWords(t *testing.T) {
	for _, sample := range []struct{ tag, text string }{
		{"en", "Your phone is clean."}, {"en", "The device was hacked."}, {"fr", "Votre téléphone est infecté."}, {"fr", "Il est propre."},
	} {
		if !forbidden[sample.tag].MatchString(sample.text) {
			t.Fatalf("the test does not see %q", sample.text)
		}
	}
	for _, l := range languages(t) {
		bad := forbidden[l.Tag()]
		if bad == nil {
			t.Fatalf("no list of forbidden words for %s", l.Tag())
		}
		for _, key := range l.Keys() {
			for _, form := range l.Forms(key) {
				if word := bad.FindString(form); word != "" {
					t.Errorf("%s: %s says %q: %s", l.Tag(), key, word, form)
				}
				if strings.ContainsAny(form, "!¡！") {
					t.Errorf("%s: %s shouts: %s", l.Tag(), key, form)
				}
			}
		}
	}
}

// Nobody is told to remove something unless the sentence says not to.
func TestNoAdviceToRemove(t *testing.T) {
	removal := map[string]*regexp.Regexp{
		"en": regexp.MustCompile(`(?i)\b(remove|delete|uninstall|wipe|factory reset)\b`),
		"fr": regexp.MustCompile(`(?i)(supprim|désinstall|effac)`),
	}
	not := map[string]string{"en": "Do not", "fr": "Ne "}
	for _, l := range languages(t) {
		for _, key := range l.Keys() {
			for _, form := range l.Forms(key) {
				if removal[l.Tag()].MatchString(form) && !strings.HasPrefix(form, not[l.Tag()]) {
					t.Errorf("%s: %s advises removal: %s", l.Tag(), key, form)
				}
			}
		}
	}
}

const longest = 30 // words of a sentence

var sentenceEnd = regexp.MustCompile(`[.?]([\s]|$)`)

func TestSentencesAreShort(t *testing.T) {
	for _, l := range languages(t) {
		words, sentences := 0, 0
		for _, key := range l.Keys() {
			for _, form := range l.Forms(key) {
				for _, s := range sentenceEnd.Split(form, -1) {
					n := 0
					for _, w := range strings.Fields(s) {
						if strings.ContainsFunc(w, func(r rune) bool { return r > ' ' && !strings.ContainsRune(":;?.,()«»", r) }) {
							n++
						}
					}
					if n > longest {
						t.Errorf("%s: %s has a sentence of %d words: %s", l.Tag(), key, n, s)
					}
					if n > 0 {
						words, sentences = words+n, sentences+1
					}
				}
			}
		}
		t.Logf("%s: %d keys, %.1f words per sentence", l.Tag(), len(l.Keys()), float64(words)/float64(sentences))
	}
}

// French typography: a no-break space before : ; ? and », after «, and the
// curved apostrophe; people are addressed with vous.
func TestFrenchTypography(t *testing.T) {
	l, err := locale.Find("fr")
	if err != nil {
		t.Fatal(err)
	}
	wrong := regexp.MustCompile(`[^\x{00A0}\x{202F}0-9}]:|[^\x{00A0}\x{202F}][;?»]|«[^\x{00A0}\x{202F}]|'|  `)
	familiar := regexp.MustCompile(`(?i)(^|[^\p{L}])(tu|toi|ton|tes|ta|t’)($|[^\p{L}])`)
	for _, key := range l.Keys() {
		for _, form := range l.Forms(key) {
			plain := strings.ReplaceAll(form, "+00:00", "")
			if m := wrong.FindString(plain); m != "" {
				t.Errorf("%s: typography %q in %q", key, m, form)
			}
			if familiar.MatchString(form) {
				t.Errorf("%s: tutoiement in %q", key, form)
			}
		}
	}
}

// Every file in words/ is in the table, or it would never be read.
func TestTableIsComplete(t *testing.T) {
	entries, err := os.ReadDir("words")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if tag := strings.TrimSuffix(e.Name(), ".yaml"); !slices.Contains(locale.Languages(), tag) {
			t.Errorf("words/%s is not in the table", e.Name())
		}
	}
}
