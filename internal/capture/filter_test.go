package capture_test

import (
	"fmt"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/capture"
)

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		said string
		n    int
		kind tinycheck.ErrorKind
		says string
	}{
		"a program":         {"2\n40 0 0 12\n6 0 0 262144", 2, "", ""},
		"with a warning":    {"tcpdump: WARNING: old\n1\n6 0 0 262144", 1, "", ""},
		"a complaint":       {"tcpdump: can't parse filter expression: syntax error", 0, tinycheck.Invalid, ": can't parse filter expression: syntax error"},
		"nothing":           {"", 0, tinycheck.Unavailable, "no program"},
		"too few":           {"3\n6 0 0 1", 0, tinycheck.Unavailable, "announced"},
		"too many":          {"1\n6 0 0 1\n6 0 0 1", 0, tinycheck.Unavailable, "announced"},
		"far too many":      {"5000" + strings.Repeat("\n6 0 0 1", 5000), 0, tinycheck.Unavailable, "announced"},
		"a code too large":  {"1\n65536 0 0 1", 0, tinycheck.Unavailable, "no instruction"},
		"a jump too far":    {"1\n6 256 0 1", 0, tinycheck.Unavailable, "no instruction"},
		"a value too large": {"1\n6 0 0 4294967296", 0, tinycheck.Unavailable, "no instruction"},
		"a field too few":   {"1\n6 0 0", 0, tinycheck.Unavailable, "no instruction"},
	} {
		var lines []string
		if c.said != "" {
			lines = strings.Split(c.said, "\n")
		}
		n, err := capture.Judge(lines)
		if n != c.n || tinycheck.KindOf(err) != c.kind || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %d instructions, %v", name, n, err)
		}
	}
}

func FuzzProgram(f *testing.F) {
	f.Add("2\n40 0 0 12\n6 0 0 262144")
	f.Add("1\n65535 255 255 4294967295")
	f.Add("0")
	f.Add("-1\n6 0 0 0")
	f.Fuzz(func(t *testing.T, text string) {
		program, err := capture.ParseProgram(strings.Split(text, "\n"))
		if err != nil {
			return
		}
		again := []string{fmt.Sprint(len(program))}
		for _, s := range program {
			again = append(again, fmt.Sprintf("%d %d %d %d", s[0], s[1], s[2], s[3]))
		}
		second, err := capture.ParseProgram(again)
		if err != nil || fmt.Sprint(second) != fmt.Sprint(program) || len(program) == 0 || len(program) > 4096 {
			t.Fatalf("%q gives %v, then %v, %v", text, program, second, err)
		}
	})
}
