package netif_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"tinycheck/internal/netif"
	"tinycheck/internal/nettest"
)

func TestEveryKindOfChangeTicks(t *testing.T) {
	nettest.Need(t, "iproute2", "ip")
	// On loopback nothing happens later, by itself.
	alone := nettest.New(t, "alone")
	alone.Run(t, "ip", "addr", "add", "192.0.2.1/32", "dev", "lo")
	alone.Run(t, "ip", "addr", "add", "fd00::1/128", "dev", "lo", "noprefixroute")
	alone.Do(t, func() {
		ticks, stop := watch(t)
		defer stop()
		for _, change := range [][]string{
			{"link", "set", "lo", "mtu", "1400"},
			{"addr", "change", "192.0.2.1/32", "dev", "lo", "valid_lft", "9000", "preferred_lft", "9000"},
			{"addr", "change", "fd00::1/128", "dev", "lo", "noprefixroute", "valid_lft", "9000", "preferred_lft", "9000"},
			{"route", "add", "198.51.100.0/24", "dev", "lo"},
			{"-6", "route", "add", "fd09::/64", "dev", "lo"},
		} {
			settle(ticks)
			alone.Run(t, "ip", change...)
			t.Log(change)
			tick(t, ticks)
		}
	})
}

// settle waits until nothing ticks any more.
func settle(ticks <-chan struct{}) {
	for {
		select {
		case <-ticks:
		case <-time.After(150 * time.Millisecond):
			return
		}
	}
}

func TestAWatchOfOneNamespaceIsNotOfAnother(t *testing.T) {
	box, _ := cable(t)
	other := nettest.New(t, "other")
	box.Do(t, func() {
		ticks, stop := watch(t)
		defer stop()
		settle(ticks)
		other.Run(t, "ip", "link", "add", "br0", "type", "bridge")
		box.Run(t, "ip", "link", "add", "br1", "type", "bridge")
		tick(t, ticks)
		if _, err := netif.Find("br1"); err != nil {
			t.Errorf("it ticked for something else: %v", err)
		}
	})
}

func TestManyChangesAreFewTicksAndTheLastOneIsSeen(t *testing.T) {
	box, _ := cable(t)
	box.Do(t, func() {
		ticks, stop := watch(t)
		defer stop()
		const changes = 400
		for n := range changes {
			p := prefix(fmt.Sprintf("10.%d.%d.1/32", n/200, n%200))
			must(t, netif.AddAddress("ap0", p)) // nobody takes the ticks meanwhile: it must not block
		}
		// One may be waiting since the first change. After it has been taken,
		// a look after the last tick shows the last change.
		seen := 0
		for deadline := time.After(patience); seen < changes; {
			select {
			case <-ticks:
				seen = 0
				for _, p := range find(t, "ap0").Prefixes {
					if p.Addr().Is4() {
						seen++
					}
				}
			case <-deadline:
				t.Fatalf("the last look showed %d of %d", seen, changes)
			}
		}
	})
}

func TestAWatchLeavesNothing(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would close what was forgotten
	before, files := runtime.NumGoroutine(), descriptors(t)
	for n := range 20 {
		ctx, cancel := context.WithCancel(context.Background())
		ticks, err := netif.Watch(ctx)
		must(t, err)
		if n%2 == 0 { // most likely it waits for the kernel then
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
		select {
		case <-drained(ticks):
		case <-time.After(patience):
			t.Fatal("the channel was not closed")
		}
	}
	nothingLeft(t, before, files)
}

func TestAWatchThatNobodyReadsEndsToo(t *testing.T) {
	nettest.New(t, "alone").Do(t, func() {
		before, files := runtime.NumGoroutine(), descriptors(t)
		ctx, cancel := context.WithCancel(context.Background())
		ticks, err := netif.Watch(ctx)
		must(t, err)
		for n := range 4 { // so that a tick waits, and others come
			must(t, netif.AddAddress("lo", prefix(fmt.Sprintf("192.0.2.%d/32", n+1))))
			time.Sleep(50 * time.Millisecond)
		}
		cancel()
		nothingLeft(t, before, files)
		if _, ok := <-ticks; !ok {
			t.Error("the tick that waited was lost")
		}
		if _, ok := <-ticks; ok {
			t.Error("more than one tick waited")
		}
	})
}

func nothingLeft(t *testing.T, routines, files int) {
	t.Helper()
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > routines || descriptors(t) > files; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, were %d; %d files, were %d", runtime.NumGoroutine(), routines, descriptors(t), files)
		}
	}
}

func drained(ticks <-chan struct{}) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range ticks {
		}
	}()
	return done
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(list)
}

func TestAWatchThatHasEndedAlready(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	ticks, err := netif.Watch(ctx)
	must(t, err)
	<-drained(ticks)
}
