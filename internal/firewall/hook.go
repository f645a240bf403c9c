package firewall

import "github.com/google/nftables"

// Where our chains stand among those of other tables. A packet runs through all
// chains of a hook in the order of their priorities: a drop or a rejection is
// final, an acceptance only ends the chain that said it, and the first chain that
// translates an address keeps the others from doing so. Hence:
//
//   - before everybody's rules for input, forward and output: what a guest may not
//     do is answered by us, not swallowed by a table that drops in silence. What
//     we let pass may still be dropped later: see Obstacles.
//   - before connection tracking (priority -200) and after fragments were put
//     together (-400) for what is thrown away by its addresses: noise and forged
//     packets fill no table of connections.
//   - before everybody's translation, so that a guest's questions for names are
//     not sent elsewhere, and its packets leave under the box's address.
//
// Every policy is accept: these chains see all packets of the machine, and most of
// them are not ours to judge.
var (
	atSources = hook{nftables.ChainTypeFilter, nftables.ChainHookPrerouting, "prerouting", "raw", -300}
	atNames   = hook{nftables.ChainTypeNAT, nftables.ChainHookPrerouting, "prerouting", "dstnat - 10", -110}
	atInput   = hook{nftables.ChainTypeFilter, nftables.ChainHookInput, "input", "filter - 10", -10}
	atForward = hook{nftables.ChainTypeFilter, nftables.ChainHookForward, "forward", "filter - 10", -10}
	atOutput  = hook{nftables.ChainTypeFilter, nftables.ChainHookOutput, "output", "filter - 10", -10}
	atUplink  = hook{nftables.ChainTypeNAT, nftables.ChainHookPostrouting, "postrouting", "srcnat - 10", 90}
)
