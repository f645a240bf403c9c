package exchange

import (
	"cmp"
	"slices"

	"tinycheck"
)

// merge sorts, and makes one of the indicators that say the same.
func merge(list []tinycheck.Indicator) []tinycheck.Indicator {
	slices.SortStableFunc(list, func(i, j tinycheck.Indicator) int {
		return cmp.Or(meaning(&i, &j), i.Compare(&j))
	})
	kept := list[:0]
	for _, i := range list {
		if n := len(kept); n > 0 && meaning(&kept[n-1], &i) == 0 {
			join(&kept[n-1], &i)
			continue
		}
		kept = append(kept, i)
	}
	clear(list[len(kept):])
	return kept
}

// meaning compares what an indicator says, leaving out who says it.
func meaning(i, j *tinycheck.Indicator) int {
	return cmp.Or(
		i.Observable.Compare(j.Observable),
		cmp.Compare(i.Class, j.Class),
		cmp.Compare(i.Infrastructure, j.Infrastructure),
		cmp.Compare(i.Family, j.Family),
	)
}

// join adds to i what j knows more: it was said most lately, it holds longest,
// it has the tags of both.
func join(i, j *tinycheck.Indicator) {
	i.Tags = union(i.Tags, j.Tags)
	if j.Updated.After(i.Updated) {
		i.Updated = j.Updated
	}
	if j.ValidFrom.Before(i.ValidFrom) {
		i.ValidFrom = j.ValidFrom
	}
	if j.ValidUntil.IsZero() || !i.ValidUntil.IsZero() && j.ValidUntil.After(i.ValidUntil) {
		i.ValidUntil = j.ValidUntil
	}
	i.Confidence = max(i.Confidence, j.Confidence)
	i.TLP = cmp.Or(i.TLP, j.TLP)
}

func union(a, b []string) []string {
	if len(b) == 0 || slices.Equal(a, b) {
		return a
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxTags)]
}
