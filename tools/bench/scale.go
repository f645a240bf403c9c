package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// What a large library holds, and a small one.
const (
	manyNames    = 1_000_000
	manyPrefixes = 100_000
	fewNames     = 1_000
)

// scale measures a library of 1,000,000 names and 100,000 prefixes beside one of
// 1,000 names: how fast a plain list is imported, how large the index is and how
// long it takes to be made, and what an analysis costs with the one and with the
// other, in turns.
func scale(args []string) error {
	capture, err := input(args)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "tinycheck-scale-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	few, many := filepath.Join(folder, "few"), filepath.Join(folder, "many")
	if _, err := fill(args[0], few, list(fewNames, 0)); err != nil {
		return err
	}
	took, err := fill(args[0], many, list(manyNames, manyPrefixes))
	if err != nil {
		return err
	}
	rows := manyNames + manyPrefixes
	fmt.Printf("import of a list of %d rows, with the index: %s, %.0f rows/s, peak memory %d MB\n",
		rows, took.wall.Round(time.Millisecond), float64(rows)/took.wall.Seconds(), took.peak>>20)
	if err := rebuild(args[0], many); err != nil {
		return err
	}
	return compare(args[0], capture, few, many)
}

// fill imports a list into a new library.
func fill(tinycheck, folder string, lines []string) (run, error) {
	path := folder + ".txt"
	file, err := os.Create(path)
	if err != nil {
		return run{}, err
	}
	out := bufio.NewWriter(file)
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
	if err := errors.Join(out.Flush(), file.Close()); err != nil {
		return run{}, err
	}
	return measure([]string{tinycheck, "indicators", "import", "--quiet", "--class", "c2", "--data-dir", folder, path})
}

// list gives names as long as those of real feeds, none of them real, and
// prefixes of address space for documentation and tests.
func list(names, prefixes int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	lines := make([]string, 0, names+prefixes)
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789-"
	for n := range names {
		label := make([]byte, 6+random.IntN(10))
		for i := range label {
			label[i] = letters[random.IntN(len(letters)-1)]
		}
		lines = append(lines, fmt.Sprintf("%s%x.example", label, n))
	}
	for n := range prefixes {
		lines = append(lines, fmt.Sprintf("%d.%d.%d.%d/%d", 198, 18+n>>16&1, n>>8&255, n&255, 32-random.IntN(5)))
	}
	random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return lines
}

// rebuild measures how long the index takes to be made of the store: what the
// analysis of a small capture takes longer when the index is missing.
func rebuild(tinycheck, folder string) error {
	index, small := filepath.Join(folder, "tinycheck.index"), folder+".pcapng"
	info, err := os.Stat(index)
	if err != nil {
		return err
	}
	if _, err := measure([]string{tinycheck, "simulate", "quiet", "--output", small}); err != nil {
		return err
	}
	analyze := []string{tinycheck, "analyze", "--quiet", "--data-dir", folder, small}
	var with, without []run
	for range runs {
		kept, err := measure(analyze)
		if err != nil {
			return err
		}
		if err := os.Remove(index); err != nil {
			return err
		}
		made, err := measure(analyze)
		if err != nil {
			return err
		}
		with, without = append(with, kept), append(without, made)
	}
	wall := func(list []run) time.Duration { return median(list, func(r run) time.Duration { return r.wall }) }
	fmt.Printf("index: %.1f MB, opened with a small capture analyzed in %s, made in %s\n",
		float64(info.Size())/(1<<20), wall(with).Round(time.Millisecond), (wall(without) - wall(with)).Round(time.Millisecond))
	return nil
}

// compare analyzes a capture with the one library and with the other.
func compare(tinycheck, capture, few, many string) error {
	analyze := func(folder string) []string {
		return []string{tinycheck, "analyze", "--quiet", "--data-dir", folder, "--format", "json", capture}
	}
	commands := [][]string{analyze(few), analyze(many)}
	results, err := turns(commands)
	if err != nil {
		return err
	}
	for i, name := range []string{"few indicators", "many indicators"} {
		wall := median(results[i], func(r run) time.Duration { return r.wall })
		peak := median(results[i], func(r run) int64 { return r.peak })
		fmt.Printf("analyze with %-16s %10s, peak memory %d MB\n", name, wall.Round(time.Millisecond), peak>>20)
	}
	wall := func(i int) float64 { return float64(median(results[i], func(r run) time.Duration { return r.wall })) }
	fmt.Printf("ratio of wall times: %.3f\n", wall(1)/wall(0))
	return nil
}
