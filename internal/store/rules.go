package store

import (
	"context"
	"slices"
)

// RuleFile is a file of rules that a signed bundle brought.
type RuleFile struct {
	Name   string
	Bundle string // whose it is
	Text   []byte
}

// PutRules puts a rule file in place of the one of that name in that bundle.
func (c *Change) PutRules(r RuleFile) error {
	_, err := c.exec(`INSERT INTO rules (bundle, name, text) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET text = ?3`, r.Bundle, r.Name, r.Text)
	return fail("write rules", err)
}

// KeepRules removes the rule files of a bundle but those named.
func (c *Change) KeepRules(bundle string, names []string) error {
	const op = "remove rules"
	list, err := c.store.Rules(c.ctx)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.Bundle != bundle || slices.Contains(names, r.Name) {
			continue
		}
		if _, err := c.exec("DELETE FROM rules WHERE bundle = ? AND name = ?", bundle, r.Name); err != nil {
			return fail(op, err)
		}
	}
	return nil
}

// Rules gives all rule files, by bundle and name.
func (s *Store) Rules(ctx context.Context) ([]RuleFile, error) {
	const op = "read rules"
	rows, err := s.read.QueryContext(ctx, "SELECT bundle, name, text FROM rules ORDER BY bundle, name")
	if err != nil {
		return nil, fail(op, err)
	}
	defer rows.Close()
	var list []RuleFile
	for rows.Next() {
		var r RuleFile
		if err := rows.Scan(&r.Bundle, &r.Name, &r.Text); err != nil {
			return nil, fail(op, err)
		}
		list = append(list, r)
	}
	return list, fail(op, rows.Err())
}
