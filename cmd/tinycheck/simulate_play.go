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
	leave  bool
	speed  float64
	wait   time.Duration
}

func (f *playFlags) define(c *cobra.Command) {
	c.Flags().StringVarP(&f.iface, "interface", "i", "", "make the interface `NAME` with the phone behind it, and play")
	c.Flags().StringVar(&f.uplink, "uplink", "simup0", "make the interface `NAME` with the simulated Internet behind it")
	c.Flags().BoolVar(&f.here, "here", false, "the interface is there already, and is the phone's own")
	c.Flags().BoolVar(&f.leave, "leave", false, "end when everything was played")
	c.Flags().Float64Var(&f.speed, "speed", 1, "how many times as fast as the scenario; 0 is as fast as possible")
	c.Flags().DurationVar(&f.wait, "wait", 5*time.Minute, "how long to wait for the box to give an address")
}

func (f *playFlags) run(c *cobra.Command, s *scenario.Scenario) error {
	if f.speed < 0 {
		return usageError{errors.New("--speed is negative")}
	}
	if f.here {
		played, err := phone.Play(c.Context(), s, phone.Config{Interface: f.iface, Speed: f.speed, Join: f.wait})
		if err != nil {
			return advised{err}
		}
		return f.tell(c, &played)
	}
	if err := f.stage(c, s); err != nil {
		return advised{err}
	}
	return nil
}

// stage plays in a world of its own. The phone stays on the network afterwards:
// whoever watches it decides when that is enough.
func (f *playFlags) stage(c *cobra.Command, s *scenario.Scenario) (err error) {
	world, err := phone.Stage(c.Context(), s, phone.StageConfig{Interface: f.iface, Uplink: f.uplink, Speed: f.speed, Join: f.wait})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	fmt.Fprintf(c.ErrOrStderr(), "A simulated phone is behind %s, a simulated Internet behind %s. Open its network in another terminal:\n"+
		"  tinycheck hotspot -i %s --wired --uplink-dns %s\n", f.iface, f.uplink, f.iface, world.DNS())
	for _, address := range world.Left() {
		fmt.Fprintf(c.ErrOrStderr(), "Not simulated, because somebody has it: %s\n", address)
	}
	played, err := world.Play(c.Context())
	if err == nil {
		err = f.tell(c, &played)
	}
	if err != nil || f.leave {
		return err
	}
	fmt.Fprintln(c.ErrOrStderr(), "The phone has done everything. Ctrl-C takes it away.")
	<-c.Context().Done()
	return nil
}

// tell says what came of it, as facts.
func (f *playFlags) tell(c *cobra.Command, p *phone.Played) error {
	_, err := fmt.Fprintf(c.OutOrStdout(), "address %s; questions %d, answered %d; conversations %d, done %d, refused %d, unanswered %d, broken %d, "+
		"without an address %d, without IPv6 %d; sent %d bytes, received %d\n",
		p.Address, p.Questions, p.Answered, p.Tried(), p.Done, p.Refused, p.Unanswered, p.Broken, p.Unresolved, p.NoFamily, p.Sent, p.Received)
	if err != nil {
		return tinycheck.Errorf("write result", tinycheck.Unavailable, err)
	}
	return nil
}
