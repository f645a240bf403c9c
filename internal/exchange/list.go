package exchange

import (
	"bufio"
	"strings"

	"tinycheck"
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
	b.flow()
	like := b.unstated()
	return b.eachLine(in, func(number int, line []byte) {
		if !plain(line) {
			b.flat(number, string(line), like)
			return
		}
		this := like
		this.Observable = tinycheck.Observable{Type: tinycheck.DomainName, Value: string(line)}
		b.flatPut(number, this)
	})
}
