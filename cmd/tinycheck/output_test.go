package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// Whatever a feed or a server wrote: it steers no terminal, and no line is turned.
func TestNobodySteersTheTerminal(t *testing.T) {
	const dirty = "a\x1b[2Jb\u202ec\u200fd\u2028e\u061cf\u009bg\th\r"
	var out bytes.Buffer
	complain(&out, errors.Join(errors.New(dirty), errors.New("second")))
	for _, text := range []string{plain(dirty), out.String()} {
		if strings.ContainsAny(text, "\x1b\u202e\u200f\u2028\u061c\u009b\t\r") {
			t.Errorf("%q", text)
		}
	}
	if got := out.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "tinycheck: second\n") {
		t.Errorf("%q", got)
	}
	if got := plain("téléphone 電話 العربية"); got != "téléphone 電話 العربية" {
		t.Errorf("%q", got)
	}
}
