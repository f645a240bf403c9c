package hotspot_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"tinycheck/internal/hotspot"
)

func TestNamesAreNeutral(t *testing.T) {
	// Whoever reads the list of networks of the phone must not learn what was
	// done, by whom, where.
	telling := []string{
		"tiny", "check", "spy", "guard", "police", "shelter", "help", "safe", "secur", "scan", "test", "lab", "forensic",
		"stalk", "victim", "woman", "women", "violence", "abuse", "refuge", "care", "clinic", "ngo", "echap", "defen",
		"raspberry", "pi-", "box", "hostapd", "linux", "debian", "analy", "inspect", "visit", "guest",
	}
	if len(hotspot.DefaultNames) < 10 {
		t.Errorf("only %d names", len(hotspot.DefaultNames))
	}
	for _, name := range hotspot.DefaultNames {
		for _, word := range telling {
			if strings.Contains(strings.ToLower(name), word) {
				t.Errorf("the name %s says %s", name, word)
			}
		}
	}
}

func TestNamesHaveARandomEnd(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+-[0-9a-f]{4}$`)
	seen, words := make(map[string]bool), make(map[string]bool)
	for range 300 {
		name := hotspot.Name(nil)
		if !form.MatchString(name) {
			t.Fatalf("the name %q", name)
		}
		word, end, _ := strings.Cut(name, "-")
		seen[end], words[word] = true, true
	}
	if len(seen) < 250 || len(words) < len(hotspot.DefaultNames)-2 {
		t.Errorf("300 names have %d ends and %d words", len(seen), len(words))
	}
	for _, long := range []string{strings.Repeat("x", 40), strings.Repeat("é", 20), strings.Repeat("\xff", 40), "ä\xff"} {
		name := hotspot.Name([]string{long})
		if len(name) > 32 || !utf8.ValidString(name) {
			t.Errorf("%q becomes %q, %d bytes", long, name, len(name))
		}
	}
}

func TestPassphraseIsStrongAndEasy(t *testing.T) {
	form := regexp.MustCompile(`^([a-z]{4}-){3}[a-z]{4}$`)
	if strings.ContainsAny(hotspot.Letters, "ilo01cqrwaeu") || len(hotspot.Letters) != 16 {
		t.Errorf("the letters are %s", hotspot.Letters)
	}
	count := make(map[byte]int)
	seen := make(map[string]bool)
	const rounds = 2000
	for range rounds {
		p := hotspot.Passphrase()
		c := good()
		c.Passphrase = p
		if err := c.Validate(); err != nil || !form.MatchString(p) || seen[p] {
			t.Fatalf("the passphrase %q: %v", p, err)
		}
		seen[p] = true
		plain := strings.ReplaceAll(p, "-", "")
		for i := range len(plain) {
			if !strings.Contains(hotspot.Letters, plain[i:i+1]) || i > 0 && plain[i] == plain[i-1] {
				t.Fatalf("the passphrase %q", p)
			}
			count[plain[i]]++
		}
	}
	// Each of the sixteen letters is one in sixteen: 2000 ± 43 of them. Eight
	// deviations of chance do not happen.
	for _, letter := range []byte(hotspot.Letters) {
		if n := count[letter]; n < rounds-350 || n > rounds+350 {
			t.Errorf("%c came %d times, about %d expected", letter, n, rounds)
		}
	}
}
