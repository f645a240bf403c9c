package firewall

import (
	"fmt"
	"strings"

	"github.com/google/nftables"
)

// Table is the name of our table. Its family is inet: one table for IPv4 and IPv6.
const Table = "tinycheck"

// Ruleset is what Plan decided: a table that is not in the kernel yet.
type Ruleset struct {
	chains []chain
}

// A set is what a rule may look up: it belongs to that rule and has no name.
type set struct {
	key    nftables.SetDatatype
	values []value
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
// is applied (tried with nft 1.0.6 and 1.1.3).
func (r Ruleset) String() string {
	parts := make([]string, len(r.chains))
	for i, c := range r.chains {
		parts[i] = c.String()
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
