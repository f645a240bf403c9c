package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"time"

	"tinycheck"
)

// Check is what a bundle is checked against.
type Check struct {
	Keys []PublicKey // any of them may have signed
	Now  time.Time
	Name string // only a bundle of this name is wanted; "" takes every name that is signed

	// Applied gives the version that was applied last under a name, 0 when none was.
	// An error ends Read and is handed on.
	Applied func(name string) (uint64, error)
}

// Bundle is one whose signature, dates, version and every part were found good.
type Bundle struct {
	Index
	Key     PublicKey // that signed
	Comment string    // the trusted comment of the signature
	SHA256  string    // of index.json: the same exactly when the contents are
	Again   bool      // this version was applied already; nothing speaks against doing it again

	in      source
	members map[string]member
}

// Read checks a bundle from first to last byte. The file stays in use until the
// last part was read.
func Read(at io.ReaderAt, size int64, c Check) (*Bundle, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	if size > maxFile {
		return nil, refuse(tinycheck.Invalid, "it has %d bytes, at most %d", size, maxFile)
	}
	a := &archive{in: source{at}, size: size}
	b, err := a.open(c)
	if err != nil {
		return nil, err
	}
	if err := c.want(b); err != nil {
		return nil, err
	}
	if err := a.parts(b); err != nil {
		return nil, err
	}
	if err := b.unpackAll(); err != nil {
		return nil, err
	}
	return b, nil
}

func (c Check) validate() error {
	switch {
	case len(c.Keys) == 0:
		return refuse(tinycheck.Invalid, "no key is trusted here yet, so that no signature can be checked: add the public key of who writes the bundle")
	case slices.ContainsFunc(c.Keys, PublicKey.empty):
		return refuse(tinycheck.Invalid, "one of the trusted keys is empty")
	case c.Applied == nil || c.Now.IsZero():
		return refuse(tinycheck.Invalid, "the time and the versions that were applied before are not known")
	}
	return nil
}

// open reads index and signature: each once, so that what is believed is what was
// checked.
func (a *archive) open(c Check) (*Bundle, error) {
	index, err := a.head(indexName, maxIndex)
	if err != nil {
		return nil, err
	}
	signature, err := a.head(signatureName, maxSignature)
	if err != nil {
		return nil, err
	}
	key, comment, err := verify(index, signature, c.Keys)
	if err != nil {
		return nil, err
	}
	x, err := parseIndex(index)
	if err != nil {
		return nil, err
	}
	if err := x.agree(comment); err != nil {
		return nil, refuse(tinycheck.Invalid, "%w", err)
	}
	sum := sha256.Sum256(index)
	return &Bundle{Index: x, Key: key, Comment: comment, SHA256: hex.EncodeToString(sum[:]), in: a.in}, nil
}

// head reads one of the two members that stand before the parts.
func (a *archive) head(name string, most int64) ([]byte, error) {
	m, err := a.member()
	if err == io.EOF {
		return nil, refuse(tinycheck.Invalid, "%s is missing", name)
	}
	if err != nil {
		return nil, err
	}
	if m.name != name {
		return nil, refuse(tinycheck.Invalid, "%q stands where %s should", clip(m.name), name)
	}
	if m.size > most {
		return nil, refuse(tinycheck.Invalid, "%s has %d bytes, at most %d", name, m.size, most)
	}
	text := make([]byte, m.size)
	return text, a.fill(text, m.offset)
}

// want decides whether a bundle that is sound is wanted here and now.
func (c Check) want(b *Bundle) error {
	if c.Name != "" && b.Name != c.Name {
		return refuse(tinycheck.Conflict, "it is the bundle %q, and %q is wanted", b.Name, clip(c.Name))
	}
	if b.Created.After(c.Now.Add(maxAhead)) {
		return refuse(tinycheck.Invalid, "it was made %s, and here it is %s: is the clock of this box right?", date(b.Created), date(c.Now))
	}
	if !c.Now.Before(b.Expires) {
		return refuse(tinycheck.Invalid, "it expired %s, and here it is %s: get a newer one (or set the clock of this box, if it is wrong)", date(b.Expires), date(c.Now))
	}
	applied, err := c.Applied(b.Name)
	if err != nil {
		return err
	}
	if b.Version < applied {
		return refuse(tinycheck.Conflict, "it is version %d of %q, and version %d was applied before: an older one takes back what is known", b.Version, b.Name, applied)
	}
	b.Again = b.Version == applied
	return nil
}

// parts checks that the members are the parts of the index, all of them, in its
// order, with its sizes and hashes, and that nothing follows.
func (a *archive) parts(b *Bundle) error {
	b.members = make(map[string]member, len(b.Parts))
	for _, p := range b.Parts {
		m, err := a.member()
		if err == io.EOF {
			return refuse(tinycheck.Invalid, "%s is missing", p.Name)
		}
		if err != nil {
			return err
		}
		if m.name != p.Name {
			return b.misplaced(m.name, p.Name)
		}
		if err := b.check(p, m); err != nil {
			return err
		}
		b.members[p.Name] = m
	}
	m, err := a.member()
	if err == nil {
		return b.misplaced(m.name, "the end")
	}
	if err != io.EOF {
		return err
	}
	return nil
}

func (b *Bundle) misplaced(name, should string) error {
	if _, seen := b.members[name]; seen {
		return refuse(tinycheck.Invalid, "%s is there twice", name)
	}
	if !slices.ContainsFunc(b.Parts, func(p Part) bool { return p.Name == name }) {
		return refuse(tinycheck.Invalid, "%q is not in the signed index", clip(name))
	}
	return refuse(tinycheck.Invalid, "%s stands where %s should: parts are missing or in another order", name, should)
}

// check compares one part with what the index says of it.
func (b *Bundle) check(p Part, m member) error {
	if m.size != p.Size {
		return refuse(tinycheck.Invalid, "%s has %d bytes, the signed index says %d", p.Name, m.size, p.Size)
	}
	hash := sha256.New()
	n, err := io.Copy(hash, io.NewSectionReader(b.in, m.offset, m.size))
	if err != nil {
		return err
	}
	if n != m.size {
		return cut(m.offset + n)
	}
	if hex.EncodeToString(hash.Sum(nil)) != p.SHA256 {
		return refuse(tinycheck.Invalid, "%s was changed: its SHA-256 is not that of the signed index", p.Name)
	}
	return nil
}

// unpackAll unpacks every part once, so that no bundle is taken of which one part
// turns out to be damaged or endless when half of the others are in use.
func (b *Bundle) unpackAll() error {
	left := maxAll
	for _, p := range b.Parts {
		in, err := b.Open(p.Name)
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, in)
		if err != nil {
			return err
		}
		if left -= n; left < 0 {
			return refuse(tinycheck.Invalid, "its parts unpack to more than %d bytes", maxAll)
		}
	}
	return nil
}
