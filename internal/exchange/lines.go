package exchange

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"tinycheck"
)

// unclassified is how flat lists are taken: see the package comment.
var unclassified = tinycheck.Indicator{Class: tinycheck.ClassC2, Tags: []string{"unclassified"}}

// eachLine gives every line that says something, without its comment. Lines
// that are too long are rejected, not cut.
func (b *book) eachLine(in *bufio.Reader, see func(number int, line string)) error {
	for number, total := 1, 0; ; number++ {
		line, size, err := readLine(in)
		if total += size; total > maxText {
			return damaged("larger than %d MiB", maxText>>20)
		}
		switch text := content(line); {
		case size > maxLine:
			b.reject(number, line[:maxValue], "line too long")
		case text != "":
			see(number, text)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readLine reads one line; of one that is too long it keeps the beginning.
func readLine(in *bufio.Reader) (line string, size int, err error) {
	var long []byte
	for {
		part, err := in.ReadSlice('\n')
		if size += len(part); err == nil && long == nil {
			return string(part), size, nil
		}
		if len(long) < maxLine {
			long = append(long, part...)
		}
		if size > maxText || !errors.Is(err, bufio.ErrBufferFull) {
			return string(long), size, err
		}
	}
}

// content cuts the comment and the spaces off a line.
func content(line string) string {
	if cut := strings.IndexAny(line, "#;"); cut >= 0 && (cut == 0 || line[cut-1] == ' ' || line[cut-1] == '\t') {
		line = line[:cut]
	}
	if strings.HasPrefix(line, "//") || strings.HasPrefix(line, "!") {
		return ""
	}
	return strings.TrimSpace(line)
}
