package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/scenario"
)

// simulateFlags say what to write and where.
type simulateFlags struct {
	list       bool
	words      string
	output     string
	indicators string
	size       int64
	play       playFlags
}

func newSimulate() *cobra.Command {
	var f simulateFlags
	c := &cobra.Command{
		Use:   "simulate SCENARIO",
		Short: "Simulate a phone: as a capture, or on an interface",
		Long: "Simulate writes a capture (pcapng) of a phone that does what a scenario tells: for trying TinyCheck out, and for teaching.\n" +
			"Nothing is sent anywhere.\n\n" +
			"With --interface NAME it makes an interface with a simulated phone behind it, and one with a simulated Internet, so that\n" +
			"a whole box can be tried: it says what to start, waits for that, and plays. Nothing simulated leaves this machine.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	c.Flags().BoolVar(&f.list, "list", false, "list the scenarios")
	c.Flags().StringVar(&f.words, "words", "", "take the scenario from `FILE`, in words")
	c.Flags().StringVarP(&f.output, "output", "o", "-", "write the capture to `FILE`; \"-\" is standard output")
	c.Flags().StringVar(&f.indicators, "indicators-output", "", "write the indicators that only this scenario needs to `FILE`, empty if none")
	c.Flags().Int64Var(&f.size, "size", 0, "repeat the scenario until the capture has so many `BYTES`")
	f.play.define(c)
	return c
}

func (f *simulateFlags) run(c *cobra.Command, args []string) error {
	if f.list {
		for _, name := range scenario.Names() {
			if _, err := fmt.Fprintf(c.OutOrStdout(), "%s\t%s\n", name, scenario.About(name)); err != nil {
				return tinycheck.Errorf("write list", tinycheck.Unavailable, err)
			}
		}
		return nil
	}
	s, err := f.find(args)
	if err != nil {
		return err
	}
	if f.indicators != "" {
		if err := writeFile(f.indicators, func(w io.Writer) error { return writeIndicators(w, s.Indicators()) }); err != nil {
			return err
		}
	}
	if f.play.iface != "" {
		return f.play.run(c, s)
	}
	if f.output == "-" {
		return f.write(c.OutOrStdout(), s)
	}
	return writeFile(f.output, func(w io.Writer) error { return f.write(w, s) })
}

func (f *simulateFlags) find(args []string) (*scenario.Scenario, error) {
	switch {
	case f.words != "" && len(args) > 0:
		return nil, usageError{errors.New("either a scenario or --words, not both")}
	case f.words != "":
		words, err := os.ReadFile(f.words)
		if err != nil {
			return nil, tinycheck.Errorf("read scenario", tinycheck.NotFound, err)
		}
		return scenario.Parse(string(words))
	case len(args) == 0:
		return nil, usageError{errors.New("which scenario? There are " + strings.Join(scenario.Names(), ", "))}
	}
	s, err := scenario.Find(args[0])
	if err != nil {
		return nil, usageError{err}
	}
	return s, nil
}

// write writes the scenario, again and again when a size is asked for: each
// round begins a minute after the one before has ended.
func (f *simulateFlags) write(out io.Writer, s *scenario.Scenario) error {
	w := bufio.NewWriterSize(out, 1<<20)
	file, err := capture.NewWriter(w, s.Link())
	if err != nil {
		return err
	}
	var written int64
	var shift, last time.Duration
	for round := 0; round == 0 || written < f.size; round++ {
		err := s.Packets(func(p *tinycheck.Packet) error {
			last = p.Time.Sub(s.Start())
			moved := *p
			moved.Time = p.Time.Add(shift)
			written += int64(len(p.Data))
			return file.Write(&moved)
		})
		if err != nil {
			return err
		}
		shift += last + time.Minute
	}
	return w.Flush()
}

// writeIndicators writes them as TinyCheck's exchange format, or nothing.
func writeIndicators(w io.Writer, list []tinycheck.Indicator) error {
	if len(list) == 0 {
		return nil
	}
	type ioc struct {
		Type  string `json:"type"`
		Tag   string `json:"tag"`
		TLP   string `json:"tlp"`
		Value string `json:"value"`
	}
	types := map[tinycheck.ObservableType]string{tinycheck.DomainName: "domain", tinycheck.IPv4Addr: "ip4addr", tinycheck.IPv6Addr: "ip6addr", tinycheck.CertSHA1: "sha1cert"}
	var file struct {
		IOCs []ioc `json:"iocs"`
	}
	for _, i := range list {
		if kind, ok := types[i.Type]; ok {
			file.IOCs = append(file.IOCs, ioc{kind, "stalkerware", cmp.Or(i.TLP, "white"), i.Value})
		}
	}
	return json.NewEncoder(w).Encode(file)
}

// writeFile writes a file whole or not at all.
func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".tinycheck-*")
	if err != nil {
		return tinycheck.Errorf("write "+path, tinycheck.Unavailable, err)
	}
	defer os.Remove(file.Name())
	err = write(file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return tinycheck.Errorf("write "+path, tinycheck.Unavailable, err)
	}
	return nil
}
