package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"tinycheck"
	"tinycheck/internal/gateway"
	"tinycheck/internal/locale"
	"tinycheck/internal/recording"
)

// view shows what happens while a phone is used: on a terminal a few lines that
// are written anew, elsewhere one line per thing that happens.
type view struct {
	mu      sync.Mutex
	out     io.Writer
	words   *locale.Language
	iface   string
	live    bool // a terminal
	quiet   bool
	lines   int             // of the last picture
	told    map[string]bool // facts, each once
	guests  bool            // somebody else tells who joined
	present map[string]bool // of guests, by MAC: here, or gone again

	// Of a network of our own.
	contained bool
	state     gateway.State
	forgiven  int // refusals before the last phone joined
}

// A picture must fit the smallest terminals: so many names, so many phones.
const latest, shownDevices = 8, 8

func newView(out io.Writer, f *captureFlags, words *locale.Language) *view {
	file, ok := out.(*os.File)
	return &view{
		out: out, words: words, iface: f.iface, quiet: f.quiet, told: make(map[string]bool), present: make(map[string]bool),
		live: ok && !f.plain && term.IsTerminal(int(file.Fd())),
	}
}

// show shows a snapshot.
func (v *view) show(s recording.Snapshot) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.quiet:
	case v.live:
		v.draw(v.picture(s))
	default:
		v.log(s)
	}
}

// picture makes the lines of a snapshot. As long as a code stands above it that
// nobody has used yet, it takes as little room as it can.
func (v *view) picture(s recording.Snapshot) []string {
	say := v.words.Say
	if v.guests && len(v.present) == 0 {
		return append(v.troubles(), say("live.nobody", nil))
	}
	first := say("live.listening", map[string]any{
		"Interface": v.iface, "Time": time.Since(s.Started).Truncate(time.Second), "Packets": s.Packets, "Bytes": locale.Bytes(s.Bytes),
	})
	if s.State == recording.Away {
		first = say("live.away", map[string]any{"Interface": v.iface})
	}
	lines := []string{first}
	if n := s.Dropped.Lost(); n > 0 {
		lines = append(lines, say("live.lost", map[string]any{"Lost": n}))
	}
	lines = append(lines, v.troubles()...)
	lines = append(lines, "", say("live.devices", nil))
	if len(s.Devices) == 0 {
		lines = append(lines, "  "+say("live.nobody", nil))
	}
	for i := range s.Devices[:min(shownDevices, len(s.Devices))] {
		lines = append(lines, "  "+v.device(&s.Devices[i]))
	}
	if len(s.Devices) > shownDevices {
		lines = append(lines, "  …")
	}
	if s.Named > 0 {
		lines = append(lines, "", say("live.names", map[string]any{"Number": s.Named}))
	}
	for i, one := range s.Contacts {
		if i == latest {
			break
		}
		lines = append(lines, "  "+v.contact(one))
	}
	return append(lines, "", say("live.stop", nil))
}

func (v *view) device(a *tinycheck.Answer) string {
	class := tinycheck.ClassUnknown
	if a.Device.Class != "" {
		class = a.Device.Class
	}
	key := "live.device"
	if here, known := v.present[a.Device.ID]; known && !here {
		key = "live.left"
	}
	level := v.words.Say("level."+string(a.Verdict.Level), nil)
	if a.Verdict.Level == tinycheck.NothingFound {
		level = v.words.Say("live.so-far", nil)
	}
	return v.words.Say(key, map[string]any{"Device": plain(a.Device.ID), "Class": v.words.Say("device."+string(class), nil), "Level": level})
}

func (v *view) contact(c recording.Contact) string {
	if c.Listed == "" {
		return plain(c.Name)
	}
	return v.words.Say("live.listed", map[string]any{"Name": plain(c.Name), "Level": v.words.Say("level."+string(c.Listed), nil)})
}

// draw writes lines over those of the last picture. Nothing is wider than the
// terminal, or what is written over would be counted wrongly.
func (v *view) draw(lines []string) {
	_, width := terminal(v.out)
	var b strings.Builder
	if v.lines > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r\x1b[J", v.lines)
	}
	for _, line := range lines {
		b.WriteString(cutAt(line, width) + "\n")
	}
	v.lines = len(lines)
	fmt.Fprintf(v.out, "%s", b.String())
}

// log writes what is new as facts, one line each.
func (v *view) log(s recording.Snapshot) {
	for i := range s.Devices {
		a := &s.Devices[i]
		if !v.guests {
			v.once("joined", plain(a.Device.ID))
		}
		for j := range a.Findings {
			f := &a.Findings[j]
			v.once("finding", fmt.Sprintf("%s %s %s %s", f.Rule, f.Level, plain(f.Identity.String()), plain(a.Device.ID)))
		}
	}
	if s.State == recording.Away {
		v.once("gone", v.iface)
	}
}

// once notes a fact the first time; as many facts are remembered as an analysis
// keeps findings.
func (v *view) once(key, value string) {
	if line := key + value; !v.told[line] {
		v.told[line] = true
		v.note(key, value)
	}
}

// note writes a fact, where facts are written.
func (v *view) note(key, value string) {
	if !v.live && !v.quiet {
		v.fact(key + ": " + value)
	}
}

func (v *view) fact(line string) { fmt.Fprintln(v.out, line) }

// end leaves the last picture and says how the recording ended.
func (v *view) end(r *recording.Result) {
	if r.Err != nil {
		fmt.Fprintln(v.out, v.words.Say("live.early", map[string]any{"Reason": r.Err.Error()}))
	}
	if v.quiet {
		return
	}
	for _, f := range r.Files {
		fmt.Fprintln(v.out, v.words.Say("live.wrote", map[string]any{"File": f.Path, "Bytes": locale.Bytes(f.Bytes)}))
	}
}
