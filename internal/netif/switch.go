package netif

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tinycheck"
)

const switches = "/proc/sys"

// Switch reads a switch of the kernel, such as "net/ipv4/ip_forward".
func Switch(key string) (string, error) {
	const op = "read kernel switch"
	if err := checkKey(op, key); err != nil {
		return "", err
	}
	f, err := open(op, key, os.O_RDONLY)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxValue))
	if err != nil {
		return "", fail(op, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// SetSwitch sets a switch of the kernel.
func SetSwitch(key, value string) error {
	const op = "set kernel switch"
	if err := checkKey(op, key); err != nil {
		return err
	}
	if value == "" || len(value) > maxValue || strings.ContainsFunc(value, control) {
		return invalid(op, "%.40q is no value for %s", value, key)
	}
	f, err := open(op, key, os.O_WRONLY)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(value)
	return fail(op, err)
}

// open never makes a file: what is not there is no switch.
func open(op, key string, how int) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(switches, key), how, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, tinycheck.Errorf(op, tinycheck.NotFound,
			fmt.Errorf("this kernel has no switch %s: look for its name, or for the interface in it", key))
	}
	return f, fail(op, err)
}

func control(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
