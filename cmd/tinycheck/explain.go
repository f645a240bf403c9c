package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/report"
)

func newExplain() *cobra.Command {
	var f analyzeFlags
	var parity bool
	c := &cobra.Command{
		Use:   "explain [RULE|LIMIT|GRADE|LEVEL|ID|parity]",
		Short: "Say what a word of an answer means; without one, list the rules",
		Long: "Say what a rule, a limit, a grade or a level means, for the person and for the expert; without a word, list the rules.\n" +
			"An id of TinyCheck or SpyGuard, such as IOC-03, says what became of that warning; parity, all of them.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			words, err := f.words()
			if err != nil {
				return usageError{err}
			}
			if parity && len(args) > 0 {
				return usageError{errors.New("--parity stands alone: it lists every warning of TinyCheck and SpyGuard")}
			}
			_, width := terminal(c.OutOrStdout())
			switch {
			case parity:
				return report.ListParity(c.OutOrStdout(), words, width)
			case len(args) == 0:
				return report.List(c.OutOrStdout(), words, width)
			}
			err = report.Explain(c.OutOrStdout(), args[0], words, width)
			if errors.Is(err, tinycheck.NotFound) {
				return usageError{errors.New("no rule " + args[0] + "; there are " + ruleNames())}
			}
			return err
		},
	}
	c.Flags().StringVar(&f.language, "lang", "", "language as a BCP 47 `TAG`")
	c.Flags().BoolVar(&parity, "parity", false, "what became of every warning of TinyCheck and SpyGuard")
	return c
}

func ruleNames() string {
	var names []string
	for _, r := range tinycheck.Rules() {
		names = append(names, string(r.ID))
	}
	return strings.Join(names, ", ")
}
