package netif_test

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"time"

	"tinycheck/internal/netif"
	"tinycheck/internal/nettest"
)

func TestMain(m *testing.M) { nettest.Main(m) }

// cable is a box with the interface ap0, and the phone at its other end.
func cable(t *testing.T) (box, phone *nettest.Space) {
	t.Helper()
	box, phone = nettest.New(t, "box"), nettest.New(t, "phone")
	nettest.Veth(t, box, "ap0", phone, "wlan1")
	return box, phone
}

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func find(t *testing.T, name string) netif.Interface {
	t.Helper()
	i, err := netif.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// has leaves out the link-local addresses that the kernel makes itself.
func has(t *testing.T, name string, want ...netip.Prefix) {
	t.Helper()
	got := slices.DeleteFunc(find(t, name).Prefixes, func(p netip.Prefix) bool { return p.Addr().IsLinkLocalUnicast() })
	if !slices.Equal(got, want) {
		t.Errorf("%s has %v, want %v", name, got, want)
	}
}

const patience = 20 * time.Second

func tick(t *testing.T, ticks <-chan struct{}) {
	t.Helper()
	select {
	case _, ok := <-ticks:
		if !ok {
			t.Fatal("the watch ended")
		}
	case <-time.After(patience):
		t.Fatal("no tick")
	}
}

func watch(t *testing.T) (<-chan struct{}, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ticks, err := netif.Watch(ctx)
	must(t, err)
	return ticks, func() {
		cancel()
		for range ticks {
		}
	}
}
