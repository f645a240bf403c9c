package bundle

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// Index is what a bundle says about itself, and what is signed.
type Index struct {
	Name    string    `json:"name"`    // whose it is; versions count per name
	Version uint64    `json:"version"` // 1 to 2^53-1; only ever grows
	Created time.Time `json:"created"` // whole seconds, UTC
	Expires time.Time `json:"expires"` // from then on it is not taken any more
	Parts   []Part    `json:"parts"`
}

// Part is one file of a bundle.
type Part struct {
	Name    string `json:"name"` // in the archive, see [Kind.Path]
	Kind    Kind   `json:"kind"`
	SHA256  string `json:"sha256"`  // of the bytes as stored, small hexadecimal digits
	Size    int64  `json:"size"`    // of the bytes as stored
	Entries int    `json:"entries"` // how many things it names, as its writer counted
}

// indexFile is index.json.
type indexFile struct {
	Format int `json:"tinycheck-bundle"`
	Index
}

// format is the version of the format that is written and read.
const format = 1

// Members that stand before the parts.
const (
	indexName     = "index.json"
	signatureName = "index.json.minisig"
)

// encode gives index.json.
func (x Index) encode() ([]byte, error) {
	text, err := json.MarshalIndent(indexFile{format, x}, "", " ")
	if err != nil {
		return nil, err
	}
	if len(text) >= maxIndex {
		return nil, fmt.Errorf("the index has %d bytes, at most %d", len(text), maxIndex)
	}
	return append(text, '\n'), nil
}

// parseIndex reads index.json, whose signature has been found good. White space
// aside there is one way to write an index: no member twice, unknown, missing or
// in another order, so that what a person reads in it is what is done.
func parseIndex(text []byte) (Index, error) {
	var head struct {
		Format int `json:"tinycheck-bundle"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return Index{}, refuse(tinycheck.Invalid, "%s is no JSON that can be read: %w", indexName, err)
	}
	if head.Format > format {
		return Index{}, refuse(tinycheck.Unsupported, "it is of format %d, and this program knows %d: update the program", head.Format, format)
	}
	var file indexFile
	if err := decodeStrictly(text, &file); err != nil {
		return Index{}, refuse(tinycheck.Invalid, "%s: %w", indexName, err)
	}
	if err := file.validate(); err != nil {
		return Index{}, refuse(tinycheck.Invalid, "%s: %w", indexName, err)
	}
	return file.Index, nil
}

func decodeStrictly(text []byte, file *indexFile) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(file); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("text behind its end")
	}
	written, err := json.Marshal(file)
	if err != nil {
		return err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return err
	}
	if !bytes.Equal(written, compact.Bytes()) || file.Format != format {
		return errors.New("not written as this format writes it (members missing, twice or in another order; times not in whole seconds of UTC)")
	}
	return nil
}

// validate says what is wrong with an index, whoever signed it.
func (x Index) validate() error {
	switch {
	case !spelling.IsSlug(x.Name):
		return fmt.Errorf("%q is no name of a bundle: small letters, digits, and between them . - _", clip(x.Name))
	case x.Version == 0 || x.Version > maxVersion:
		return fmt.Errorf("version %d is not between 1 and %d", x.Version, maxVersion)
	case !whole(x.Created) || !whole(x.Expires):
		return errors.New("its dates are not whole seconds of UTC after 1970")
	case !x.Expires.After(x.Created):
		return fmt.Errorf("it expires %s, which is not after its creation %s", date(x.Expires), date(x.Created))
	case len(x.Parts) == 0:
		return errors.New("it names no part")
	case len(x.Parts) > maxParts:
		return fmt.Errorf("it names %d parts, at most %d", len(x.Parts), maxParts)
	}
	return validateParts(x.Parts)
}

func validateParts(parts []Part) error {
	seen := make(map[string]bool, len(parts))
	var stored int64
	for _, p := range parts {
		hash, err := hex.DecodeString(p.SHA256)
		switch {
		case !p.sound():
			return fmt.Errorf("%q is no name of a part of kind %q", clip(p.Name), clip(string(p.Kind)))
		case seen[p.Name]:
			return fmt.Errorf("it names %s twice", p.Name)
		case err != nil || len(hash) != 32 || hex.EncodeToString(hash) != p.SHA256:
			return fmt.Errorf("%s: no SHA-256 in small hexadecimal digits", p.Name)
		case p.Size < 0 || p.Size > maxStored-stored:
			return fmt.Errorf("%s: with its %d bytes the parts have more than %d", p.Name, p.Size, maxStored)
		case p.Entries < 0:
			return fmt.Errorf("%s: %d entries", p.Name, p.Entries)
		}
		seen[p.Name] = true
		stored += p.Size
	}
	return nil
}

func whole(t time.Time) bool {
	return t.Nanosecond() == 0 && t.Location() == time.UTC && t.Unix() > 0 && t.Year() < 2200
}

// date is a time as errors tell it.
func date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// clip shortens what a stranger wrote for an error.
func clip(s string) string { return s[:min(len(s), 2*maxName)] }

// refuse is an error of Read.
func refuse(kind tinycheck.ErrorKind, format string, args ...any) error {
	return tinycheck.Errorf("read bundle", kind, fmt.Errorf(format, args...))
}
