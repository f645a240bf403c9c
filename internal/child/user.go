package child

import (
	"fmt"
	"os"
	osuser "os/user"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// others are the users that children may run as, best first.
var others = []string{"tinycheck", "nobody"}

// RunAs tells whom children run as: when we are root, another user (other is
// true); when we are not, or when root has no way to become somebody else here
// (a user namespace without that user, capabilities taken away), ourselves.
func RunAs() (uid, gid int, other bool) {
	if os.Geteuid() == 0 && mayBecome() {
		for _, name := range others {
			if uid, gid, ok := lookUp(name); ok && uid != 0 && mapped("uid", uid) && mapped("gid", gid) {
				return uid, gid, true
			}
		}
	}
	return os.Geteuid(), os.Getegid(), false
}

// mayBecome asks for what it takes to run as another user and to give files away.
func mayBecome() bool {
	own, err := readCapabilities()
	if err != nil || own.effective&becoming != becoming {
		return false
	}
	text, err := os.ReadFile("/proc/self/setgroups")
	return err != nil || strings.TrimSpace(string(text)) != "deny"
}

const becoming = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID | 1<<unix.CAP_CHOWN

func lookUp(name string) (uid, gid int, ok bool) {
	u, err := osuser.Lookup(name)
	if err != nil {
		return 0, 0, false
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return uid, gid, err1 == nil && err2 == nil
}

// mapped reports whether an id exists in our user namespace (user_namespaces(7)).
func mapped(kind string, id int) bool {
	text, err := os.ReadFile("/proc/self/" + kind + "_map")
	return err != nil || covers(string(text), id)
}

// covers reads lines of "first-id-inside first-id-outside count".
func covers(text string, id int) bool {
	for line := range strings.Lines(text) {
		var inside, outside, count int64
		if _, err := fmt.Sscan(line, &inside, &outside, &count); err != nil {
			continue
		}
		if n := int64(id); n >= inside && n-inside < count {
			return true
		}
	}
	return false
}
