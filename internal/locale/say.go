package locale

import (
	"maps"
	"slices"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
)

// Say gives the text of a key. The arguments fill the places named in it; their
// types decide how they are written (see the package comment). Count, an int or
// int64, also chooses the plural form.
func (l *Language) Say(key string, args map[string]any) string {
	ask := i18n.LocalizeConfig{MessageID: key, TemplateData: l.write(args)}
	if count, ok := args["Count"]; ok {
		ask.PluralCount = count
	}
	// An error beside a text means that English or the general plural form
	// filled a gap, which is better than silence.
	if text, err := l.words.Localize(&ask); text != "" || err == nil {
		return text
	}
	return key
}

// Has reports whether the language itself, not the English that fills its gaps,
// has words for the key.
func (l *Language) Has(key string) bool { return l.keys[key] != nil }

// Keys lists the keys that the language itself has, sorted.
func (l *Language) Keys() []string { return slices.Sorted(maps.Keys(l.keys)) }

// Forms gives the texts of a key, one per plural form, with the places for
// arguments still in them: for tests and for people who translate.
func (l *Language) Forms(key string) []string {
	m := l.keys[key]
	if m == nil {
		return nil
	}
	var forms []string
	for _, f := range []string{m.Zero, m.One, m.Two, m.Few, m.Many, m.Other} {
		if f != "" {
			forms = append(forms, f)
		}
	}
	return forms
}

// write turns arguments into text as the language writes them.
func (l *Language) write(args map[string]any) map[string]any {
	if len(args) == 0 {
		return nil
	}
	text := make(map[string]any, len(args))
	for name, value := range args {
		text[name] = l.argument(value)
	}
	return text
}

func (l *Language) argument(value any) any {
	switch v := value.(type) {
	case int:
		return l.Number(int64(v))
	case int64:
		return l.Number(v)
	case time.Time:
		return l.Moment(v)
	case time.Duration:
		return l.Duration(v)
	case Bytes:
		return l.Bytes(int64(v))
	case Percent:
		return l.Percent(float64(v))
	case []string:
		return l.List(v, len(v))
	}
	return value
}
