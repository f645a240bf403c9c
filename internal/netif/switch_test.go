package netif_test

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/netif"
	"tinycheck/internal/nettest"
)

func TestASwitchThereAndBack(t *testing.T) {
	box, _ := cable(t)
	other := nettest.New(t, "other")
	for _, key := range []string{"net/ipv4/ip_forward", "net/ipv6/conf/ap0/accept_ra", "net/ipv6/conf/ap0/forwarding"} {
		box.Do(t, func() {
			before, err := netif.Switch(key)
			must(t, err)
			for _, value := range []string{"1", "0", before} {
				must(t, netif.SetSwitch(key, value))
				if got, err := netif.Switch(key); err != nil || got != value {
					t.Errorf("%s is %q, %v, want %q", key, got, err, value)
				}
			}
		})
	}
	box.Do(t, func() { must(t, netif.SetSwitch("net/ipv4/ip_forward", "1")) })
	other.Do(t, func() {
		if got, _ := netif.Switch("net/ipv4/ip_forward"); got != "0" {
			t.Errorf("another namespace has %q", got)
		}
	})
}

func TestKeysThatLeaveTheNetworkAreRefused(t *testing.T) {
	for _, key := range []string{"", "net", "net/", "/net/ipv4/ip_forward", "kernel/hostname", "net/../kernel/hostname",
		"net/./ipv4", "net//ipv4", "net/ipv4/ip_forward/", "net/ipv4/ip_forward\x00", "net/a b", "net/" + strings.Repeat("x", 200)} {
		if _, err := netif.Switch(key); tinycheck.KindOf(err) != tinycheck.Invalid {
			t.Errorf("read %.40q: %v", key, err)
		}
		if err := netif.SetSwitch(key, "1"); tinycheck.KindOf(err) != tinycheck.Invalid {
			t.Errorf("set %.40q: %v", key, err)
		}
	}
}

func TestASwitchThatIsNotThere(t *testing.T) {
	const key = "net/ipv4/conf/none0/forwarding"
	if _, err := netif.Switch(key); tinycheck.KindOf(err) != tinycheck.NotFound || !strings.Contains(err.Error(), "this kernel has no switch "+key) {
		t.Errorf("read: %v", err)
	}
	if err := netif.SetSwitch(key, "1"); tinycheck.KindOf(err) != tinycheck.NotFound {
		t.Errorf("set: %v", err)
	}
	if _, err := netif.Switch("net/ipv4"); err == nil {
		t.Error("a folder was read")
	}
}

func TestValuesThatCannotBeAreRefused(t *testing.T) {
	nettest.New(t, "box").Do(t, func() {
		for _, value := range []string{"", "1\n0", "\x00", strings.Repeat("1", 2000), "not a number"} {
			if err := netif.SetSwitch("net/ipv4/ip_forward", value); tinycheck.KindOf(err) != tinycheck.Invalid {
				t.Errorf("%.20q: %v", value, err)
			}
		}
	})
}

func TestWithoutTheCapabilityTheErrorSaysWhatToDo(t *testing.T) {
	box, _ := cable(t)
	box.Do(t, func() {
		ns, err := os.Open("/proc/thread-self/ns/net")
		must(t, err)
		defer ns.Close()
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.LockOSThread() // the thread is thrown away with what it lacks
			if err := weaken(int(ns.Fd())); err != nil {
				t.Error(err)
				return
			}
			refused(t)
		}()
		<-done
	})
}

// weaken moves the thread into the namespace, where it may do nothing any more.
func weaken(ns int) error {
	if err := unix.Setns(ns, unix.CLONE_NEWNET); err != nil {
		return err
	}
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	return unix.Capset(&head, &none[0])
}

func refused(t *testing.T) {
	for what, do := range map[string]func() error{
		"up":      func() error { return netif.SetUp("ap0", false) },
		"add":     func() error { return netif.AddAddress("ap0", prefix("10.0.0.1/24")) },
		"delete":  func() error { return netif.DeleteAddress("lo", prefix("127.0.0.1/8")) },
		"forward": func() error { return netif.SetSwitch("net/ipv4/ip_forward", "1") },
	} {
		err := do()
		if tinycheck.KindOf(err) != tinycheck.Unavailable || !strings.HasSuffix(err.Error(), "no permission: run as root, or with CAP_NET_ADMIN") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := netif.List(); err != nil {
		t.Errorf("everybody may look: %v", err)
	}
}
