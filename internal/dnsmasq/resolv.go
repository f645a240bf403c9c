package dnsmasq

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"

	"tinycheck"
)

// resolvConf is where this machine says whom it asks (resolv.conf(5)).
const resolvConf = "/etc/resolv.conf"

// checkAsked refuses to start when nobody can be asked, or only ourselves. The
// loops that can be seen from here are refused here; dnsmasq looks for longer
// ones itself (dns-loop-detect).
func (c Config) checkAsked() error {
	if c.Contained || len(c.Upstream) > 0 {
		return nil
	}
	servers, err := nameServers()
	if err != nil {
		return unasked(tinycheck.Unavailable, "this machine does not say whom to ask: %w", err)
	}
	if len(servers) == 0 {
		return unasked(tinycheck.Unavailable, "%s names no name server: connect this machine to the Internet, or name one", resolvConf)
	}
	var silent []string
	for _, s := range servers {
		if c.own(s) {
			continue
		}
		if !s.IsLoopback() || attended(s) {
			return nil
		}
		silent = append(silent, s.String())
	}
	if len(silent) > 0 {
		return unasked(tinycheck.Unavailable, "%s says to ask %s, and nothing answers there: start it (systemd-resolved?), or name another one", resolvConf, strings.Join(silent, " and "))
	}
	return unasked(tinycheck.Conflict, "%s names only our own name server, which would ask itself for ever: name another one", resolvConf)
}

func unasked(kind tinycheck.ErrorKind, format string, args ...any) error {
	return tinycheck.Errorf("find a name server to ask", kind, fmt.Errorf(format, args...))
}

func nameServers() ([]netip.Addr, error) {
	f, err := os.Open(resolvConf)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxResolv))
	return readNameServers(string(text)), err
}

func readNameServers(text string) (list []netip.Addr) {
	for line := range strings.Lines(text) {
		field := strings.Fields(line)
		if len(field) < 2 || field[0] != "nameserver" {
			continue
		}
		if a, err := netip.ParseAddr(field[1]); err == nil {
			list = append(list, a.Unmap())
		}
	}
	return list
}

// attended reports whether somebody listens for questions at an address of this
// machine: then we could not.
func attended(a netip.Addr) bool {
	return errors.Is(socket{network: "udp", address: netip.AddrPortFrom(a, 53)}.try(), errTaken)
}
