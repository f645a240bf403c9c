//go:build radios

package hotspot_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"tinycheck/internal/hotspot"
)

// another runs a Start in another process and gives the first word it says.
func another(t *testing.T, c hotspot.Config, as *syscall.Credential, capabilities ...uintptr) (*exec.Cmd, string) {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	other := exec.Command("/proc/self/exe")
	other.Env = append(os.Environ(), crashing+"="+string(text))
	other.Stderr = os.Stderr
	other.SysProcAttr = &syscall.SysProcAttr{Credential: as, AmbientCaps: capabilities}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return other, strings.TrimSpace(line)
}

// crash opens a network in another process, kills that and gives hostapd's pid.
func crash(t *testing.T, c hotspot.Config) (pid int) {
	t.Helper()
	other, word := another(t, c, nil)
	other.Process.Kill()
	other.Wait()
	pid, err := strconv.Atoi(word)
	if err != nil {
		t.Fatalf("it did not start: %s", word)
	}
	return pid
}

// nobodysFolder gives the folder to an ordinary user.
func nobodysFolder(t *testing.T, c hotspot.Config) *syscall.Credential {
	t.Helper()
	const nobody = 65534
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(c.Folder, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: nobody, Gid: nobody}
}
