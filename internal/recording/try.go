package recording

import (
	"fmt"
	"os"
	"path/filepath"

	"tinycheck"
	"tinycheck/internal/capture"
)

// Try finds out whether the file could be written, before anything else is begun:
// it writes an empty one beside it, and takes it away again.
func (c *Config) Try() error {
	if c.File == "" {
		return nil
	}
	if _, err := os.Lstat(c.File); err == nil && !c.Replace {
		return tinycheck.Errorf("record", tinycheck.Conflict, fmt.Errorf("%s is there already: name another file, or allow it to be replaced (--overwrite)", c.File))
	}
	trial := filepath.Join(filepath.Dir(c.File), fmt.Sprintf(".try-%d.pcapng", os.Getpid()))
	file, err := capture.Record(capture.RecordConfig{Path: trial, Interface: c.Interface, Link: tinycheck.LinkEthernet, Rotate: c.Rotate, Quota: c.Quota, Replace: true})
	if err != nil {
		return err
	}
	defer os.Remove(trial)
	_, err = file.Close()
	return err
}
