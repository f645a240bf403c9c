package report

import (
	"io"

	"tinycheck"
	"tinycheck/internal/locale"
)

// Explain writes what a rule means, for people: what "tinycheck explain" says.
// An id that is no rule gives an error of kind NotFound.
func Explain(w io.Writer, id tinycheck.RuleID, language *locale.Language, width int) error {
	rule, ok := tinycheck.FindRule(id)
	if !ok {
		return tinycheck.Errorf("explain rule "+plain(string(id), longestItem), tinycheck.NotFound, nil)
	}
	p := newPaper(Config{Language: language, Width: width})
	p.explain(&rule)
	return put(w, p.buffer.Bytes())
}

// List writes one line per rule: its id and its title.
func List(w io.Writer, language *locale.Language, width int) error {
	p := newPaper(Config{Language: language, Width: width})
	p.heading(p.say("explain.list", nil))
	for _, rule := range tinycheck.Rules() {
		title := p.say("rule."+string(rule.ID)+".title", nil)
		p.item("-", p.say("explain.line", args{"Rule": string(rule.ID), "Title": title}), 1)
	}
	return put(w, p.buffer.Bytes())
}

func (p *paper) explain(rule *tinycheck.Rule) {
	key := "rule." + string(rule.ID)
	p.write(p.say("explain.head", args{"Title": p.say(key+".title", nil)}), 0, 0, bold)
	p.line(p.say("explain.rule", args{"Rule": string(rule.ID), "Version": digits(int64(rule.Version))}), 0)
	var levels []said
	for _, l := range rule.Levels {
		levels = append(levels, p.say("level."+string(l), nil))
	}
	p.line(p.say("explain.levels", args{"Levels": p.join(levels, len(levels))}), 0)
	for _, part := range []string{"means", "sure", "innocent", "do"} {
		p.heading(p.say("explain."+part, nil))
		p.line(p.say(key+"."+part, nil), 1)
	}
	if len(rule.Techniques) > 0 {
		p.blank()
		p.line(p.say("explain.techniques", args{"Techniques": p.join(p.techniques(rule.Techniques), len(rule.Techniques))}), 0)
	}
}
