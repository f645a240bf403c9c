package decode_test

import (
	"os"
	"path/filepath"
)

// corpus is where the captures lie, outside of the repository.
var corpus = filepath.Join(root(), "..", "shared", "corpus")

// root is the directory of go.mod.
func root() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	return "."
}
