package locale

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"golang.org/x/text/number"
)

// Bytes is an argument of Say that is an amount of data.
type Bytes int64

// Percent is an argument of Say that is a share, 0 to 1.
type Percent float64

// Number writes a whole number: "12,345" in English.
func (l *Language) Number(n int64) string { return l.numbers.Sprint(number.Decimal(n)) }

// Bytes writes an amount of data with at most one decimal, in steps of 1000 as
// the International System of Units has them: "1.2 MB".
func (l *Language) Bytes(n int64) string {
	if n < 1000 {
		return l.Say("bytes.B", map[string]any{"Count": n})
	}
	amount, unit := float64(n), ""
	for _, u := range []string{"kB", "MB", "GB", "TB"} {
		amount, unit = amount/1000, u
		// 999,950 bytes would be rounded to 1000.0 kB, so it is 1 MB.
		if amount < 999.95 {
			break
		}
	}
	text := l.numbers.Sprint(number.Decimal(amount, number.MaxFractionDigits(1)))
	return l.Say("bytes."+unit, map[string]any{"Amount": text})
}

// Percent writes a share, 0 to 1, in whole percent, always rounded down: a
// share that was nearly reached is never told as reached. What is above zero
// and below one percent is "less than 1%".
func (l *Language) Percent(share float64) string {
	if !(share > 0) { // also true for not-a-number
		return l.percent(0)
	}
	// The tiny addition undoes the loss of binary fractions (0.29*100 = 28.999…).
	whole := math.Floor(min(share, 1)*100 + 1e-9)
	if whole < 1 {
		return l.Say("percent.below", map[string]any{"Amount": l.percent(1)})
	}
	return l.percent(whole)
}

func (l *Language) percent(whole float64) string {
	return l.numbers.Sprint(number.Percent(whole / 100))
}

// Duration writes a length of time in its two largest units, rounded down:
// "1 hour 5 minutes", "12 minutes", "45 seconds". From ten minutes on, seconds
// are left out; from two days on, hours are.
func (l *Language) Duration(d time.Duration) string {
	const day = 24 * time.Hour
	d = max(d, 0)
	switch {
	case d >= 2*day:
		return l.unit("days", d/day)
	case d >= day:
		return l.units("days", d/day, "hours", d%day/time.Hour)
	case d >= time.Hour:
		return l.units("hours", d/time.Hour, "minutes", d%time.Hour/time.Minute)
	case d >= 10*time.Minute:
		return l.unit("minutes", d/time.Minute)
	case d >= time.Minute:
		return l.units("minutes", d/time.Minute, "seconds", d%time.Minute/time.Second)
	}
	return l.unit("seconds", d/time.Second)
}

func (l *Language) unit(name string, n time.Duration) string {
	return l.Say("duration."+name, map[string]any{"Count": int64(n)})
}

func (l *Language) units(large string, n time.Duration, small string, m time.Duration) string {
	if m == 0 {
		return l.unit(large, n)
	}
	return l.Say("duration.pair", map[string]any{"A": l.unit(large, n), "B": l.unit(small, m)})
}

// Date writes a day in UTC: "14 March 2025".
func (l *Language) Date(t time.Time) string {
	if t.IsZero() {
		return l.Say("time.unknown", nil)
	}
	t = t.UTC()
	key := "time.date"
	if t.Day() == 1 {
		key = "time.date-first" // French says 1er
	}
	return l.Say(key, map[string]any{
		"Day":   strconv.Itoa(t.Day()),
		"Month": l.Say("time.month."+strconv.Itoa(int(t.Month())), nil),
		"Year":  strconv.Itoa(t.Year()), // a year has no thousands separator
	})
}

// Moment writes a day and a time to the second, in UTC and saying so: a
// capture does not tell in which time zone its people live.
func (l *Language) Moment(t time.Time) string {
	if t.IsZero() {
		return l.Say("time.unknown", nil)
	}
	t = t.UTC()
	clock := fmt.Sprintf("%02d:%02d:%02d", t.Hour(), t.Minute(), t.Second())
	return l.Say("time.moment", map[string]any{"Date": l.Date(t), "Clock": clock})
}

// List writes "A, B and C". Items beyond limit are counted: "A, B and 3 more".
func (l *Language) List(items []string, limit int) string {
	rest := len(items) - max(limit, 1)
	if rest > 0 {
		items = items[:max(limit, 1)]
	}
	if len(items) == 0 {
		return ""
	}
	text := items[0]
	for i, item := range items[1:] {
		key := "list.middle"
		switch {
		case rest > 0:
		case len(items) == 2:
			key = "list.pair"
		case i == len(items)-2:
			key = "list.end"
		}
		text = l.Say(key, map[string]any{"A": text, "B": item})
	}
	if rest > 0 {
		text = l.Say("list.more", map[string]any{"A": text, "Count": rest})
	}
	return text
}
