package exchange

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// Writing: one format is one row of the table below. Every writer writes as it
// goes; it remembers only which ids it has given away (32 bytes each) and which
// families it has named. The same indicators give the same bytes: there is no
// clock and no chance in it.

// About is what an export says about itself.
type About struct {
	Name    string
	Licence string
	Date    time.Time // also when an indicator was made that says nothing about it
}

// shape writes indicators in one format. Nothing is written of an indicator for
// which write gives a reason.
type shape interface {
	write(i *tinycheck.Indicator) (reason string)
	close()
}

// writer is one way to write indicators down.
type writer struct {
	name string
	open func(x *export) shape
}

var writers = []writer{
	{"csv", openCSV},
	{"hosts", openHosts},
	{"list", openList},
	{"misp", openMISP},
	{"stix", openSTIX},
	{"tinycheck-json", openTinyCheck},
}

// Writers gives the names of the formats that Write knows.
func Writers() []string {
	names := make([]string, len(writers))
	for i, f := range writers {
		names[i] = f.name
	}
	return names
}

// Write writes indicators in one of the formats. What a format cannot hold, and
// what would not be read back as it was, is left out and counted by reason.
// Accepted is the number of indicators written, SHA256 that of the bytes. An
// error of the sequence is returned as it is and ends the writing; what is
// written until then is cut off.
func Write(format string, w io.Writer, about About, indicators iter.Seq2[tinycheck.Indicator, error]) (tinycheck.Intake, error) {
	op := "write indicators as " + clip(format, maxWord)
	at := slices.IndexFunc(writers, func(f writer) bool { return f.name == format })
	if at < 0 {
		return tinycheck.Intake{}, tinycheck.Errorf(op, tinycheck.Unsupported, unsupported("there are "+strings.Join(Writers(), ", ")))
	}
	x := newExport(format, w, about)
	out := writers[at].open(x)
	for i, err := range indicators {
		if err != nil {
			return x.intake, err
		}
		x.one(out, &i)
		if x.err != nil {
			break
		}
	}
	out.close()
	x.finish()
	if x.err != nil {
		return x.intake, tinycheck.Errorf(op, tinycheck.Unavailable, x.err)
	}
	return x.intake, nil
}

// export is one file that is being written.
type export struct {
	out    *bufio.Writer
	err    error // of the writer below; sticky
	digest func() []byte
	about  About
	intake tinycheck.Intake
	left   map[string]int         // reason → how many were left out
	ids    map[uuid.UUID]struct{} // that were given away
}

func newExport(format string, w io.Writer, about About) *export {
	sum := sha256.New()
	about.Name, about.Licence = plainText(about.Name, maxWord), plainText(about.Licence, maxEntry)
	about.Date = wholeTime(about.Date)
	x := &export{about: about, left: map[string]int{}, ids: map[uuid.UUID]struct{}{}}
	x.digest = func() []byte { return sum.Sum(nil) }
	x.out = bufio.NewWriterSize(io.MultiWriter(w, sum), 32<<10)
	x.intake = tinycheck.Intake{Name: about.Name, Licence: about.Licence, Date: about.Date, Format: format}
	return x
}

// The reasons for which an indicator is left out.
const (
	leftType    = "the format has no place for an observable of this type"
	leftClass   = "the format has no classes: who reads it would take this for malware"
	leftSpell   = "not the one spelling of an observable, or one that a reader would understand otherwise"
	leftLetter  = "a character that no address has"
	leftUnclear = "it has no class, or one that does not fit its kind of infrastructure"
	leftOwn     = "a name that a hosts file has for the machine itself"
	leftTwice   = "an id that was given away already"
)

func (x *export) one(out shape, i *tinycheck.Indicator) {
	this := tidy(i)
	reason := unreadable(this.Observable)
	if reason == "" && !meant(&this) {
		reason = leftUnclear
	}
	if reason == "" {
		reason = out.write(&this)
	}
	switch reason {
	case "":
		x.intake.Accepted++
		return
	case leftTwice:
		x.intake.Merged++
		return
	}
	x.left[reason]++
	x.intake.RejectedTotal++
	if len(x.intake.Rejected) < maxRejected {
		x.intake.Rejected = append(x.intake.Rejected, tinycheck.Rejected{Value: clip(i.Value, maxValue), Reason: reason})
	}
}

func (x *export) finish() {
	if err := x.out.Flush(); x.err == nil {
		x.err = err
	}
	x.intake.SHA256 = hex.EncodeToString(x.digest())
	for reason, count := range x.left {
		x.intake.Reasons = append(x.intake.Reasons, tinycheck.Reason{Reason: reason, Count: count})
	}
	slices.SortFunc(x.intake.Reasons, func(p, q tinycheck.Reason) int {
		return cmp.Or(cmp.Compare(q.Count, p.Count), cmp.Compare(p.Reason, q.Reason))
	})
}

