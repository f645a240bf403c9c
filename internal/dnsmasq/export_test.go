package dnsmasq

import "net/netip"

// What tests reach inside.
var (
	ReadLeases      = readLeases
	ReadNameServers = readNameServers
)

func (c Config) Pool() (first, final netip.Addr) { return c.pool() }
func (c Config) Room() (first, final netip.Addr) { return c.room() }
func (c Config) Draw() (netip.Addr, error)       { return c.draw() }
func (s *Server) Said() []string                 { return s.child.Tail() }

// Listeners are the sockets of a kernel's table that listen at an address.
func Listeners(table string, at netip.AddrPort) []string {
	return socket{address: at}.listeners(table)
}

const (
	MaxLeases = maxLeases
	MaxName   = maxName
	Fewest    = fewest
)
