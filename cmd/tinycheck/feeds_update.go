package main

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tinycheck/internal/library"
)

func newFeedUpdate(common *libraryFlags) *cobra.Command {
	var choice library.Choice
	c := &cobra.Command{
		Use:   "update [NAME…]",
		Short: "Fetch what is new, of all enabled feeds or of those named",
		Long: "Update fetches feeds. One that fails keeps what it had, and does not stop the others. One that has\n" +
			"suddenly lost more than half of its entries is held back until --accept-loss confirms it.\n\n" +
			"Exit status: 0 when every feed is up to date, 1 when one failed or is held back.",
		ValidArgsFunction: common.feedNames(library.Fetched),
		RunE: func(c *cobra.Command, args []string) error {
			choice.Names = args
			return common.open(c.Context(), func(l *library.Library) error { return update(c, common, l, choice) })
		},
	}
	c.Flags().BoolVar(&choice.Loss, "accept-loss", false, "take the new content even when more than half of a feed goes")
	return c
}

func update(c *cobra.Command, common *libraryFlags, l *library.Library, choice library.Choice) error {
	show := newSteps(c.ErrOrStderr(), common.quiet)
	out := []intakeJSON{}
	var wrong causes
	failed := 0
	choice.Tell = func(u library.Updated) {
		show.step(u.Feed)
		if u.Err != nil {
			failed++
			wrong.put(u.Feed, u.Err.Error())
		}
		one := updatedOut(&u)
		out = append(out, one)
		if !common.json {
			show.above(func() { tellUpdated(c.OutOrStdout(), &u, &one) })
		}
	}
	done, err := l.Update(c.Context(), choice)
	show.end()
	if err != nil {
		return err
	}
	if common.json {
		if err := machine(c, struct {
			Feeds []intakeJSON `json:"feeds"`
		}{out}); err != nil {
			return err
		}
	} else {
		wrong.tell(c.ErrOrStderr())
		fmt.Fprintf(c.OutOrStdout(), "%d of %d feeds are up to date\n", len(done)-failed, len(done))
	}
	if err := common.refresh(c.Context(), l); err != nil {
		return err
	}
	if failed > 0 {
		return status(exitFailed)
	}
	return nil
}

func updatedOut(u *library.Updated) intakeJSON {
	one := intakeOut(&u.Intake, u.Err)
	one.Name, one.Unchanged = u.Feed, u.Unchanged
	return one
}

func tellUpdated(w io.Writer, u *library.Updated, one *intakeJSON) {
	switch {
	case u.Err != nil:
		// told at the end, because mostly one cause keeps many
	case u.Unchanged:
		fmt.Fprintf(w, "%s: nothing new\n", u.Feed)
	default:
		showIntake(w, one)
	}
}

// steps shows how many feeds are done, on a terminal only.
type steps struct{ bar *progressbar.ProgressBar }

func newSteps(out io.Writer, quiet bool) *steps {
	file, ok := out.(*os.File)
	if quiet || !ok || !term.IsTerminal(int(file.Fd())) {
		return &steps{}
	}
	return &steps{bar: progressbar.NewOptions(-1, progressbar.OptionSetWriter(out), progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetDescription("fetching"))}
}

func (s *steps) step(name string) {
	if s.bar != nil {
		s.bar.Describe(plain(name))
		s.bar.Add(1)
	}
}

// above writes lines where the bar stands.
func (s *steps) above(write func()) {
	if s.bar != nil {
		s.bar.Clear()
	}
	write()
}

func (s *steps) end() {
	if s.bar != nil {
		s.bar.Finish()
	}
}
