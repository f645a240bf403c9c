package firewall

import (
	"fmt"
	"slices"

	"github.com/google/nftables"

	"tinycheck"
)

// Obstacles names the chains of other tables that drop what guests may do by our
// rules, and says what to add to them: a drop is final whoever says it. It looks
// at rules that are for everybody and at those that name the interface of the
// guests; whoever wrote the latter has thought of guests. It changes nothing, and
// does not see the rules of the older iptables (xtables), which are not in
// nf_tables.
func Obstacles(guest string) ([]string, error) {
	const op = "look for other firewalls"
	if err := validName(guest); err != nil {
		return nil, tinycheck.Errorf(op, tinycheck.Invalid, err)
	}
	l, err := dial()
	if err != nil {
		return nil, fail(op, err)
	}
	defer l.close()
	chains, err := l.ListChains()
	if err != nil {
		return nil, fail(op, err)
	}
	w := walk{link: l, guest: interfaceValues(guest), chains: chains}
	var list []string
	for _, c := range chains {
		if !judges(c) {
			continue
		}
		end, err := w.through(c, 0)
		if err != nil {
			return nil, fail(op, err)
		}
		if end == undecided && *c.Policy == nftables.ChainPolicyDrop {
			end = dropped
		}
		if end == dropped && len(list) < maxObstacle {
			list = append(list, obstacle(c, guest))
		}
	}
	slices.Sort(list)
	return list, nil
}

// judged are the hooks where other tables could drop what guests do, and what
// would let it pass.
var judged = map[nftables.ChainHook]struct{ where, cure string }{
	*nftables.ChainHookPrerouting: {"prerouting", "iifname %q accept"},
	*nftables.ChainHookInput:      {"input", "iifname %q accept"},
	*nftables.ChainHookForward:    {"forward", "iifname %[1]q accept; oifname %[1]q accept"},
	*nftables.ChainHookOutput:     {"output", "oifname %q accept"},
}

func judges(c *nftables.Chain) bool {
	own := c.Table.Name == Table && c.Table.Family == nftables.TableFamilyINet
	if own || c.Type != nftables.ChainTypeFilter || c.Hooknum == nil || c.Policy == nil || familyNames[c.Table.Family] == "" {
		return false
	}
	_, there := judged[*c.Hooknum]
	return there
}

var familyNames = map[nftables.TableFamily]string{
	nftables.TableFamilyINet: "inet",
	nftables.TableFamilyIPv4: "ip",
	nftables.TableFamilyIPv6: "ip6",
}

func obstacle(c *nftables.Chain, guest string) string {
	at := judged[*c.Hooknum]
	return fmt.Sprintf("table %s %s, chain %s (hook %s) drops what is for guests or from them: add to it %s",
		familyNames[c.Table.Family], c.Table.Name, c.Name, at.where, fmt.Sprintf(at.cure, guest))
}
