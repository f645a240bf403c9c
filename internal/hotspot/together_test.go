package hotspot_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tinycheck/internal/hotspot"
)

// What the tests with simulated radios share with the others.

// patience is for a machine that emulates another one.
const patience = 60 * time.Second

func radioConfig(t *testing.T, iface string) hotspot.Config {
	t.Helper()
	// /run is private here, and users other than root may pass through it.
	folder := filepath.Join("/run", fmt.Sprintf("hs%d", time.Now().UnixNano()))
	return hotspot.Config{
		Interface: iface, Country: "DE", Folder: folder,
		SSID: hotspot.Name(nil), Passphrase: hotspot.Passphrase(),
	}
}

// expectEnd waits for the end and checks what is said about it.
func expectEnd(t *testing.T, h *hotspot.Hotspot, want hotspot.Reason) {
	t.Helper()
	if e := expect(t, h, hotspot.Failed); e.Reason != want {
		t.Errorf("it failed because of %s, want %s", e.Reason, want)
	}
	select {
	case <-h.Done():
	case <-time.After(patience):
		t.Fatal("it failed and is not done")
	}
	if got := hotspot.ReasonOf(h.Err()); got != want {
		t.Errorf("its error is %v (%s), want %s", h.Err(), got, want)
	}
	t.Log(h.Err())
}

// expect waits for an event and passes over those of other kinds.
func expect(t *testing.T, h *hotspot.Hotspot, kind hotspot.EventKind) hotspot.Event {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case e, open := <-h.Events():
			if !open {
				t.Fatalf("no %s before the end: %v", kind, h.Err())
			}
			if e.Kind == kind {
				return e
			}
			t.Logf("passed over: %+v", e)
		case <-timeout:
			t.Fatalf("no %s", kind)
		}
	}
}

func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}
