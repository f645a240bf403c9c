package match

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"tinycheck"
)

// Index finds the indicators of an observable. It is safe for concurrent use,
// and keeps nothing but the bytes that it reads from: a million names of usual
// length take about 46 MB.
type Index struct {
	generation uint64
	key        key
	note       []byte
	shelf      shelf
	counts     []byte
	slots      table // of everything but prefixes
	nets       nets  // prefixes
	context    []byte
	hosts      table // of context
	ranges     nets  // of context
}

// NewIndex reads both lists in an order of its own, so that their order does
// not matter, and changes neither. What cannot match or does not fit is left
// out; a Builder tells how much that is.
func NewIndex(indicators []tinycheck.Indicator, context []tinycheck.Context) *Index {
	b := NewBuilder()
	for i := range indicators {
		b.AddIndicator(&indicators[i])
	}
	b.Context(context)
	flat, _ := b.Flat(Stamp{})
	x, _ := read(flat)
	return x
}

// Stamp returns a copy of what the index was stamped with.
func (x *Index) Stamp() Stamp { return Stamp{x.generation, bytes.Clone(x.note)} }

// Count is how many indicators of a class there are.
func (x *Index) Count(class tinycheck.Class) (n int) {
	for at := 0; at+8 <= len(x.counts); at += 8 {
		if string(x.shelf.words.of(binary.LittleEndian.Uint32(x.counts[at:]))) == string(class) {
			n += int(binary.LittleEndian.Uint32(x.counts[at+4:]))
		}
	}
	return n
}

// stackName is more than the longest name (RFC 1035 section 2.3.4).
const stackName = 256

// Name returns the indicators of the most specific listed name that is host or
// stands above it, at a label boundary. The host is in its canonical spelling.
func (x *Index) Name(host string) Listing {
	var buffer [stackName]byte
	for name := tail(buffer[:0], host, x.slots.longest); len(name) > 0; {
		l, rest := x.names(name)
		if l.Len() > 0 {
			return l
		}
		name = rest
	}
	return Listing{}
}

// names looks for a name and some of those above it, and gives the rest.
func (x *Index) names(name []byte) (l Listing, rest []byte) {
	var looks [6]look
	var list [6][]byte
	n := 0
	for rest = name; len(rest) > 0 && n < len(looks); n++ {
		above := parent(rest)
		if x.slots.fewest > 1 && above == nil { // a single label, as no listed name is
			rest = nil
			break
		}
		looks[n], list[n] = x.slots.begin(x.key.tag(rest)), rest
		rest = above
	}
	for i := range n {
		if l := x.end(looks[i], tinycheck.DomainName, list[i]); l.Len() > 0 {
			return l, nil
		}
	}
	return Listing{}, rest
}

// tail copies the longest part of a host that begins at a label and that some
// listed name is long enough for, so that a host of a thousand labels costs no
// more than a name.
func tail(into []byte, host string, longest uint32) []byte {
	if skip := len(host) - int(longest); skip > 0 {
		at := skip - 1
		for at < len(host) && host[at] != '.' {
			at++
		}
		host = host[min(at+1, len(host)):]
	}
	return append(into, host...)
}

// parent cuts the first label off, as spelling.Parent does.
func parent(name []byte) []byte {
	dot := bytes.IndexByte(name, '.')
	if dot < 0 {
		return nil
	}
	return name[dot+1:]
}

// Address returns the indicators of the address, or of the smallest listed
// prefix around it.
func (x *Index) Address(a netip.Addr) Listing {
	if !a.IsValid() {
		return Listing{}
	}
	a = a.Unmap().WithZone("")
	kind := tinycheck.IPv6Addr
	if a.Is4() {
		kind = tinycheck.IPv4Addr
	}
	var buffer [64]byte
	if l := x.exact(kind, a.AppendTo(buffer[:0])); l.Len() > 0 {
		return l
	}
	at, ok := x.nets.find(a)
	if !ok {
		return Listing{}
	}
	return x.shelf.listing(at)
}

// Exact returns the indicators of this very observable: a hash, a fingerprint,
// a URL, one name, one address.
func (x *Index) Exact(o tinycheck.Observable) Listing {
	var buffer [stackName]byte
	return x.exact(o.Type, append(buffer[:0], o.Value...))
}

func (x *Index) exact(kind tinycheck.ObservableType, value []byte) Listing {
	return x.end(x.slots.begin(x.key.tag(value)), kind, value)
}

func (x *Index) end(begun look, kind tinycheck.ObservableType, value []byte) (l Listing) {
	_, ok := x.slots.end(begun, func(at uint32) bool {
		l = x.shelf.listing(at)
		return l.of(kind, value)
	})
	if !ok {
		return Listing{}
	}
	return l
}
