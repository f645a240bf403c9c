package child

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// Config is what to run, and how.
type Config struct {
	Name         string       // for errors: "hostapd"
	Program      string       // absolute path, from Find
	Args         []string     // without the program's own name
	Capabilities []uintptr    // ambient capabilities it gets (unix.CAP_NET_ADMIN, …), nothing else
	Folder       string       // working directory
	Lines        func(string) // gets each line of its output, one at a time; it must not block, nor call Stop
}

// Validate says what is wrong with it.
func (c Config) Validate() error {
	op := "run " + c.Name
	switch {
	case c.Name == "":
		return invalid("run program", "it has no name")
	case !filepath.IsAbs(c.Program):
		return invalid(op, "the program %q has no absolute path", c.Program)
	case !filepath.IsAbs(c.Folder):
		return invalid(op, "the folder %q has no absolute path", c.Folder)
	case len(c.Args) > maxArgs:
		return invalid(op, "%d arguments, at most %d", len(c.Args), maxArgs)
	case strings.Contains(c.Program+c.Folder+strings.Join(c.Args, ""), "\x00"):
		return invalid(op, "an argument has a zero byte")
	}
	for _, capability := range c.Capabilities {
		if capability > unix.CAP_LAST_CAP {
			return invalid(op, "there is no capability %d", capability)
		}
	}
	return nil
}

func invalid(op, format string, args ...any) error {
	return tinycheck.Errorf(op, tinycheck.Invalid, fmt.Errorf(format, args...))
}

func unavailable(op, cause string) error {
	return tinycheck.Errorf(op, tinycheck.Unavailable, errors.New(cause))
}
