package library_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/exchange"
	"tinycheck/internal/library"
)

var slug = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}$`)

func TestCatalogue(t *testing.T) {
	feeds, names, enabled := library.Catalogue(), map[string]bool{}, 0
	for _, f := range feeds {
		if !slug.MatchString(f.Name) || names[f.Name] {
			t.Errorf("name %q", f.Name)
		}
		names[f.Name] = true
		if !strings.HasPrefix(f.URL, "https://") || f.Licence == "" || f.Attribution == "" || f.Title == "" || f.Kind != tinycheck.FeedHTTP {
			t.Errorf("incomplete: %+v", f)
		}
		if f.Format != "" && !slices.Contains(exchange.Formats(), f.Format) {
			t.Errorf("%s: unknown format %q", f.Name, f.Format)
		}
		if (f.Class == tinycheck.ClassInfrastructure) != (f.Infrastructure != "") {
			t.Errorf("%s: class %q, infrastructure %q", f.Name, f.Class, f.Infrastructure)
		}
		if library.Canonical(f.Family) != f.Family {
			t.Errorf("%s: the family %q is called %q", f.Name, f.Family, library.Canonical(f.Family))
		}
		if _, known := library.FindFamily(f.Family); f.Family != "" && !known {
			t.Errorf("%s: unknown family %q", f.Name, f.Family)
		}
		if f.Enabled {
			enabled++
			if f.Licence == "not stated" {
				t.Errorf("%s is enabled without a licence", f.Name)
			}
		}
	}
	if len(feeds) < 40 || enabled < 15 || enabled > 30 {
		t.Errorf("%d feeds, %d enabled", len(feeds), enabled)
	}
	t.Logf("%d feeds, %d enabled", len(feeds), enabled)
}

// published reads the list of what was collected: path and licence, by repository.
func published(t *testing.T) map[string]map[string]string {
	f, err := os.Open(filepath.Join(feeds(t), "manifest.jsonl"))
	if err != nil {
		t.Skip("no list of what was collected: manifest.jsonl is not there")
	}
	defer f.Close()
	all := map[string]map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var row struct{ Repo, Path, Licence string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if all[row.Repo] == nil {
			all[row.Repo] = map[string]string{}
		}
		all[row.Repo][row.Path] = row.Licence
	}
	return all
}

// Every file of the catalogue was there when the collection was made, under the
// licence that the catalogue names.
func TestCatalogueNamesRealFiles(t *testing.T) {
	collected, checked := published(t), 0
	for _, f := range library.Catalogue() {
		rest, ok := strings.CutPrefix(f.URL, "https://raw.githubusercontent.com/")
		parts := strings.SplitN(rest, "/", 4) // owner, repository, branch, path
		if !ok || len(parts) < 4 {
			continue
		}
		files := collected[parts[0]+"/"+parts[1]]
		if files == nil {
			t.Errorf("%s: %s was not collected", f.Name, f.URL)
			continue
		}
		licence, there := files[parts[3]]
		if !there {
			t.Errorf("%s: %s is not in the repository", f.Name, parts[3])
		}
		if f.Licence != "not stated" && f.Licence != "Apache-2.0" && !strings.HasPrefix(licence, f.Licence) {
			t.Errorf("%s: licence %q, collected under %q", f.Name, f.Licence, licence)
		}
		checked++
	}
	if checked < 40 {
		t.Errorf("only %d feeds checked", checked)
	}
}

// Every feed of the catalogue can be read, and the enabled ones say something.
func TestCatalogueCanBeRead(t *testing.T) {
	dir := feeds(t)
	for _, f := range library.Catalogue() {
		rest, ok := strings.CutPrefix(f.URL, "https://raw.githubusercontent.com/")
		parts := strings.SplitN(rest, "/", 4)
		if !ok || len(parts) < 4 {
			continue
		}
		path := filepath.Join(dir, parts[0]+"+"+parts[1], filepath.FromSlash(parts[3]))
		list, intake, err := library.Load([]string{path})
		if err != nil || len(list) == 0 {
			t.Errorf("%s: %d indicators, %v", f.Name, len(list), err)
		} else if f.Format != "" && intake[0].Format != f.Format {
			t.Errorf("%s is of format %s, read as %s", f.Name, f.Format, intake[0].Format)
		}
	}
}
