package capture_test

import (
	"os"
	"testing"

	"tinycheck/internal/nettest"
)

// recordingChild is the variable by which this program, started again, records
// until it is killed.
const recordingChild = "TINYCHECK_RECORD_TO"

func TestMain(m *testing.M) {
	if path := os.Getenv(recordingChild); path != "" {
		recordUntilKilled(path)
		return
	}
	nettest.Main(m)
}
