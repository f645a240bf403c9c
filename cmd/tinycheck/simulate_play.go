package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/phone"
	"tinycheck/internal/scenario"
)

// playFlags say where a simulated phone plays.
type playFlags struct {
	iface  string
	uplink string
	here   bool
	speed  float64
	wait   time.Duration
}

func (f *playFlags) define(c *cobra.Command) {
	c.Flags().StringVarP(&f.iface, "interface", "i", "", "make the interface `NAME` with the phone behind it, and play")
	c.Flags().StringVar(&f.uplink, "uplink", "simup0", "make the interface `NAME` with the simulated Internet behind it")
	c.Flags().BoolVar(&f.here, "here", false, "the interface is there already, and is the phone's own")
	c.Flags().Float64Var(&f.speed, "speed", 1, "how many times as fast as the scenario; 0 is as fast as possible")
	c.Flags().DurationVar(&f.wait, "wait", 5*time.Minute, "how long to wait for the box to give an address")
}

func (f *playFlags) run(c *cobra.Command, s *scenario.Scenario) error {
	if f.speed < 0 {
		return usageError{errors.New("--speed is negative")}
	}
	played, err := f.play(c, s)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "address %s; questions %d, answered %d; conversations %d, done %d, refused %d, unanswered %d, broken %d; sent %d bytes, received %d\n",
		played.Address, played.Questions, played.Answered, played.Tried(), played.Done, played.Refused, played.Unanswered, played.Broken, played.Sent, played.Received)
	if err != nil {
		return tinycheck.Errorf("write result", tinycheck.Unavailable, err)
	}
	return nil
}

func (f *playFlags) play(c *cobra.Command, s *scenario.Scenario) (played phone.Played, err error) {
	if f.here {
		return phone.Play(c.Context(), s, phone.Config{Interface: f.iface, Speed: f.speed, Join: f.wait})
	}
	world, err := phone.Stage(c.Context(), s, phone.StageConfig{Interface: f.iface, Uplink: f.uplink, Speed: f.speed, Join: f.wait})
	if err != nil {
		return phone.Played{}, err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	fmt.Fprintf(c.ErrOrStderr(), "A simulated phone is behind %s, a simulated Internet behind %s. Open its network in another terminal:\n"+
		"  tinycheck hotspot -i %s --wired --uplink-dns %s\n", f.iface, f.uplink, f.iface, world.DNS())
	return world.Play(c.Context())
}
