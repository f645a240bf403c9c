package exchange

import (
	"bufio"
	"strings"
)

// Rules of Suricata and Snort ("alert udp $HOME_NET any -> any 53 (msg:…)") are
// no indicators. They are counted, and the file is refused.

const reasonRule = "a rule, not an observable: give it as a rule file"

var ruleActions = []string{"alert ", "drop ", "pass ", "reject ", "log ", "sdrop "}

func rule(line string) bool {
	line = strings.TrimLeft(line, "# ")
	for _, action := range ruleActions {
		if strings.HasPrefix(line, action) {
			return strings.Contains(line, "->") || strings.Contains(line, "<>") || strings.Contains(line, "(msg:") || strings.Contains(line, "( msg:")
		}
	}
	return false
}

func looksRules(s sample) bool { return s.most(rule) }

func readRules(in *bufio.Reader, b *book) error {
	b.flow()
	err := b.eachLine(in, func(number int, line []byte) {
		if rule(string(line)) {
			b.reject(number, string(line), reasonRule)
			return
		}
		b.reject(number, string(line), "not a rule")
	})
	if err != nil {
		return err
	}
	return unsupported("it is a file of rules, not of indicators: give it as a rule file")
}
