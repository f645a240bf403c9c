package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/library"
	"tinycheck/internal/recording"
	"tinycheck/internal/report"
)

// captureFlags are the flags of everything that watches while it happens.
type captureFlags struct {
	analyzeFlags
	iface     string
	filter    string
	duration  time.Duration
	file      string
	overwrite bool
	rotate    size
	quota     size
	plain     bool
}

func newCapture() *cobra.Command {
	var f captureFlags
	c := &cobra.Command{
		Use:   "capture -i INTERFACE",
		Short: "Watch an interface while a phone is used, and answer",
		Long: "Capture watches an interface (of an access point, a bridge, a mirror port) while a phone is used, shows whom it\n" +
			"contacts, and answers when it is interrupted. It changes nothing of the network and sends nothing.\n" +
			"To open a network for the phone, see \"tinycheck hotspot\".\n\n" +
			"Exit status: 0 nothing found, 10 suspicious, 20 detected, 30 inconclusive, 1 failed, 2 usage.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	f.define(c)
	c.Flags().StringVar(&f.filter, "filter", "", "record only what `EXPRESSION` says, in tcpdump's words")
	return c
}

// define adds the flags.
func (f *captureFlags) define(c *cobra.Command) {
	c.Flags().StringVarP(&f.iface, "interface", "i", "", "the `INTERFACE` behind which the phone is")
	c.Flags().DurationVar(&f.duration, "duration", 0, "end by itself after so much `TIME`, for example 15m")
	c.Flags().StringVarP(&f.file, "write", "w", "", "keep the packets in `FILE` (pcapng)")
	c.Flags().BoolVar(&f.overwrite, "overwrite", false, "replace FILE if it is there")
	c.Flags().Var(&f.rotate, "rotate", "begin a further file when one has this `SIZE`, for example 100M")
	c.Flags().Var(&f.quota, "quota", "end when all files together have this `SIZE`")
	c.Flags().BoolVar(&f.plain, "plain", false, "one line per thing that happens, for scripts: the passphrase and what phones contact are among them, so keep it secret")
	f.analyzeFlags.define(c)
}

func (f *captureFlags) run(c *cobra.Command) error {
	w, err := f.prepare(c)
	if err != nil {
		return err
	}
	return w.watch(c.Context(), f.recording(), func() {})
}

// watching is a recording that somebody looks at, and its answer.
type watching struct {
	flags  *captureFlags
	c      *cobra.Command
	known  *knowledge
	render report.Config
	view   *view
}

// prepare checks what can be checked before anything is opened.
func (f *captureFlags) prepare(c *cobra.Command) (*watching, error) {
	render, err := f.render(c.OutOrStdout())
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return nil, usageError{err}
	}
	known, err := f.load(c.Context(), c.ErrOrStderr())
	if err != nil {
		return nil, err
	}
	return &watching{flags: f, c: c, known: known, render: render, view: newView(c.ErrOrStderr(), f, render.Language)}, nil
}

func (f *captureFlags) check() error {
	if f.iface == "" {
		return errors.New("which interface? Name it with -i; \"ip link\" lists those there are")
	}
	cfg := f.recording()
	if err := cfg.Validate(); err != nil {
		return err
	}
	return f.checkDevice()
}

func (f *captureFlags) recording() recording.Config {
	return recording.Config{
		Interface: f.iface, Filter: f.filter, Duration: f.duration,
		File: f.file, Rotate: int64(f.rotate), Quota: int64(f.quota), Replace: f.overwrite, Program: "TinyCheck " + Version,
		Analysis: analysis.Config{Habits: library.Habits(), Device: f.device, Version: Version},
	}
}

// watch records until ctx ends, the time is over or nothing can be recorded any
// more, and answers. What has to be closed before the recording ends, so that
// nothing happens unseen, is closed by before.
func (w *watching) watch(ctx context.Context, cfg recording.Config, before func()) error {
	defer heedless()()
	cfg.Analysis.Index, cfg.Analysis.Feeds = w.known.index, w.known.feeds
	over := overAfter(cfg.Duration)
	cfg.Duration = 0
	r, err := recording.Start(context.WithoutCancel(ctx), cfg)
	if err != nil {
		before()
		return refused(err)
	}
	w.follow(ctx, r, over)
	before()
	result, missing := r.Stop()
	w.view.end(&result)
	if missing != nil {
		complain(w.c.ErrOrStderr(), missing)
	}
	if err := report.Write(w.c.OutOrStdout(), &result.Report, w.render); err != nil {
		return err
	}
	return exit([]tinycheck.Level{result.Report.Answer}, result.Err != nil || missing != nil)
}

// follow shows what happens until it is enough.
func (w *watching) follow(ctx context.Context, r *recording.Recording, over <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-over:
			return
		case _, more := <-r.Changes():
			if !more {
				return
			}
			w.view.show(r.Now())
		}
	}
}

// overAfter ticks once when the time is over; never for no time.
func overAfter(most time.Duration) <-chan time.Time {
	if most == 0 {
		return nil
	}
	return time.After(most)
}

// heedless keeps a reader of our output who went away from ending the recording:
// writing to him fails, and that is all. It gives the way back.
func heedless() func() {
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	return func() { signal.Stop(broken) }
}

// refused marks what the caller can mend in his command as wrong usage.
func refused(err error) error {
	if tinycheck.KindOf(err) == tinycheck.Invalid {
		return usageError{err}
	}
	return advised{err}
}
