package hotspot

import "strings"

// letters are lower case, so that a phone's keyboard need not be switched, and
// look and sound like no other: without c (cl looks like d), i, l and o, q and g
// are not both there, r (rn looks like m), w (vv). There are no vowels, so that
// no word comes out that somebody would not want to read aloud.
const letters = "bdfghjkmnpstvxyz"

// groups of so many letters; four are read at a glance.
const (
	groups    = 4
	groupSize = 4
)

// Passphrase makes a new one, such as "kmpt-vxdz-hbgs-jnfy". No letter follows
// itself, which eyes and thumbs skip: 16·15¹⁵ are possible, that is
// 4 + 15·log₂15 = 62.6 bits. Somebody who recorded a phone joining and tries a
// thousand million a second would need a century for half of them.
func Passphrase() string {
	var b strings.Builder
	before := -1
	for i := range groups * groupSize {
		if i > 0 && i%groupSize == 0 {
			b.WriteByte('-')
		}
		next := below(len(letters) - flag(before >= 0))
		if before >= 0 && next >= before {
			next++ // one of the fifteen others, each as likely
		}
		b.WriteByte(letters[next])
		before = next
	}
	return b.String()
}
