//go:build mutants

package analysis_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestMutants shows that each case guards what it says: with the change of its
// section "breaks" in the source, the case fails. Run by "make mutants".
//
//	-- breaks --
//	internal/spelling/domain.go
//	- return cut == 0 || name[cut-1] == '.'
//	+ return true
func TestMutants(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(casesFolder + "/*.txtar")
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		breaks := section(archive, "breaks")
		if breaks == "" {
			t.Errorf("case %s does not say what breaks it", name)
			continue
		}
		t.Run(name, func(t *testing.T) { survive(t, root, name, breaks) })
	}
}

func survive(t *testing.T, root, name, breaks string) {
	path, mutated := mutate(t, root, breaks)
	folder := t.TempDir()
	changed := filepath.Join(folder, "changed.go")
	overlay := filepath.Join(folder, "overlay.json")
	text, _ := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err := os.WriteFile(changed, []byte(mutated), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, text, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "test", "-count=1", "-overlay", overlay, "-run", "^TestCases$/^"+name+"$", "./internal/analysis")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		t.Errorf("%s still passes with its rule broken in %s", name, path)
	case !strings.Contains(string(out), "--- FAIL: TestCases/"):
		t.Errorf("%s: the broken source does not build or run:\n%s", name, out)
	}
}

// mutate applies the change to the source.
func mutate(t *testing.T, root, breaks string) (path, text string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(breaks), "\n")
	path = filepath.Join(root, strings.TrimSpace(lines[0]))
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = string(source)
	for i := 1; i+1 < len(lines); i += 2 {
		before, okBefore := strings.CutPrefix(lines[i], "- ")
		after, okAfter := strings.CutPrefix(lines[i+1], "+ ")
		if !okBefore || !okAfter || !strings.Contains(text, before) {
			t.Fatalf("%s does not contain %q", path, before)
		}
		text = strings.Replace(text, before, after, 1)
	}
	return path, text
}
