package main

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// load sends what eight phones can, and then more than the machine can take.
func load(p *place) error {
	fmt.Printf("%d phones, %d Mbit/s for %v:\n", phones, usual/1_000_000, minute)
	a, err := p.once("usual", usual, 1, minute)
	if err != nil {
		return err
	}
	if lost := a.Capture.Dropped.Kernel + a.Capture.Dropped.Own; lost > 0 {
		return fmt.Errorf("%d packets lost", lost)
	}
	fmt.Println("as fast as two senders can, the program at the lowest priority:")
	a, err = p.once("flood", 0, 2, 10*time.Second)
	if err != nil {
		return err
	}
	switch lost := a.Capture.Dropped.Kernel + a.Capture.Dropped.Own; {
	case lost == 0:
		return errors.New("nothing was lost: that was not beyond this machine")
	case !a.limited("drops"):
		return errors.New("packets were lost and the coverage does not say so")
	}
	fmt.Println("  the coverage says that packets were lost")
	return nil
}

// once records while senders send, and checks that every packet is accounted for.
func (p *place) once(name string, bits int64, senders int, long time.Duration) (a answer, err error) {
	c, err := p.capture(name)
	if err != nil {
		return a, err
	}
	if senders > 1 {
		if err := syscall.Setpriority(syscall.PRIO_PROCESS, c.Process.Pid, 19); err != nil {
			return a, err
		}
	}
	start := time.Now()
	sent, err := p.sent(bits, senders, long)
	if err != nil {
		return a, err
	}
	wall := time.Since(start)
	time.Sleep(time.Second) // what is in the ring is read
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		return a, err
	}
	usage, err := ended(c)
	if err != nil {
		return a, err
	}
	if a, err = p.answer(name); err != nil {
		return a, err
	}
	cpu := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	got, kernel, own := a.Capture.Packets, a.Capture.Dropped.Kernel, a.Capture.Dropped.Own
	fmt.Printf("  sent %d packets in %v; recorded %d, lost by the kernel %d, by the program %d\n", sent, wall.Round(time.Second), got, kernel, own)
	fmt.Printf("  CPU %.1f %% of one core, peak memory %d MB\n", 100*cpu.Seconds()/wall.Seconds(), usage.Maxrss>>10)
	if got+kernel+own != sent {
		return a, fmt.Errorf("%d packets are not accounted for", sent-got-kernel-own)
	}
	return a, nil
}

// sent runs senders beside one another, and adds up what they sent.
func (p *place) sent(bits int64, senders int, long time.Duration) (total int64, err error) {
	var all []*exec.Cmd
	var said []*strings.Builder
	for range senders {
		c, out, err := p.send(bits, long)
		if err != nil {
			return 0, err
		}
		all, said = append(all, c), append(said, out)
	}
	for i, c := range all {
		if err := c.Wait(); err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(said[i].String()), 10, 64)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}
