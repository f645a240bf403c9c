package report

import (
	"io"

	"tinycheck"
)

// FileAnswer is the answer for one of several captures.
type FileAnswer struct {
	File   string
	Answer tinycheck.Level
}

// WriteFiles writes one line per capture behind their pages, when there are
// several and the format is for people. The machine formats say it themselves.
func WriteFiles(w io.Writer, files []FileAnswer, cfg Config) error {
	if cfg.Format != "text" || len(files) < 2 {
		return nil
	}
	p := newPaper(cfg)
	p.blank()
	p.heading(p.say("report.files", nil))
	for _, f := range files {
		p.item("-", p.say("report.file-line", args{"File": f.File, "Answer": p.say("level."+string(f.Answer), nil)}), 1)
	}
	return put(w, p.buffer.Bytes())
}
