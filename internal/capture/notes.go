package capture

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"tinycheck"
)

// notes is what a capture says beside its packets, each part bounded.
type notes struct {
	damage   []tinycheck.Damage
	links    []tinycheck.LinkType
	comments []string
	modes    []tinycheck.Mode
	names    map[netip.Addr][]string
	said     int   // bytes of comments kept
	named    int   // names kept
	unkept   int64 // comments and names beyond the bounds
}

// harm counts a defect at an offset of the unpacked capture.
func (n *notes) harm(kind tinycheck.DamageKind, at int64) {
	for i := range n.damage {
		if n.damage[i].Kind == kind {
			n.damage[i].Count++
			return
		}
	}
	n.damage = append(n.damage, tinycheck.Damage{Kind: kind, Count: 1, Offset: at})
}

// link notes a link type that the capture describes.
func (n *notes) link(l tinycheck.LinkType) {
	if len(n.links) < maxLinks && !slices.Contains(n.links, l) {
		n.links = append(n.links, l)
	}
}

// comment keeps what a person wrote into the capture.
func (n *notes) comment(b []byte) {
	b = bytes.TrimRight(b, "\x00")
	if len(b) == 0 {
		return
	}
	if n.said+min(len(b), maxComment) > MaxCommentBytes {
		n.unkept++
		return
	}
	n.comments = append(n.comments, text(b, maxComment))
	n.said += min(len(b), maxComment)
}

// modeWords is how a comment of a section header begins that tells a mode.
const modeWords = "mode: "

// modes are those that a recording can have been made in.
var modes = []tinycheck.Mode{tinycheck.ModeContained, tinycheck.ModeVisibility}

// mode takes a comment that tells a mode, and reports whether it is one.
func (n *notes) mode(b []byte) bool {
	word, ok := strings.CutPrefix(string(b[:min(len(b), maxName)]), modeWords)
	m := tinycheck.Mode(word)
	if !ok || !slices.Contains(modes, m) {
		return false
	}
	if !slices.Contains(n.modes, m) {
		n.modes = append(n.modes, m)
	}
	return true
}

// name keeps one name of an address.
func (n *notes) name(a netip.Addr, b []byte) {
	have := n.names[a]
	if len(b) == 0 || len(b) > maxName || n.named == maxNames || len(have) == maxNamesEach {
		n.unkept++
		return
	}
	s := text(b, maxName)
	if slices.Contains(have, s) {
		return
	}
	if n.names == nil {
		n.names = make(map[netip.Addr][]string)
	}
	n.names[a] = append(have, s)
	n.named++
}

// text makes a string of at most limit bytes of what claims to be UTF-8.
func text(b []byte, limit int) string {
	return strings.ToValidUTF8(string(b[:min(len(b), limit)]), "")
}
