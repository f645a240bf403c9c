// Load measures what "tinycheck capture" does while much, or for a long time,
// comes in: eight simulated phones behind a veth pair between two network
// namespaces of its own.
//
//	load TINYCHECK            300 Mbit/s for a minute, then more than the machine can
//	load soak TINYCHECK [30m] 2 Mbit/s for so long: memory; then killed, is the file whole?
//
// It needs root and the programs ip, tshark and capinfos (Debian packages iproute2,
// tshark), and sends nothing outside of its namespaces.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	phones  = 8
	minute  = time.Minute
	usual   = 300_000_000 // bit/s
	quiet   = 2_000_000
	boxSide = "ltap0"
	farSide = "lsrc0"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 4 && args[0] == "send":
		return sendAll(args[1], args[2], args[3])
	case len(args) >= 2 && args[0] == "soak":
		return inPlace(args[1], func(p *place) error { return soak(p, args[2:]) })
	case len(args) == 1:
		return inPlace(args[0], load)
	}
	return errors.New("usage: load TINYCHECK, or load soak TINYCHECK [TIME]")
}

// place is where it happens: two namespaces with a cable, and a folder.
type place struct {
	tiny, folder, box, far string
	traffic                []string
}

// inPlace makes the place, and takes it away again.
func inPlace(tiny string, do func(*place) error) error {
	folder, err := os.MkdirTemp("", "tinycheck-load-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	id := strconv.Itoa(os.Getpid())
	p := &place{tiny: tiny, folder: folder, box: "tcbox" + id, far: "tcfar" + id}
	defer command("ip", "netns", "del", p.box).Run()
	defer command("ip", "netns", "del", p.far).Run()
	for _, line := range []string{
		"netns add " + p.box, "netns add " + p.far,
		"-n " + p.far + " link add " + farSide + " type veth peer name " + boxSide + " netns " + p.box,
	} {
		if out, err := command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s (root is needed)", line, err, out)
		}
	}
	for _, side := range [][2]string{{p.box, boxSide}, {p.far, farSide}} {
		up := "echo 1 > /proc/sys/net/ipv6/conf/" + side[1] + "/disable_ipv6; ip link set " + side[1] + " up"
		if out, err := p.in(side[0], "sh", "-c", up).CombinedOutput(); err != nil {
			return fmt.Errorf("take %s up: %w: %s", side[1], err, out)
		}
	}
	if err := p.compose(); err != nil {
		return err
	}
	return do(p)
}

// compose writes the traffic of every phone: an ordinary one that also watches films.
func (p *place) compose() error {
	for n := range phones {
		words := fmt.Sprintf("include quiet\nphone 192.168.4.%d mac 02:00:5e:00:53:%02x ip6 2001:db8:4::%d android name \"phone-%d\"\n"+
			"host films.example 198.51.100.200\nevery 20s from %ds until 14m visit films.example up 20k down 2M for 15s\n", 20+n, 0x20+n, 20+n, n, 3+n)
		file := filepath.Join(p.folder, fmt.Sprintf("phone-%d", n))
		if err := os.WriteFile(file+".txt", []byte(words), 0o600); err != nil {
			return err
		}
		if out, err := command(p.tiny, "simulate", "--words", file+".txt", "-o", file+".pcapng").CombinedOutput(); err != nil {
			return fmt.Errorf("simulate: %w: %s", err, out)
		}
		p.traffic = append(p.traffic, file+".pcapng")
	}
	return nil
}

func command(name string, args ...string) *exec.Cmd { return exec.Command(name, args...) }

func (p *place) in(space, name string, args ...string) *exec.Cmd {
	return command("ip", append([]string{"netns", "exec", space, name}, args...)...)
}

// capture starts the program under test; its answer goes to a file.
func (p *place) capture(name string, extra ...string) (*exec.Cmd, error) {
	answer, err := os.Create(filepath.Join(p.folder, name+".json"))
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	args := append([]string{"capture", "-i", boxSide, "--quiet", "--format", "json", "--data-dir", filepath.Join(p.folder, "none"),
		"-w", filepath.Join(p.folder, name+".pcapng")}, extra...)
	c := p.in(p.box, p.tiny, args...)
	c.Stdout, c.Stderr = answer, os.Stderr
	if err := c.Start(); err != nil {
		return nil, err
	}
	return c, p.listening(c)
}

// listening waits until the program has its socket.
func (p *place) listening(c *exec.Cmd) error {
	for range 100 {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/packet", c.Process.Pid))
		if err == nil && strings.Count(string(raw), "\n") > 1 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("capture does not listen")
}

// send starts a sender of all traffic; it prints how many packets it sent.
func (p *place) send(bits int64, seconds time.Duration) (*exec.Cmd, *strings.Builder, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	var said strings.Builder
	c := p.in(p.far, self, "send", strings.Join(p.traffic, ","), strconv.FormatInt(bits, 10), seconds.String())
	c.Stdout, c.Stderr = &said, os.Stderr
	return c, &said, c.Start()
}

// answer is what the program says of its capture.
type answer struct {
	Capture struct {
		Packets int64
		Dropped struct{ Kernel, Own int64 }
	}
	Devices []struct{ Coverage struct{ Limits []string } }
}

func (p *place) answer(name string) (a answer, err error) {
	raw, err := os.ReadFile(filepath.Join(p.folder, name+".json"))
	if err == nil {
		err = json.Unmarshal(raw, &a)
	}
	return a, err
}

// limited reports whether the coverage of any device says it.
func (a *answer) limited(limit string) bool {
	for _, d := range a.Devices {
		for _, l := range d.Coverage.Limits {
			if l == limit {
				return true
			}
		}
	}
	return false
}

// ended waits for the program: every exit status but 1 and 2 is an answer.
func ended(c *exec.Cmd) (*syscall.Rusage, error) {
	err := c.Wait()
	status := (*exec.ExitError)(nil)
	if err != nil && (!errors.As(err, &status) || status.ExitCode() >= 0 && status.ExitCode() < 10) {
		return nil, fmt.Errorf("capture: %w", err)
	}
	return c.ProcessState.SysUsage().(*syscall.Rusage), nil
}
