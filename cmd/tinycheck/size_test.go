package main

import "testing"

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "500": 500, "20k": 20_000, "3M": 3_000_000, "1G": 1_000_000_000, "2t": 2_000_000_000_000} {
		var s size
		if err := s.Set(text); err != nil || int64(s) != want {
			t.Errorf("%s is %d, %v; want %d", text, s, err, want)
		}
	}
	for _, text := range []string{"", "k", "-1", "1.5M", "5MB", "M5", "99999999999T", "5 M"} {
		var s size
		if err := s.Set(text); err == nil {
			t.Errorf("%q is %d", text, s)
		}
	}
}
