package dns

import (
	"errors"
	"net/netip"
)

// svcb writes the data of an SVCB or HTTPS record; its name is not compressed
// (RFC 9460 2.2), its parameters ascend.
func (w *writer) svcb(v *SVCB) error {
	if v == nil {
		return errors.New("no data")
	}
	w.number(v.Priority)
	if err := w.name(v.Target, false); err != nil {
		return err
	}
	if v.Priority == 0 {
		if v.ALPN != nil || v.NoDefault || v.Port != 0 || v.IPv4Hint != nil || v.IPv6Hint != nil || v.ECHPresent {
			return errors.New("alias mode has no parameters")
		}
		return nil
	}
	return w.parameters(v)
}

func (w *writer) parameters(v *SVCB) error {
	for _, p := range []struct {
		key   uint16
		set   bool
		write func() error
	}{
		{keyALPN, len(v.ALPN) > 0, func() error { return w.protocols(v.ALPN) }},
		{keyNoDefault, v.NoDefault, func() error { return nil }},
		{keyPort, v.Port != 0, func() error { w.number(v.Port); return nil }},
		{keyIPv4Hint, len(v.IPv4Hint) > 0, func() error { return w.hints(v.IPv4Hint, netip.Addr.Is4) }},
		{keyECH, v.ECHPresent, func() error { return w.ech(v.ECH) }},
		{keyIPv6Hint, len(v.IPv6Hint) > 0, func() error { return w.hints(v.IPv6Hint, netip.Addr.Is6) }},
	} {
		if !p.set {
			continue
		}
		w.number(p.key)
		if err := w.sized(p.write); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) protocols(names []string) error {
	for _, s := range names {
		if err := w.short(s); err != nil {
			return err
		}
	}
	return nil
}

// short writes s behind its length of one byte.
func (w *writer) short(s string) error {
	if len(s) == 0 || len(s) > 255 {
		return errSize
	}
	w.out = append(append(w.out, byte(len(s))), s...)
	return nil
}

func (w *writer) hints(addrs []netip.Addr, family func(netip.Addr) bool) error {
	for _, a := range addrs {
		if !family(a) {
			return errFamily
		}
		w.out = append(w.out, a.AsSlice()...)
	}
	return nil
}

// ech writes an ECHConfigList, RFC 9849 4.
func (w *writer) ech(configs []ECHConfig) error {
	if len(configs) == 0 {
		return errors.New("ech without configuration")
	}
	return w.sized(func() error {
		for _, c := range configs {
			w.number(echVersion)
			if err := w.sized(func() error { return w.echContents(c) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// keyLength is that of DHKEM(X25519), RFC 9180 7.1. The key is made up: composed
// traffic is never decrypted.
const keyLength = 32

func (w *writer) echContents(c ECHConfig) error {
	w.out = append(w.out, c.ConfigID)
	w.number(c.KEM)
	w.number(keyLength)
	for i := range byte(keyLength) {
		w.out = append(w.out, c.ConfigID^(i+1))
	}
	w.number(4) // one suite: HKDF-SHA256 with AES-128-GCM, RFC 9180 7.2 and 7.3
	w.number(1)
	w.number(1)
	w.out = append(w.out, c.MaxNameLength)
	at := len(w.out)
	w.out = append(w.out, 0)
	if err := w.plain(c.PublicName); err != nil {
		return err
	}
	n := len(w.out) - at - 1
	if n == 0 || n > 255 {
		return errSize
	}
	w.out[at] = byte(n)
	w.number(0) // no extensions
	return nil
}
