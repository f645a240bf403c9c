package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tinycheck"
	"tinycheck/internal/exchange"
	"tinycheck/internal/library"
)

// importFlags are those of "indicators import".
type importFlags struct {
	*libraryFlags
	source   library.Source
	mean     meaningFlags
	rejected string
}

func newImport(common *libraryFlags) *cobra.Command {
	f := importFlags{libraryFlags: common}
	c := &cobra.Command{
		Use:   "import FILE…",
		Short: "Take in files of indicators, in any of the usual formats",
		Long: "Import reads files of indicators (\"-\" for standard input) and says what became of every entry.\n" +
			"The format is recognised by the content: " + strings.Join(exchange.Formats(), ", ") + ".\n\n" +
			"Each file becomes a feed of its own, named after it, or goes into the one that --feed names.\n" +
			"What that feed has already stays; with --replace, the file becomes the whole of it.\n" +
			"A file that is damaged changes nothing.",
		Args: fileNames,
		RunE: func(c *cobra.Command, args []string) error {
			like, err := f.mean.indicator()
			if err != nil {
				return usageError{err}
			}
			f.source.Like = like
			return f.open(c.Context(), func(l *library.Library) error { return f.run(c, l, args) })
		},
	}
	c.Flags().StringVar(&f.source.Feed, "feed", "", "`NAME` of the feed that the entries belong to (default: after the file)")
	c.Flags().StringVar(&f.source.Format, "format", "", "`FORMAT` of the files, when it is not recognised: "+strings.Join(exchange.Formats(), ", "))
	c.Flags().BoolVar(&f.source.Whole, "replace", false, "the file is the whole of the feed: what it no longer lists is withdrawn")
	c.Flags().BoolVar(&f.source.Loss, "accept-loss", false, "with --replace: even when more than half of the feed goes")
	c.Flags().StringVar(&f.rejected, "rejected", "", "write every entry that is not taken to `FILE`, with line and reason (JSON lines)")
	f.mean.addTo(c)
	complete(c, "format", formats)
	complete(c, "feed", common.feedNames(every))
	return c
}

// fileNames wants at least one.
func fileNames(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("which file? Name files, or \"-\" for standard input")
	}
	return nil
}

func (f *importFlags) run(c *cobra.Command, l *library.Library, files []string) error {
	report, err := newRejections(f.rejected)
	if err != nil {
		return err
	}
	f.source.Rejected = report.put
	var done []intakeJSON
	var failed []error
	for _, file := range files {
		sum, err := f.one(c, l, file)
		if err != nil {
			failed = append(failed, err)
			complain(c.ErrOrStderr(), err)
		}
		out := intakeOut(&sum, err)
		done = append(done, out)
		if !f.json {
			showIntake(c.OutOrStdout(), &out)
		}
	}
	if err := report.close(); err != nil {
		failed = append(failed, err)
		complain(c.ErrOrStderr(), err)
	}
	if f.json {
		if err := machine(c, struct {
			Files []intakeJSON `json:"files"`
		}{done}); err != nil {
			return err
		}
	}
	if err := f.refresh(c.Context(), l); err != nil {
		return err
	}
	if len(failed) > 0 {
		return status(exitFailed)
	}
	return nil
}

func (f *importFlags) one(c *cobra.Command, l *library.Library, file string) (tinycheck.Intake, error) {
	name, in, err := openInput(c, file)
	if err != nil {
		return tinycheck.Intake{Name: file}, err
	}
	defer in.Close()
	source := f.source
	return l.Import(c.Context(), name, watch(c, in, f.quiet), source)
}

// openInput opens a file, or standard input for "-".
func openInput(c *cobra.Command, file string) (name string, in io.ReadCloser, err error) {
	if file == "-" {
		return "standard-input", io.NopCloser(c.InOrStdin()), nil
	}
	in, err = os.Open(file)
	if err != nil {
		return "", nil, fileError("read indicators", err)
	}
	return filepath.Base(file), in, nil
}

// fileError tells a file that is not there from one that the system refuses.
func fileError(op string, err error) error {
	kind := tinycheck.Unavailable
	if errors.Is(err, fs.ErrNotExist) {
		kind = tinycheck.NotFound
	}
	return tinycheck.Errorf(op, kind, err)
}

// watch shows how far a file is read, when it is long enough to wait for.
func watch(c *cobra.Command, in io.Reader, quiet bool) io.Reader {
	const from = 2 << 20
	file, isFile := in.(*os.File)
	out, isTerminal := c.ErrOrStderr().(*os.File)
	if quiet || !isFile || !isTerminal || !term.IsTerminal(int(out.Fd())) {
		return in
	}
	info, err := file.Stat()
	if err != nil || info.Size() < from {
		return in
	}
	bar := progressbar.NewOptions64(info.Size(), progressbar.OptionSetWriter(out), progressbar.OptionShowBytes(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30), progressbar.OptionSetDescription(plain(filepath.Base(file.Name()))))
	reader := progressbar.NewReader(in, bar)
	return &reader
}

// intakeJSON is the machine form of what became of one file or feed.
type intakeJSON struct {
	Name      string         `json:"name"`
	Format    string         `json:"format,omitempty"`
	Licence   string         `json:"licence,omitempty"`
	Date      string         `json:"date,omitempty"`
	SHA256    string         `json:"sha256,omitempty"`
	Accepted  int            `json:"accepted"`
	Merged    int            `json:"merged"`
	Replaced  int            `json:"replaced"`
	Withdrawn int            `json:"withdrawn"`
	Contexts  int            `json:"context"`
	Rejected  int            `json:"rejected"`
	Reasons   map[string]int `json:"reasons"`
	Unchanged bool           `json:"unchanged,omitempty"`
	Error     string         `json:"error,omitempty"`
}

