// Package library has the indicators and the context that are compiled into the
// program, and reads indicator files.
//
//	indicators, feed := library.Starter()
//	context := library.Context()
//	more, feeds, err := library.Load(files)
//
// Starter knows the best-known products before any feed has been fetched: about
// forty families, resolvers, relays and dynamic-DNS names, with their sources,
// in starter.yaml. Context knows what is ordinary, in context.yaml. Both are
// parsed at each call; keep the result. Load reads files in every format of
// internal/exchange; the same files give the same result in every order.
//
// The law of the context, held by a test: no entry of class os_core or
// known_service covers a c2 indicator. Platforms may, because they hide and
// excuse nothing.
//
// MarkWeak finds the entries that feeds list as c2 and that cannot mean it; its
// rules are few and written there.
//
// It does not fetch feeds, match or decide. A file that cannot be read gives an
// error; the indicators of the others, and what stood before the damage, are
// given with it.
package library
