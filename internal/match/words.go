package match

import (
	"math"
	"slices"
	"strings"
)

// words are strings that many records share, found by their number.
type words struct {
	ends []byte // uint32: where each ends
	text []byte
}

// of gives a word, nil where there is none.
func (w *words) of(n uint32) []byte {
	if 4*uint64(n) >= uint64(len(w.ends)) {
		return nil
	}
	from, to := uint32(0), get32(w.ends, n)
	if n > 0 {
		from = get32(w.ends, n-1)
	}
	if from > to || uint64(to) > uint64(len(w.text)) {
		return nil
	}
	return w.text[from:to]
}

// vocabulary collects words. Their numbers are those of the order they came in.
type vocabulary struct {
	known map[string]uint32
	list  []string
	size  int
}

// put gives the number of a word.
func (v *vocabulary) put(word string) (n uint32, ok bool) {
	if n, ok := v.known[word]; ok {
		return n, true
	}
	if len(v.list) >= maxWords || len(word) > maxWordBytes-v.size {
		return 0, false
	}
	if v.known == nil {
		v.known = make(map[string]uint32)
	}
	n, word = uint32(len(v.list)), strings.Clone(word)
	v.known[word] = n
	v.list = append(v.list, word)
	v.size += len(word)
	return n, true
}

// sorted gives the numbers in the order of the words, and the place of each
// number in it.
func (v *vocabulary) sorted() (order, place []uint32) {
	order = make([]uint32, len(v.list))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return strings.Compare(v.list[a], v.list[b]) })
	return order, placed(order)
}

// placed turns an order round.
func placed(order []uint32) []uint32 {
	place := make([]uint32, len(order))
	for i, n := range order {
		place[n] = uint32(i)
	}
	return place
}

func (v *vocabulary) write(order []uint32, ends, text []byte) {
	at := 0
	for i, n := range order {
		at += copy(text[at:], v.list[n])
		put32(ends[4*i:], uint32(min(at, math.MaxInt32)))
	}
}

// joinTags makes one word of tags that sorts as the tags do: each ends with
// 0 1, and a 0 within is followed by 255.
func joinTags(tags []string) string {
	if len(tags) == 0 {
		return ""
	}
	var b strings.Builder
	for _, tag := range tags {
		b.WriteString(strings.ReplaceAll(tag, "\x00", "\x00\xff"))
		b.WriteString("\x00\x01")
	}
	return b.String()
}

func splitTags(word string) (tags []string) {
	for word != "" {
		tag, rest, _ := strings.Cut(word, "\x00\x01")
		tags, word = append(tags, strings.ReplaceAll(tag, "\x00\xff", "\x00")), rest
	}
	return tags
}
