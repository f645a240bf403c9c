package hotspot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"tinycheck"
)

// NetworkManager on the system bus (its D-Bus reference manual, interface
// org.freedesktop.NetworkManager.Device).
const (
	nmName   = "org.freedesktop.NetworkManager"
	nmPath   = dbus.ObjectPath("/org/freedesktop/NetworkManager")
	nmDevice = nmName + ".Device"

	nmStateUnmanaged uint32 = 10 // NM_DEVICE_STATE_UNMANAGED
)

// Managed reports whether NetworkManager looks after an interface: false where
// there is no NetworkManager, no bus, or it does not know the interface.
func Managed(iface string) (bool, error) {
	const op = "ask networkmanager"
	device, done, err := openDevice(op, iface)
	if err != nil || device == nil {
		return false, err
	}
	defer done()
	managed, err := property[bool](device, "Managed")
	if err != nil {
		return false, refused(op, iface, err)
	}
	return managed, nil
}

// Manage tells NetworkManager to leave an interface alone (false), and waits
// until it has let go of it, or to look after it again (true). It forgets that
// when it starts anew. Without NetworkManager there is nothing to do.
func Manage(iface string, on bool) error {
	const op = "tell networkmanager"
	device, done, err := openDevice(op, iface)
	if err != nil || device == nil {
		return err
	}
	defer done()
	ctx, cancel := context.WithTimeout(context.Background(), busWait)
	defer cancel()
	const set = "org.freedesktop.DBus.Properties.Set"
	if err := device.CallWithContext(ctx, set, 0, nmDevice, "Managed", dbus.MakeVariant(on)).Err; err != nil {
		return refused(op, iface, err)
	}
	if on {
		return nil
	}
	free := func() bool {
		state, err := property[uint32](device, "State")
		return err == nil && state == nmStateUnmanaged
	}
	if !poll(context.Background(), releaseWait, free) {
		return tinycheck.Errorf(op, tinycheck.Busy,
			fmt.Errorf("it does not let go of %s: disconnect %s in its menu, and try again", iface, iface))
	}
	return nil
}

// openDevice finds NetworkManager's object for an interface; nil when there is
// none. done gives the connection back.
func openDevice(op, iface string) (device dbus.BusObject, done func(), err error) {
	if !interfaceName(iface) {
		return nil, nil, tinycheck.Errorf(op, tinycheck.Invalid, fmt.Errorf("%.20q is no name of an interface", iface))
	}
	if noBus() {
		return nil, nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), busWait+releaseWait)
	conn, err := dbus.ConnectSystemBus(dbus.WithContext(ctx)) // closed when ctx ends
	if err != nil {
		cancel()
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ECONNREFUSED) {
			return nil, nil, nil // no bus: nobody manages anything
		}
		return nil, nil, tinycheck.Errorf(op, tinycheck.Unavailable, err)
	}
	done = func() { shut(conn); cancel() }
	path, err := devicePath(ctx, conn, iface)
	if err != nil || path == "" {
		done()
		return nil, nil, refused(op, iface, err)
	}
	return conn.Object(nmName, path), done, nil
}

// noBus reports whether there is no socket where a system bus has it (D-Bus
// Specification, Well-known Message Bus Instances).
func noBus() bool {
	if os.Getenv("DBUS_SYSTEM_BUS_ADDRESS") != "" {
		return false
	}
	_, err := os.Stat("/run/dbus/system_bus_socket")
	return errors.Is(err, fs.ErrNotExist)
}

// devicePath is the object's name; "" without NetworkManager, and for an
// interface that it does not know.
func devicePath(ctx context.Context, conn *dbus.Conn, iface string) (path dbus.ObjectPath, err error) {
	// Its name is asked for first: a call to an absent one would start it.
	var running bool
	err = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, nmName).Store(&running)
	if err != nil || !running {
		return "", err
	}
	err = conn.Object(nmName, nmPath).CallWithContext(ctx, nmName+".GetDeviceByIpIface", dbus.FlagNoAutoStart, iface).Store(&path)
	if is(err, nmName+".UnknownDevice") {
		return "", nil
	}
	return path, err
}

func property[T any](device dbus.BusObject, name string) (value T, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), busWait)
	defer cancel()
	err = device.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart, nmDevice, name).Store(&value)
	return value, err
}

// is reports whether an error of the bus has that name.
func is(err error, name string) bool {
	var e dbus.Error
	return errors.As(err, &e) && e.Name == name
}

func refused(op, iface string, err error) error {
	if err == nil {
		return nil
	}
	if is(err, "org.freedesktop.DBus.Error.AccessDenied") || is(err, nmName+".PermissionDenied") {
		return because(op, ReasonNoPermission, iface, "NetworkManager asks for the right network-control", err)
	}
	return tinycheck.Errorf(op, tinycheck.Unavailable, err)
}
