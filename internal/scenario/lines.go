package scenario

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// reader reads the lines of a scenario and of those that it includes.
type reader struct {
	scenario *Scenario
	within   []string // included scenarios that are being read
	lines    int
	named    map[string]*device
	shown    []bool // of each indicator: its value is the name of a server
}

// settings is the table of lines that describe the world. Every other line is
// a step.
var settings []setting

type setting struct {
	name string
	read func(*reader, *words) error
}

// The table is filled here because include reads lines again.
func init() {
	settings = []setting{
		{"about", (*reader).about},
		{"start", (*reader).start},
		{"link", (*reader).link},
		{"snap", (*reader).snap},
		{"phone", (*reader).phone},
		{"device", (*reader).device},
		{"resolver", (*reader).resolver},
		{"host", (*reader).host},
		{"indicator", (*reader).indicator},
		{"include", (*reader).include},
	}
}

func (r *reader) read(text, file string) error {
	number := 0
	for line := range strings.Lines(text) {
		number++
		if r.lines++; r.lines > MaxLines {
			return fmt.Errorf("more than %d lines", MaxLines)
		}
		where := fmt.Sprintf("line %d", number)
		if file != "" {
			where = file + " " + where
		}
		if err := r.line(strings.TrimRight(line, "\r\n"), where); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
	}
	return nil
}

func (r *reader) line(line, where string) error {
	list, err := split(line)
	if err != nil || len(list) == 0 {
		return err
	}
	w := &words{list: list}
	for _, s := range settings {
		if w.take(s.name) {
			if err := s.read(r, w); err != nil {
				return err
			}
			return w.end()
		}
	}
	return r.step(w, where)
}

// end refuses what is left of a line.
func (w *words) end() error {
	if w.more() {
		return w.expected("nothing more")
	}
	return nil
}

// about of an included scenario says nothing about this one.
func (r *reader) about(w *words) error {
	var text string
	err := w.text(&text, "a text")
	if len(r.within) == 0 {
		r.scenario.about = text
	}
	return err
}

func (r *reader) start(w *words) error {
	return read(w, &r.scenario.start, "a time such as 2026-06-01T09:00:00Z", func(s string) (time.Time, bool) {
		t, err := time.Parse(time.RFC3339, s)
		return t.UTC(), err == nil && t.Year() >= 1980 && t.Year() < 2100
	})
}

func (r *reader) link(w *words) error {
	var names []string
	for _, l := range links {
		names = append(names, l.name)
	}
	var name string
	if err := w.oneOf(&name, names...); err != nil {
		return err
	}
	r.scenario.link = slices.Index(names, name)
	return nil
}

func (r *reader) snap(w *words) error { return w.number(&r.scenario.snap, 1, 65535) }

// resolver is whom devices ask, of each family one; "none" hides the names.
func (r *reader) resolver(w *words) error {
	s := r.scenario
	if w.take("none") {
		s.hidden = true
		return nil
	}
	var a netip.Addr
	if err := w.address(&a); err != nil {
		return err
	}
	s.hidden = false
	s.resolvers = slices.DeleteFunc(s.resolvers, func(other netip.Addr) bool { return other.Is4() == a.Is4() })
	s.resolvers = append(s.resolvers, a)
	return nil
}

// host tells where a name is: addresses, and aliases on the way there.
func (r *reader) host(w *words) error {
	h := &host{}
	if err := w.name(&h.name); err != nil {
		return err
	}
	for w.more() && w.peek() != "alias" {
		var a netip.Addr
		if err := w.address(&a); err != nil {
			return err
		}
		if a.Is4() {
			h.v4 = append(h.v4, a)
		} else {
			h.v6 = append(h.v6, a)
		}
	}
	for w.take("alias") {
		var alias string
		if err := w.name(&alias); err != nil {
			return err
		}
		h.aliases = append(h.aliases, alias)
	}
	if len(r.scenario.hosts) >= maxHosts {
		return fmt.Errorf("more than %d hosts", maxHosts)
	}
	r.scenario.hosts[canonical(h.name)] = h
	return nil
}

const maxInclude = 4

func (r *reader) include(w *words) error {
	var name string
	if err := w.text(&name, "the name of a scenario"); err != nil {
		return err
	}
	text, ok := builtin(name)
	switch {
	case !ok:
		return fmt.Errorf("no scenario %q: expected one of %s", name, strings.Join(Names(), ", "))
	case slices.Contains(r.within, name) || len(r.within) >= maxInclude:
		return fmt.Errorf("scenario %q includes itself, or more than %d are inside each other", name, maxInclude)
	}
	r.within = append(r.within, name)
	err := r.read(text, name)
	r.within = r.within[:len(r.within)-1]
	return err
}

// step reads when and who, then a verb of the table.
func (r *reader) step(w *words, where string) error {
	s := step{where: where, at: -1, device: r.scenario.phone}
	if err := r.when(w, &s); err != nil {
		return err
	}
	if s.device == nil {
		return errors.New(`no phone yet: expected a line "phone ADDRESS" before the first step`)
	}
	begin := w.at
	for i := range verbs {
		if !w.take(verbs[i].name) {
			continue
		}
		var err error
		if s.act, err = verbs[i].read(w); err != nil {
			return err
		}
		for _, word := range w.list[begin:] {
			s.words += word.text + "\n"
		}
		s.words += s.device.mac.String() + s.at.String()
		r.scenario.steps = append(r.scenario.steps, s)
		return w.end()
	}
	return w.expected("a verb: one of " + strings.Join(verbNames(), ", ") + ",")
}

// when reads what stands before the verb, in any order: at TIME; every TIME
// [from TIME] until TIME; from ADDRESS; jitter TIME.
func (r *reader) when(w *words, s *step) error {
	for {
		var err error
		switch {
		case w.take("at"):
			err = w.duration(&s.at)
		case w.take("every"):
			err = w.duration(&s.every)
		case w.take("until"):
			err = w.duration(&s.until)
		case w.take("jitter"):
			err = w.duration(&s.jitter)
		case w.take("from"):
			err = r.from(w, s)
		default:
			return s.check(w)
		}
		if err != nil {
			return err
		}
	}
}

// from is a time, or a device by one of its addresses or its name.
func (r *reader) from(w *words, s *step) error {
	if _, ok := parseDuration(w.peek()); ok {
		return w.duration(&s.at)
	}
	if d := r.named[w.peek()]; d != nil {
		s.device = d
		w.at++
		return nil
	}
	var a netip.Addr
	if read(w, &a, "a time, a device's name or an address", parseAddress) != nil {
		return w.expected("a time, a device's name or an address")
	}
	return r.known(a, s)
}

// check refuses times that make no sense; every needs an end.
func (s *step) check(w *words) error {
	switch {
	case s.at < 0 && s.every > 0:
		s.at = s.every
	case s.at < 0 && w.at == 0:
		return w.expected(`a setting, or a step that begins with "at TIME" or "every TIME from TIME until TIME"`)
	case s.at < 0:
		return w.expected(`"at TIME" before the verb`)
	}
	if s.every > 0 && s.until < s.at {
		return errors.New(`"every" without an end: expected "until TIME", not before the first time`)
	}
	if s.every == 0 && s.until > 0 {
		return errors.New(`"until" without "every"`)
	}
	return nil
}
