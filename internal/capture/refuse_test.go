package capture_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/nettest"
)

func TestWhyThereIsNoListening(t *testing.T) {
	_, box := cable(t)
	box.Run(t, "ip", "link", "add", "shut", "type", "bridge")
	for name, c := range map[string]struct {
		iface string
		cfg   capture.LiveConfig
		kind  tinycheck.ErrorKind
		says  string
	}{
		"no interface":    {"wlan7", capture.LiveConfig{}, tinycheck.NotFound, "ap0"},
		"no name":         {"", capture.LiveConfig{}, tinycheck.Invalid, "interface"},
		"down":            {"shut", capture.LiveConfig{}, tinycheck.Unavailable, "ip link set shut up"},
		"ring small":      {"ap0", capture.LiveConfig{Ring: 1}, tinycheck.Invalid, "ring"},
		"ring large":      {"ap0", capture.LiveConfig{Ring: 1<<30 + 1}, tinycheck.Invalid, "ring"},
		"filter long":     {"ap0", capture.LiveConfig{Filter: strings.Repeat("x", 5000)}, tinycheck.Invalid, "filter"},
		"filter zero":     {"ap0", capture.LiveConfig{Filter: "tcp\x00udp"}, tinycheck.Invalid, "filter"},
		"filter wrong":    {"ap0", capture.LiveConfig{Filter: "tcp prt 80"}, tinycheck.Invalid, `"prt" is no word`},
		"filter option":   {"ap0", capture.LiveConfig{Filter: "-r /etc/passwd"}, tinycheck.Invalid, `"r" is no word`},
		"filter grammar":  {"ap0", capture.LiveConfig{Filter: "tcp port"}, tinycheck.Invalid, "syntax error"},
		"filter never":    {"ap0", capture.LiveConfig{Filter: "ip and ip6"}, tinycheck.Invalid, "rejects all packets"},
		"filter of chain": {"ap0", capture.LiveConfig{Filter: "ip6 protochain 6"}, tinycheck.Unsupported, "chain"},
		"filter of tag":   {"ap0", capture.LiveConfig{Filter: "tcp or (vlan 5&&udp)"}, tinycheck.Unsupported, "VLAN"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.cfg.Filter != "" {
				nettest.Need(t, "tcpdump", "tcpdump")
			}
			box.Do(t, func() {
				l, err := capture.Listen(c.iface, c.cfg)
				if err == nil {
					l.Close()
				}
				if !isKind(err, c.kind) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v, want %v with %q", err, c.kind, c.says)
				}
			})
		})
	}
}

func TestListeningNeedsARight(t *testing.T) {
	_, box := cable(t)
	box.Do(t, func() { // on a thread that ends with it
		none := [2]unix.CapUserData{}
		if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]); err != nil {
			t.Fatal(err)
		}
		_, err := capture.Listen("ap0", capture.LiveConfig{})
		if !isKind(err, tinycheck.Unavailable) || !strings.Contains(err.Error(), "CAP_NET_RAW") {
			t.Errorf("without a right: %v", err)
		}
	})
}

func TestAFilterNeedsTcpdump(t *testing.T) {
	if _, err := os.Stat("/usr/sbin/tcpdump"); err == nil {
		t.Skip("skipped: tcpdump is where it is found without PATH")
	}
	_, box := cable(t)
	t.Setenv("PATH", t.TempDir())
	box.Do(t, func() {
		_, err := capture.Listen("ap0", capture.LiveConfig{Filter: "tcp"})
		if !isKind(err, tinycheck.Unavailable) || !strings.Contains(err.Error(), "Debian package tcpdump") {
			t.Errorf("without tcpdump: %v", err)
		}
	})
}

func TestLinkTypes(t *testing.T) {
	for hardware, want := range map[uint16]tinycheck.LinkType{
		unix.ARPHRD_ETHER: tinycheck.LinkEthernet, unix.ARPHRD_LOOPBACK: tinycheck.LinkEthernet,
		unix.ARPHRD_NONE: tinycheck.LinkRaw, unix.ARPHRD_RAWIP: tinycheck.LinkRaw,
		unix.ARPHRD_IEEE80211_RADIOTAP: tinycheck.LinkRadiotap,
	} {
		if got, err := capture.LinkType("x", hardware); got != want || err != nil {
			t.Errorf("hardware type %d is %d, %v", hardware, got, err)
		}
	}
	for _, hardware := range []uint16{unix.ARPHRD_PPP, unix.ARPHRD_INFINIBAND, unix.ARPHRD_SIT} {
		if _, err := capture.LinkType("ppp0", hardware); !isKind(err, tinycheck.Unsupported) || !strings.Contains(err.Error(), "ppp0 has the hardware type") {
			t.Errorf("hardware type %d: %v", hardware, err)
		}
	}
}
