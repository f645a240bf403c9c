package decode_test

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"tinycheck"
)

// opening is a segment with flags and options, which fill whole words.
func opening(flags byte, options ...byte) []byte {
	b := make([]byte, 20, 20+len(options))
	binary.BigEndian.PutUint16(b, 40000)
	binary.BigEndian.PutUint16(b[2:], 443)
	b[12], b[13] = byte(20+len(options))/4<<4, flags
	return append(b, options...)
}

// The order of TCP options is that of the client's SYN, padding included; what
// contradicts itself has none.
func TestFlowSYN(t *testing.T) {
	darwin := []byte{2, 4, 5, 180, 1, 3, 3, 6, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 4, 2, 0, 0}
	linux := []byte{2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7}
	for name, c := range map[string]struct {
		segment []byte
		want    string
	}{
		"Darwin":              {opening(2, darwin...), "\x02\x01\x03\x01\x01\x08\x04\x00\x00"},
		"Linux":               {opening(2, linux...), "\x02\x04\x08\x01\x03"},
		"none":                {opening(2), ""},
		"no SYN":              {opening(16, linux...), ""},
		"the answer's":        {opening(18, linux...), ""},
		"a length of zero":    {opening(2, 2, 0, 0, 0), ""},
		"a length too large":  {opening(2, 2, 40, 0, 0), ""},
		"no room for it":      {opening(2, 1, 1, 1, 2), ""},
		"the most":            {opening(2, make([]byte, 40)...), string(make([]byte, 40))},
		"cut by the recorder": {opening(2, linux...)[:30], ""},
	} {
		w := newWire()
		w.frame(ethernet(phoneMAC, routerMAC, packet(6, phone, server, c.segment)))
		w.end(t)
		if len(w.ended) != 1 || w.ended[0].SYN != c.want {
			t.Errorf("%s: %d flows, %q, want %q", name, len(w.ended), w.ended[0].SYN, c.want)
		}
	}
}

// A device that speaks DHCPv6 is told of, also when it says nothing of itself.
func TestDHCPv6IsTold(t *testing.T) {
	w := newWire()
	solicit := append([]byte{1, 0, 0, 1, 0, 1, 0, 10, 0, 3, 0, 1}, phoneMAC[:]...)
	from, to := netip.MustParseAddr("fe80::5"), netip.MustParseAddr("ff02::1:2")
	w.frame(ethernet(phoneMAC, tinycheck.MAC{0x33, 0x33, 0, 1, 0, 2}, packet(17, from, to, datagram(546, 547, solicit))))
	w.end(t)
	requests := facts[tinycheck.DHCPRequest](w)
	if len(requests) != 1 || !requests[0].V6 || requests[0].MAC != phoneMAC {
		t.Errorf("requests %+v", requests)
	}
}
