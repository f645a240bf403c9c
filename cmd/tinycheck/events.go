package main

import (
	"bufio"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/decode"
	"tinycheck/internal/report"
)

func newEvents() *cobra.Command {
	return &cobra.Command{
		Use:   "events CAPTURE…",
		Short: "Print every fact that captures tell, one JSON object per line",
		Args:  captures,
		RunE:  events,
	}
}

func events(c *cobra.Command, args []string) error {
	files, failures := list(args)
	out := bufio.NewWriterSize(c.OutOrStdout(), 1<<16)
	for _, file := range files {
		if err := eventsOf(c, file, out); err != nil {
			failures = append(failures, err)
		}
	}
	if err := out.Flush(); err != nil {
		return tinycheck.Errorf("write events", tinycheck.Unavailable, err)
	}
	for _, err := range failures {
		complain(c.ErrOrStderr(), err)
	}
	return exit(nil, len(failures) > 0)
}

func eventsOf(c *cobra.Command, file string, out *bufio.Writer) error {
	r, err := capture.Open(file, capture.Config{Stdin: c.InOrStdin()})
	if err != nil {
		return err
	}
	lines := report.NewEvents(out, file)
	d := decode.New(decode.Config{}, lines.See)
	if _, err := read(c.Context(), r, d.Decode, &progress{}); err != nil {
		return err
	}
	d.End()
	return lines.Err()
}
