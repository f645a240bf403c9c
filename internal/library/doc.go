// Package library keeps what is known beforehand: the indicators, feeds and
// context of one machine, and the index that captures are compared with.
//
//	l, err := library.Open(ctx, library.Config{Folder: folder, By: name})
//	sum, err := l.Import(ctx, "list.csv", file, library.Source{})
//	updated, err := l.Update(ctx, library.Choice{})
//	known, err := l.Knowledge(ctx)   // the index, and the feeds it is made of
//
// A folder holds the store (internal/store), the index made of it, and the keys
// whose bundles are taken. Update fetches feeds (internal/feed), Pack and Apply
// write and take signed bundles (internal/bundle). Every change is made as a
// whole or not at all; a feed that fails keeps what it had. What a person
// decided, no feed, bundle or update undoes.
//
// Compiled in are Starter (the best-known products), Context (what is ordinary),
// Catalogue (public feeds) and Families. Load reads files without a store; the
// same files give the same result in every order.
//
// The law of the context, held by a test for what is compiled in and by the
// making of the index for what feeds bring: no entry of class os_core or
// known_service covers a c2 indicator. Platforms may, because they hide and
// excuse nothing.
//
// A Judge finds the entries that feeds list as c2 and that cannot mean it; its
// rules are few and written there.
//
// It does not match, decide or schedule updates. Errors have a kind of
// tinycheck.ErrorKind; after one, the library is as it was before.
package library
