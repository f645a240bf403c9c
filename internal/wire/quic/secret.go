package quic

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

const (
	tagLen   = 16 // of AES-128-GCM
	nonceLen = 12
)

var errTag = errors.New("open packet: authentication failed")

// side says who sent a packet.
type side byte

const (
	client side = 0
	server side = 1
)

// keys protect the Initial packets of one side, RFC 9001 section 5.
type keys struct {
	mask cipher.Block // header protection, section 5.4.3
	aead cipher.AEAD
	iv   [nonceLen]byte
}

// space is the working memory of one packet; nothing of it survives the call.
type space struct {
	mask   [16]byte
	nonce  [nonceLen]byte
	header []byte
	plain  []byte
}

// derive makes the Initial keys that follow from the client's first Destination
// Connection ID, RFC 9001 section 5.2.
func derive(pr *protection, dcid []byte, from side) (*keys, error) {
	own, err := initialSecret(pr, dcid, from)
	if err != nil {
		return nil, err
	}
	return keysFrom(own, pr.label)
}

// initialSecret is client_initial_secret or server_initial_secret.
func initialSecret(pr *protection, dcid []byte, from side) ([]byte, error) {
	extracted, err := hkdf.Extract(sha256.New, dcid, []byte(pr.salt))
	if err != nil {
		return nil, err
	}
	label := "client in"
	if from == server {
		label = "server in"
	}
	return expand(extracted, label, sha256.Size)
}

// keysFrom expands the secret of one side into key, iv and header protection
// key, RFC 9001 section 5.1 and RFC 9369 section 3.3.2.
func keysFrom(own []byte, word string) (*keys, error) {
	key, err := expand(own, word+" key", 16)
	if err != nil {
		return nil, err
	}
	iv, err := expand(own, word+" iv", nonceLen)
	if err != nil {
		return nil, err
	}
	hp, err := expand(own, word+" hp", 16)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	k := &keys{iv: [nonceLen]byte(iv)}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return nil, err
	}
	k.mask, err = aes.NewCipher(hp)
	return k, err
}

// expand is HKDF-Expand-Label with an empty context, RFC 8446 section 7.1.
func expand(from []byte, label string, length int) ([]byte, error) {
	var info [32]byte
	b := append(info[:0], 0, byte(length), byte(len("tls13 ")+len(label)))
	b = append(b, "tls13 "...)
	b = append(b, label...)
	b = append(b, 0)
	return hkdf.Expand(sha256.New, from, string(b), length)
}

// open removes the protection of the packet p whose number begins at at.
// The datagram is not changed; the plaintext lies in w. expect is the packet
// number that would come next.
func (k *keys) open(w *space, p []byte, at int, expect uint64) (plain []byte, number uint64, err error) {
	// The sample is taken as if the packet number had four bytes, RFC 9001
	// section 5.4.2; parseHeader has made sure that it is there.
	k.mask.Encrypt(w.mask[:], p[at+4:at+4+16])
	first := p[0] ^ w.mask[0]&0x0f
	size := int(first&3) + 1
	w.header = append(w.header[:0], p[:at+size]...)
	w.header[0] = first
	for i := range size {
		w.header[at+i] ^= w.mask[1+i]
		number = number<<8 | uint64(w.header[at+i])
	}
	number = wholeNumber(number, size, expect)
	k.setNonce(w, number)
	plain, err = k.aead.Open(w.plain[:0], w.nonce[:], p[at+size:], w.header)
	if err != nil {
		return nil, number, errTag
	}
	w.plain = plain
	return plain, number, nil
}

// setNonce mixes the packet number into the iv, RFC 9001 section 5.3.
func (k *keys) setNonce(w *space, number uint64) {
	w.nonce = k.iv
	low := binary.BigEndian.Uint64(w.nonce[4:])
	binary.BigEndian.PutUint64(w.nonce[4:], low^number)
}

// wholeNumber restores a packet number of which size bytes were sent: the
// candidate closest to the expected one, RFC 9000 appendix A.3.
func wholeNumber(sent uint64, size int, expect uint64) uint64 {
	window := uint64(1) << (8 * size)
	n := expect&^(window-1) | sent
	switch {
	case n+window/2 <= expect && n < 1<<62-window:
		return n + window
	case n > expect+window/2 && n >= window:
		return n - window
	}
	return n
}

// retryTag is the Retry Integrity Tag over everything of a Retry before the tag,
// as the client with that first Destination Connection ID expects it, RFC 9001
// section 5.8.
func retryTag(pr *protection, original, packet []byte) ([]byte, error) {
	block, err := aes.NewCipher([]byte(pr.retryKey))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	pseudo := make([]byte, 0, 1+len(original)+len(packet))
	pseudo = append(pseudo, byte(len(original)))
	pseudo = append(pseudo, original...)
	pseudo = append(pseudo, packet...)
	return aead.Seal(nil, []byte(pr.retryNonce), nil, pseudo), nil
}
