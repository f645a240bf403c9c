package scenario

import (
	"embed"
	"errors"
	"slices"
	"strings"

	"tinycheck"
)

// The built-in scenarios, in the language that doc.go describes.
//
//go:embed phones/*.txt
var phones embed.FS

// Names are those of the built-in scenarios, in the order of the alphabet.
func Names() []string {
	entries, err := phones.ReadDir("phones")
	if err != nil {
		panic(err) // it stands in the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".txt"))
	}
	slices.Sort(names)
	return names
}

// Find reads a built-in scenario. One that does not exist is an error of kind
// NotFound.
func Find(name string) (*Scenario, error) {
	words, ok := builtin(name)
	if !ok {
		err := errors.New("the built-in ones are " + strings.Join(Names(), ", "))
		return nil, tinycheck.Errorf("find scenario "+name, tinycheck.NotFound, err)
	}
	return Parse(words)
}

// About is what a built-in scenario says of itself, "" when there is none.
func About(name string) string {
	words, _ := builtin(name)
	for line := range strings.Lines(words) {
		if list, err := split(strings.TrimSpace(line)); err == nil && len(list) == 2 && list[0].text == "about" {
			return list[1].text
		}
	}
	return ""
}

func builtin(name string) (words string, ok bool) {
	if strings.ContainsAny(name, "/\\.") {
		return "", false
	}
	b, err := phones.ReadFile("phones/" + name + ".txt")
	return string(b), err == nil
}
