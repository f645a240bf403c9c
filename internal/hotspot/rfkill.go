package hotspot

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// Where the kernel's radio switches are (linux/rfkill.h, Documentation/ABI/
// stable/sysfs-class-rfkill). Variables for tests.
var (
	sysfs      = "/sys"
	rfkillPath = "/dev/rfkill"
)

// Of struct rfkill_event: index (32 bits), type, operation, soft, hard.
const (
	rfkillEventSize = 8
	rfkillTypeWLAN  = 1
	rfkillOpChange  = 2
)

// Blocked reports whether the radio of an interface is switched off, in software
// or by a key of the machine.
func Blocked(iface string) (bool, error) {
	soft, hard, err := blocks(iface)
	return soft || hard, err
}

// Unblock switches the radio of an interface on in software, and with it the
// machine's switch for all radios, where there is one. A key that is off keeps it off.
func Unblock(iface string) error { return block(iface, false) }

// Block switches the radio of an interface off in software.
func Block(iface string) error { return block(iface, true) }

// radioSwitch is one of the kernel's switches.
type radioSwitch struct {
	index      uint32
	own        bool // of the card itself, not one of the machine
	soft, hard bool
}

func blocks(iface string) (soft, hard bool, err error) {
	list, err := radioSwitches("look at radio switch", iface)
	for _, s := range list {
		soft, hard = soft || s.soft, hard || s.hard
	}
	return soft, hard, err
}

func block(iface string, off bool) error {
	const op = "use radio switch"
	list, err := radioSwitches(op, iface)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.soft == off || off && !s.own {
			continue
		}
		if err := s.set(off); err != nil {
			if errors.Is(err, fs.ErrPermission) {
				return because(op, ReasonNoPermission, iface, "", err)
			}
			return tinycheck.Errorf(op, tinycheck.Unavailable, err)
		}
	}
	return nil
}

func (s radioSwitch) set(off bool) error {
	f, err := os.OpenFile(rfkillPath, os.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	event := make([]byte, rfkillEventSize)
	binary.NativeEndian.PutUint32(event, s.index)
	event[4], event[5], event[6] = rfkillTypeWLAN, rfkillOpChange, byte(flag(off))
	_, err = f.Write(event)
	return err
}

// radioSwitches are those that the radio of an interface hangs on: its own, and
// those of the machine for Wi-Fi. A kernel without rfkill has none.
func radioSwitches(op, iface string) ([]radioSwitch, error) {
	phy, err := phyName(iface)
	if err != nil {
		return nil, because(op, ReasonNotWireless, iface, "", err)
	}
	folders, err := filepath.Glob(filepath.Join(sysfs, "class/rfkill/rfkill*"))
	if err != nil {
		return nil, tinycheck.Errorf(op, tinycheck.Unavailable, err)
	}
	var list []radioSwitch
	for _, folder := range folders[:min(len(folders), maxSwitches)] {
		if s, ours := readSwitch(folder, phy); ours {
			list = append(list, s)
		}
	}
	return list, nil
}

// phyName is the kernel's name of the radio behind an interface.
func phyName(iface string) (string, error) {
	if !interfaceName(iface) {
		return "", fs.ErrInvalid
	}
	path, err := filepath.EvalSymlinks(filepath.Join(sysfs, "class/net", iface, "phy80211"))
	return filepath.Base(path), err
}

func readSwitch(folder, phy string) (s radioSwitch, ours bool) {
	// …/ieee80211/phy0/rfkill2 is the radio's own; one elsewhere is the machine's.
	path, err := filepath.EvalSymlinks(folder)
	if err != nil || entry(folder, "type") != "wlan" {
		return s, false
	}
	if _, of, found := strings.Cut(path, "/ieee80211/"); found {
		s.own = strings.HasPrefix(of, phy+"/")
		if !s.own {
			return s, false
		}
	}
	index, err := strconv.ParseUint(entry(folder, "index"), 10, 32)
	s.index, s.soft, s.hard = uint32(index), entry(folder, "soft") == "1", entry(folder, "hard") == "1"
	return s, err == nil
}

// entry reads a short file of sysfs; "" when it is not there any more.
func entry(folder, name string) string {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
