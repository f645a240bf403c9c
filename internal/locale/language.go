package locale

import (
	"embed"
	"errors"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"tinycheck"
)

//go:embed words/*.yaml
var files embed.FS

// table lists the languages; the file of each is words/TAG.yaml. The first one
// speaks where another lacks a key.
var table = []string{
	"en",
	"fr",
}

// Language is one language with its words. It is safe for use by several
// goroutines at once.
type Language struct {
	tag     string
	words   *i18n.Localizer
	numbers *message.Printer
	keys    map[string]*i18n.Message
}

// Languages gives the tags (BCP 47) of the languages there are, English first.
func Languages() []string { return append([]string(nil), table...) }

// Tag is the BCP 47 tag of the language.
func (l *Language) Tag() string { return l.tag }

// Find gives the language that fits a BCP 47 tag best: "fr-CA" finds French,
// and so does the spelling of POSIX locales, "fr_CA.UTF-8". The empty tag finds
// English. A tag that nothing fits gives an error of kind Unsupported, which
// lists what there is.
func Find(tag string) (*Language, error) {
	if tag == "" {
		return load(0)
	}
	name, _, _ := strings.Cut(tag, ".")
	name, _, _ = strings.Cut(name, "@")
	wish, err := language.Parse(name)
	if err != nil {
		return nil, unsupported(tag)
	}
	_, row, sure := matcher().Match(wish)
	if sure < language.High {
		return nil, unsupported(tag)
	}
	return load(row)
}

// English is the language that is always there.
func English() *Language {
	l, err := load(0)
	if err != nil {
		// The file is part of the program, and a test reads it.
		panic(err)
	}
	return l
}

func unsupported(tag string) error {
	return tinycheck.Errorf("find language "+strings.ToValidUTF8(tag, "?"), tinycheck.Unsupported,
		errors.New("there is "+strings.Join(table, ", ")))
}

var matcher = sync.OnceValue(func() language.Matcher {
	var tags []language.Tag
	for _, t := range table {
		tags = append(tags, language.MustParse(t))
	}
	return language.NewMatcher(tags)
})

// loaded reads each language once, when it is first asked for: a run speaks one
// language, and the others cost nothing.
var loaded = func() (rows []func() (*Language, error)) {
	for _, tag := range table {
		rows = append(rows, sync.OnceValues(func() (*Language, error) { return read(tag) }))
	}
	return rows
}()

func load(row int) (*Language, error) { return loaded[row]() }

// read makes a language of its file and of the English one, which fills gaps.
func read(tag string) (*Language, error) {
	bundle := i18n.NewBundle(language.MustParse(table[0]))
	l := &Language{
		tag:     tag,
		numbers: message.NewPrinter(language.MustParse(tag)),
		keys:    map[string]*i18n.Message{},
	}
	for _, t := range []string{table[0], tag} {
		own, err := add(bundle, t)
		if err != nil {
			return nil, tinycheck.Errorf("read words of "+t, tinycheck.Invalid, err)
		}
		if t == tag {
			l.keys = own
		}
	}
	l.words = i18n.NewLocalizer(bundle, tag)
	return l, nil
}

func add(bundle *i18n.Bundle, tag string) (map[string]*i18n.Message, error) {
	data, err := files.ReadFile("words/" + tag + ".yaml")
	if err != nil {
		return nil, err
	}
	messages, err := bundle.ParseMessageBytes(language.MustParse(tag), data, yaml.Unmarshal)
	if err != nil {
		return nil, err
	}
	keys := make(map[string]*i18n.Message, len(messages))
	for _, m := range messages {
		keys[m.ID] = m
	}
	return keys, nil
}
