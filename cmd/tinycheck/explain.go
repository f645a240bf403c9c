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
	c := &cobra.Command{
		Use:   "explain [RULE]",
		Short: "Say what a rule means; without a rule, list them",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			words, err := f.words()
			if err != nil {
				return usageError{err}
			}
			_, width := terminal(c.OutOrStdout())
			if len(args) == 0 {
				return report.List(c.OutOrStdout(), words, width)
			}
			id := tinycheck.RuleID(args[0])
			if _, ok := tinycheck.FindRule(id); !ok {
				return usageError{errors.New("no rule " + args[0] + "; there are " + ruleNames())}
			}
			return report.Explain(c.OutOrStdout(), id, words, width)
		},
	}
	c.Flags().StringVar(&f.language, "lang", "", "language as a BCP 47 `TAG`")
	return c
}

func ruleNames() string {
	var names []string
	for _, r := range tinycheck.Rules() {
		names = append(names, string(r.ID))
	}
	return strings.Join(names, ", ")
}
