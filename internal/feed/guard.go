package feed

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
)

var errPrivate = errors.New("its address is in a private or reserved network: if that is meant, allow it for this feed")

func tlsConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
}

// refusePrivate looks at the address that is really dialled: the name has been
// resolved, so what it resolves to a moment later does not matter.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	peer, err := netip.ParseAddrPort(address)
	if err != nil || !public(peer.Addr()) {
		return errPrivate
	}
	return nil
}

// reserved are the networks of IPv4 that are not the Internet (IANA IPv4
// Special-Purpose Address Registry, RFC 6890), and multicast (RFC 5771).
var reserved = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
)

// Of IPv6 only global unicast (RFC 4291 section 2.4) is the Internet, without
// what is set apart in it: protocol assignments and Teredo, documentation
// (RFC 3849, RFC 9637), 6to4 (RFC 7526).
var (
	global   = netip.MustParsePrefix("2000::/3")
	setApart = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)

// nat64 is the prefix behind which a network without IPv4 reaches IPv4
// (RFC 6052 section 2.1): the last four bytes say whom.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, p := range list {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}

func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	if a.Is4() {
		return !within(a, reserved)
	}
	return global.Contains(a) && !within(a, setApart)
}

func within(a netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// home parses the address of a feed: the URL without user and password, and
// what stands between // and @, if anything does.
func home(raw string) (*url.URL, *url.Userinfo, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, nil, errors.New("the address is no URL") // url.Error quotes it, with its password
	}
	user := u.User
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return u, user, nil
}

// allowed looks at a URL before anything is sent: the first one, and each that
// a server redirects to.
func allowed(u *url.URL, private bool) error {
	if u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the address begins neither with https:// nor with http://")
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if host == "" || u.Opaque != "" {
		return errors.New("the address names no server")
	}
	a, err := netip.ParseAddr(host)
	switch {
	case err != nil && numeric(host):
		return errors.New("the address of the server is a number in an unusual spelling")
	case private:
		return nil
	case err == nil && !public(a), host == "localhost", strings.HasSuffix(host, ".localhost"): // RFC 6761 section 6.3
		return errPrivate
	}
	return nil
}

// numeric recognises 127.1, 0x7f.0.0.1 and 2130706433, which some resolvers and
// proxies take for addresses: the last label is a number (WHATWG URL, section
// 3.5, "ends in a number").
func numeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if rest, hex := strings.CutPrefix(last, "0x"); hex {
		_, err := strconv.ParseUint(rest, 16, 64)
		return err == nil || rest == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// same reports whether two URLs are of one server, which may get the secret.
func same(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
