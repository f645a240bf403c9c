package bundle_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"aead.dev/minisign"

	"tinycheck"
	"tinycheck/internal/bundle"
)

// A pair that minisign 0.11 made with "minisign -G -W".
const (
	madePublic  = "untrusted comment: minisign public key 2D002DB71D4DD081\nRWSB0E0dty0ALWw0kC1wVhWmIIPhT5wNmKgO8QgTBPwcYA+lrkPLRs3J\n"
	madePrivate = "untrusted comment: minisign encrypted secret key\n" +
		"RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgdBNHbctAC2yNNlMWCRxThGUeEV2HAPEINdTjkhZm9YQ55bKfF614Ww0kC1wVhWmIIPhT5wNmKgO8QgTBPwcYA+lrkPLRs3JAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
)

func TestKeysOfMinisign(t *testing.T) {
	for name, text := range map[string]string{
		"file": madePublic, "bare": strings.Split(madePublic, "\n")[1], "Windows": strings.ReplaceAll(madePublic, "\n", "\r\n"), "no end": strings.TrimSpace(madePublic),
	} {
		k, err := bundle.ParsePublicKey(text)
		if err != nil || k.ID() != "2D002DB71D4DD081" || k.Text() != madePublic {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
	for _, text := range []string{madePrivate, strings.ReplaceAll(madePrivate, "\n", "\r\n")} {
		k, err := bundle.ParsePrivateKey(text, "not asked for")
		if err != nil || k.ID() != "2D002DB71D4DD081" || k.Public().Text() != madePublic || bundle.Encrypted(text) {
			t.Fatalf("%v, %v", k, err)
		}
		if back, err := k.Text(""); err != nil || back != madePrivate {
			t.Errorf("%q, %v", back, err)
		}
	}
}

// Opening a key takes minisign and us seconds, on purpose.
func TestKeysWithAPassword(t *testing.T) {
	t.Parallel()
	// Made by minisign 0.11 with "minisign -G" and the password "pw".
	const text = "untrusted comment: minisign encrypted secret key\n" +
		"RWRTY0IyIJxNxE4uESIIrFrYSqHGi0jlewpTeIU7qGuGjpjWNocAAAACAAAAAAAAAEAAAAAAx2H6K+Seq99JRrnZVc5emwhPWtrpSMXWWYKhWhgzMBmkEd9TN2+EZ8FAGhyzYWTCAFVU165DjX4L1WExMjS9XzoUIJwgemg7ayu/kJPw/Mv9Zqk3Ga0F0ADCX9C2hDvtMeSZJlU9E6k=\n"
	if !bundle.Encrypted(text) {
		t.Error("not seen to be encrypted")
	}
	k, err := bundle.ParsePrivateKey(text, "pw")
	if err != nil || k.Public().String() != "RWTCTmi+hY95BlfG1PWaWJmOut7MieAHc3X6INXybA3Pzr7P58H1P3l0" {
		t.Errorf("%v, %v", k, err)
	}
	// The same key, said to be cheap to open, so that a wrong password fails at once.
	cheap := change(t, text, func(b []byte) []byte {
		copy(b[38:54], "\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00")
		return b
	})
	_, err = bundle.ParsePrivateKey(cheap, "pW")
	refused(t, err, tinycheck.Invalid, "the password is wrong, or the key is damaged")
}

func TestKeysThatAreNone(t *testing.T) {
	for name, c := range map[string]struct{ text, words string }{
		"nothing":      {"", "length 0"},
		"a word":       {"hello", "illegal base64"},
		"long":         {strings.Repeat("A", 5000), "too long"},
		"private":      {madePrivate, "length 158"},
		"cut":          {madePublic[:80], "invalid public key"},
		"two":          {madePublic + madePublic, "illegal base64"},
		"other scheme": {change(t, madePublic, func(b []byte) []byte { b[1] = 'D'; return b }), "algorithm"},
		"all zeros":    {change(t, madePublic, func(b []byte) []byte { clear(b[10:]); return b }), "the key is all zeros"},
	} {
		_, err := bundle.ParsePublicKey(c.text)
		t.Run(name, func(t *testing.T) { refused(t, err, tinycheck.Invalid, c.words) })
	}
	for name, c := range map[string]struct{ text, words string }{
		"nothing":     {"", "invalid private key"},
		"a word":      {"hello", "illegal base64"},
		"long":        {strings.Repeat("A", 5000), "too long"},
		"public":      {madePublic, "invalid private key"},
		"two halves":  {change(t, madePrivate, func(b []byte) []byte { b[100] ^= 1; return b }), "its two halves do not belong together"},
		"other seed":  {change(t, madePrivate, func(b []byte) []byte { b[70] ^= 1; return b }), "its two halves do not belong together"},
		"too costly":  {change(t, madePrivate, func(b []byte) []byte { copy(b[2:], "Sc"); b[45] = 0x7f; return b }), "the password is wrong, or the key is damaged"},
		"unknown KDF": {change(t, madePrivate, func(b []byte) []byte { b[2] = 9; return b }), "invalid KDF"},
	} {
		_, err := bundle.ParsePrivateKey(c.text, "")
		t.Run("private "+name, func(t *testing.T) { refused(t, err, tinycheck.Invalid, c.words) })
	}
	_, err := bundle.PrivateKey{}.Text("")
	refused(t, err, tinycheck.Invalid, "there is no key")
	_, _, err = bundle.GenerateKey(strings.NewReader("short"))
	refused(t, err, tinycheck.Unavailable, "generate key")
}

func TestPrivateKeysDoNotTell(t *testing.T) {
	k, err := bundle.ParsePrivateKey(madePrivate, "")
	if err != nil {
		t.Fatal(err)
	}
	seed := "b234d94c5824714e"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		said := fmt.Sprintf(verb, k) + fmt.Sprintf(verb, struct{ K bundle.PrivateKey }{k}) + fmt.Sprintf(verb, &k)
		if strings.Contains(said, seed) || strings.Contains(said, "178 52 217 76") || strings.Contains(said, "0xb2, 0x34") {
			t.Errorf("%s: %s", verb, said)
		}
	}
}

// Signatures of both forms that minisign has are taken, and only with the bytes
// that were signed.
func TestBothFormsOfSignature(t *testing.T) {
	private, err := bundle.ParsePrivateKey(madePrivate, "")
	if err != nil {
		t.Fatal(err)
	}
	var key minisign.PrivateKey
	if err := key.UnmarshalText([]byte(strings.TrimSpace(madePrivate))); err != nil {
		t.Fatal(err)
	}
	c := check(t)
	c.Keys = []bundle.PublicKey{private.Public()}
	legacy := func(index []byte, comment string) ([]byte, error) {
		return minisign.SignWithComments(key, index, comment, "legacy"), nil
	}
	for form, sign := range map[string]bundle.Signer{"RWS": legacy, "RUS": private.Sign} {
		packed := write(t, about(), contents(), sign)
		if text := string(members(t, packed)[1].data); !strings.HasPrefix(strings.Split(text, "\n")[1], form) {
			t.Errorf("%s: %s", form, text)
		}
		if _, err := read(packed, c); err != nil {
			t.Errorf("%s: %v", form, err)
		}
	}
	// One form said to be the other.
	packed := write(t, about(), contents(), private.Sign)
	m := members(t, packed)
	m[1].data = []byte(strings.Replace(string(m[1].data), "\nRUS", "\nRWS", 1))
	_, err = read(archive(t, m), c)
	refused(t, err, tinycheck.Invalid, "does not fit index.json")
}

// change rewrites bytes of the base64 line of a key.
func change(t *testing.T, text string, change func(raw []byte) []byte) string {
	t.Helper()
	lines := strings.Split(text, "\n")
	raw, err := base64.StdEncoding.DecodeString(lines[1])
	if err != nil {
		t.Fatal(err)
	}
	return lines[0] + "\n" + base64.StdEncoding.EncodeToString(change(raw))
}
