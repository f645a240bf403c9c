package hotspot

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// DefaultNames are what networks are called everywhere. A phone keeps the name,
// and whoever reads its list of networks must learn nothing from it: no name
// that says what is done here, who does it, or for whom.
var DefaultNames = []string{
	"wifi", "wlan", "home", "internet", "router", "fiber",
	"link", "office", "studio", "lobby", "airport", "corner",
}

// suffix is how many random bytes make two visits' networks different, so that
// a phone does not join the next one by itself.
const suffix = 2

// Name gives one of the names (DefaultNames when there are none) and a random
// suffix, such as "wifi-7f3a". A name that would become too long is cut.
func Name(names []string) string {
	if len(names) == 0 {
		names = DefaultNames
	}
	random := make([]byte, suffix)
	rand.Read(random) // never fails (crypto/rand)
	name := names[below(len(names))]
	const room = 32 - 1 - 2*suffix
	for len(name) > room || !utf8.ValidString(name) {
		name = strings.ToValidUTF8(name[:min(len(name), room)], "")
	}
	return name + "-" + hex.EncodeToString(random)
}

// below is a random number from 0 to n-1, each as likely.
func below(n int) int {
	var b [4]byte
	for {
		rand.Read(b[:])
		if v := uint64(binary.NativeEndian.Uint32(b[:])); v < 1<<32-1<<32%uint64(n) {
			return int(v % uint64(n))
		}
	}
}
