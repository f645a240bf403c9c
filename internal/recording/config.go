package recording

import (
	"errors"
	"time"

	"tinycheck"
	"tinycheck/internal/analysis"
)

// Config says what to record, where to, and what to look for.
type Config struct {
	Interface string
	Filter    string        // in tcpdump's words; "" takes everything
	Ring      int           // bytes of the kernel's ring; 0 is the usual
	Duration  time.Duration // 0: until it is stopped
	Modes     []tinycheck.Mode

	File    string // "": nothing is kept
	Rotate  int64  // bytes from which a further file is begun; 0: one file
	Quota   int64  // bytes of all files together; 0: no bound but the disk
	Replace bool   // a file of that name may be replaced
	Program string // that writes, as it stands in the file

	Analysis analysis.Config
}

// Validate finds what cannot be meant.
func (c *Config) Validate() error {
	switch {
	case c.Interface == "":
		return errors.New("no interface is named")
	case c.Duration < 0 || c.Rotate < 0 || c.Quota < 0 || c.Ring < 0:
		return errors.New("a negative time or size")
	case c.File == "" && (c.Rotate > 0 || c.Quota > 0 || c.Replace):
		return errors.New("how files are kept is said, and not which file")
	}
	return nil
}

// Ending says why a recording ended.
type Ending string

// The endings.
const (
	EndedStopped  Ending = "stopped"  // somebody asked for the answer
	EndedDuration Ending = "duration" // the time that was asked for is over
	EndedDisk     Ending = "disk"     // the file cannot grow any more
	EndedFailed   Ending = "failed"   // the interface can no longer be read
)

// State is what a recording is doing.
type State string

// The states.
const (
	Listening State = "listening"
	Away      State = "away" // the interface is gone; it is waited for
	Ended     State = "ended"
)

// The bounds of what is shown while packets come.
const (
	maxContacts = 64  // the latest names, of all devices
	maxMarks    = 16  // comments that wait to be written
	maxComments = 256 // bytes of one
)

// The rhythm, in the time of packets: how often what was recorded goes to the
// file, and how often what is shown is made anew while nothing is found.
const (
	flushEvery = 250 * time.Millisecond
	showEvery  = 250 * time.Millisecond
	newsEvery  = 100 * time.Millisecond // and when something is
)
