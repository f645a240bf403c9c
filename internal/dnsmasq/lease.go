package dnsmasq

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"tinycheck"
)

// Lease is an address that a phone has.
type Lease struct {
	MAC     tinycheck.MAC
	Addr    netip.Addr
	Name    string    // what it calls itself; "" as we run dnsmasq, which does not take names
	Expires time.Time // zero: never
}

// Leases are those of now: the last of a phone, IPv4 only. A phone that makes an
// IPv6 address of itself needs no lease. After Stop there are none.
func (s *Server) Leases() ([]Lease, error) {
	f, err := os.Open(s.config.leases())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		defer f.Close()
		var data []byte
		if data, err = io.ReadAll(io.LimitReader(f, maxLeaseFile)); err == nil {
			return readLeases(data), nil
		}
	}
	return nil, tinycheck.Errorf("read leases", tinycheck.Unavailable, err)
}

// readLeases reads dnsmasq's lease file: "expiry MAC address name client-id" in a
// line. It is written while we read: a line that does not end is not whole yet,
// and an old rest may follow, so that the first line about a phone counts. Lines
// of other kinds (DHCPv6, "duid") are passed over.
func readLeases(data []byte) []Lease {
	var list []Lease
	for line := range bytes.Lines(data) {
		if len(list) == maxLeases || !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		l, ok := readLease(strings.Fields(string(line)))
		if ok && !slices.ContainsFunc(list, func(o Lease) bool { return o.MAC == l.MAC || o.Addr == l.Addr }) {
			list = append(list, l)
		}
	}
	return list
}

func readLease(field []string) (l Lease, ok bool) {
	if len(field) != 5 {
		return l, false
	}
	expires, err1 := strconv.ParseUint(field[0], 10, 40)
	mac, err2 := net.ParseMAC(field[1])
	addr, err3 := netip.ParseAddr(field[2])
	if errors.Join(err1, err2, err3) != nil || len(mac) != len(l.MAC) || !addr.Is4() {
		return l, false
	}
	l = Lease{MAC: tinycheck.MAC(mac), Addr: addr, Name: readName(field[3])}
	if expires != 0 {
		l.Expires = time.Unix(int64(expires), 0)
	}
	return l, l.MAC != tinycheck.MAC{}
}

// readName makes something that can be shown of what a phone calls itself.
func readName(s string) string {
	if s == "*" { // dnsmasq's word for none
		return ""
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
	return cut(s)
}

// cut shortens to whole characters.
func cut(s string) string {
	if len(s) <= maxName {
		return s
	}
	end := 0
	for i := range s {
		if i > maxName {
			break
		}
		end = i
	}
	return s[:end]
}
