package feed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"tinycheck"
)

// shelfmark is one file of a file or folder feed.
type shelfmark struct {
	name string // "ioc.yaml", "lists/ioc.yaml"
	size int64
}

// folder is an opened folder: no symbolic link leads out of it.
type folder struct {
	root  *os.Root
	files []shelfmark
}

func (v *visit) fetchFile(ctx context.Context) (Fetched, error) {
	d, err := v.openFile()
	if err != nil {
		return Fetched{}, err
	}
	defer d.root.Close()
	return v.fetchFiles(ctx, d)
}

func (v *visit) fetchFolder(ctx context.Context) (Fetched, error) {
	d, err := v.openFolder()
	if err != nil {
		return Fetched{}, err
	}
	defer d.root.Close()
	return v.fetchFiles(ctx, d)
}

// fetchFiles reads everything twice when there is something to compare with:
// once to see whether it changed, because a card wears out by writing, and once
// to spool it. Both must be the same: somebody may be copying onto the stick.
func (v *visit) fetchFiles(ctx context.Context, d folder) (Fetched, error) {
	got := Fetched{Whole: true}
	if v.feed.ETag != "" {
		sum, err := v.each(ctx, d, func(_ string, r io.Reader) error {
			_, err := io.Copy(io.Discard, io.LimitReader(r, v.MaxBytes+1))
			return err
		})
		if err != nil {
			return Fetched{}, err
		}
		if got.ETag, got.Unchanged = sum, sum == v.feed.ETag; got.Unchanged {
			return got, nil
		}
	}
	sum, err := v.each(ctx, d, func(name string, r io.Reader) error {
		_, err := v.fill(name, r, v.MaxBytes)
		return err
	})
	if err != nil {
		return Fetched{}, err
	}
	if got.ETag != "" && got.ETag != sum {
		return Fetched{}, unavailable("its files changed while they were read: try again", nil)
	}
	got.ETag = sum
	return got, nil
}

// each reads the files in order and gives the hash of all names and contents.
func (v *visit) each(ctx context.Context, d folder, read func(name string, r io.Reader) error) (string, error) {
	all := sha256.New()
	for _, f := range d.files {
		if err := ctx.Err(); err != nil {
			return "", unavailable("fetching was stopped", err)
		}
		sum := sha256.New()
		if err := d.read(f, sum, read); err != nil {
			return "", v.blameFile(f, err)
		}
		fmt.Fprintf(all, "%q %x\n", f.name, sum.Sum(nil))
	}
	return "sha256:" + hex.EncodeToString(all.Sum(nil)), nil
}

