package hotspot

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/mdlayher/wifi"
	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/child"
	"tinycheck/internal/netif"
)

// found is how an interface was before we changed it, as it is written down.
type found struct {
	Interface string `json:"interface"`
	Index     int    `json:"index"` // a card that was plugged in again has another
	Mode      int    `json:"mode"`  // NL80211_IFTYPE_…
	MAC       string `json:"mac"`
	Up        bool   `json:"up"`
	Blocked   bool   `json:"blocked"`
}

// remember writes down how the interface is now.
func remember(c Config, blocked bool) (found, error) {
	own, there, err := find(c.Interface)
	if err == nil && !there {
		err = refuse(opOpen, ReasonGone, c.Interface, "")
	}
	if err != nil {
		return found{}, err
	}
	link, err := netif.Find(c.Interface)
	if err != nil {
		return found{}, err
	}
	f := found{c.Interface, own.Index, int(own.Type), own.HardwareAddr.String(), link.Up, blocked}
	text, err := json.Marshal(f)
	if err != nil {
		return found{}, err
	}
	return f, child.WriteFile(stateFile(c.Folder), append(text, '\n'))
}

// disguise takes the interface down and gives it an address that was made up. A
// driver that takes none keeps its own: a network is worth more than a disguise.
func disguise(f found) error {
	if err := netif.SetUp(f.Interface, false); err != nil {
		if errors.Is(err, tinycheck.NotFound) {
			return because(opOpen, ReasonGone, f.Interface, "", err)
		}
		return because(opOpen, ReasonNoPermission, f.Interface, "", err)
	}
	mac := make([]byte, 6)
	rand.Read(mac)
	mac[0] = mac[0]&^1 | 2 // one station's, locally administered (IEEE 802c)
	switch err := setAddress(f.Index, mac); {
	case errors.Is(err, fs.ErrPermission):
		return because(opOpen, ReasonNoPermission, f.Interface, "", err)
	case errors.Is(err, unix.ENODEV):
		return because(opOpen, ReasonGone, f.Interface, "", err)
	}
	return nil
}

// Undo takes back what a Start with this folder has changed, when nobody could
// Stop it. Where nothing was changed, or all was taken back, it does nothing.
func Undo(folder string) error {
	f, there, err := recall(folder)
	if err == nil && there {
		err = f.restore()
	}
	if err != nil {
		return tinycheck.Errorf("give interface back", tinycheck.Unavailable, err)
	}
	return sweep(folder)
}

func recall(folder string) (f found, there bool, err error) {
	file, err := os.OpenFile(stateFile(folder), os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return f, false, nil
	}
	if err != nil {
		return f, false, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxState))
	if err != nil {
		return f, false, err
	}
	if err := json.Unmarshal(text, &f); err != nil || !interfaceName(f.Interface) {
		return f, false, fmt.Errorf("%s cannot be read: delete it, and check the interface yourself", file.Name())
	}
	return f, true, nil
}

// restore makes the interface what it was, as far as it is not.
func (f found) restore() error {
	now, there, err := find(f.Interface)
	if err != nil || !there || now.Index != f.Index {
		return err
	}
	link, err := netif.Find(f.Interface)
	if err == nil {
		err = f.turnBack(now, link)
	}
	if errors.Is(err, unix.ENODEV) || errors.Is(err, tinycheck.NotFound) {
		return nil // it went away meanwhile
	}
	if err == nil && f.Blocked {
		err = Block(f.Interface)
	}
	return err
}

func (f found) turnBack(now face, link netif.Interface) error {
	mac, err := net.ParseMAC(f.MAC)
	if err != nil {
		return err
	}
	sameMode, sameMAC := int(now.Type) == f.Mode, now.HardwareAddr.String() == f.MAC
	if sameMode && sameMAC && link.Up == f.Up {
		return nil
	}
	if err := netif.SetUp(f.Interface, false); err != nil {
		return err
	}
	if !sameMode {
		r, err := openRadio()
		if err != nil {
			return err
		}
		defer r.close()
		if err := r.setMode(f.Index, wifi.InterfaceType(f.Mode)); err != nil {
			return err
		}
	}
	if !sameMAC {
		if err := setAddress(f.Index, mac); err != nil {
			return err
		}
	}
	if f.Up {
		return netif.SetUp(f.Interface, true)
	}
	return nil
}

// sweep deletes our files, the one that tells how it was last. The folder, and
// what others put there, stays.
func sweep(folder string) error {
	var failures []error
	remove := func(path string) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failures = append(failures, err)
		}
	}
	remove(confFile(folder))
	// hostapd's own socket is all that is in there, when it was killed.
	entries, _ := os.ReadDir(controlFolder(folder))
	for _, e := range entries {
		remove(filepath.Join(controlFolder(folder), e.Name()))
	}
	remove(controlFolder(folder))
	remove(stateFile(folder))
	if err := errors.Join(failures...); err != nil {
		return tinycheck.Errorf("delete files of the hotspot", tinycheck.Unavailable, err)
	}
	return nil
}
