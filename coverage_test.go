package tinycheck_test

import (
	"testing"

	"tinycheck"
)

func TestShares(t *testing.T) {
	c := tinycheck.Coverage{External: 200, Tunnelled: 180, Unexplained: 30,
		Named: map[tinycheck.NameSource]int64{tinycheck.NameTLS: 100, tinycheck.NameDNS: 70}}
	if c.NamedShare() != 0.85 || c.TunnelShare() != 0.9 || c.UnexplainedShare() != 0.15 {
		t.Errorf("named %v, tunnel %v, unexplained %v", c.NamedShare(), c.TunnelShare(), c.UnexplainedShare())
	}
	var none tinycheck.Coverage
	if none.NamedShare() != 0 || none.TunnelShare() != 0 || none.UnexplainedShare() != 0 {
		t.Error("shares of nothing are not 0")
	}
}
