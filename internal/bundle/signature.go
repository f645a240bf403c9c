package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"aead.dev/minisign"

	"tinycheck"
)

// Signer gives the text of the signature of index.json with the given trusted
// comment, as "minisign -S -m index.json -t comment" writes it. [PrivateKey.Sign]
// is one; another may carry the index to where the key is.
type Signer func(index []byte, comment string) ([]byte, error)

// Sign is the Signer of a key that is at hand. The same index and comment give
// the same signature (Ed25519 is deterministic, RFC 8032 section 5.1.6).
func (k PrivateKey) Sign(index []byte, comment string) ([]byte, error) {
	if k.key == nil {
		return nil, tinycheck.Errorf("sign", tinycheck.Invalid, errors.New("there is no key"))
	}
	r := minisign.NewReader(bytes.NewReader(index))
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, tinycheck.Errorf("sign", tinycheck.Unavailable, err)
	}
	return r.SignWithComments(*k.key, comment, "signature from tinycheck, key "+k.ID()), nil
}

// commentWord begins the trusted comment of our own signatures.
const commentWord = "tinycheck-bundle "

// comment is the trusted comment: what "minisign -V" shows to the person who checks.
func (x Index) comment() string {
	return fmt.Sprintf("%sname:%s version:%d", commentWord, x.Name, x.Version)
}

// agree says whether a trusted comment fits the index. Only comments of our own
// form say something about it: minisign alone writes a date and a file name.
func (x Index) agree(comment string) error {
	if strings.HasPrefix(comment, commentWord) && comment != x.comment() {
		return fmt.Errorf("the signature is for %q, and the index is for %q", clip(comment), x.comment())
	}
	return nil
}

func parseSignature(text []byte) (minisign.Signature, error) {
	var s minisign.Signature
	if len(text) > maxSignature {
		return s, fmt.Errorf("the signature has %d bytes, at most %d", len(text), maxSignature)
	}
	return s, bare(s.UnmarshalText(text))
}

// verify checks the signature over exactly these bytes and says with which key
// it was made and what its trusted comment is.
func verify(index, text []byte, keys []PublicKey) (PublicKey, string, error) {
	signature, err := parseSignature(text)
	if err != nil {
		return PublicKey{}, "", refuse(tinycheck.Invalid, "%s: %w", signatureName, err)
	}
	known := false
	for _, k := range keys {
		if k.key.ID() != signature.KeyID {
			continue
		}
		known = true
		if minisign.Verify(k.key, index, text) {
			return k, signature.TrustedComment, nil
		}
	}
	if !known {
		return PublicKey{}, "", refuse(tinycheck.Invalid, "signed by another key (id %s), expected %s", keyID(signature.KeyID), ids(keys))
	}
	return PublicKey{}, "", refuse(tinycheck.Invalid, "the signature of key %s does not fit %s: one of them was changed", keyID(signature.KeyID), indexName)
}

// ids names keys: "A", "A or B".
func ids(keys []PublicKey) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.ID()
	}
	return strings.Join(names, " or ")
}
