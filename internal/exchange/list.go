package exchange

import (
	"bufio"
	"strings"
)

// A list has one name, address, prefix or URL per line; "#", ";", "!" and "//"
// begin comments. It states no class.

func looksList(s sample) bool {
	return !strings.HasPrefix(s.text, "{") && s.most(func(line string) bool {
		_, _, err := entry(line)
		return err == nil
	}, ".txt", ".list", ".lst")
}

func readList(in *bufio.Reader, b *book) error {
	return b.eachLine(in, func(number int, line string) { b.add(number, line, unclassified) })
}
