// Package bundle writes and reads the one signed file by which many boxes, also
// those that are never online, get indicators, context, the catalogue of feeds
// and rule files.
//
// A bundle is an uncompressed tar (POSIX ustar; the tar of GNU reads and may
// write it) with these regular files, in this order and no others:
//
//	index.json            name, version, dates, and of every part its kind, SHA-256, size
//	index.json.minisig    signature of exactly those bytes, as minisign writes it
//	…                     the parts, in the order of the index, bare or packed with zstd (RFC 8878)
//
// [Write] makes one from contents and a [Signer]; [Read] checks one and gives a
// [Bundle], whose parts [Bundle.Open] unpacks. Nothing of the index is believed
// before its signature holds, and no part before its SHA-256 does. Read refuses
//
//   - what no trusted key signed, and what was changed, cut, lengthened, put in
//     another order, left out, added or given twice, in any byte that means something;
//   - what has expired, what comes from the future, and what is older than the
//     version of the same name that was applied before;
//   - what unpacks to more than it may, or to nothing sensible.
//
// It is all or nothing: there is no Bundle of a file with one bad part. Between
// Read and Open the file may lie on a stick that says one thing and then another,
// so Open checks the SHA-256 again while it unpacks and its reader ends with an
// error, not with io.EOF, when the content changed: take nothing before io.EOF.
//
// Signatures and keys are those of minisign (Ed25519, RFC 8032;
// BLAKE2b, RFC 7693; https://jedisct1.github.io/minisign/), so that Debian's
// minisign program checks what is written here, and signs what is read here:
//
//	tar -xf coalition.bundle index.json index.json.minisig
//	minisign -Vm index.json -p coalition.pub
//
// The same contents and the same key give the same bytes, with the same version
// of the zstd library.
//
// The package does not open files, ask for passwords, remember which version was
// applied, or understand what is in a part.
//
// Errors are of kind [tinycheck.Invalid]; except Conflict for a bundle that is
// sound and not wanted (older, or of another name), Unsupported for one of a
// newer format, NotFound for a part that is not there, and Unavailable when the
// file cannot be read or written.
package bundle
