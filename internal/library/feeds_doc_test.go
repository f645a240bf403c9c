package library_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/library"
)

var updateDoc = flag.Bool("update", false, "write docs/feeds.md anew")

// taken is what became of one real file.
type taken struct {
	file   string
	intake tinycheck.Intake
	err    error
}

func (f *taken) rows() int {
	return f.intake.Accepted + f.intake.Merged + f.intake.Replaced + f.intake.Contexts + f.intake.RejectedTotal
}

// Every real file is imported as what it is, and every one of its rows is
// accounted for; docs/feeds.md says how.
func TestEveryRealFileIsAccountedFor(t *testing.T) {
	dir := feeds(t)
	l := open(t)
	var all []taken
	for n, file := range realLists(t, dir) {
		content, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		one := taken{file: file}
		one.intake, one.err = l.Import(t.Context(), filepath.Base(file), bytes.NewReader(content), library.Source{Feed: fmt.Sprintf("file-%d", n)})
		if one.err != nil && !errors.Is(one.err, tinycheck.Unsupported) && !errors.Is(one.err, tinycheck.Invalid) {
			t.Errorf("%s: %v", file, one.err)
		}
		if want, known := rowsOf(file, one.intake.Format, content); known && one.err == nil && one.rows() != want {
			t.Errorf("%s (%s): %d rows, and %d of them accounted for: %+v", file, one.intake.Format, want, one.rows(), one.intake.Reasons)
		}
		all = append(all, one)
	}
	compareDoc(t, all)
}

// realLists are the files that could hold indicators, in order.
func realLists(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := filepath.Rel(dir, path)
		switch name := strings.ToLower(filepath.Base(path)); {
		case filepath.Dir(file) == ".", strings.HasPrefix(name, "license"), strings.HasPrefix(name, "notice"), name == "copying",
			strings.HasSuffix(name, "config.yaml"), name == "requirements.txt", name == "last-checked-at":
			return err
		}
		files = append(files, filepath.ToSlash(file))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	return files
}

// rowsOf counts the rows of a file without the help of any reader.
func rowsOf(file, format string, content []byte) (rows int, known bool) {
	switch filepath.Ext(file) {
	case ".stix2":
		return bytes.Count(content, []byte(`"type": "indicator"`)), true
	case ".json":
		var list struct {
			IOCs []json.RawMessage `json:"iocs"`
		}
		if json.Unmarshal(content, &list) == nil && len(list.IOCs) > 0 {
			return len(list.IOCs), true
		}
	case ".txt", ".lst":
		return linesOf(content), true
	case ".csv":
		if !bytes.Contains(content, []byte(`"`)) {
			return linesOf(content) - heading(format, content), true
		}
	}
	return 0, false
}

// heading is 1 when the first line is the header of a table, and 0 when that is
// a comment, or the file no table.
func heading(format string, content []byte) int {
	if format != "csv" || bytes.HasPrefix(content, []byte("#")) {
		return 0
	}
	return 1
}

// linesOf counts the lines that say something.
func linesOf(content []byte) (n int) {
	for line := range bytes.Lines(content) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' && line[0] != ';' {
			n++
		}
	}
	return n
}

// compareDoc wants docs/feeds.md to say what was found.
func compareDoc(t *testing.T, all []taken) {
	t.Helper()
	const path = "../../docs/feeds.md"
	var page strings.Builder
	page.WriteString(docHead)
	for repo, files := range byRepository(all) {
		fmt.Fprintf(&page, "\n## %s\n\n| file | format | rows | accepted | merged | context | rejected |\n|---|---|---:|---:|---:|---:|---|\n", strings.Replace(repo, "+", "/", 1))
		for _, f := range files {
			page.WriteString(f.line(strings.TrimPrefix(f.file, repo+"/")))
		}
	}
	if *updateDoc {
		if err := os.WriteFile(path, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(path); err != nil || string(kept) != page.String() {
		t.Errorf("docs/feeds.md does not say what was found (%v): go test ./internal/library -run Accounted -update", err)
	}
}

const docHead = `# What becomes of real feeds

Each row is a file as its publishers wrote it, taken in by ` + "`tinycheck indicators import FILE`" + `, into a feed of its own. Rows = accepted + merged (listed
twice with one meaning) + context + rejected. A test counts the rows of plain lists, CSV, STIX and TinyCheck JSON by itself and compares. This page is written by
` + "`go test ./internal/library -run Accounted -update`" + `, where the collection of feeds lies beside the repository.
`

func byRepository(all []taken) func(yield func(string, []taken) bool) {
	return func(yield func(string, []taken) bool) {
		for len(all) > 0 {
			repo, _, _ := strings.Cut(all[0].file, "/")
			end := slices.IndexFunc(all, func(f taken) bool { return !strings.HasPrefix(f.file, repo+"/") })
			if end < 0 {
				end = len(all)
			}
			if !yield(repo, all[:end]) {
				return
			}
			all = all[end:]
		}
	}
}

func (f *taken) line(name string) string {
	if f.err != nil && len(f.intake.Reasons) == 0 {
		return fmt.Sprintf("| %s | %s | %d | | | | all: %s |\n", name, cmp.Or(f.intake.Format, "-"), f.intake.RejectedTotal, cause(f.err))
	}
	var why []string
	for _, r := range f.intake.Reasons {
		why = append(why, fmt.Sprintf("%d %s", r.Count, r.Reason))
	}
	if f.err != nil {
		why = append(why, cause(f.err))
	}
	return fmt.Sprintf("| %s | %s | %d | %d | %d | %d | %s |\n", name, f.intake.Format, f.rows(), f.intake.Accepted, f.intake.Merged, f.intake.Contexts, strings.Join(why, "; "))
}

// cause is the error without the name of the file.
func cause(err error) string {
	text := err.Error()
	text = strings.TrimPrefix(text, "read indicators: ")
	if _, after, ok := strings.Cut(text, ": "); ok {
		text = after
	}
	return strings.ReplaceAll(text, "|", "\\|")
}
