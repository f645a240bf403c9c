package bundle

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"aead.dev/minisign"

	"tinycheck"
)

// PublicKey checks signatures. Get one from [ParsePublicKey] or [GenerateKey];
// the empty one is refused wherever it is given.
type PublicKey struct{ key minisign.PublicKey }

// PrivateKey makes signatures. It shows nothing but its ID when it is printed.
type PrivateKey struct{ key *minisign.PrivateKey }

// GenerateKey makes a pair of keys; nil takes the randomness of the system.
func GenerateKey(random io.Reader) (PublicKey, PrivateKey, error) {
	public, private, err := minisign.GenerateKey(random)
	if err != nil {
		return PublicKey{}, PrivateKey{}, tinycheck.Errorf("generate key", tinycheck.Unavailable, err)
	}
	return PublicKey{public}, PrivateKey{&private}, nil
}

// ParsePublicKey reads a public key as minisign writes it: the file with its
// comment, or the 56 characters alone.
func ParsePublicKey(text string) (PublicKey, error) {
	var key minisign.PublicKey
	if len(text) > maxKeyText {
		return PublicKey{}, tinycheck.Errorf("parse public key", tinycheck.Invalid, errors.New("too long for a key of minisign"))
	}
	if err := key.UnmarshalText([]byte(strings.TrimSpace(text))); err != nil {
		return PublicKey{}, tinycheck.Errorf("parse public key", tinycheck.Invalid, bare(err))
	}
	if (PublicKey{key}).empty() {
		return PublicKey{}, tinycheck.Errorf("parse public key", tinycheck.Invalid, errors.New("the key is all zeros"))
	}
	return PublicKey{key}, nil
}

// ID is how minisign names the key: 16 hexadecimal digits.
func (k PublicKey) ID() string { return keyID(k.key.ID()) }

// String gives the key in the 56 characters that "minisign -P" takes.
func (k PublicKey) String() string { return k.key.String() }

// Text gives the public key file of minisign.
func (k PublicKey) Text() string {
	return "untrusted comment: minisign public key " + k.ID() + "\n" + k.String() + "\n"
}

// Equal says whether two keys are the same.
func (k PublicKey) Equal(other PublicKey) bool { return k.key.Equal(other.key) }

// empty says whether the 32 bytes of the point are zero, whatever the ID. Such a
// point is of order 4: with it anybody could sign (RFC 8032 section 8.9 leaves
// refusing it to the caller).
func (k PublicKey) empty() bool {
	bytes, err := base64.StdEncoding.DecodeString(k.String())
	const point = 2 + 8 // behind algorithm and ID
	return err != nil || [32]byte(bytes[point:]) == [32]byte{}
}

// Encrypted says whether the text of a private key needs a password.
func Encrypted(text string) bool {
	return len(text) <= maxKeyText && minisign.IsEncrypted([]byte(strings.TrimSpace(text)))
}

// ParsePrivateKey reads a secret key file of minisign. The password is asked for
// when the key is encrypted, see [Encrypted], and else not looked at. An encrypted
// key takes seconds and 1 GiB of memory to open: minisign makes it so, against
// those who try out passwords.
func ParsePrivateKey(text, password string) (PrivateKey, error) {
	key, err := parsePrivate(text, password)
	if err != nil {
		return PrivateKey{}, tinycheck.Errorf("parse private key", tinycheck.Invalid, err)
	}
	// A key whose two halves do not belong together makes signatures that nobody
	// can check, and that may give the secret half away.
	public := key.Public().(minisign.PublicKey)
	if !minisign.Verify(public, nil, minisign.SignWithComments(key, nil, "", "")) {
		return PrivateKey{}, tinycheck.Errorf("parse private key", tinycheck.Invalid, errors.New("its two halves do not belong together"))
	}
	return PrivateKey{&key}, nil
}

func parsePrivate(text, password string) (minisign.PrivateKey, error) {
	var key minisign.PrivateKey
	if len(text) > maxKeyText {
		return key, errors.New("too long for a key of minisign")
	}
	text = strings.TrimSpace(text)
	if !Encrypted(text) {
		return key, bare(key.UnmarshalText([]byte(text)))
	}
	key, err := minisign.DecryptKey(password, []byte(text))
	if err != nil {
		return key, errors.New("the password is wrong, or the key is damaged")
	}
	return key, nil
}

// Public gives the other half of the pair; the empty key of an empty one.
func (k PrivateKey) Public() PublicKey {
	if k.key == nil {
		return PublicKey{}
	}
	return PublicKey{k.key.Public().(minisign.PublicKey)}
}

// ID is the same as that of the public key.
func (k PrivateKey) ID() string { return k.Public().ID() }

// String names the key and keeps it secret.
func (k PrivateKey) String() string { return "private key " + k.ID() }

// GoString is String.
func (k PrivateKey) GoString() string { return k.String() }

// Text gives the secret key file of minisign, encrypted with the password; with
// "" it is not encrypted, as with "minisign -G -W". Encrypting takes seconds and
// 1 GiB of memory.
func (k PrivateKey) Text(password string) (string, error) {
	if k.key == nil {
		return "", tinycheck.Errorf("format private key", tinycheck.Invalid, errors.New("there is no key"))
	}
	var text []byte
	var err error
	if password == "" {
		text, err = k.key.MarshalText()
	} else {
		text, err = minisign.EncryptKey(password, *k.key)
	}
	if err != nil {
		return "", tinycheck.Errorf("format private key", tinycheck.Unavailable, err)
	}
	return string(text) + "\n", nil
}

func keyID(id uint64) string { return fmt.Sprintf("%016X", id) }

// bare takes the library's name off its errors: ours say what was done already.
func bare(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.TrimPrefix(err.Error(), "minisign: "))
}
