package match

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"tinycheck"
)

// The words of a shared record, in the order of Indicator.Compare. What stands
// before the source's id in that order is its first part.
const (
	wordType = iota
	wordClass
	wordInfrastructure
	wordFamily
	wordFeed
	wordTLP // from here on behind the dates
	wordTags
	sharedWords
)

const sharedSize = 4*sharedWords + 3*instantSize + 4

// shared is what many indicators share: everything but value and source id.
type shared struct {
	words      [sharedWords]uint32
	dates      [3]instant // updated, valid from, valid until
	confidence int32
}

// instant is a time, exactly.
type instant struct {
	seconds int64 // since 1970
	nanos   uint32
}

const instantSize = 12

func instantOf(t time.Time) instant { return instant{t.Unix(), uint32(t.Nanosecond())} }

func (t instant) time() time.Time { return time.Unix(t.seconds, int64(t.nanos)).UTC() }

func (t instant) put(b []byte) {
	put64(b, uint64(t.seconds))
	put32(b[8:], t.nanos)
}

func getInstant(b []byte) instant {
	return instant{int64(binary.LittleEndian.Uint64(b)), binary.LittleEndian.Uint32(b[8:])}
}

func (t instant) compare(u instant) int {
	return cmp.Or(cmp.Compare(t.seconds, u.seconds), cmp.Compare(t.nanos, u.nanos))
}

// sharedOf makes the record of an indicator, whose words are given numbers.
func sharedOf(i *tinycheck.Indicator, v *vocabulary) (s shared, ok bool) {
	list := [sharedWords]string{string(i.Type), string(i.Class), string(i.Infrastructure), i.Family, i.Feed, i.TLP, joinTags(i.Tags)}
	for at, word := range list {
		if s.words[at], ok = v.put(word); !ok {
			return s, false
		}
	}
	s.dates = [3]instant{instantOf(i.Updated), instantOf(i.ValidFrom), instantOf(i.ValidUntil)}
	s.confidence = int32(max(math.MinInt32, min(i.Confidence, math.MaxInt32)))
	return s, true
}

// compareFirst orders by what stands before the source's id. The words of both
// are numbered in their order.
func (s *shared) compareFirst(o *shared) int {
	return slices.Compare(s.words[:wordTLP], o.words[:wordTLP])
}

// compare orders as Indicator.Compare does where value and id are the same.
func (s *shared) compare(o *shared) int {
	if c := s.compareFirst(o); c != 0 {
		return c
	}
	for i := range s.dates {
		if c := s.dates[i].compare(o.dates[i]); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(s.confidence, o.confidence), slices.Compare(s.words[wordTLP:], o.words[wordTLP:]))
}

func (s *shared) put(b []byte) {
	put32(b, s.words[:]...)
	b = b[4*sharedWords:]
	for i, date := range s.dates {
		date.put(b[i*instantSize:])
	}
	put32(b[len(s.dates)*instantSize:], uint32(s.confidence))
}

// indicator reads a shared record into i; value and source id stay.
func (s *shelf) indicator(record uint32, i *tinycheck.Indicator) {
	b := recordAt(s.shared, record, sharedSize)
	if b == nil {
		return
	}
	word := func(n uint32) string { return string(s.words.of(get32(b, n))) }
	i.Type, i.Class = tinycheck.ObservableType(word(wordType)), tinycheck.Class(word(wordClass))
	i.Infrastructure = tinycheck.Infrastructure(word(wordInfrastructure))
	i.Family, i.Feed, i.TLP, i.Tags = word(wordFamily), word(wordFeed), word(wordTLP), splitTags(word(wordTags))
	dates := b[4*sharedWords:]
	i.Updated, i.ValidFrom, i.ValidUntil = getInstant(dates).time(), getInstant(dates[instantSize:]).time(), getInstant(dates[2*instantSize:]).time()
	i.Confidence = int(int32(get32(b, (sharedSize-4)/4)))
}

// about is what an indicator says, as far as rules ask.
type about struct {
	Class          tinycheck.Class
	Infrastructure tinycheck.Infrastructure
	Family         string
}

func (s *shelf) about(record uint32) about {
	b := recordAt(s.shared, record, sharedSize)
	word := func(n uint32) string { return string(s.words.of(get32(b, n))) }
	return about{tinycheck.Class(word(wordClass)), tinycheck.Infrastructure(word(wordInfrastructure)), word(wordFamily)}
}

// is reports whether a word of a shared record is this one.
func (s *shelf) is(record uint32, which uint32, word string) bool {
	b := recordAt(s.shared, record, sharedSize)
	return b != nil && string(s.words.of(get32(b, which))) == word
}
