package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"tinycheck"
)

// unclassified is how flat lists are taken: see the package comment.
var unclassified = tinycheck.Indicator{Class: tinycheck.ClassC2, Tags: []string{tagUnclassified}}

// eachLine gives every line that says something, without its comment. The line
// is valid during the call. Lines that are too long are rejected, not cut.
func (b *book) eachLine(in *bufio.Reader, see func(number int, line []byte)) error {
	return b.eachRaw(in, func(number int, line []byte) {
		if text := content(line); len(text) > 0 {
			see(number, text)
		}
	})
}

// eachRaw gives every line as it stands, comments and all.
func (b *book) eachRaw(in *bufio.Reader, see func(number int, line []byte)) error {
	for number, total := 1, 0; b.err == nil; number++ {
		line, size, err := readLine(in)
		if total += size; total > maxText {
			return damaged("larger than %d MiB", maxText>>20)
		}
		if size > maxLine {
			b.reject(number, string(line[:maxValue]), "line too long")
		} else {
			see(number, line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readLine reads one line, which is valid until the next; of one that is too
// long it keeps the beginning.
func readLine(in *bufio.Reader) (line []byte, size int, err error) {
	var long []byte
	for {
		part, err := in.ReadSlice('\n')
		if size += len(part); long == nil && !errors.Is(err, bufio.ErrBufferFull) {
			return part, size, err
		}
		if len(long) < maxLine {
			long = append(long, part...)
		}
		if size > maxText || !errors.Is(err, bufio.ErrBufferFull) {
			return long, size, err
		}
	}
}

// content cuts the comment and the spaces off a line.
func content(line []byte) []byte {
	for i, c := range line {
		if (c == '#' || c == ';') && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			line = line[:i]
			break
		}
	}
	if len(line) > 0 && line[0] == '!' || bytes.HasPrefix(line, []byte("//")) {
		return nil
	}
	return bytes.TrimSpace(line)
}
