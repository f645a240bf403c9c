package tinycheck_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The law of the house (ARCHITECTURE.md): imports only go down, neighbours on
// one floor are strangers, thought touches nothing, every package says what it is.

const module = "tinycheck"

// floors lists every package of the house, lowest first. A package that stands
// on none of them fails the test: decide where it belongs before writing it.
var floors = []struct {
	name  string
	under []string // "x/*" is every package directly below x
}{
	{"0 words", []string{"."}},
	{"0b spelling", []string{"internal/spelling"}},
	{"1a atoms", []string{"internal/wire/*", "internal/exchange", "internal/locale"}},
	{"1b thought", []string{"internal/bundle", "internal/decode", "internal/match", "internal/report", "internal/scenario"}},
	{"2a ground", []string{"internal/child", "internal/netif"}},
	{"2b hands", []string{"internal/capture", "internal/dnsmasq", "internal/feed", "internal/firewall", "internal/hotspot", "internal/phone", "internal/store"}},
	{"3a conductors", []string{"internal/analysis", "internal/library"}},
	{"3b live", []string{"internal/gateway", "internal/recording"}},
	{"5 keys", []string{"cmd/tinycheck"}},
	{"beside the house: tests only", []string{"internal/feedtest", "internal/nettest", "e2e/*"}},
}

// pureBelow is the first floor that may touch the world.
const pureBelow = 4

// worldly packages may not be imported directly by thought.
var worldly = []string{"os", "net", "net/http", "os/exec", "database/sql", "log", "log/slog", "syscall"}

// dictionaryFiles caps the root: when it is full, the new noun is probably not
// one of the field.
const dictionaryFiles = 16

type source struct {
	path string // from the root, with slashes
	dir  string
	test bool
	file *ast.File
}

func TestImportsOnlyGoDown(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		own := floor(t, s.dir)
		for _, imported := range imports(s.file) {
			below, inside := strings.CutPrefix(imported, module+"/")
			if imported != module && !inside {
				continue
			}
			if imported == module {
				below = "."
			}
			if other := floor(t, below); other >= own {
				t.Errorf("%s (floor %s) imports %s (floor %s): imports only go down", s.path, floors[own].name, below, floors[other].name)
			}
		}
	}
}

func TestThoughtTouchesNothing(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || floor(t, s.dir) >= pureBelow {
			continue
		}
		for _, imported := range imports(s.file) {
			if slices.Contains(worldly, imported) {
				t.Errorf("%s imports %s: thought has no world", s.path, imported)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if pkg, isName := selector(call, ok); isName && pkg == "time" && call.Sel.Name == "Now" {
				t.Errorf("%s calls time.Now: time comes from packets", s.path)
			}
			return true
		})
	}
}

func selector(e *ast.SelectorExpr, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	id, ok := e.X.(*ast.Ident)
	if !ok {
		return "", false
	}
	return id.Name, true
}

func TestTheDictionaryImportsTheStandardLibraryOnly(t *testing.T) {
	files := 0
	for _, s := range sources(t) {
		if s.dir != "." || s.test {
			continue
		}
		files++
		for _, imported := range imports(s.file) {
			if strings.Contains(strings.Split(imported, "/")[0], ".") {
				t.Errorf("%s imports %s", s.path, imported)
			}
		}
	}
	if files > dictionaryFiles {
		t.Errorf("the dictionary has %d files, at most %d", files, dictionaryFiles)
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said := make(map[string]int)
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		said[s.dir] += 0
		if s.file.Doc != nil {
			said[s.dir] += len(strings.Fields(s.file.Doc.Text()))
		}
	}
	for dir, words := range said {
		if words < 20 {
			t.Errorf("package %s has a comment of %d words: say what it is, how it is used, what it does not do", dir, words)
		}
	}
}

// forbidden words stand in no identifier of our own making.
var forbidden = []string{"alert", "whitelist", "blacklist", "victim", "manager", "helper", "utils"}

func TestNamesAreTheFieldsWords(t *testing.T) {
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			var names []*ast.Ident
			switch d := n.(type) {
			case *ast.FuncDecl:
				names = []*ast.Ident{d.Name}
			case *ast.TypeSpec:
				names = []*ast.Ident{d.Name}
			case *ast.ValueSpec:
				names = d.Names
			}
			for _, name := range names {
				for _, word := range forbidden {
					if strings.Contains(strings.ToLower(name.Name), word) {
						t.Errorf("%s declares %s: say it in the field's words", s.path, name.Name)
					}
				}
			}
			return true
		})
	}
}

// Sizes at which the house looks again, and stops.
const (
	maxFile     = 500
	maxFunction = 80
)

func TestNothingOutgrowsItsRoom(t *testing.T) {
	set := token.NewFileSet()
	for _, s := range parse(t, set) {
		if s.test {
			continue
		}
		if n := set.File(s.file.Pos()).LineCount(); n > maxFile {
			t.Errorf("%s has %d lines, at most %d", s.path, n, maxFile)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := set.Position(f.End()).Line - set.Position(f.Pos()).Line; n > maxFunction {
				t.Errorf("%s: %s has %d lines, at most %d", s.path, f.Name.Name, n, maxFunction)
			}
		}
	}
}

func floor(t *testing.T, dir string) int {
	t.Helper()
	for i, f := range floors {
		for _, p := range f.under {
			if ok, _ := path.Match(p, dir); ok {
				return i
			}
		}
	}
	t.Fatalf("package %s stands on no floor: add it to the table in arch_test.go", dir)
	return 0
}

func imports(f *ast.File) []string {
	var list []string
	for _, i := range f.Imports {
		list = append(list, strings.Trim(i.Path.Value, `"`))
	}
	return list
}

func sources(t *testing.T) []source { return parse(t, token.NewFileSet()) }

func parse(t *testing.T, set *token.FileSet) (list []source) {
	t.Helper()
	err := filepath.WalkDir(".", func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && p != "." && (strings.HasPrefix(e.Name(), ".") || e.Name() == "testdata" || e.Name() == "tools") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(set, p, text, parser.ParseComments)
		list = append(list, source{filepath.ToSlash(p), path.Dir(filepath.ToSlash(p)), strings.HasSuffix(p, "_test.go"), f})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
