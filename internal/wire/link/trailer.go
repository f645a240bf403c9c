package link

import "strings"

const (
	trailerMagic   = 0x01072021
	trailerPadding = 3  // PCAPdroid aligns the trailer to four bytes
	trailerShort   = 28 // without the check sequence, which some tools strip
	trailerName    = 20
)

// ParseTrailer reads what PCAPdroid puts behind the IP packet when its "PCAPdroid
// extensions" are on: magic 01072021, user id of the app (four bytes, network
// order; -1 when unknown), name of the app (20 bytes, NUL-terminated), CRC-32 of
// the frame (four bytes, not checked). Up to three zero bytes come first. extra
// is everything after the IP total length. The name is the only thing in this
// package that is allocated; bytes that are not UTF-8 (a cut last character)
// are dropped from it.
//
// Source: PCAPdroid, pcap_dump.c and its Wireshark plug-in.
func ParseTrailer(extra []byte) (uid int32, app string, ok bool) {
	for pad := 0; pad <= trailerPadding && len(extra) >= trailerShort; pad++ {
		if be32(extra) == trailerMagic {
			name := untilNUL(extra[8 : 8+trailerName])
			return int32(be32(extra[4:])), strings.ToValidUTF8(string(name), ""), true
		}
		if extra[0] != 0 {
			break
		}
		extra = extra[1:]
	}
	return 0, "", false
}
