// Bench measures "tinycheck analyze" beside "tcpdump -r FILE -w /dev/null" on a
// 500 MB capture of phones: wall time, CPU time and peak memory, medians of
// five warm runs of each, taken in turns in the same minutes. The figure that
// counts is the ratio of the wall times: the machine cancels out of it.
//
//	bench TINYCHECK [CAPTURE]
//	bench scale TINYCHECK [CAPTURE]
//
// With "scale" it measures what a million indicators cost: see scale.go.
//
// Without a capture it takes the one that shared/tools/make_bench.py makes of
// the packet corpus, where that lies beside the repository; else one that
// "tinycheck simulate" writes.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

const (
	runs = 5
	size = 500_000_000
)

type run struct {
	wall, cpu time.Duration
	peak      int64 // bytes
}

func main() {
	if err := bench(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(args []string) error {
	if len(args) == 0 {
		return errors.New("usage: bench TINYCHECK [CAPTURE]")
	}
	if args[0] == "scale" && len(args) > 1 {
		return scale(args[1:])
	}
	capture, err := input(args)
	if err != nil {
		return err
	}
	commands := [][]string{
		{args[0], "analyze", "--quiet", "--data-dir", os.DevNull + "/none", "--format", "json", capture},
		{"tcpdump", "-r", capture, "-w", "/dev/null"},
	}
	results, err := turns(commands)
	if err != nil {
		return err
	}
	show(capture, commands, results)
	return nil
}

// turns runs the commands one after the other, several times.
func turns(commands [][]string) ([][]run, error) {
	results := make([][]run, len(commands))
	for n := range runs + 1 { // the first warms the page cache
		for i, c := range commands {
			r, err := measure(c)
			if err != nil {
				return nil, err
			}
			if n > 0 {
				results[i] = append(results[i], r)
			}
		}
	}
	return results, nil
}

// measure runs a command. TinyCheck's exit status is its answer, so only 1 and
// 2 are failures.
func measure(c []string) (run, error) {
	cmd := exec.Command(c[0], c[1:]...)
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	var status *exec.ExitError
	if err != nil && (!errors.As(err, &status) || status.ExitCode() < 10) {
		return run{}, fmt.Errorf("run %s: %w", c[0], err)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return run{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), usage.Maxrss << 10}, nil
}

func show(capture string, commands [][]string, results [][]run) {
	info, err := os.Stat(capture)
	if err != nil {
		return
	}
	fmt.Printf("capture: %s, %d MB; medians of %d warm runs\n", filepath.Base(capture), info.Size()/1e6, runs)
	fmt.Printf("%-20s %10s %10s %12s\n", "", "wall", "CPU", "peak memory")
	var walls []time.Duration
	for i, c := range commands {
		wall := median(results[i], func(r run) time.Duration { return r.wall })
		cpu := median(results[i], func(r run) time.Duration { return r.cpu })
		peak := median(results[i], func(r run) int64 { return r.peak })
		fmt.Printf("%-20s %10s %10s %9d MB\n", filepath.Base(c[0])+" "+c[1], wall.Round(time.Millisecond), cpu.Round(time.Millisecond), peak>>20)
		walls = append(walls, wall)
	}
	fmt.Printf("ratio of wall times: %.2f\n", float64(walls[0])/float64(walls[1]))
}

func median[T cmp.Ordered](list []run, of func(run) T) T {
	var values []T
	for _, r := range list {
		values = append(values, of(r))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// input finds or makes the capture. It is kept for the next time.
func input(args []string) (string, error) {
	if len(args) > 1 {
		return args[1], nil
	}
	folder := filepath.Join(os.TempDir(), "tinycheck-bench")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	shared, err := filepath.Abs("../../shared")
	if err != nil {
		return "", err
	}
	script := filepath.Join(shared, "tools", "make_bench.py")
	if _, err := os.Stat(script); err == nil {
		path := filepath.Join(folder, "corpus.pcap")
		return path, made(path, "python3", script, fmt.Sprint(size), path, filepath.Join(shared, "corpus"))
	}
	path := filepath.Join(folder, "simulated.pcapng")
	return path, made(path, args[0], "simulate", "stalkerware-tls", "--size", fmt.Sprint(size), "--output", path)
}

func made(path string, command ...string) error {
	if info, err := os.Stat(path); err == nil && info.Size() >= size*9/10 {
		return nil
	}
	fmt.Fprintln(os.Stderr, "making", path)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}
