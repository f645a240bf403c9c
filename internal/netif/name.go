package netif

import "strings"

// checkName refuses what the kernel would not take as a name either
// (dev_valid_name), before it becomes part of a path.
func checkName(op, name string) error {
	switch {
	case name == "":
		return invalid(op, "no interface was named")
	case len(name) > maxName:
		return invalid(op, "%.40q is no name of an interface: it has %d bytes, at most %d", name, len(name), maxName)
	case name == "." || name == ".." || strings.ContainsFunc(name, foreign):
		return invalid(op, "%q is no name of an interface: it has characters that none may have", name)
	}
	return nil
}

func foreign(r rune) bool {
	return r <= ' ' || r == 0x7f || r == '/' || r == ':' || r == 0xa0 || r == 0xfffd
}

// checkKey refuses every key that is not below /proc/sys/net, or could leave it.
func checkKey(op, key string) error {
	parts := strings.Split(key, "/")
	if len(key) > maxKey || len(parts) < 2 || parts[0] != "net" {
		return invalid(op, "%.40q is no switch of the network: it starts with net/, like net/ipv4/ip_forward", key)
	}
	for _, part := range parts {
		if part == "" || part == "." || part == ".." || strings.ContainsFunc(part, foreign) {
			return invalid(op, "%q is no switch of the network", key)
		}
	}
	return nil
}