// text writes strings as they are.
func (x *export) text(parts ...string) {
	for _, part := range parts {
		if _, err := x.out.WriteString(part); err != nil && x.err == nil {
			x.err = err
		}
	}
}

// json writes one value on one line.
func (x *export) json(value any) {
	enc := json.NewEncoder(x.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil && x.err == nil {
		x.err = err
	}
}

// tidy spells what is free text in an indicator as a reader would.
func tidy(i *tinycheck.Indicator) tinycheck.Indicator {
	this := *i
	this.Family = plainText(i.Family, maxWord)
	this.Confidence = min(max(i.Confidence, 0), 100)
	this.ValidFrom, this.ValidUntil, this.Updated = wholeTime(i.ValidFrom), wholeTime(i.ValidUntil), wholeTime(i.Updated)
	this.Tags = nil
	for _, tag := range i.Tags[:min(len(i.Tags), maxTags)] {
		if tag = plainText(tag, maxWord); tag != "" {
			this.Tags = append(this.Tags, tag)
		}
	}
	return this
}

// plainText is a text of one line and at most n bytes; control characters become
// spaces.
func plainText(text string, n int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, clip(strings.TrimSpace(text), n))
	return strings.TrimSpace(text)
}

// wholeTime gives a time in UTC and whole milliseconds, which is what all formats
// can hold; outside of their years it is as good as not stated.
func wholeTime(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Millisecond)
	if t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// unreadable says why an observable would not be read back as it is.
func unreadable(o tinycheck.Observable) string {
	for n := range len(o.Value) {
		if o.Value[n] <= ' ' || o.Value[n] == 0x7f {
			return leftLetter
		}
	}
	if !utf8.ValidString(o.Value) {
		return leftLetter
	}
	again, port, err := o, "", error(nil)
	switch o.Type {
	case tinycheck.CertSHA1:
		again.Value, err = spelling.Hex(o.Value, 20)
	case tinycheck.CertSHA256:
		again.Value, err = spelling.Hex(o.Value, 32)
	case tinycheck.JA3:
		again.Value, err = spelling.Hex(o.Value, 16)
	case tinycheck.JA4:
		if again.Value = strings.ToLower(o.Value); !ja4(again.Value) {
			return leftSpell
		}
	default:
		again, port, err = entry(o.Value)
	}
	if err != nil || again != o || port != "" {
		return leftSpell
	}
	return ""
}

// space is the name space of the ids that are made here (RFC 9562 section 5.5).
var space = uuid.MustParse("8a2f0c5e-6d43-5b1e-9f27-3c1d7be04a91")

// made gives the id of something by what it is.
func made(parts ...string) uuid.UUID {
	return uuid.NewSHA1(space, []byte(strings.Join(parts, "\x00")))
}

// id gives the id of an indicator: that of its source, where it is one and not
// given away yet, else one made of what the indicator says. ok is false when
// that has been written already.
func (x *export) id(i *tinycheck.Indicator) (id uuid.UUID, ok bool) {
	source := strings.TrimPrefix(i.SourceID, "indicator--")
	if guid(source) && source == strings.ToLower(source) && x.give(uuid.MustParse(source)) {
		return uuid.MustParse(source), true
	}
	id = made(string(i.Type), i.Value, string(i.Class), string(i.Infrastructure), i.Family, i.Feed)
	return id, x.give(id)
}

func (x *export) give(id uuid.UUID) bool {
	if _, given := x.ids[id]; given || id == uuid.Nil {
		return false
	}
	x.ids[id] = struct{}{}
	return true
}

// since is when an indicator was last said.
func (x *export) since(i *tinycheck.Indicator) time.Time {
	switch {
	case !i.Updated.IsZero():
		return i.Updated
	case !x.about.Date.IsZero():
		return x.about.Date
	}
	return time.Unix(0, 0).UTC()
}

// meant reports that an indicator has a class that a reader knows.
func meant(i *tinycheck.Indicator) bool {
	if i.Class == tinycheck.ClassInfrastructure {
		return slices.Contains(ownKinds, i.Infrastructure)
	}
	return i.Infrastructure == "" && slices.Contains(ownClasses, i.Class)
}

// accuses reports the classes that a plain block list means.
func accuses(c tinycheck.Class) bool {
	return c == tinycheck.ClassC2 || c == tinycheck.ClassDistribution
}
