package store

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"slices"

	"tinycheck"
)

// meaning is what it means to see an observable.
type meaning struct {
	class          tinycheck.Class
	infrastructure tinycheck.Infrastructure
	family         string
}

// detail is what else is said about it; tags is a JSON array, "" for none.
type detail struct {
	tags, tlp            string
	confidence           int
	from, until, updated int64
}

// maxKnown bounds what a change remembers of the ids of meanings and details;
// when it is full it starts again, and the rest is looked up.
const maxKnown = 1 << 14

// known remembers ids within a change.
type known struct {
	meanings map[meaning]int64
	details  map[detail]int64
	byID     map[int64]detail
	tags     []string // that were spelled last
	spelled  string
}

func remember[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil || len(*m) >= maxKnown {
		*m = make(map[K]V)
	}
	(*m)[k] = v
}

func (c *Change) meaningID(m meaning) (int64, error) {
	if id, ok := c.known.meanings[m]; ok {
		return id, nil
	}
	id, err := c.idOf("SELECT id FROM meaning WHERE class = ? AND infrastructure = ? AND family = ?",
		"INSERT INTO meaning (class, infrastructure, family) VALUES (?, ?, ?) RETURNING id",
		string(m.class), string(m.infrastructure), m.family)
	if err == nil {
		remember(&c.known.meanings, m, id)
	}
	return id, err
}

func (c *Change) detailID(d detail) (int64, error) {
	if id, ok := c.known.details[d]; ok {
		return id, nil
	}
	args := []driver.Value{d.tags, d.tlp, int64(d.confidence), d.from, d.until, d.updated}
	id, ok, err := c.prepared.ask(c, findDetail, args)
	if err == nil && !ok {
		id, _, err = c.prepared.ask(c, putDetail, args)
	}
	if err == nil {
		remember(&c.known.details, d, id)
	}
	return id, err
}

const (
	findDetail = "SELECT id FROM detail WHERE tags = ? AND tlp = ? AND confidence = ? AND valid_from = ? AND valid_until = ? AND updated = ?"
	putDetail  = "INSERT INTO detail (tags, tlp, confidence, valid_from, valid_until, updated) VALUES (?, ?, ?, ?, ?, ?) RETURNING id"
)

func (c *Change) idOf(find, put string, args ...any) (id int64, err error) {
	err = c.one(find, args, &id)
	if errors.Is(err, sql.ErrNoRows) {
		err = c.one(put, args, &id)
	}
	return id, err
}

func (c *Change) detailOf(i *tinycheck.Indicator) (detail, error) {
	tags, err := c.known.spell(i.Tags)
	return detail{tags, i.TLP, i.Confidence, millis(i.ValidFrom), millis(i.ValidUntil), millis(i.Updated)}, err
}

// spell writes tags as JSON; a feed mostly says the same ones again.
func (k *known) spell(tags []string) (string, error) {
	if len(tags) == 0 {
		return "", nil
	}
	if k.spelled != "" && slices.Equal(tags, k.tags) {
		return k.spelled, nil
	}
	b, err := json.Marshal(tags)
	if err != nil {
		return "", err
	}
	k.tags, k.spelled = slices.Clone(tags), string(b)
	return k.spelled, nil
}

// detailByID is the way back from detailID.
func (c *Change) detailByID(id int64) (d detail, err error) {
	if d, ok := c.known.byID[id]; ok {
		return d, nil
	}
	err = c.one("SELECT tags, tlp, confidence, valid_from, valid_until, updated FROM detail WHERE id = ?",
		[]any{id}, &d.tags, &d.tlp, &d.confidence, &d.from, &d.until, &d.updated)
	if err == nil {
		remember(&c.known.byID, id, d)
	}
	return d, err
}

// join is what two entries of one intake say together about one observable with
// one meaning: the newest date, the longest validity, else what the first says.
func (c *Change) join(first, second int64) (int64, error) {
	if first == second {
		return first, nil
	}
	a, err := c.detailByID(first)
	if err != nil {
		return 0, err
	}
	b, err := c.detailByID(second)
	if err != nil {
		return 0, err
	}
	a.from = min(a.from, b.from) // 0 is "not stated", which is earliest
	a.updated = max(a.updated, b.updated)
	if a.until != 0 && (b.until == 0 || b.until > a.until) {
		a.until = b.until
	}
	return c.detailID(a)
}

func (m meaning) into(i *tinycheck.Indicator) {
	i.Class, i.Infrastructure, i.Family = m.class, m.infrastructure, m.family
}

func (d detail) into(i *tinycheck.Indicator) error {
	i.TLP, i.Confidence = d.tlp, d.confidence
	i.ValidFrom, i.ValidUntil, i.Updated = fromMillis(d.from), fromMillis(d.until), fromMillis(d.updated)
	i.Tags = nil
	if d.tags == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(d.tags), &i.Tags); err != nil {
		return invalid("read indicators", errDamaged.Error())
	}
	return nil
}

// leftOver is how many more meanings and details there may be than after the
// last sweep before the next one, which looks at every entry.
const leftOver = 1000

// sweep deletes meanings and details that no entry has any longer.
func (c *Change) sweep() error {
	var now, last int64
	err := c.one("SELECT (SELECT count(*) FROM detail) + (SELECT count(*) FROM meaning), value FROM meta WHERE name = 'swept'",
		nil, &now, &last)
	if err != nil || now <= 2*last+leftOver {
		return err
	}
	for _, query := range []string{
		"DELETE FROM detail WHERE id NOT IN (SELECT detail FROM entry)",
		"DELETE FROM meaning WHERE id NOT IN (SELECT meaning FROM entry)",
		"DELETE FROM intake WHERE id NOT IN (SELECT added FROM entry UNION SELECT seen FROM entry)",
		"UPDATE meta SET value = (SELECT count(*) FROM detail) + (SELECT count(*) FROM meaning) WHERE name = 'swept'",
	} {
		if _, err := c.exec(query); err != nil {
			return err
		}
	}
	return nil
}