func (d folder) read(f shelfmark, sum hash.Hash, read func(string, io.Reader) error) error {
	// Not blocking: what was a file a moment ago may be a pipe now.
	file, err := d.root.OpenFile(filepath.FromSlash(f.name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return errors.Join(errors.New("it is no file any more"), err)
	}
	return read(f.name, io.TeeReader(file, sum))
}

// blameFile says which file, and whether its content or the disk is to blame.
func (v *visit) blameFile(f shelfmark, err error) error {
	op := "read " + v.quote(f.name)
	var own *tinycheck.Error
	switch {
	case errors.Is(err, errShort):
		return tinycheck.Errorf(op, tinycheck.Invalid, err)
	case errors.As(err, &own):
		return tinycheck.Errorf(op, own.Kind, err)
	case errors.Is(err, fs.ErrPermission):
		return tinycheck.Errorf(op+": this program may not read it", tinycheck.Unavailable, err)
	}
	return tinycheck.Errorf(op+": was the stick pulled out?", tinycheck.Unavailable, err)
}

// openFile opens the folder of the one file.
func (v *visit) openFile() (folder, error) {
	info, err := os.Stat(v.feed.URL)
	if err != nil {
		return folder{}, v.missing(err)
	}
	if !info.Mode().IsRegular() {
		return folder{}, invalid("%s is no file", v.quote(v.feed.URL))
	}
	at, err := filepath.EvalSymlinks(v.feed.URL) // the path is the administrator's: it may be a link
	if err != nil {
		return folder{}, v.missing(err)
	}
	root, err := os.OpenRoot(filepath.Dir(at))
	if err != nil {
		return folder{}, v.missing(err)
	}
	return folder{root, []shelfmark{{filepath.Base(at), info.Size()}}}, nil
}

// openFolder lists the regular files in the folder and one level below, sorted.
// What begins with a dot, what is half copied or downloaded, what an operating
// system puts onto every stick, and links that lead out are no files of the feed.
func (v *visit) openFolder() (folder, error) {
	root, err := os.OpenRoot(v.feed.URL)
	if err != nil {
		return folder{}, v.missing(err)
	}
	d := folder{root: root}
	if err := d.list(".", 1); err != nil {
		root.Close()
		return folder{}, err
	}
	if len(d.files) == 0 { // the place of a stick that is not there is an empty folder
		root.Close()
		return folder{}, unavailable("no file is in "+v.quote(v.feed.URL)+": is the stick plugged in?", nil)
	}
	slices.SortFunc(d.files, func(a, b shelfmark) int { return strings.Compare(a.name, b.name) })
	return d, nil
}

func (v *visit) missing(err error) error {
	op := "open " + v.quote(v.feed.URL)
	if errors.Is(err, fs.ErrNotExist) {
		return tinycheck.Errorf(op, tinycheck.NotFound, err)
	}
	return tinycheck.Errorf(op, tinycheck.Unavailable, err)
}

func (d *folder) list(dir string, below int) error {
	f, err := d.root.Open(filepath.FromSlash(dir))
	if err != nil {
		return unavailable("list the folder", err)
	}
	entries, err := f.ReadDir(maxEntries + 1)
	f.Close()
	if err != nil && err != io.EOF {
		return unavailable("list the folder: was the stick pulled out?", err)
	}
	if len(entries) > maxEntries {
		return invalid("more than %d entries are in one folder", maxEntries)
	}
	for _, e := range entries {
		if err := d.see(path.Join(dir, e.Name()), e, below); err != nil {
			return err
		}
	}
	return nil
}

func (d *folder) see(name string, e fs.DirEntry, below int) error {
	if ignored(e.Name()) {
		return nil
	}
	info, err := d.root.Stat(filepath.FromSlash(name)) // follows links, not out of the folder
	switch {
	case err != nil && e.Type()&fs.ModeSymlink != 0:
		return nil
	case err != nil:
		return unavailable("list the folder: was the stick pulled out?", err)
	case info.IsDir() && e.IsDir() && below > 0:
		return d.list(name, below-1)
	case !info.Mode().IsRegular():
		return nil
	case len(d.files) == maxFiles:
		return invalid("more than %d files are in the folder", maxFiles)
	}
	d.files = append(d.files, shelfmark{name, info.Size()})
	return nil
}

// furniture is what operating systems leave on sticks.
var furniture = []string{"system volume information", "$recycle.bin", "recycler", "lost+found", "thumbs.db", "desktop.ini", "lost.dir"}

// unfinished are the endings of what is still being written.
var unfinished = []string{"~", ".part", ".partial", ".crdownload", ".download", ".filepart", ".opdownload", ".tmp", ".temp", ".swp"}

func ignored(name string) bool {
	name = strings.ToLower(name)
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || slices.Contains(furniture, name) {
		return true
	}
	return slices.ContainsFunc(unfinished, func(ending string) bool { return strings.HasSuffix(name, ending) })
}

func (v *visit) probeFile(context.Context) (string, error) {
	d, err := v.openFile()
	if err != nil {
		return "", err
	}
	defer d.root.Close()
	return d.tell(), nil
}

func (v *visit) probeFolder(context.Context) (string, error) {
	d, err := v.openFolder()
	if err != nil {
		return "", err
	}
	defer d.root.Close()
	return d.tell(), nil
}

func (d folder) tell() string {
	var size int64
	for _, f := range d.files {
		size += f.size
	}
	if len(d.files) == 1 {
		return fmt.Sprintf("One file of %d bytes can be read.", size)
	}
	return fmt.Sprintf("%d files with %d bytes together can be read.", len(d.files), size)
}
