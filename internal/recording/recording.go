package recording

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/capture"
)

// Recording is one that runs, or has ended.
type Recording struct {
	cfg     Config
	live    *capture.Live
	file    *capture.Recorder // nil: nothing is kept
	line    *analysis.Line
	marks   chan string
	enough  context.CancelFunc
	changes chan struct{}
	done    chan struct{}

	mu     sync.Mutex
	shown  Snapshot
	result Result
	err    error

	// Of the goroutine that runs.
	facts    tinycheck.Capture
	contacts contacts
	comments []string // for the packet that is being seen
	said     int      // bytes of all comments
	news     bool     // something was found that is not shown yet
	flushed  time.Time
	showed   time.Time
}

// Result is what a recording leaves.
type Result struct {
	Report tinycheck.Report
	Files  []capture.Recorded
	Ending Ending
	Err    error // why, for disk and failed
}

// Start opens the interface and the file, and begins. ctx is for the whole
// recording: when it ends, so does the recording, as if stopped.
func Start(ctx context.Context, cfg Config) (*Recording, error) {
	if err := cfg.Validate(); err != nil {
		return nil, tinycheck.Errorf("start recording", tinycheck.Invalid, err)
	}
	ctx, enough := within(ctx, cfg.Duration)
	live, err := capture.Listen(cfg.Interface, capture.LiveConfig{Filter: cfg.Filter, Ring: cfg.Ring, Done: ctx.Done()})
	if err != nil {
		enough()
		return nil, err
	}
	r := &Recording{cfg: cfg, live: live, enough: enough, marks: make(chan string, maxMarks), changes: make(chan struct{}, 1), done: make(chan struct{})}
	if r.file, err = r.open(); err != nil {
		live.Close()
		enough()
		return nil, err
	}
	r.facts = tinycheck.Capture{Name: cfg.Interface, Format: "pcapng", Links: []tinycheck.LinkType{live.Link()}, Interfaces: 1, Modes: cfg.Modes}
	if cfg.File == "" {
		r.facts.Format = "live"
	} else {
		r.facts.Name = cfg.File
	}
	r.shown = Snapshot{State: Listening, Started: time.Now()}
	r.line = analysis.New(r.watched())
	go r.run(ctx)
	return r, nil
}

// within bounds ctx by a time, if there is one.
func within(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	if most > 0 {
		return context.WithTimeoutCause(ctx, most, errOver)
	}
	return context.WithCancel(ctx)
}

var errOver = errors.New("the time is over")

func (r *Recording) open() (*capture.Recorder, error) {
	if r.cfg.File == "" {
		return nil, nil
	}
	return capture.Record(capture.RecordConfig{
		Path: r.cfg.File, Interface: r.cfg.Interface, Filter: r.cfg.Filter, Program: r.cfg.Program, Link: r.live.Link(),
		Rotate: r.cfg.Rotate, Quota: r.cfg.Quota, Modes: r.cfg.Modes, Replace: r.cfg.Replace,
	})
}

// watched is the configuration of the line, with us listening to it.
func (r *Recording) watched() analysis.Config {
	cfg := r.cfg.Analysis
	cfg.Event = r.contacts.see
	cfg.Found = func(local netip.Addr, f tinycheck.Finding) {
		r.comments = r.keep(r.comments, fmt.Sprintf("%s %s: %s", f.Level, f.Rule, f.Identity))
		r.contacts.found(local.String(), &f)
		r.news = true
	}
	return cfg
}

// keep adds a comment to a list, as long as there is room: who reads the file
// keeps so many bytes of all.
func (r *Recording) keep(list []string, text string) []string {
	if r.said+len(text) > capture.MaxCommentBytes {
		return list
	}
	r.said += len(text)
	return append(list, text)
}

// Changes ticks after something changed that Now tells; it is closed at the end.
func (r *Recording) Changes() <-chan struct{} { return r.changes }

// Now gives what is known so far.
func (r *Recording) Now() Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shown
}

// Done is closed when the recording has ended, whoever ended it.
func (r *Recording) Done() <-chan struct{} { return r.done }

// Mark writes a comment into the file at this moment: a step of a guided test.
// It must not name anybody. Without a file it does nothing.
func (r *Recording) Mark(text string) error {
	if len(text) == 0 || len(text) > maxComments {
		return tinycheck.Errorf("mark recording", tinycheck.Invalid, fmt.Errorf("a comment has 1 to %d bytes", maxComments))
	}
	select {
	case <-r.done:
		return tinycheck.Errorf("mark recording", tinycheck.Conflict, errors.New("it has ended"))
	default:
	}
	select {
	case r.marks <- text:
		return nil
	default:
		return tinycheck.Errorf("mark recording", tinycheck.Busy, errors.New("too many comments at once"))
	}
}

// Stop ends the recording and gives its result. After it has ended by itself, it
// only gives the result. The error says that the device that was asked for was
// never seen; the result is then about all that were, since nobody can record what
// was again. Why a recording ended early stands in the result.
func (r *Recording) Stop() (Result, error) {
	r.enough()
	<-r.done
	return r.result, r.err
}