func intakeOut(sum *tinycheck.Intake, err error) intakeJSON {
	out := intakeJSON{
		Name: sum.Name, Format: sum.Format, Licence: sum.Licence, Date: stamp(sum.Date), SHA256: sum.SHA256,
		Accepted: sum.Accepted, Merged: sum.Merged, Replaced: sum.Replaced, Withdrawn: sum.Withdrawn,
		Contexts: sum.Contexts, Rejected: sum.RejectedTotal, Reasons: map[string]int{},
	}
	for _, r := range sum.Reasons {
		out.Reasons[r.Reason] = r.Count
	}
	if err != nil {
		out.Error = err.Error()
		out.Accepted, out.Merged, out.Replaced, out.Withdrawn, out.Contexts = 0, 0, 0, 0, 0
	}
	return out
}

// showIntake says in words what became of a file.
func showIntake(w io.Writer, in *intakeJSON) {
	if in.Error != "" {
		fmt.Fprintf(w, "%s: nothing was changed\n", plain(in.Name))
		showReasons(w, in)
		return
	}
	fmt.Fprintf(w, "%s (%s): %d accepted, %d merged, %d replaced, %d rejected", plain(in.Name), in.Format, in.Accepted, in.Merged, in.Replaced, in.Rejected)
	if in.Withdrawn > 0 {
		fmt.Fprintf(w, ", %d withdrawn", in.Withdrawn)
	}
	if in.Contexts > 0 {
		fmt.Fprintf(w, ", %d taken as context", in.Contexts)
	}
	fmt.Fprintln(w)
	showReasons(w, in)
}

func showReasons(w io.Writer, in *intakeJSON) {
	for _, row := range counted(in.Reasons) {
		fmt.Fprintf(w, "  %7s  %s\n", row[1], row[0])
	}
}

// rejections writes down every entry that is not taken.
type rejections struct {
	file *os.File
	out  *bufio.Writer
	err  error
}

func newRejections(path string) (*rejections, error) {
	if path == "" {
		return &rejections{}, nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, tinycheck.Errorf("write rejected entries", tinycheck.Unavailable, err)
	}
	return &rejections{file: file, out: bufio.NewWriter(file)}, nil
}

func (r *rejections) put(row tinycheck.Rejected) {
	if r.file == nil || r.err != nil {
		return
	}
	r.err = json.NewEncoder(r.out).Encode(struct {
		Line   int    `json:"line,omitempty"`
		Value  string `json:"value"`
		Reason string `json:"reason"`
	}{row.Line, row.Value, row.Reason})
}

func (r *rejections) close() error {
	if r.file == nil {
		return nil
	}
	if err := errors.Join(r.err, r.out.Flush(), r.file.Close()); err != nil {
		return tinycheck.Errorf("write rejected entries", tinycheck.Unavailable, err)
	}
	return nil
}

// meaningFlags say what entries mean.
type meaningFlags struct {
	class, kind, family, tlp string
	tags                     []string
	confidence               int
}

func (f *meaningFlags) addTo(c *cobra.Command) {
	c.Flags().StringVar(&f.class, "class", "", "the `CLASS` of entries that state none: "+strings.Join(classes, ", "))
	c.Flags().StringVar(&f.kind, "infrastructure", "", "the `KIND`, with --class infrastructure: "+strings.Join(kinds, ", "))
	c.Flags().StringVar(&f.family, "family", "", "`NAME` of the product or campaign, for entries that state none")
	c.Flags().StringSliceVar(&f.tags, "tag", nil, "a `TAG` for every entry (repeatable)")
	complete(c, "class", fixed(classes))
	complete(c, "infrastructure", fixed(kinds))
	complete(c, "family", familyNames)
}

func (f *meaningFlags) indicator() (tinycheck.Indicator, error) {
	i := tinycheck.Indicator{
		Class: tinycheck.Class(f.class), Infrastructure: tinycheck.Infrastructure(f.kind),
		Family: f.family, Tags: f.tags, TLP: f.tlp, Confidence: f.confidence,
	}
	switch {
	case f.class != "" && !slices.Contains(classes, f.class):
		return i, fmt.Errorf("no class %q; there are %s", f.class, strings.Join(classes, ", "))
	case f.kind != "" && !slices.Contains(kinds, f.kind):
		return i, fmt.Errorf("no kind of infrastructure %q; there are %s", f.kind, strings.Join(kinds, ", "))
	case (f.class == string(tinycheck.ClassInfrastructure)) != (f.kind != ""):
		return i, errors.New("--class infrastructure and --infrastructure KIND go together")
	case f.tlp != "" && !slices.Contains(colours, f.tlp):
		return i, fmt.Errorf("no colour %q; there are %s", f.tlp, strings.Join(colours, ", "))
	case f.confidence < 0 || f.confidence > 100:
		return i, fmt.Errorf("--confidence %d is not between 1 and 100", f.confidence)
	}
	return i, nil
}

// colours are the words that --tlp takes (Traffic Light Protocol).
var colours = []string{"white", "green", "amber", "red"}

// kinds are the words that --infrastructure takes.
var kinds = []string{
	string(tinycheck.InfraDoH), string(tinycheck.InfraTor), string(tinycheck.InfraDynamicDNS),
	string(tinycheck.InfraRelay), string(tinycheck.InfraVPN), string(tinycheck.InfraParking),
}
