package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/capture"
	"tinycheck/internal/library"
	"tinycheck/internal/locale"
	"tinycheck/internal/report"
)

// analyzeFlags are the flags of everything that answers.
type analyzeFlags struct {
	indicators []string
	device     string
	format     string
	language   string
	quiet      bool
	noColor    bool
	follow     bool
	library    libraryFlags
}

func newAnalyze() *cobra.Command {
	var f analyzeFlags
	c := &cobra.Command{
		Use:   "analyze CAPTURE…",
		Short: "Read captures of a phone's traffic and answer",
		Long: "Analyze reads captures (pcap, pcapng or snoop, also packed with gzip or zstd; folders; \"-\" for standard input)\n" +
			"and answers for every device in them. It compares them with the indicators of the library on this machine;\n" +
			"where there is none, with those built in.\n\n" +
			"Exit status: 0 nothing found, 10 suspicious, 20 detected, 30 inconclusive, 1 failed, 2 usage.",
		Args: captures,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	f.define(c)
	c.Flags().BoolVar(&f.follow, "follow", false, "at the end of a growing file wait for more, until interrupted")
	return c
}

// define adds the flags that everything that answers has.
func (f *analyzeFlags) define(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.indicators, "indicators", nil, "read indicators from `FILE` instead of the library (repeatable)")
	c.Flags().StringVar(&f.library.folder, "data-dir", "", "`FOLDER` of the library (as of \"tinycheck indicators\")")
	c.Flags().StringVar(&f.device, "device", "", "the phone's `MAC or IP` address, when there are several")
	c.Flags().StringVar(&f.format, "format", "text", "form of the answer: "+strings.Join(report.Formats(), ", "))
	c.Flags().StringVar(&f.language, "lang", "", "language of the answer as a BCP 47 `TAG`: "+strings.Join(locale.Languages(), ", "))
	c.Flags().BoolVar(&f.quiet, "quiet", false, "no progress and no warnings")
	c.Flags().BoolVar(&f.noColor, "no-color", false, "no colours")
}

// captures wants the name of at least one.
func captures(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("which capture? Name files or folders, or \"-\" for standard input")
	}
	return nil
}

func (f *analyzeFlags) run(c *cobra.Command, args []string) error {
	render, err := f.render(c.OutOrStdout())
	if err == nil {
		err = f.checkDevice()
	}
	if err != nil {
		return usageError{err}
	}
	known, err := f.load(c.Context(), c.ErrOrStderr())
	if err != nil {
		return err
	}
	files, failures := list(args)
	answers, failed := f.each(c, files, known, render)
	failures = append(failures, failed...)
	for _, err := range failures {
		complain(c.ErrOrStderr(), err)
	}
	if err := report.WriteFiles(c.OutOrStdout(), answers, render); err != nil {
		return err
	}
	return exit(levels(answers), len(failures) > 0)
}

func levels(answers []report.FileAnswer) (list []tinycheck.Level) {
	for _, a := range answers {
		list = append(list, a.Answer)
	}
	return list
}

// each answers file by file. One that cannot be read does not keep the others
// from being answered.
func (f *analyzeFlags) each(c *cobra.Command, files []string, known *knowledge, render report.Config) (answers []report.FileAnswer, failures []error) {
	for _, file := range files {
		r, err := f.analyze(c.Context(), c, file, known)
		if err == nil {
			answers = append(answers, report.FileAnswer{File: file, Answer: r.Answer})
			err = report.Write(c.OutOrStdout(), &r, render)
		}
		if err != nil {
			failures = append(failures, err)
		}
		if c.Context().Err() != nil && !f.follow && file != "-" {
			return answers, append(failures, tinycheck.Errorf("analyze "+file, tinycheck.Unavailable, errors.New("interrupted; the answer covers what was read until then")))
		}
	}
	return answers, failures
}

// checkDevice wants an address of either kind.
func (f *analyzeFlags) checkDevice() error {
	_, mac := net.ParseMAC(f.device)
	_, ip := netip.ParseAddr(f.device)
	if f.device != "" && mac != nil && ip != nil {
		return fmt.Errorf("--device %s is neither a MAC nor an IP address", f.device)
	}
	return nil
}

func list(args []string) ([]string, []error) {
	files, err := capture.List(args)
	if err != nil {
		return files, []error{err}
	}
	if len(files) == 0 {
		return nil, []error{tinycheck.Errorf("analyze "+strings.Join(args, " "), tinycheck.NotFound, errors.New("there is no capture in it"))}
	}
	return files, nil
}

// exit gives the worst of the answers as exit status; a failure beats all.
func exit(answers []tinycheck.Level, failed bool) error {
	if failed {
		return status(exitFailed)
	}
	codes := map[tinycheck.Level]status{tinycheck.Detected: exitDetected, tinycheck.Suspicious: exitSuspicious, tinycheck.Inconclusive: exitInconclusive}
	if code, ok := codes[tinycheck.Worst(answers...)]; ok {
		return code
	}
	return nil
}

func (f *analyzeFlags) render(out io.Writer) (report.Config, error) {
	if !slices.Contains(report.Formats(), f.format) {
		return report.Config{}, fmt.Errorf("no format %q; there are %s", f.format, strings.Join(report.Formats(), ", "))
	}
	words, err := f.words()
	if err != nil {
		return report.Config{}, err
	}
	color, width := terminal(out)
	return report.Config{Format: f.format, Language: words, Color: color && !f.noColor && os.Getenv("NO_COLOR") == "", Width: width}, nil
}

// words is the language that was asked for, else that of the environment when
// there are words for it, else English.
func (f *analyzeFlags) words() (*locale.Language, error) {
	if f.language != "" {
		return locale.Find(f.language)
	}
	words, err := locale.Find(cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG")))
	if err != nil {
		return locale.English(), nil
	}
	return words, nil
}

// analyze reads one capture to its end, or until ctx ends, and answers.
func (f *analyzeFlags) analyze(ctx context.Context, c *cobra.Command, file string, known *knowledge) (tinycheck.Report, error) {
	r, err := capture.Open(file, capture.Config{Stdin: c.InOrStdin(), Follow: f.follow, Done: ctx.Done(), Hash: !f.follow})
	if err != nil {
		return tinycheck.Report{}, err
	}
	line := analysis.New(analysis.Config{Index: known.index, Feeds: known.feeds, Habits: library.Habits(), Device: f.device, Version: Version})
	show := newProgress(c.ErrOrStderr(), r, f.quiet)
	facts, err := read(ctx, r, line.See, show)
	if err != nil {
		return tinycheck.Report{}, err
	}
	return line.Report(facts)
}
