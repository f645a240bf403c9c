package main

import (
	"fmt"
	"strconv"
	"strings"
)

// size is a flag that is an amount of data: 500, 20k, 3M, 1G, in steps of 1000.
type size int64

var sizeUnits = map[string]int64{"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}

func (s *size) String() string { return strconv.FormatInt(int64(*s), 10) }

func (s *size) Type() string { return "size" }

func (s *size) Set(text string) error {
	digits := strings.TrimRight(text, "kKmMgGtT")
	unit, known := sizeUnits[strings.ToLower(text[len(digits):])]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !known || n < 0 || n > (1<<62)/unit {
		return fmt.Errorf("%q is no size; write for example 500k, 20M or 2G", text)
	}
	*s = size(n * unit)
	return nil
}
