package main

import (
	"image/color"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
)

// What is drawn is the code: each half of a character is one module, with four
// light ones around.
func TestTheCodeIsDrawnWhole(t *testing.T) {
	const text = `WIFI:T:WPA;S:home-7f3a;P:quiet\;river;;`
	want, err := qr.Encode(text, qr.L, qr.Unicode)
	if err != nil {
		t.Fatal(err)
	}
	halves := map[rune][2]bool{'█': {true, true}, '▀': {true, false}, '▄': {false, true}, ' ': {false, false}}
	size := want.Bounds().Dx()
	lines := strings.Split(strings.TrimSuffix(code(text), "\n"), "\n")
	if len(lines) != (size+8+1)/2 {
		t.Fatalf("%d lines for %d modules", len(lines), size)
	}
	for n, line := range lines {
		row := []rune(line)
		if len(row) != size+8 {
			t.Fatalf("line %d has %d characters, want %d", n, len(row), size+8)
		}
		for column, r := range row {
			both, known := halves[r]
			if !known {
				t.Fatalf("character %q", r)
			}
			for half, light := range both {
				x, y := column-4, 2*n+half-4
				inside := x >= 0 && y >= 0 && x < size && y < size
				if expected := !inside || want.At(x, y) == color.White; y < size+4 && light != expected {
					t.Errorf("module %d,%d is light: %v", x, y, light)
				}
			}
		}
	}
}
