// Package spelling gives names, addresses and hashes their one canonical
// spelling, so that what a feed writes and what a phone sends can be compared
// byte by byte.
//
//   - Domain and Host: lower case, A-labels (RFC 5891), no trailing dot.
//   - Address and Prefix: as net/netip writes them, IPv4-mapped addresses
//     unmapped, prefixes masked.
//   - Hex: certificate hashes and JA3, lower case, colons removed.
//   - Tenant: who is behind a name, at the level at which strangers do not
//     share: the registrable domain, or the customer of a hosting platform.
//
// It does not understand defanged spellings (internal/exchange does), does not
// look anything up, and keeps underscores and single-label names of observed
// traffic as they are: phones really send them. What cannot be spelled gives an
// error that says why; Host never fails, because traffic is never rejected.
package spelling
