package recording

import (
	"context"
	"errors"
	"io"
	"time"

	"tinycheck"
	"tinycheck/internal/capture"
)

// run takes packets until there is a reason to end, and then answers.
func (r *Recording) run(ctx context.Context) {
	defer close(r.done)
	defer close(r.changes)
	defer r.enough()
	err := r.take(ctx)
	r.count()
	r.live.Close()
	files, closing := r.close()
	if err == nil {
		err = closing
	}
	r.line.End()
	report, answering := r.line.Report(r.facts)
	if errors.Is(answering, tinycheck.NotFound) {
		r.line.Everybody()
		report, _ = r.line.Report(r.facts)
	}
	r.mu.Lock()
	r.result = Result{Report: report, Files: files, Ending: ending(ctx, err), Err: err}
	r.err = answering
	r.mu.Unlock()
	r.show(Ended)
}

// ending gives the reason its name.
func ending(ctx context.Context, err error) Ending {
	switch {
	case errors.Is(err, capture.ErrFull), errors.Is(err, capture.ErrQuota):
		return EndedDisk
	case err != nil:
		return EndedFailed
	case errors.Is(context.Cause(ctx), errOver):
		return EndedDuration
	}
	return EndedStopped
}

// take takes packets; nil when it was told to end.
func (r *Recording) take(ctx context.Context) error {
	var p tinycheck.Packet
	for {
		var err error
		switch next := r.live.Next(&p); {
		case next == nil:
			err = r.packet(&p)
		case errors.Is(next, capture.ErrIdle):
			err = r.pause(now())
		case errors.Is(next, capture.ErrGone):
			err = r.wait(ctx)
		case next == io.EOF:
			return nil
		default:
			return next
		}
		if err != nil {
			return err
		}
	}
}

// packet hands one to the analysis and to the file, in this order: what it is
// found with is written beside it.
func (r *Recording) packet(p *tinycheck.Packet) error {
	f := &r.facts
	if f.Packets++; f.Packets == 1 {
		f.Start = p.Time
	}
	f.Bytes += int64(p.Length)
	p.Number, f.End = f.Packets, later(f.End, p.Time)
	r.comments = r.comments[:0]
	r.line.See(p)
	if r.file != nil {
		err := r.file.Write(p, r.comments...)
		if errors.Is(err, tinycheck.Invalid) { // no capture can hold it
			f.Dropped.Own++
			return nil
		}
		if err != nil {
			return err
		}
		f.Comments = append(f.Comments, r.comments...)
	}
	if r.news && apart(r.showed, p.Time) >= newsEvery {
		r.showed = p.Time
		r.show(Listening)
	}
	if p.Time.Sub(r.flushed) < flushEvery && p.Time.After(r.flushed) {
		return nil
	}
	return r.pause(p.Time)
}

// apart is how far two times lie apart: clocks are set, also backwards.
func apart(a, b time.Time) time.Duration { return b.Sub(a).Abs() }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// pause does what is done from time to time: marks, flushing, showing.
func (r *Recording) pause(now time.Time) error {
	if err := r.mark(now); err != nil {
		return err
	}
	if r.file != nil && !r.flushed.Equal(now) {
		r.count()
		if err := r.file.Flush(); err != nil {
			return err
		}
	}
	r.flushed = now
	if d := apart(r.showed, now); d >= showEvery || r.news && d >= newsEvery {
		r.showed = now
		r.show(Listening)
	}
	return nil
}

// mark writes the comments that wait.
func (r *Recording) mark(now time.Time) error {
	for {
		select {
		case text := <-r.marks:
			if r.file == nil {
				continue
			}
			if err := r.file.Mark(now, text); err != nil {
				return err
			}
			r.facts.Comments = r.keep(r.facts.Comments, text)
		default:
			return nil
		}
	}
}

// wait waits until the interface is back. Its end by ctx is no error.
func (r *Recording) wait(ctx context.Context) error {
	from := now()
	if r.file != nil {
		if err := r.file.Flush(); err != nil {
			return err
		}
	}
	r.show(Away)
	err := r.live.Return(ctx)
	if ctx.Err() != nil {
		return nil // the next packet is the end
	}
	if err != nil {
		return err
	}
	until := now()
	r.facts.Away += max(0, until.Sub(from))
	r.facts.Interfaces++
	r.show(Listening)
	if r.file == nil {
		return nil
	}
	return r.file.Away(from, until)
}

// now is the time as a file can say it: of the wall clock.
func now() time.Time { return time.Now().UTC().Round(0) }

// count takes over what the kernel counted.
func (r *Recording) count() {
	received, dropped := r.live.Drops()
	r.facts.Dropped.Kernel = dropped
	if r.file != nil {
		r.file.Count(received, dropped, r.facts.Dropped.Own)
	}
}

// close ends the file, and keeps what is known of it then.
func (r *Recording) close() ([]capture.Recorded, error) {
	if r.file == nil {
		return nil, nil
	}
	files, err := r.file.Close()
	if len(files) == 1 {
		r.facts.SHA256 = files[0].SHA256
	}
	return files, err
}

// show makes a new snapshot and says that there is one.
func (r *Recording) show(state State) {
	r.news = false
	s := Snapshot{
		State: state, Packets: r.facts.Packets, Bytes: r.facts.Bytes, Dropped: r.facts.Dropped,
		Devices: r.line.Now(), Contacts: r.contacts.newest(), Named: r.contacts.named,
	}
	r.mu.Lock()
	s.Started = r.shown.Started
	r.shown = s
	r.mu.Unlock()
	select {
	case r.changes <- struct{}{}:
	default:
	}
}
