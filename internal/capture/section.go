package capture

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// How a recording's files begin, turn and end.

// RecordConfig says what is recorded where.
type RecordConfig struct {
	Path      string // of the first file; the next is NAME-0002.pcapng for NAME.pcapng
	Interface string
	Filter    string // tcpdump's words
	Program   string // that records, as it stands in the file; may be empty
	Link      tinycheck.LinkType
	Rotate    int64 // bytes of one file; 0: one file for all
	Quota     int64 // bytes of all files; 0: no bound
	Reserve   int64 // bytes that stay free on the file system; 0: 64 MiB, negative: none
	Modes     []tinycheck.Mode
	Replace   bool // files of these names are replaced
}

// Validate says what cannot be meant.
func (c RecordConfig) Validate() error {
	kind, what := tinycheck.Invalid, ""
	switch {
	case c.Path == "-":
		kind, what = tinycheck.Unsupported, "a recording goes to a file, not to standard output"
	case c.Path == "" || strings.ContainsRune(c.Path, 0):
		what = "no file was named"
	case len(c.Interface) > maxName || len(c.Program) > maxProgram || len(c.Filter) > maxFilter:
		what = "a name or filter is too long"
	case c.Rotate < 0 || c.Quota < 0 || c.Rotate > 0 && c.Rotate < leastFile || c.Quota > 0 && c.Quota < leastFile:
		what = fmt.Sprintf("a file or recording is bounded to at least %d bytes", leastFile)
	case slices.ContainsFunc(c.Modes, func(m tinycheck.Mode) bool { return !slices.Contains(modes, m) }):
		what = "there is no such mode"
	default:
		return nil
	}
	return tinycheck.Errorf("record", kind, errors.New(what))
}

// begin puts the head of a file into the buffer.
func (r *Recorder) begin(at time.Time) {
	r.face = 0
	r.buf = append(r.buf, r.head()...)
	r.started(at)
}

// describe puts a new description of the interface into the buffer.
func (r *Recorder) describe(at time.Time) {
	r.buf = r.appendFace(r.buf)
	r.started(at)
}

// started puts the beginning of a period into the buffer at once: a recording that
// is killed tells it too.
func (r *Recorder) started(at time.Time) {
	r.start, r.before = at, r.counted
	r.buf = appendStatistics(r.buf, r.face, &statistics{at: at, start: at})
}

// head is the section header and the description of the interface.
func (r *Recorder) head() []byte {
	var comments []string
	for _, m := range r.cfg.Modes {
		comments = append(comments, modeWords+string(m))
	}
	return r.appendFace(appendSection(nil, system(), clean(r.cfg.Program), comments))
}

func (r *Recorder) appendFace(b []byte) []byte {
	return appendFace(b, r.cfg.Link, clean(r.cfg.Interface), system(), clean(r.cfg.Filter))
}

// system names the operating system.
func system() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "Linux"
	}
	return clean(unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]))
}

// count puts the counters of this period into the buffer.
func (r *Recorder) count(s statistics) {
	c := r.counted.minus(r.before)
	s.counts, s.filtered = &c, r.cfg.Filter != ""
	r.buf = appendStatistics(r.buf, r.face, &s)
	r.noted = r.counted
}

// conclude ends a period.
func (r *Recorder) conclude(at time.Time) {
	r.count(statistics{at: at, start: r.start, end: at})
}

// next turns to the next file: the one that is open ends at a time, the other one
// begins at a time.
func (r *Recorder) next(ends, begins time.Time) error {
	out, part, err := r.create()
	if err != nil {
		return r.end(err)
	}
	if err := r.finish(ends); err != nil {
		r.err = err
		_, _ = out.close()
		os.Remove(out.path)
		return err
	}
	r.out, r.part = out, part
	r.begin(begins)
	return nil
}

// create makes the file behind the one that is open. Names that are taken are
// passed over: a recording does not end because of a name.
func (r *Recorder) create() (*output, int, error) {
	for part := r.part + 1; part <= maxFiles; part++ {
		out, err := createOutput(partPath(r.cfg.Path, part), r.cfg.Replace)
		if errors.Is(err, tinycheck.Conflict) {
			continue
		}
		return out, part, err
	}
	return nil, 0, tinycheck.Errorf("record", tinycheck.Unavailable,
		fmt.Errorf("%w: it has %d files; let each be longer", ErrQuota, maxFiles))
}

// finish ends the file that is open, if there is one.
func (r *Recorder) finish(at time.Time) error {
	if r.out == nil {
		return nil
	}
	r.conclude(at)
	err := r.out.write(r.buf)
	r.buf = r.buf[:0]
	path := r.out.path
	file, closing := r.out.close()
	r.out = nil
	r.done = append(r.done, file)
	r.bytes += file.Bytes
	if err == nil {
		err = closing
	}
	if err != nil {
		return writeError(path, err)
	}
	return nil
}

// end ends the recording for a reason, and returns it. What can still be written
// is written.
func (r *Recorder) end(reason error) error {
	r.err = reason
	_ = r.finish(time.Now()) // its error would only say the reason again
	return reason
}

// trim makes comments as long and as many as a block and a Reader take.
func trim(comments []string) []string {
	kept := make([]string, 0, len(comments))
	for _, c := range comments {
		if c = clean(c); c != "" {
			kept = append(kept, c)
		}
	}
	if more := len(kept) - maxComments; more > 0 {
		kept = append(kept[:maxComments-1], fmt.Sprintf("and %d more comments", more+1))
	}
	return kept
}

// clean makes valid UTF-8 of at most maxComment bytes, without zeros.
func clean(s string) string {
	return strings.ReplaceAll(text([]byte(s), maxComment), "\x00", "")
}
