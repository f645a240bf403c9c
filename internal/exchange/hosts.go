package exchange

import (
	"bufio"
	"net/netip"
	"strings"
)

// A hosts file that blocks maps names to an address where nobody answers:
// "0.0.0.0 name [name…]" (hosts(5)). It states no class. A line with a real
// address is no block and is rejected: it would make a name of somebody's own
// network an indicator.

func looksHosts(s sample) bool {
	return s.most(func(line string) bool {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			return false
		}
		_, err := netip.ParseAddr(fields[0])
		return err == nil
	})
}

func readHosts(in *bufio.Reader, b *book) error {
	b.flow()
	like := b.unstated()
	return b.eachLine(in, func(number int, line []byte) {
		fields := strings.Fields(string(line))
		if len(fields) < 2 {
			b.reject(number, string(line), "not a line of a hosts file")
			return
		}
		for _, name := range fields[1:] {
			if reason := unblocked(fields[0], name); reason != "" {
				b.reject(number, fields[0]+" "+name, reason)
				continue
			}
			b.flat(number, name, like)
		}
	})
}

// unblocked says why a line of a hosts file blocks nothing.
func unblocked(address, name string) string {
	addr, err := netip.ParseAddr(address)
	switch {
	case err != nil:
		return "not a line of a hosts file"
	case !addr.IsUnspecified() && !addr.IsLoopback():
		return "maps a name to a real address: blocks nothing"
	case own(strings.ToLower(name)):
		return "a name of the machine itself"
	}
	return ""
}

// own reports the names that every hosts file has for its own machine.
func own(name string) bool {
	switch name {
	case "localhost", "localhost.localdomain", "localhost4", "localhost6", "local", "broadcasthost", "0.0.0.0":
		return true
	}
	return strings.HasPrefix(name, "ip6-")
}
