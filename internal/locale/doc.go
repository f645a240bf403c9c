// Package locale holds the words that people read, one file per language, and
// the way numbers, times, amounts and lists are written in it.
//
// Find gives a Language, and Say gives the text of a key:
//
//	l, err := locale.Find("fr-CA")
//	l.Say("answer.detected.headline", map[string]any{"Families": []string{"mSpy"}, "Count": 1})
//
// Arguments are values, never text glued together: Say writes an int as a
// number, a time.Time as date and time, a time.Duration, Bytes and Percent as
// amounts, and a []string as a list, each as the language does. "Count" also
// chooses the plural form (Unicode CLDR, language plural rules).
//
// The words obey rules that the tests check: every language has every key with
// the same arguments, every constant of the dictionary that people can meet has
// words, no sentence is longer than 30 words, nothing is called clean, infected
// or hacked, and nothing shouts. A new language is one file in words/ and one
// row in the table of language.go.
//
// The package does not decide what to say, and it does not make strings from
// the traffic harmless for a terminal or a page: that is the work of whoever
// puts text on paper (internal/report).
//
// A key that a language lacks is said in English, and one that English lacks is
// said as the key itself; a person never meets an empty line. Find fails with
// tinycheck.Unsupported for a language that is not there.
package locale
