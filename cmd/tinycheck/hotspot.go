package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/child"
	"tinycheck/internal/gateway"
	"tinycheck/internal/hotspot"
)

// hotspotFlags say what network to open for phones.
type hotspotFlags struct {
	captureFlags
	wired      bool
	country    string
	name       string
	security   string
	band       string
	channel    int
	hidden     bool
	resolvers  []string
	contained  bool
	visibility bool
	runtime    string
}

func newHotspot() *cobra.Command {
	var f hotspotFlags
	c := &cobra.Command{
		Use:   "hotspot -i INTERFACE --country CODE",
		Short: "Open a network for a phone, watch it, and answer",
		Long: "Hotspot opens a Wi-Fi network with a new name and passphrase (or, with --wired, serves the network behind an\n" +
			"interface), lets phones reach the Internet through it and nothing else, shows whom they contact, and answers when\n" +
			"it is interrupted. What it changes on this machine, it takes back; after a crash \"tinycheck undo\" does.\n\n" +
			"Exit status: 0 nothing found, 10 suspicious, 20 detected, 30 inconclusive, 1 failed, 2 usage.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	f.define(c)
	c.Flags().BoolVar(&f.wired, "wired", false, "no Wi-Fi of our own: phones are behind the interface, for example at an access point (switch on its client isolation)")
	c.Flags().StringVar(&f.country, "country", "", "the country in which this is, as two `LETTERS`: it decides which channels are allowed")
	c.Flags().StringVar(&f.name, "name", "", "first part of the network's `NAME`; else one of several neutral ones")
	c.Flags().StringVar(&f.security, "security", "", "wpa2, or transition for WPA2 and WPA3; else what the card can")
	c.Flags().StringVar(&f.band, "band", "", "2.4 or 5 (GHz); else 2.4, which every phone has")
	c.Flags().IntVar(&f.channel, "channel", 0, "Wi-Fi channel; else a free one")
	c.Flags().BoolVar(&f.hidden, "hidden", false, "do not announce the network's name")
	c.Flags().StringArrayVar(&f.resolvers, "uplink-dns", nil, "ask the name server at `ADDRESS` (repeatable); else those of this machine")
	c.Flags().BoolVar(&f.contained, "contained", false, "let nothing out: answer names, reject every connection")
	c.Flags().BoolVar(&f.visibility, "visibility", false, "ask phones not to hide the names that they look up")
	c.Flags().StringVar(&f.runtime, "runtime-dir", "", "`FOLDER` for what is needed while it runs")
	return c
}

func (f *hotspotFlags) run(c *cobra.Command) error {
	if f.country == "" && !f.wired {
		return usageError{errors.New("which country is this? Name it with --country, for example --country DE: it decides which channels are allowed")}
	}
	w, err := f.prepare(c)
	if err != nil {
		return err
	}
	cfg, err := f.network()
	if err == nil {
		err = cfg.Validate()
	}
	if err != nil {
		return usageError{err}
	}
	plan := f.recording()
	if err := plan.Try(); err != nil {
		return refused(err)
	}
	if err := child.Drop(); err != nil {
		return err
	}
	g, err := gateway.Open(c.Context(), cfg)
	if err != nil {
		return advised{err}
	}
	return f.serve(c.Context(), w, g)
}

// network is the network that the flags describe.
func (f *hotspotFlags) network() (gateway.Config, error) {
	cfg := gateway.Config{
		Interface: f.iface, Wired: f.wired, Country: strings.ToUpper(f.country), Security: hotspot.Security(f.security), Band: hotspot.Band(f.band),
		Channel: f.channel, Hidden: f.hidden, Contained: f.contained, Visibility: f.visibility, Folder: runtimeFolder(f.runtime),
	}
	if f.name != "" {
		cfg.Names = []string{f.name}
	}
	for _, one := range f.resolvers {
		addr, err := resolver(one)
		if err != nil {
			return cfg, err
		}
		cfg.Upstream = append(cfg.Upstream, addr)
	}
	var err error
	cfg.Keeper, err = keeper(cfg.Folder)
	return cfg, err
}

// resolver reads an address, with a port or without.
func resolver(text string) (netip.AddrPort, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.AddrPortFrom(a, 53), nil
	}
	a, err := netip.ParseAddrPort(text)
	if err != nil {
		return a, fmt.Errorf("--uplink-dns %s is no address", text)
	}
	return a, nil
}

// serve watches while the network is open; when the network ends, so does that.
// The network is closed before the recording ends.
func (f *hotspotFlags) serve(ctx context.Context, w *watching, g *gateway.Gateway) error {
	w.view.network(g.Network(), f)
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	var followed sync.WaitGroup
	followed.Go(func() {
		w.view.follow(ctx, g)
		enough()
	})
	cfg := f.recording()
	cfg.Interface, cfg.Modes = g.Network().Interface, f.modes()
	failed := false
	answer := w.watch(ctx, cfg, func() {
		enough()
		followed.Wait()
		for _, err := range []error{g.Err(), g.Close()} {
			if err != nil {
				failed = true
				complain(w.c.ErrOrStderr(), advised{err})
			}
		}
	})
	if failed {
		return status(exitFailed)
	}
	return answer
}

func (f *hotspotFlags) modes() (list []tinycheck.Mode) {
	if f.contained {
		list = append(list, tinycheck.ModeContained)
	}
	if f.visibility {
		list = append(list, tinycheck.ModeVisibility)
	}
	return list
}

// runtimeFolder is where what is needed while we run lies: in memory, and gone
// after a restart.
func runtimeFolder(named string) string {
	system, user := os.Getenv("RUNTIME_DIRECTORY"), os.Getenv("XDG_RUNTIME_DIR")
	switch whole, err := filepath.Abs(named); {
	case named != "" && err == nil:
		return whole
	case system != "":
		return system
	case os.Geteuid() != 0 && user != "":
		return filepath.Join(user, "tinycheck")
	}
	return "/run/tinycheck"
}
