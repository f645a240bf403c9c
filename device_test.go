package tinycheck_test

import (
	"net/netip"
	"testing"

	"tinycheck"
)

func TestDeviceIs(t *testing.T) {
	d := tinycheck.Device{MAC: tinycheck.MAC{0xaa, 0xbb, 0xcc, 0x01, 0x02, 0x0f}, Addresses: []netip.Addr{
		netip.MustParseAddr("192.168.2.10"), netip.MustParseAddr("2001:db8::a"), netip.MustParseAddr("fe80::1")}}
	for word, want := range map[string]bool{
		"aa:bb:cc:01:02:0f": true, "AA-BB-CC-01-02-0F": true, "aabb.cc01.020f": true, "aabbcc01020f": true,
		"192.168.2.10": true, "::ffff:192.168.2.10": true, "2001:DB8::A": true, "2001:db8:0::a": true, "fe80::1%wlan0": true,
		"aa:bb:cc:01:02:0e": false, "192.168.2.1": false, "2001:db8::b": false, "": false, "phone": false, "aa:bb:cc:01:02": false,
	} {
		if got := d.Is(word); got != want {
			t.Errorf("Is(%q) = %v", word, got)
		}
	}
	var unknown tinycheck.Device
	for _, word := range []string{"", "00:00:00:00:00:00", "0.0.0.0"} {
		if unknown.Is(word) {
			t.Errorf("a device of which nothing is known is %q", word)
		}
	}
}
