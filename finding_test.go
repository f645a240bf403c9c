package tinycheck_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"tinycheck"
)

// Level comes first, then weight; what is left is alphabetical.
func TestFindingsStandInOneOrder(t *testing.T) {
	want := []tinycheck.Finding{
		{Level: tinycheck.Detected, Weight: 8, Identity: tinycheck.Identity{Name: "z.example"}, Rule: "c2-name"},
		{Level: tinycheck.Suspicious, Weight: 20, Identity: tinycheck.Identity{Name: "b.example"}, Rule: "c2-name"},
		{Level: tinycheck.Suspicious, Weight: 8, Identity: tinycheck.Identity{Address: "192.0.2.1"}, Rule: "c2-address"},
		{Level: tinycheck.Suspicious, Weight: 8, Identity: tinycheck.Identity{Name: "a.example"}, Rule: "a"},
		{Level: tinycheck.Suspicious, Weight: 8, Identity: tinycheck.Identity{Name: "a.example"}, Rule: "b"},
		{Level: tinycheck.Note, Weight: 30, Identity: tinycheck.Identity{Name: "a.example"}, Rule: "website"},
	}
	for seed := range uint64(20) {
		got := slices.Clone(want)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		tinycheck.SortFindings(got)
		if !slices.EqualFunc(got, want, func(a, b tinycheck.Finding) bool { return tinycheck.CompareFindings(&a, &b) == 0 }) {
			t.Fatalf("seed %d: %v", seed, got)
		}
	}
}

func TestChannelsOfConversations(t *testing.T) {
	for channel, want := range map[tinycheck.Channel]bool{
		tinycheck.ViaDNSQuery: false, tinycheck.ViaDNSAlias: false, tinycheck.ViaTLS: true, tinycheck.ViaQUIC: true, tinycheck.ViaHTTP: true,
		tinycheck.ViaSOCKS: true, tinycheck.ViaCertName: true, tinycheck.ViaCertHash: true, tinycheck.ViaAddress: true, tinycheck.ViaFingerprint: true,
	} {
		if channel.Flow() != want {
			t.Errorf("%s.Flow() = %v", channel, channel.Flow())
		}
	}
}
