package library

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tinycheck"
	"tinycheck/internal/bundle"
	"tinycheck/internal/store"
)

// Trusted are the keys whose bundles are taken. They stand in a file of the
// library's folder, one key of minisign per line; lines of comment are allowed.
func (l *Library) Trusted() ([]bundle.PublicKey, error) {
	raw, err := os.ReadFile(filepath.Join(l.config.Folder, trustedName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, tinycheck.Errorf("read trusted keys", tinycheck.Unavailable, err)
	}
	var keys []bundle.PublicKey
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "untrusted comment:") || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := bundle.ParsePublicKey(line)
		if err != nil {
			return nil, tinycheck.Errorf("read trusted keys", tinycheck.Invalid, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Trust adds a key to those whose bundles are taken; with on false, it takes it
// away.
func (l *Library) Trust(key bundle.PublicKey, on bool) error {
	l.change.Lock()
	defer l.change.Unlock()
	keys, err := l.Trusted()
	if err != nil {
		return err
	}
	if !on && !slices.ContainsFunc(keys, key.Equal) {
		return tinycheck.Errorf("trust key "+key.ID(), tinycheck.NotFound, errors.New("it was not trusted before"))
	}
	keys = slices.DeleteFunc(keys, func(k bundle.PublicKey) bool { return k.Equal(key) })
	if on {
		keys = append(keys, key)
	}
	var text bytes.Buffer
	for _, k := range keys {
		text.WriteString(k.Text())
	}
	return store.WriteFile(filepath.Join(l.config.Folder, trustedName), func(w io.Writer) error {
		_, err := w.Write(text.Bytes())
		return err
	})
}
