package firewall

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/google/nftables"
)

// Table is the name of our table. Its family is inet: one table for IPv4 and IPv6.
const Table = "tinycheck"

// Ruleset is what Plan decided: a table that is not in the kernel yet.
type Ruleset struct {
	sets   []*set
	chains []chain
}

// A set of the table has a name and holds networks; one of a rule has none and
// holds values.
type set struct {
	name     string
	key      nftables.SetDatatype
	networks []netip.Prefix
	values   []value
}

type chain struct {
	name  string
	hook  *hook // nil: only other chains lead here
	rules []rule
}

// A hook is where the kernel brings packets into a chain.
type hook struct {
	kind     nftables.ChainType
	point    *nftables.ChainHook
	where    string // the point in words
	priority string // in words, as nft says it
	order    nftables.ChainPriority
}

// String is exactly what "nft list table inet tinycheck" prints once the ruleset
// is applied (nft 1.0.6), but for handles.
func (r Ruleset) String() string {
	var parts []string
	for _, s := range r.sets {
		parts = append(parts, s.String())
	}
	for _, c := range r.chains {
		parts = append(parts, c.String())
	}
	return "table inet " + Table + " {\n" + strings.Join(parts, "\n") + "}\n"
}

func (c chain) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\tchain %s {\n", c.name)
	if h := c.hook; h != nil {
		fmt.Fprintf(&b, "\t\ttype %s hook %s priority %s; policy accept;\n", h.kind, h.where, h.priority)
	}
	for _, r := range c.rules {
		fmt.Fprintf(&b, "\t\t%s\n", r.words)
	}
	b.WriteString("\t}\n")
	return b.String()
}

// nft puts as many elements of a set on a line.
const (
	perLine4 = 2
	perLine6 = 1
)

func (s *set) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\tset %s {\n\t\ttype %s\n\t\tflags interval\n\t\telements = { ", s.name, s.key.Name)
	width := perLine6
	if s.key == nftables.TypeIPAddr {
		width = perLine4
	}
	for i, p := range s.networks {
		switch {
		case i == 0:
		case i%width == 0:
			b.WriteString(",\n\t\t\t     ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(network(p))
	}
	b.WriteString(" }\n\t}\n")
	return b.String()
}

// network is a network in the words of nft, which calls a single host by its address.
func network(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}
