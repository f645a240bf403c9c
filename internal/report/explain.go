package report

import (
	"io"
	"strings"

	"tinycheck"
	"tinycheck/internal/locale"
)

// Explain writes what a word of an answer means, for the person first and then
// for the expert: what "tinycheck explain" says. The word is the id of a rule, a
// limit, a grade, a level, or of a warning of TinyCheck and SpyGuard; "parity"
// is all of these warnings. Case does not matter. Another word gives an error of
// kind NotFound.
func Explain(w io.Writer, word string, language *locale.Language, width int) error {
	p := newPaper(Config{Language: language, Width: width})
	if !p.explain(word) {
		return tinycheck.Errorf("explain "+plain(word, longestItem), tinycheck.NotFound, nil)
	}
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
	p.blank()
	p.line(p.say("explain.more", nil), 0)
	return put(w, p.buffer.Bytes())
}

func (p *paper) explain(word string) bool {
	small, large := strings.ToLower(word), strings.ToUpper(word)
	if rule, ok := tinycheck.FindRule(tinycheck.RuleID(small)); ok {
		p.explainRule(&rule)
		return true
	}
	if row, ok := FindParity(word); ok {
		p.parity(&row)
		return true
	}
	switch english := locale.English(); {
	case small == "parity":
		p.parities()
	case english.Has("limit." + small + ".means"):
		p.explainLimit(small)
	case english.Has("grade." + large):
		p.write(p.say("grade."+large, nil), 0, 0, bold)
		p.line(p.say("explain.grade", args{"Grade": large}), 0)
		p.part("explain.expert", "grade-expert."+large)
	case english.Has("level." + small):
		p.line(p.say("explain.level", args{"Level": small}), 0)
		p.part("explain.means", "level."+small)
		p.part("explain.expert", "level-expert."+small)
	default:
		return false
	}
	return true
}

func (p *paper) explainRule(rule *tinycheck.Rule) {
	key := "rule." + string(rule.ID)
	p.write(p.say("explain.head", args{"Title": p.say(key+".title", nil)}), 0, 0, bold)
	p.line(p.say("explain.rule", args{"Rule": string(rule.ID), "Version": digits(int64(rule.Version))}), 0)
	var levels []said
	for _, l := range rule.Levels {
		levels = append(levels, p.say("level."+string(l), nil))
	}
	p.line(p.say("explain.levels", args{"Levels": p.join(levels, len(levels))}), 0)
	for _, name := range []string{"means", "sure", "innocent", "do", "expert"} {
		p.part("explain."+name, key+"."+name)
	}
	p.part("explain.check", "explain.check-text")
	p.blank()
	if len(rule.Techniques) > 0 {
		p.line(p.say("explain.techniques", args{"Techniques": p.join(p.techniques(rule.Techniques), len(rule.Techniques))}), 0)
	}
	if ids := peers(rule.ID); len(ids) > 0 {
		p.line(p.say("explain.peers", args{"IDs": p.join(ids, len(ids))}), 0)
	}
	p.line(p.say("explain.page", args{"Rule": string(rule.ID)}), 0)
}

func (p *paper) explainLimit(limit string) {
	p.line(p.say("explain.limit", args{"Limit": limit}), 0)
	p.part("explain.means", "limit."+limit+".means")
	p.part("explain.do", "limit."+limit+".do")
	p.part("explain.expert", "limit."+limit+".expert")
}

// part writes a heading and what stands below it.
func (p *paper) part(heading, text string) {
	p.heading(p.say(heading, nil))
	p.line(p.say(text, nil), 1)
}
