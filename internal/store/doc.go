// Package store keeps the indicators, feeds and context that the box knows in
// one SQLite file (https://www.sqlite.org/fileformat2.html).
//
//	s, err := store.Open(ctx, path, store.Config{Busy: 5 * time.Second})
//	c, err := s.Begin(ctx, "admin", now)          // one transaction
//	err = c.PutFeed(feed)
//	in, err := c.Intake(feed.Name, store.Replace)
//	err = in.Put(&indicator)                       // a million times
//	outcome, err := in.Close()
//	err = c.Commit()                               // all of it, or nothing
//
// Find and Each list what is there, with every source of an observable; Scan
// gives, as fast as possible, what the matching index is built from; Generation
// says whether that has changed.
//
// # What holds whatever happens
//
// A change is there completely or not at all, also when the process is killed,
// the power fails or the disk is full. The file is in WAL mode with
// synchronous=FULL: NORMAL never damages the file either, but a change that was
// reported as done (a withdrawn entry, the version of a signed bundle) could be
// gone after a power cut; changes are rare, so the few milliseconds are paid.
// Readers see the state before the change and never wait; one writer at a time,
// the next one gets Busy.
//
// # Files
//
// The folder is made with mode 0700 and the file has mode 0600, because it
// holds the secrets of feeds; a backup has them too, and the same mode. An
// intake is sorted outside of the database, in an unnamed temporary file in its
// folder (/tmp may be memory), so that a million entries need some ten
// megabytes of memory. A database in use is never opened but by SQLite: closing
// such a descriptor would drop the locks that SQLite holds (fcntl(2)).
//
// # What it does not do
//
// It spells nothing (internal/spelling does: what comes in is canonical), reads
// no formats, fetches nothing, logs nothing, and asks a clock only for how
// long it waits. Times are kept in whole milliseconds, UTC.
//
// # Failure
//
// Every error is a tinycheck.Error: Invalid with "restore a backup" for a
// damaged file, Unsupported for one of a newer version, Busy when somebody else
// writes, Unavailable when the disk is full or refuses.
package store
