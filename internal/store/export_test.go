package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Sealed gives a file a seal that fits, whatever it had.
func Sealed(content []byte) []byte {
	if at := bytes.LastIndex(content, []byte(sealHead)); at >= 0 {
		content = content[:at]
	}
	sum := sha256.Sum256(content)
	return append(bytes.Clone(content), sealHead+hex.EncodeToString(sum[:])+"\n"...)
}

// SetArena makes an intake sort in runs of so many bytes.
func (in *Intake) SetArena(bytes int) { in.stage.full = bytes }

// Runs is how many runs were written.
func (in *Intake) Runs() int { return len(in.stage.runs) }

// LimitPages makes the database full at so many pages more than it has.
func (s *Store) LimitPages(ctx context.Context, more int) error {
	var n int
	if err := s.write.QueryRowContext(ctx, "PRAGMA page_count").Scan(&n); err != nil {
		return err
	}
	_, err := s.write.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", n+more))
	return err
}

// Exec changes the database behind the store's back.
func (s *Store) Exec(ctx context.Context, query string) error {
	_, err := s.write.ExecContext(ctx, query)
	return err
}

// Number asks the database for a number.
func (s *Store) Number(ctx context.Context, query string) (n int, err error) {
	err = s.read.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}
