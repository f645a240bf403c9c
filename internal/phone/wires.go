package phone

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"

	"tinycheck"
	"tinycheck/internal/child"
)

// ip runs the program ip(8) in the namespace with the given lines, of which the
// first that fails ends it.
func (s *space) ip(op string, lines ...string) error {
	program, err := child.Find("ip", "iproute2")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), programTime)
	defer cancel()
	c := exec.CommandContext(ctx, program, "-batch", "-")
	c.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	var said bytes.Buffer
	c.Stderr = &said
	entered := s.do(func() { err = c.Run() })
	if err = errors.Join(entered, err); err == nil {
		return nil
	}
	words := strings.Join(strings.FieldsFunc(said.String(), func(r rune) bool { return r == '\n' }), "; ")
	kind := tinycheck.Unavailable
	switch {
	case strings.Contains(words, "File exists"):
		kind = tinycheck.Conflict
	case strings.Contains(words, "Cannot find device"):
		kind = tinycheck.NotFound
	case strings.Contains(words, "not permitted"):
		words = "no permission: run as root, or with CAP_NET_ADMIN"
	}
	return tinycheck.Errorf(op, kind, fmt.Errorf("%w: %s", err, words[:min(len(words), maxWords)]))
}

// whole is the prefix that holds one address only.
func whole(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }
