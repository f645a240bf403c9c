package store

import (
	"context"
	"strings"
)

// Unseen is what a feed lists and no traffic shows: a file, a package, an
// account. It is kept to be found by whoever examines a phone, and never matched.
type Unseen struct {
	Kind   string // as the feed calls it: "packages", "file:hashes.sha256"
	Value  string
	Family string // "" when the feed does not say it beside the entry
	Feed   string
}

// maxUnseen is how many of them an intake keeps.
const maxUnseen = 200_000

// PutUnseen keeps one. What is beyond the bound is not kept; it is counted among
// the rejected like all of them.
func (in *Intake) PutUnseen(kind, value, family string) error {
	const op = "write unseen entry"
	if in.unseen >= maxUnseen || len(value) > maxValue || !isText(kind+value+family) {
		return nil
	}
	if in.unseen == 0 {
		if err := in.change.one("SELECT coalesce(max(mark), 0) + 1 FROM unseen", nil, &in.unseenMark); err != nil {
			return fail(op, err)
		}
	}
	in.unseen++
	_, err := in.change.exec(`INSERT INTO unseen (feed, kind, value, family, mark) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT DO UPDATE SET family = ?4, mark = ?5`, in.feed, kind, value, family, in.unseenMark)
	return fail(op, err)
}

// closeUnseen removes, of a Replace, what was not said again.
func (in *Intake) closeUnseen() error {
	if in.mode != Replace {
		return nil
	}
	_, err := in.change.exec("DELETE FROM unseen WHERE feed = ? AND mark <> ?", in.feed, in.unseenMark)
	return err
}

// FindUnseen lists at most limit of them by value: a text with *, which stands
// for anything, or exactly. It gives how many there are.
func (s *Store) FindUnseen(ctx context.Context, text, feed string, limit int) (list []Unseen, total int, err error) {
	const op = "find unseen entries"
	const where = ` FROM unseen u JOIN feed f ON f.id = u.feed WHERE u.value LIKE ?1 ESCAPE '\' AND (?2 = '' OR f.name = ?2)`
	like := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`, "*", "%").Replace(strings.TrimSpace(text))
	if err := s.read.QueryRowContext(ctx, "SELECT count(*)"+where, like, feed).Scan(&total); err != nil {
		return nil, 0, fail(op, err)
	}
	rows, err := s.read.QueryContext(ctx, "SELECT u.kind, u.value, u.family, f.name"+where+" ORDER BY u.value, u.kind, f.name LIMIT ?3", like, feed, limit)
	if err != nil {
		return nil, 0, fail(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var u Unseen
		if err := rows.Scan(&u.Kind, &u.Value, &u.Family, &u.Feed); err != nil {
			return nil, 0, fail(op, err)
		}
		list = append(list, u)
	}
	return list, total, fail(op, rows.Err())
}
