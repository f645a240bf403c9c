package exchange

import (
	"cmp"
	"strings"

	"tinycheck"
)

// complete adds what only the whole bundle says: family and traffic light.
func (u *bundle) complete(i *tinycheck.Indicator) {
	var best named
	for n, id := range u.indicates[i.SourceID] {
		if n == maxTags {
			break
		}
		if found, ok := u.named[id]; ok && (best.name == "" || cmp.Or(cmp.Compare(found.rank, best.rank), cmp.Compare(found.name, best.name)) < 0) {
			best = found
		}
	}
	i.Family = clip(strings.TrimSpace(best.name), maxWord)
	if best.name != "" && best.rank == 0 && doubted(i.Tags) && !u.settled[i.SourceID] {
		i.Class = tinycheck.ClassC2
	}
	for _, id := range u.marks[i.SourceID] {
		if word := cmp.Or(u.lights[id], tlpMarkings[id]); word != "" {
			*i = marked(*i, word)
		}
	}
}

// tlpMarkings are the fixed markings of TLP 1.0 (STIX 2.1 section 7.2.1.4) and
// of the OASIS extension for TLP 2.0.
var tlpMarkings = map[string]string{
	"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "white",
	"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
	"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
	"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
	"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "clear",
	"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "green",
	"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "amber",
	"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "amber+strict",
	"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "red",
}
