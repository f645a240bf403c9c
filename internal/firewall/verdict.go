package firewall

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// What is done with a packet.
var (
	accept     = act("accept", &expr.Verdict{Kind: expr.VerdictAccept})
	drop       = act("drop", &expr.Verdict{Kind: expr.VerdictDrop})
	masquerade = act("masquerade", &expr.Masq{})

	reset      = act("reject with tcp reset", &expr.Reject{Type: unix.NFT_REJECT_TCP_RST})
	noPort     = act("reject", &expr.Reject{Type: unix.NFT_REJECT_ICMPX_UNREACH, Code: unix.NFT_REJECT_ICMPX_PORT_UNREACH})
	notAllowed = act("reject with icmpx admin-prohibited", &expr.Reject{Type: unix.NFT_REJECT_ICMPX_UNREACH, Code: unix.NFT_REJECT_ICMPX_ADMIN_PROHIBITED})
)

func act(words string, e expr.Any) term {
	return term{words: words, steps: []step{{expr: e}}}
}

// proceed goes to another chain and does not come back.
func proceed(chain string) term {
	return act("goto "+chain, &expr.Verdict{Kind: expr.VerdictGoto, Chain: chain})
}

// visit goes to another chain, and comes back when that decides nothing.
func visit(chain string) term {
	return act("jump "+chain, &expr.Verdict{Kind: expr.VerdictJump, Chain: chain})
}

// deliver gives the packet to another address, and its answers the old one.
func deliver(a netip.Addr) term {
	family := familyOf(a.Is4())
	words := "dnat ip to "
	if a.Is6() {
		words = "dnat ip6 to "
	}
	return term{words: words + a.String(), steps: []step{
		{expr: &expr.Immediate{Register: register, Data: a.AsSlice()}},
		{expr: &expr.NAT{Type: expr.NATTypeDestNAT, Family: uint32(family), RegAddrMin: register, RegAddrMax: register}},
	}}
}

// atMost lets that many packets per second go on to the next term.
func atMost(rate uint64, burst uint32) term {
	words := fmt.Sprintf("limit rate %d/second burst %d packets", rate, burst)
	return act(words, &expr.Limit{Type: expr.LimitTypePkts, Rate: rate, Unit: expr.LimitTimeSecond, Burst: burst})
}

// A state is what the kernel's connection tracking says of a packet.
type state struct {
	words string
	bit   uint32
}

var (
	invalid     = state{"invalid", expr.CtStateBitINVALID}
	established = state{"established", expr.CtStateBitESTABLISHED}
	related     = state{"related", expr.CtStateBitRELATED}
)

// tracked asks for one of several states, given in the order of their bits.
func tracked(states ...state) term {
	words := make([]string, len(states))
	var bits uint32
	for i, s := range states {
		words[i] = s.words
		bits |= s.bit
	}
	return term{words: "ct state " + strings.Join(words, ","), steps: []step{
		{expr: &expr.Ct{Key: expr.CtKeySTATE, Register: register}},
		mask(binary.NativeEndian.AppendUint32(nil, bits)),
		compare(expr.CmpOpNeq, make([]byte, 4)),
	}}
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
