package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/child"
	"tinycheck/internal/gateway"
	"tinycheck/internal/hotspot"
	"tinycheck/internal/nettest"
)

// The test binary is also the keeper, and the process that is killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "keep":
			said(gateway.Keep(context.Background(), os.Args[2], os.Stdin))
		case "run":
			said(run(os.Args[2]))
		}
	}
	nettest.Main(m)
}

func said(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// run opens a network, tells on standard output how far it is, and closes it
// when its standard input ends. At the point that the environment names it stops.
func run(wish string) error {
	var c gateway.Config
	if err := json.Unmarshal([]byte(wish), &c); err != nil {
		return err
	}
	if err := child.Drop(); err != nil && !errors.Is(err, tinycheck.Unsupported) { // as main does, without cgo
		return err
	}
	stop := os.Getenv("GATEWAY_TEST_POINT")
	at := func(point string) error {
		fmt.Println("point", point)
		if point == stop {
			time.Sleep(time.Hour) // until somebody kills us
		}
		return nil
	}
	g, err := gateway.OpenWith(context.Background(), c, gateway.Clock{At: at})
	if err != nil {
		return err
	}
	fmt.Println("point open")
	input := make(chan struct{})
	go func() {
		defer close(input)
		io.Copy(io.Discard, os.Stdin)
	}()
	for {
		select {
		case <-g.Changes():
			fmt.Println("guests", g.Guests(), "state", g.State())
			continue
		case <-input:
		case <-g.Done():
		}
		err := g.Err()
		fmt.Println("reason", hotspot.ReasonOf(err))
		return errors.Join(err, g.Close())
	}
}
