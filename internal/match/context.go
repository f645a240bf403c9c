package match

import (
	"cmp"
	"net/netip"
	"slices"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// The words of an entry of context, then when it expires.
const (
	contextType = iota
	contextValue
	contextClass
	contextOwner
	contextPurpose
	contextSource
	contextWords
)

const contextSize = 4*contextWords + instantSize

// Context returns what is known to be ordinary about a host, nil if nothing.
func (x *Index) Context(host string) *tinycheck.Context {
	var buffer [stackName]byte
	for name := tail(buffer[:0], host, x.hosts.longest); len(name) > 0; name = parent(name) {
		if n, ok := x.host(name); ok {
			return x.contextAt(n)
		}
	}
	return nil
}

// host finds the entry of context of this very name.
func (x *Index) host(name []byte) (record uint32, ok bool) {
	return x.hosts.end(x.hosts.begin(x.key.tag(name)), func(record uint32) bool {
		b := recordAt(x.context, record, contextSize)
		return b != nil && string(x.shelf.words.of(get32(b, contextValue))) == string(name)
	})
}

func (x *Index) contextAt(record uint32) *tinycheck.Context {
	b := recordAt(x.context, record, contextSize)
	if b == nil {
		return nil
	}
	word := func(n uint32) string { return string(x.shelf.words.of(get32(b, n))) }
	return &tinycheck.Context{
		Observable: tinycheck.Observable{Type: tinycheck.ObservableType(word(contextType)), Value: word(contextValue)},
		Class:      tinycheck.ContextClass(word(contextClass)),
		Owner:      word(contextOwner), Purpose: word(contextPurpose), Source: word(contextSource),
		Expires: getInstant(b[4*contextWords:]).time(),
	}
}

// platform reports whether an entry of context is a hosting platform.
func (x *Index) platform(record uint32) bool {
	b := recordAt(x.context, record, contextSize)
	return b != nil && string(x.shelf.words.of(get32(b, contextClass))) == string(tinycheck.ContextPlatform)
}

// Tenant is who is behind a host name: what spelling.Tenant says, and below a
// platform of the context at least one label more. A platform is never an
// identity, its customers are. The host is in its canonical spelling.
func (x *Index) Tenant(host string) string {
	tenant := spelling.Tenant(host)
	var buffer [stackName]byte
	name := tail(buffer[:0], host, x.hosts.longest)
	below := host
	if len(name) < len(host) {
		below = child(host, len(name))
	}
	for len(name) > 0 && len(name) >= len(tenant) {
		if n, ok := x.host(name); ok && x.platform(n) {
			return below
		}
		below, name = host[len(host)-len(name):], parent(name)
	}
	return tenant
}

// child is the name one label longer than the last size bytes of host.
func child(host string, size int) string {
	at := len(host) - size - 1 // the dot before
	for at > 0 && host[at-1] != '.' {
		at--
	}
	return host[at:]
}

// Shared reports whether strangers share the address: it lies in a range of a
// hosting platform.
func (x *Index) Shared(a netip.Addr) bool {
	n, ok := x.ranges.find(a.Unmap())
	return ok && x.platform(n)
}

func compareContexts(a, b tinycheck.Context) int {
	return cmp.Or(a.Observable.Compare(b.Observable), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Purpose, b.Purpose),
		cmp.Compare(a.Source, b.Source), a.Expires.Compare(b.Expires))
}

// wordsOf gives the words of an entry.
func wordsOf(c *tinycheck.Context) [contextWords]string {
	return [...]string{string(c.Observable.Type), c.Observable.Value, string(c.Class), c.Owner, c.Purpose, c.Source}
}

// contexts is the context of an index that is being built.
type contexts struct {
	list   []tinycheck.Context // sorted
	tags   []uint64            // of those that are found by name: hash, then position in list
	ranges blocks
	hosts  extent
}

// init sorts out what is found how. Of several entries of one observable the
// last one counts.
func (c *contexts) init(list []tinycheck.Context, k key) {
	c.list = slices.Clone(list)
	c.ranges.most = len(list)
	slices.SortFunc(c.list, compareContexts)
	named := make(map[string]uint32)
	for i := range c.list {
		if prefix, ok := c.list[i].Observable.Prefix(); ok {
			c.ranges.add(prefix, uint32(i))
		} else if value := c.list[i].Observable.Value; value != "" {
			named[value] = uint32(i)
		}
	}
	var names extent
	for value, i := range named {
		names.name([]byte(value))
		c.tags = append(c.tags, uint64(k.tag([]byte(value)))<<32|uint64(i))
	}
	slices.Sort(c.tags)
	table := spread(len(c.tags))
	for _, t := range c.tags {
		table.slot(uint32(t >> 32))
	}
	c.hosts = table.extent()
	c.hosts.longest, c.hosts.fewest = names.longest, names.fewest
}

func (c *contexts) write(records, slots []byte, place func(word string) uint32) {
	for i := range c.list {
		b := records[i*contextSize:]
		for n, word := range wordsOf(&c.list[i]) {
			put32(b[4*n:], place(word))
		}
		instantOf(c.list[i].Expires).put(b[4*contextWords:])
	}
	table := filling{slots: slots, span: c.hosts.span}
	for _, t := range c.tags {
		table.put(uint32(t>>32), uint32(t))
	}
}
