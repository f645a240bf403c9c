package store

import (
	"bytes"
	"encoding/binary"
)

// merge walks through what was staged and what the feed has, both in the order
// of the table, and writes the difference.
type merge struct {
	in     *Intake
	change *Change
	staged *merging
	have   existing
	w      *writer
	out    Outcome

	// the observable that is being looked at
	kind      uint8
	key       []byte
	withdrawn uint32 // the sequence number of its last withdrawal
	had       []entry
	next      entry // what is said about it with one meaning
	putting   bool  // there is a next

	contexts contexts
}

// entry is one row of the table, without feed, type and key.
type entry struct {
	meaning, detail int64
	source          string
	added, seen     int64
	said            bool // again, by this intake
}

func newMerge(in *Intake) (*merge, error) {
	m := &merge{in: in, change: in.change}
	if err := m.change.one("SELECT count(*) FROM entry WHERE feed = ?", []any{in.feed}, &m.out.Before); err != nil {
		return nil, err
	}
	var err error
	if m.staged, err = in.stage.sorted(); err != nil {
		return nil, err
	}
	m.w = newWriter(m.change, in.feed)
	m.contexts = contexts{change: m.change, feed: in.feed}
	m.have = m.existing()
	return m, nil
}

func (m *merge) run() error {
	defer m.w.close()
	for n := 0; ; n++ {
		if n&0xfff == 0 {
			if err := m.change.ctx.Err(); err != nil {
				return err
			}
		}
		rec, ok, err := m.staged.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := m.see(rec); err != nil {
			return err
		}
	}
	return m.end()
}

func (m *merge) see(rec record) error {
	if rec.kind&contextKind != 0 {
		return m.contexts.see(rec)
	}
	if m.key == nil || rec.kind != m.kind || !bytes.Equal(rec.key, m.key) {
		if err := m.open(rec); err != nil {
			return err
		}
	}
	if rec.meaning == 0 {
		m.withdrawn = rec.seq // they come before the rest, in their order
		return nil
	}
	if rec.seq < m.withdrawn {
		m.out.Accepted++
		m.out.Withdrawn++
		return nil
	}
	return m.put(rec)
}

// open turns to the next observable.
func (m *merge) open(rec record) error {
	if err := m.close(); err != nil {
		return err
	}
	m.kind, m.key, m.withdrawn = rec.kind, append(m.key[:0], rec.key...), 0
	passed := func(kind uint8, key string, meaning int64) error { return nil }
	if m.in.mode == Replace {
		passed = m.delete
	}
	var err error
	m.had, err = m.have.at(m.kind, m.key, m.had[:0], passed)
	return err
}

func (m *merge) put(rec record) error {
	id, n := binary.Uvarint(rec.body)
	source := rec.body[n:]
	if m.putting && m.next.meaning == int64(rec.meaning) {
		m.out.Merged++
		joined, err := m.change.join(m.next.detail, int64(id))
		m.next.detail = joined
		if m.next.source == "" {
			m.next.source = string(source)
		}
		return err
	}
	if err := m.flush(); err != nil {
		return err
	}
	m.next = entry{meaning: int64(rec.meaning), detail: int64(id), source: string(source)}
	m.putting = true
	return nil
}

// flush writes the entry that is complete now.
func (m *merge) flush() error {
	if !m.putting {
		return nil
	}
	m.putting = false
	for i := range m.had {
		if m.had[i].meaning == m.next.meaning {
			return m.again(&m.had[i])
		}
	}
	m.out.Accepted++
	return m.w.insert(m.kind, m.key, &m.next)
}

// again writes what differs from what the feed said before.
func (m *merge) again(old *entry) error {
	old.said = true
	if old.detail == m.next.detail && old.source == m.next.source {
		m.out.Accepted++
		if m.in.mode == Replace {
			return nil // that all of the feed was seen now is said once for all
		}
	} else {
		m.out.Replaced++
		m.change.matters, m.change.removed = true, true
	}
	return m.w.update(m.kind, m.key, &m.next)
}

// close ends the observable: what is not said again stays or goes.
func (m *merge) close() error {
	if m.key == nil {
		return nil
	}
	if err := m.flush(); err != nil {
		return err
	}
	if m.in.mode == Add && m.withdrawn == 0 {
		return nil
	}
	for _, old := range m.had {
		if old.said {
			continue
		}
		if err := m.delete(m.kind, string(m.key), old.meaning); err != nil {
			return err
		}
	}
	return nil
}

func (m *merge) delete(kind uint8, key string, meaning int64) error {
	m.out.Withdrawn++
	m.change.matters, m.change.removed = true, true
	return m.w.delete(kind, key, meaning)
}

// end writes what is left, and counts.
func (m *merge) end() error {
	if err := m.close(); err != nil {
		return err
	}
	if m.in.mode == Replace {
		if err := m.have.rest(m.delete); err != nil {
			return err
		}
	}
	if err := m.w.flush(); err != nil {
		return err
	}
	if m.w.inserted > 0 {
		m.change.matters = true
	}
	var err error
	if m.out.Contexts, err = m.contexts.end(m.in.mode); err != nil {
		return err
	}
	return m.count()
}

func (m *merge) count() error {
	whole := int64(0)
	if m.in.mode == Replace {
		whole = m.change.at
	}
	_, err := m.change.exec(`UPDATE feed SET indicators = (SELECT count(*) FROM entry WHERE feed = ?1),
		contexts = (SELECT count(*) FROM context WHERE feed = ?1), whole = max(whole, ?2) WHERE id = ?1`, m.in.feed, whole)
	if err != nil {
		return err
	}
	return m.change.one("SELECT indicators FROM feed WHERE id = ?", []any{m.in.feed}, &m.out.After)
}
