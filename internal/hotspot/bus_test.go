package hotspot_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"

	"tinycheck"
	"tinycheck/internal/hotspot"
	"tinycheck/internal/nettest"
)

// keeper is NetworkManager as far as this package talks to it, on a bus of its
// own; it looks after wlan0 and forbids to touch wlan9.
type keeper struct {
	mu    sync.Mutex
	state map[dbus.ObjectPath]uint32
	slow  int // questions after the change until it has let go
}

const nm = "org.freedesktop.NetworkManager"

func (k *keeper) find(name string) (dbus.ObjectPath, *dbus.Error) {
	path := dbus.ObjectPath("/org/freedesktop/NetworkManager/Devices/" + name)
	if _, known := k.state[path]; !known {
		return "/", dbus.NewError(nm+".UnknownDevice", []any{"No device found for the requested iface."})
	}
	return path, nil
}

// device is one of its interfaces.
type device struct {
	of   *keeper
	path dbus.ObjectPath
}

func (d device) Get(_, name string) (dbus.Variant, *dbus.Error) {
	d.of.mu.Lock()
	defer d.of.mu.Unlock()
	state := d.of.state[d.path]
	if name == "Managed" {
		return dbus.MakeVariant(state != 10), nil
	}
	if state == 110 { // deactivating
		if d.of.slow--; d.of.slow <= 0 {
			state = 10
			d.of.state[d.path] = state
		}
	}
	return dbus.MakeVariant(state), nil
}

func (d device) Set(_, name string, value dbus.Variant) *dbus.Error {
	d.of.mu.Lock()
	defer d.of.mu.Unlock()
	on, ok := value.Value().(bool)
	switch {
	case strings.HasSuffix(string(d.path), "wlan9"):
		return dbus.NewError(nm+".PermissionDenied", []any{"Not authorized to perform this operation"})
	case name != "Managed" || !ok:
		return dbus.NewError("org.freedesktop.DBus.Error.InvalidArgs", nil)
	case on:
		d.of.state[d.path] = 30 // disconnected
	default:
		d.of.state[d.path] = 110
	}
	return nil
}

// newBus starts a system bus that this test has to itself.
func newBus(t *testing.T) (address string) {
	t.Helper()
	nettest.Need(t, "dbus-daemon", "dbus-daemon")
	folder := t.TempDir()
	conf := filepath.Join(folder, "bus.conf")
	text := fmt.Sprintf(`<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=%s/bus</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/><allow user="*"/></policy></busconfig>`, folder)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := exec.Command("dbus-daemon", "--config-file="+conf, "--nofork", "--print-address")
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { daemon.Process.Kill(); daemon.Wait() })
	address, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
	return address
}

func newKeeper(t *testing.T, slow int) {
	t.Helper()
	conn, err := dbus.Connect(newBus(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	const devices = "/org/freedesktop/NetworkManager/Devices/"
	k := &keeper{state: map[dbus.ObjectPath]uint32{devices + "wlan0": 100, devices + "wlan9": 100}, slow: slow}
	if err := conn.ExportMethodTable(map[string]any{"GetDeviceByIpIface": k.find}, "/org/freedesktop/NetworkManager", nm); err != nil {
		t.Fatal(err)
	}
	for path := range k.state {
		if err := conn.Export(device{k, path}, path, "org.freedesktop.DBus.Properties"); err != nil {
			t.Fatal(err)
		}
	}
	if reply, err := conn.RequestName(nm, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(reply, err)
	}
}

func managed(t *testing.T, iface string, want bool) {
	t.Helper()
	if got, err := hotspot.Managed(iface); err != nil || got != want {
		t.Errorf("%s is managed: %v (%v), want %v", iface, got, err, want)
	}
}

func TestInterfacesAreLetGoAndTakenBack(t *testing.T) {
	newKeeper(t, 3)
	managed(t, "wlan0", true)
	if err := hotspot.Manage("wlan0", false); err != nil {
		t.Fatal(err)
	}
	managed(t, "wlan0", false)
	if err := hotspot.Manage("wlan0", true); err != nil {
		t.Fatal(err)
	}
	managed(t, "wlan0", true)
}

func TestInterfacesThatAreNotKnownOrNotGiven(t *testing.T) {
	newKeeper(t, 0)
	managed(t, "eth7", false)
	if err := hotspot.Manage("eth7", false); err != nil {
		t.Errorf("an interface that it does not know: %v", err)
	}
	if err := hotspot.Manage("wlan9", false); hotspot.ReasonOf(err) != hotspot.ReasonNoPermission {
		t.Errorf("an interface that it keeps: %v", err)
	}
	managed(t, "wlan9", true)
	if _, err := hotspot.Managed("not a name"); tinycheck.KindOf(err) != tinycheck.Invalid {
		t.Errorf("no name: %v", err)
	}
}

func TestWithoutKeeperNobodyManages(t *testing.T) {
	newBus(t) // nobody is on it
	managed(t, "wlan0", false)
	if err := hotspot.Manage("wlan0", false); err != nil {
		t.Error(err)
	}
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "none"))
	managed(t, "wlan0", false)
	if err := hotspot.Manage("wlan0", true); err != nil {
		t.Error(err)
	}
}
