package tinycheck

// Level is what a rule gives, and the highest of them is the level of a device.
type Level string

// The levels. There is none that means "clean".
const (
	Detected     Level = "detected"
	Suspicious   Level = "suspicious"
	Note         Level = "note"
	NothingFound Level = "nothing-found"
	Inconclusive Level = "inconclusive"
)

// Rank orders levels for the comparison of findings: detected 4, suspicious 3,
// inconclusive 2, note 1, nothing-found 0.
func (l Level) Rank() int {
	switch l {
	case Detected:
		return 4
	case Suspicious:
		return 3
	case Inconclusive:
		return 2
	case Note:
		return 1
	}
	return 0
}

// Verdict is the answer for one device.
type Verdict struct {
	// Level is the highest that a finding gives; where none gives any, it is
	// nothing-found, or inconclusive at grade X.
	Level Level
	// Answer is what is said first: detected, suspicious, nothing-found or
	// inconclusive. Notes do not count as found, and at grade X "nothing found"
	// would be a claim that nobody can make.
	Answer   Level
	Grade    Grade
	Deciding []int // positions, in the sorted findings, of those that decided
}

// Decide makes the verdict of sorted findings (SortFindings) and coverage. It
// is a pure function; poor coverage never lowers detected or suspicious.
func Decide(findings []Finding, coverage *Coverage) Verdict {
	v := Verdict{Level: NothingFound, Answer: NothingFound, Grade: coverage.Grade}
	if coverage.Grade == GradeX {
		v.Level, v.Answer = Inconclusive, Inconclusive
	}
	if len(findings) == 0 {
		return v
	}
	v.Level = findings[0].Level
	if v.Level != Note {
		v.Answer = v.Level
	}
	for i := range findings {
		if findings[i].Level == v.Level {
			v.Deciding = append(v.Deciding, i)
		}
	}
	return v
}

// Worst returns the answer that counts when there are several devices or
// files: detected, suspicious, inconclusive, nothing-found in this order.
func Worst(levels ...Level) Level {
	worst := NothingFound
	for _, l := range levels {
		if l.Rank() > worst.Rank() {
			worst = l
		}
	}
	return worst
}
