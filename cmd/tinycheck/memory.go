package main

import (
	"os"
	"runtime/debug"
)

// gcPercent trades a little speed for memory: the machine that this runs on is
// often a Raspberry Pi. Measured with "make bench": a fifth less memory for a
// tenth more time. GOGC, where it is set, wins.
const gcPercent = 50

func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
