package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/gateway"
)

func newUndo() *cobra.Command {
	var folder string
	var keep bool
	c := &cobra.Command{
		Use:   "undo",
		Short: "Take back what a run that was killed left on this machine",
		Long: "Undo takes back what \"tinycheck hotspot\" changes on this machine and could not take back itself: firewall rules,\n" +
			"addresses, forwarding, programs. It can be said at any time, and again. Nobody else's rules are touched.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			folder = runtimeFolder(folder)
			if keep {
				return gateway.Keep(c.Context(), folder, os.Stdin)
			}
			done, err := gateway.Undo(folder)
			for _, line := range done {
				fmt.Fprintln(c.OutOrStdout(), line)
			}
			if err == nil && len(done) == 0 {
				fmt.Fprintln(c.OutOrStdout(), "There is nothing to take back.")
			}
			return err
		},
	}
	c.Flags().StringVar(&folder, "runtime-dir", "", "`FOLDER` of the run")
	c.Flags().BoolVar(&keep, "keep", false, "wait for the end of the run on standard input, then undo")
	_ = c.Flags().MarkHidden("keep")
	return c
}

// keeper is the command that takes back what we changed when we are killed.
func keeper(folder string) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, tinycheck.Errorf("find the program itself", tinycheck.Unavailable, err)
	}
	return []string{self, "undo", "--keep", "--runtime-dir", folder}, nil
}
