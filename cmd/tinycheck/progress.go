package main

import (
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"tinycheck/internal/capture"
)

// progressFrom is the size from which reading takes long enough to be shown.
const progressFrom = 32 << 20

// progress shows how far a long file is read, on a terminal only.
type progress struct {
	bar    *progressbar.ProgressBar
	reader *capture.Reader
}

func newProgress(out io.Writer, r *capture.Reader, quiet bool) *progress {
	file, ok := out.(*os.File)
	if quiet || !ok || !term.IsTerminal(int(file.Fd())) || r.Size() < progressFrom {
		return &progress{}
	}
	return &progress{reader: r, bar: progressbar.NewOptions64(r.Size(),
		progressbar.OptionSetWriter(out), progressbar.OptionShowBytes(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))}
}

func (p *progress) update() {
	if p.bar != nil {
		p.bar.Set64(p.reader.Offset())
	}
}

func (p *progress) end() {
	if p.bar != nil {
		p.bar.Finish()
	}
}

// terminal reports whether out shows colours, and how wide it is; 80 when it
// is no terminal.
func terminal(out io.Writer) (color bool, width int) {
	const usual, least, most = 80, 40, 100
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return false, usual
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return true, usual
	}
	return true, min(max(width, least), most)
}
