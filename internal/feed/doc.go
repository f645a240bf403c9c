// Package feed fetches the content of a feed, whole or not at all.
//
//	f, err := feed.New(feed.Config{})
//	got, err := f.Fetch(ctx, source, func(p feed.Part) error {
//		_, _, err := exchange.Read(p.Name, p.Body)
//		return err
//	})
//
// One kind of feed is one file and one row of the table in fetch.go:
//
//	http    one document, asked for only if it changed (RFC 9110 section 13)
//	file    one file; folder: the files in it and one level below
//	misp    the attributes of a MISP instance, by its REST interface
//	taxii   the objects of TAXII 2.1 collections (OASIS Standard, 10 June 2021)
//
// Everything is spooled to files without a name before the caller sees the first
// byte, so a part is always complete; gzip and zstd are taken off, whatever the
// name or the headers say. With an error the caller discards what it has seen:
// it may come from the last part. The spools are gone when Fetch returns, and
// also when the program is killed.
//
// Servers are not trusted. TLS (1.2 or newer) is always verified, and there is
// no way to switch that off. A redirect is followed at most five times, never
// from https to http, and never with the secret to another server. Unless
// Feed.Private says so, an address of a private network is refused where it is
// dialled, after the name was resolved, so neither a redirect nor a name that
// changes its address reaches inside. Behind a proxy the proxy resolves names;
// then only addresses written in the URL can be refused. Requests say nothing
// about the program that sends them. Length, number of parts and pages, and time
// are bounded (Config and limit.go).
//
// Only what may pass is tried again: timeouts, refused and broken connections,
// 5xx, and 429 or 503 that ask to wait at most a minute. An error is of kind
// Invalid (the feed's settings or its content are to blame), NotFound,
// Unsupported or Unavailable; its text says what to do, and never has the
// secret or the query of a URL, which often is one.
//
// Fetched tells whether the parts are the whole feed or only what changed since
// Feed.Cursor; a cursor that belongs to another selection is not used. MISP
// stamps an attribute when it is changed, not when it arrives from another
// instance, so a cursor can miss late arrivals: fetch the whole from time to
// time by clearing it. Clear ETag, Modified and Cursor when the URL changes.
//
// It does not parse indicators (internal/exchange), decide when to fetch or keep
// anything (internal/library, internal/store).
package feed
