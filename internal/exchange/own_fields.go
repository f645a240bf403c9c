package exchange

import (
	"slices"
	"time"

	"tinycheck"
)

// ownLine is one line: the fields of an indicator, or one entry of context.
type ownLine struct {
	Type           tinycheck.ObservableType `json:"type,omitempty"`
	Value          string                   `json:"value,omitempty"`
	Class          tinycheck.Class          `json:"class,omitempty"`
	Infrastructure tinycheck.Infrastructure `json:"kind,omitempty"`
	Family         string                   `json:"family,omitempty"`
	Feed           string                   `json:"feed,omitempty"`
	SourceID       string                   `json:"id,omitempty"`
	Tags           []string                 `json:"tags,omitempty"`
	TLP            string                   `json:"tlp,omitempty"`
	Confidence     int                      `json:"confidence,omitempty"`
	ValidFrom      *time.Time               `json:"from,omitempty"`
	ValidUntil     *time.Time               `json:"until,omitempty"`
	Updated        *time.Time               `json:"updated,omitempty"`
	Context        *ownContext              `json:"context,omitempty"`
}

// ownContext has the fields of an entry of context.
type ownContext struct {
	Type    tinycheck.ObservableType `json:"type"`
	Value   string                   `json:"value"`
	Class   tinycheck.ContextClass   `json:"class"`
	Owner   string                   `json:"owner,omitempty"`
	Purpose string                   `json:"purpose,omitempty"`
	Source  string                   `json:"source,omitempty"`
	Expires *time.Time               `json:"expires,omitempty"`
}

type contextLine struct {
	Context ownContext `json:"context"`
}

func lineOf(i *tinycheck.Indicator) ownLine {
	return ownLine{
		Type: i.Type, Value: i.Value, Class: i.Class, Infrastructure: i.Infrastructure, Family: i.Family, Feed: i.Feed,
		SourceID: i.SourceID, Tags: i.Tags, TLP: i.TLP, Confidence: i.Confidence,
		ValidFrom: stated(i.ValidFrom), ValidUntil: stated(i.ValidUntil), Updated: stated(i.Updated),
	}
}

func (l *ownLine) indicator() tinycheck.Indicator {
	return tinycheck.Indicator{
		Observable: tinycheck.Observable{Type: l.Type, Value: l.Value}, Class: l.Class, Infrastructure: l.Infrastructure,
		Family: l.Family, Feed: clip(l.Feed, maxWord), SourceID: clip(l.SourceID, maxWord), Tags: l.Tags, TLP: l.TLP, Confidence: l.Confidence,
		ValidFrom: when(l.ValidFrom), ValidUntil: when(l.ValidUntil), Updated: when(l.Updated),
	}
}

func ownContextOf(c *tinycheck.Context) ownContext {
	return ownContext{c.Observable.Type, c.Observable.Value, c.Class, c.Owner, c.Purpose, c.Source, stated(c.Expires)}
}

func (c *ownContext) context() tinycheck.Context {
	return tinycheck.Context{
		Observable: tinycheck.Observable{Type: c.Type, Value: c.Value}, Class: c.Class,
		Owner: c.Owner, Purpose: c.Purpose, Source: c.Source, Expires: when(c.Expires),
	}
}

// fault says why a line is no entry of context.
func (c *ownContext) fault() string {
	switch {
	case !slices.Contains([]tinycheck.ContextClass{tinycheck.ContextOS, tinycheck.ContextService, tinycheck.ContextPlatform}, c.Class):
		return "unknown class of context"
	case c.Type != tinycheck.DomainName:
		return "only names can be known as ordinary"
	case len(c.Owner)+len(c.Purpose)+len(c.Source) > maxEntry:
		return errEntryLong.Error()
	}
	return spelled(c.Type, c.Value)
}

func stated(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func when(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
