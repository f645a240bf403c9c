package firewall

import (
	"strings"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// A rule is made of terms. Each term is written once, by a constructor of
// field.go or verdict.go, which gives both its words (what nft prints) and its
// steps (what the kernel runs).
type rule struct {
	words string
	steps []step
}

// A term is one condition or action.
type term struct {
	words     string
	family    byte // only in packets of this family (unix.NFPROTO_IPV4, …); 0: of any
	transport byte // only in packets of this transport (unix.IPPROTO_UDP, …); 0: of any
	steps     []step
}

// A step is one expression of the kernel. A look-up names its set here, because
// the kernel knows it by a number that only the transaction gives.
type step struct {
	expr expr.Any
	set  *set
}

// The registers of the kernel's machine that rules use: what is loaded goes to
// one, what is done with it takes it from there.
const register = 1

// write puts terms together. A field of a header may only be read when the packet
// has that header: what guards it goes before the first term that needs it. nft
// does not print these guards, so they have no words.
func write(terms ...term) rule {
	var r rule
	var family, transport byte
	words := make([]string, len(terms))
	for i, t := range terms {
		words[i] = t.words
		if t.family != 0 && t.family != family {
			family = t.family
			r.steps = append(r.steps, guard(expr.MetaKeyNFPROTO, family)...)
		}
		if t.transport != 0 && t.transport != transport {
			transport = t.transport
			r.steps = append(r.steps, guard(expr.MetaKeyL4PROTO, transport)...)
		}
		r.steps = append(r.steps, t.steps...)
	}
	r.words = strings.Join(words, " ")
	return r
}

func guard(key expr.MetaKey, value byte) []step {
	return []step{meta(key), compare(expr.CmpOpEq, []byte{value})}
}

func meta(key expr.MetaKey) step {
	return step{expr: &expr.Meta{Key: key, Register: register}}
}

// header loads part of a header that every packet of a family or transport has.
func header(base expr.PayloadBase, offset, length uint32) step {
	return step{expr: &expr.Payload{DestRegister: register, Base: base, Offset: offset, Len: length}}
}

func compare(op expr.CmpOp, value []byte) step {
	return step{expr: &expr.Cmp{Op: op, Register: register, Data: value}}
}

// mask keeps the bits of the register that are set in it.
func mask(bits []byte) step {
	return step{expr: &expr.Bitwise{
		SourceRegister: register, DestRegister: register,
		Len: uint32(len(bits)), Mask: bits, Xor: make([]byte, len(bits)),
	}}
}

func lookUp(s *set) step {
	return step{expr: &expr.Lookup{SourceRegister: register}, set: s}
}

// familyOf is what the kernel calls a family, by the length of its addresses.
func familyOf(four bool) byte {
	if four {
		return unix.NFPROTO_IPV4
	}
	return unix.NFPROTO_IPV6
}
