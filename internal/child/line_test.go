package child_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"tinycheck/internal/child"
)

func split(chunks ...[]byte) (list []string) {
	child.Lines(func(line string) { list = append(list, line) }, chunks...)
	return list
}

func TestLinesAreCutAndCleaned(t *testing.T) {
	long := strings.Repeat("x", child.MaxLine)
	for in, want := range map[string][]string{
		"":                                     nil,
		"\n\n \t\r\n":                          nil,
		"one\r\ntwo":                           {"one", "two"},
		"a\tb":                                 {"a b"},
		"\x1b[31mred\x1b[0m\a":                 {"\ufffd[31mred\ufffd[0m\ufffd"},
		"r\u202etl":                            {"r\ufffdtl"},
		"bad \xff utf":                         {"bad \ufffd utf"},
		long:                                   {long},
		long + "y\nnext":                       {long + "…", "next"},
		long[1:] + "é tail":                    {long[1:] + "…"}, // the cut goes through é
		long[2:] + "é tail":                    {long[2:] + "é…"},
		strings.Repeat("y", 100*child.MaxLine): {strings.Repeat("y", child.MaxLine) + "…"},
	} {
		if got := split([]byte(in)); !slices.Equal(got, want) {
			t.Errorf("%.60q: %.80q, want %.80q", in, got, want)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("hostapd: wlan0: AP-ENABLED\n\x1b[0m"), 5)
	f.Add([]byte(strings.Repeat("é", child.MaxLine)), 3)
	f.Add([]byte{0xff, '\n', 0xf0, 0x9f}, 1)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		whole := split(data)
		if at = min(max(at, 0), len(data)); !slices.Equal(whole, split(data[:at], data[at:])) {
			t.Fatalf("cut at %d it is another text", at)
		}
		for _, line := range whole {
			// Each wrong byte becomes a replacement character of three.
			if line == "" || len(line) > 3*child.MaxLine+len("…") || !utf8.ValidString(line) ||
				strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
				t.Fatalf("%q", line)
			}
		}
	})
}

func TestOnlyTheLastLinesAreKept(t *testing.T) {
	n := 0
	cfg := script(t, "seq 1 5000")
	cfg.Lines = func(string) { n++ }
	c := start(t, cfg)
	await(t, c)
	tail := c.Tail()
	if n != 5000 || len(tail) != child.MaxTail || tail[0] != fmt.Sprint(5001-child.MaxTail) || tail[child.MaxTail-1] != "5000" {
		t.Errorf("%d lines, %d kept: %q", n, len(tail), tail)
	}
	if want := "its last words: 4996 | 4997 | 4998 | 4999 | 5000"; !strings.HasSuffix(c.Err().Error(), want) {
		t.Errorf("%v", c.Err())
	}
}
