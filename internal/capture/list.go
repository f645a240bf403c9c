package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"tinycheck"
)

// List turns what a person named into the captures to read, in the order named:
// files and "-" as they stand, a folder as the captures in it and in the folders
// below, sorted by path. In folders only regular files count whose first bytes,
// unpacked, are those of a capture; links are not followed.
//
// What cannot be read is told in the error, and does not keep the rest from the list.
func List(paths []string) ([]string, error) {
	var found []string
	var wrong []error
	for _, path := range paths {
		if path == "-" {
			found = append(found, path)
			continue
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
			wrong = append(wrong, listError(path, err))
		case !info.IsDir():
			found = append(found, path)
		default:
			in, err := listFolder(path)
			found = append(found, in...)
			wrong = append(wrong, err)
		}
	}
	return found, errors.Join(wrong...)
}

// listFolder lists the captures of a folder, which may itself be named by a link.
func listFolder(folder string) (found []string, err error) {
	var wrong []error
	miss := func(name string, err error) {
		wrong = append(wrong, listError(filepath.Join(folder, name), err))
	}
	err = fs.WalkDir(os.DirFS(folder), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			miss(name, err)
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		path := filepath.Join(folder, filepath.FromSlash(name))
		switch is, err := isCapture(path); {
		case err != nil:
			miss(name, err)
		case is:
			found = append(found, path)
		}
		return nil
	})
	slices.Sort(found)
	return found, errors.Join(append(wrong, err)...)
}

// isCapture looks at the first bytes. A file whose packing is broken at once is no
// capture; one that cannot be read is an error.
func isCapture(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	src := &source{r: f}
	u, err := unpack(src)
	if src.err != nil {
		return false, src.err
	}
	if err != nil {
		return false, nil
	}
	defer u.close()
	return u.magic == magicPcap || u.magic == magicPcapng || u.magic == magicSnoop, nil
}

func listError(path string, err error) error {
	kind := tinycheck.Unavailable
	if errors.Is(err, fs.ErrNotExist) {
		kind = tinycheck.NotFound
	}
	return tinycheck.Errorf("list captures", kind, fmt.Errorf("%s: %w", path, plain(err)))
}
