package hotspot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"tinycheck/internal/hotspot"
	"tinycheck/internal/nettest"
)

// crashing carries the configuration to a process that opens a network and is
// then killed.
const crashing = "TINYCHECK_TEST_CRASH"

func TestMain(m *testing.M) {
	if text := os.Getenv(crashing); text != "" {
		openAndWait(text)
	}
	nettest.Main(m)
}

func openAndWait(text string) {
	var c hotspot.Config
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	h, err := hotspot.Start(context.Background(), c)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		fmt.Println(hotspot.ReasonOf(err))
		os.Exit(1)
	}
	fmt.Println(h.PID())
	select {}
}
