package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// user is whom a child would have run as.
type user struct{ uid, gid int }

// explain says what a person can do when the kernel would not start a child.
func explain(op string, cfg Config, u user, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return tinycheck.Errorf(op, tinycheck.NotFound, fmt.Errorf("%s or the folder %s is not there", cfg.Program, cfg.Folder))
	case errors.Is(err, unix.ENOEXEC):
		return unavailable(op, cfg.Program+" is no program for this machine: install it again")
	case errors.Is(err, unix.EACCES):
		return unavailable(op, u.refusal(cfg))
	}
	return tinycheck.Errorf(op, tinycheck.Unavailable, err)
}

// refusal says what the user may not do.
func (u user) refusal(cfg Config) string {
	for _, folder := range []string{cfg.Folder, filepath.Dir(cfg.Program)} {
		if shut := u.barrier(folder); shut != "" {
			return fmt.Sprintf("the user %d, as whom it runs, may not enter the folder %s: use another one, or open it with chmod o+x", u.uid, shut)
		}
	}
	return fmt.Sprintf("the user %d, as whom it runs, may not run %s: install it again", u.uid, cfg.Program)
}

// barrier is the first folder on the way that the user may not enter; "" for
// none. A child has no capability that would open it, whoever it runs as.
func (u user) barrier(folder string) string {
	if parent := filepath.Dir(folder); parent != folder {
		if shut := u.barrier(parent); shut != "" {
			return shut
		}
	}
	var s unix.Stat_t
	if unix.Stat(folder, &s) != nil || u.enters(&s) {
		return ""
	}
	return folder
}

func (u user) enters(s *unix.Stat_t) bool {
	mode := os.FileMode(s.Mode & 0o777)
	switch {
	case int(s.Uid) == u.uid:
		return mode&0o100 != 0
	case int(s.Gid) == u.gid:
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}
