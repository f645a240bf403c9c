package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	mostMemory = 64 << 10 // kB, of the resident set
	sampled    = 10 * time.Second
	kills      = 20
)

// soak records a quiet household for a long time, looks at the memory, kills the
// program, and does that again many times for a short time.
func soak(p *place, args []string) error {
	long := 30 * time.Minute
	if len(args) > 0 {
		var err error
		if long, err = time.ParseDuration(args[0]); err != nil {
			return err
		}
	}
	fmt.Printf("%d phones, %d Mbit/s for %v:\n", phones, quiet/1_000_000, long)
	memory, err := p.killed("soak", long)
	if err != nil {
		return err
	}
	quarter := max(1, len(memory)/4)
	early, late := middle(memory[:quarter]), middle(memory[len(memory)-quarter:])
	fmt.Printf("  memory in kB: median of the first quarter %d, of the last %d, highest %d\n", early, late, slices.Max(memory))
	if slices.Max(memory) > mostMemory || late > early+early/10 {
		return fmt.Errorf("more than %d kB of memory, or it grows", mostMemory)
	}
	fmt.Printf("killed at %d random moments:\n", kills)
	for n := range kills {
		if _, err := p.killed(fmt.Sprintf("kill-%d", n), time.Second+rand.N(3*time.Second)); err != nil {
			return err
		}
	}
	return nil
}

func middle(list []int64) int64 { return slices.Sorted(slices.Values(list))[len(list)/2] }

// killed records for so long, kills the program and reads the file.
func (p *place) killed(name string, long time.Duration) (memory []int64, err error) {
	c, err := p.capture(name)
	if err != nil {
		return nil, err
	}
	sender, _, err := p.send(quiet, long+time.Minute)
	if err != nil {
		return nil, err
	}
	defer sender.Wait()
	defer sender.Process.Kill()
	if err := p.begun(name); err != nil {
		return nil, err
	}
	for end := time.Now().Add(long); time.Now().Before(end); {
		time.Sleep(min(sampled, time.Until(end)))
		memory = append(memory, resident(c.Process.Pid))
	}
	if err := c.Process.Signal(syscall.SIGKILL); err != nil {
		return nil, err
	}
	at := time.Now()
	c.Wait()
	return memory, p.whole(name, at)
}

// begun waits until packets are in the file.
func (p *place) begun(name string) error {
	for range 600 {
		info, err := os.Stat(filepath.Join(p.folder, name+".pcapng"))
		if err == nil && info.Size() > 10_000 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("nothing is recorded")
}

// resident is the memory of a process in kB (proc(5), VmRSS).
func resident(pid int) int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(raw), "VmRSS:")
	n, _ := strconv.ParseInt(strings.Fields(after + " 0")[0], 10, 64)
	return n
}

// whole checks that the file is read without a complaint, and reaches to a second
// before the end.
func (p *place) whole(name string, at time.Time) error {
	file := filepath.Join(p.folder, name+".pcapng")
	defer os.Remove(file)
	if out, err := exec.Command("tshark", "-n", "-r", file, "-q").CombinedOutput(); err != nil {
		return fmt.Errorf("tshark: %w: %s", err, out)
	}
	out, err := exec.Command("capinfos", "-Tm", "-r", "-S", "-e", "-c", file).CombinedOutput()
	if err != nil {
		return fmt.Errorf("capinfos: %w: %s", err, out)
	}
	fields := strings.Split(strings.TrimSpace(string(out)), ",")
	last, err := strconv.ParseFloat(strings.Trim(fields[len(fields)-1], "\""), 64)
	if err != nil {
		return fmt.Errorf("capinfos said %q", out)
	}
	missing := float64(at.UnixNano())/1e9 - last
	fmt.Printf("  %s: readable to %.2f s before it was killed\n", name, missing)
	if missing > 1 {
		return fmt.Errorf("%s lacks the last %.2f s", name, missing)
	}
	return nil
}
