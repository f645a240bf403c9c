package dns

import (
	"errors"
	"strings"
)

// ECHConfig is one Encrypted Client Hello configuration, RFC 9849 4.
type ECHConfig struct {
	ConfigID      uint8
	KEM           uint16 // HPKE key encapsulation, RFC 9180 7.1
	MaxNameLength uint8
	PublicName    string // the name that shows in the outer ClientHello, lower case, \DDD for what is not printable
}

// echVersion is the only version that has a known form, RFC 9849 4. Others are
// skipped by their length.
const echVersion = 0xfe0d

// ErrECH says that a list of configurations contradicts itself or is cut.
var ErrECH = errors.New("parse ech config list: malformed")

// ParseECHConfigList reads an ECHConfigList: its length, then configurations.
// With an error it returns those that could be read whole.
func ParseECHConfigList(b []byte) ([]ECHConfig, error) { return appendECHConfigList(nil, b) }

func appendECHConfigList(dst []ECHConfig, b []byte) ([]ECHConfig, error) {
	list, rest, ok := vector(b, 2)
	if !ok || len(rest) > 0 || len(list) == 0 {
		if len(b) < 2 {
			return dst, ErrECH
		}
		list, ok = b[2:min(len(b), 2+int(count(b, 0)))], false
	}
	for len(list) > 0 {
		if len(list) < 4 {
			return dst, ErrECH
		}
		version := count(list, 0)
		var contents []byte
		var whole bool
		if contents, list, whole = vector(list[2:], 2); !whole {
			return dst, ErrECH
		}
		if version != echVersion {
			continue
		}
		c, good := parseECHContents(contents)
		if !good {
			ok = false
			continue
		}
		dst = append(dst, c)
	}
	if !ok {
		return dst, ErrECH
	}
	return dst, nil
}

// parseECHContents reads ECHConfigContents: HpkeKeyConfig, maximum name
// length, public name, extensions.
func parseECHContents(b []byte) (c ECHConfig, ok bool) {
	if len(b) < 3 {
		return c, false
	}
	c.ConfigID, c.KEM = b[0], count(b, 1)
	key, b, ok := vector(b[3:], 2)
	if !ok || len(key) == 0 {
		return c, false
	}
	suites, b, ok := vector(b, 2)
	if !ok || len(suites) < 4 || len(suites)%4 != 0 || len(b) == 0 {
		return c, false
	}
	c.MaxNameLength = b[0]
	name, b, ok := vector(b[1:], 1)
	if !ok || len(name) == 0 {
		return c, false
	}
	c.PublicName = publicName(name)
	_, b, ok = vector(b, 2)
	return c, ok && len(b) == 0
}

// publicName spells the name like every other; its dots part labels.
func publicName(b []byte) string {
	var s strings.Builder
	s.Grow(len(b))
	for _, c := range b {
		switch p := plain[c]; {
		case c == '.':
			s.WriteByte(c)
		case p != 0:
			s.WriteByte(p)
		default:
			s.Write(appendEscape(nil, c))
		}
	}
	return s.String()
}

// vector cuts a TLS vector off b, whose length takes size bytes (1 or 2),
// RFC 8446 3.4.
func vector(b []byte, size int) (v, rest []byte, ok bool) {
	if len(b) < size {
		return nil, nil, false
	}
	n := int(b[0])
	if size == 2 {
		n = int(count(b, 0))
	}
	if b = b[size:]; n > len(b) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}
