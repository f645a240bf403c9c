package hotspot_test

import (
	"strings"
	"testing"

	"tinycheck/internal/hotspot"
)

func TestTheCodeIsWrittenToTheLetter(t *testing.T) {
	for _, c := range []struct {
		ssid, passphrase string
		hidden           bool
		want             string
	}{
		{"wifi-7f3a", "kmpt-vxdz-hbgs-jnfy", false, `WIFI:T:WPA;S:wifi-7f3a;P:kmpt-vxdz-hbgs-jnfy;;`},
		{"wifi", "a long one", true, `WIFI:T:WPA;S:wifi;P:a long one;H:true;;`},
		{`"foo;bar\baz"`, `a:b,c;d\e"f`, false, `WIFI:T:WPA;S:\"foo\;bar\\baz\";P:a\:b\,c\;d\\e\"f;;`},
		{"ABCD", "12345678", false, `WIFI:T:WPA;S:"ABCD";P:"12345678";;`},
		{"café", "ABCDEFGH", false, `WIFI:T:WPA;S:café;P:ABCDEFGH;;`},
	} {
		if got := hotspot.QR(hotspot.Config{SSID: c.ssid, Passphrase: c.passphrase, Hidden: c.hidden}); got != c.want {
			t.Errorf("%q %q: %s, want %s", c.ssid, c.passphrase, got, c.want)
		}
	}
}

// readCode reads as phones do: fields end at a semicolon without backslash, a
// backslash takes the next character as it is, quotes around a field say that it
// is no hexadecimal number.
func readCode(t *testing.T, text string) map[string]string {
	t.Helper()
	rest, ok := strings.CutPrefix(text, "WIFI:")
	if !ok {
		t.Fatalf("no code of a network: %q", text)
	}
	fields := make(map[string]string)
	for rest != ";" {
		key, after, ok := strings.Cut(rest, ":")
		if !ok {
			t.Fatalf("a field without name in %q", text)
		}
		var value []byte
		quoted := strings.HasPrefix(after, `"`)
		i := 0
		for ; i < len(after) && after[i] != ';'; i++ {
			if after[i] == '\\' {
				i++
			}
			if i == len(after) {
				break
			}
			value = append(value, after[i])
		}
		if i >= len(after) {
			t.Fatalf("a field without end in %q", text)
		}
		if quoted {
			value = value[1 : len(value)-1]
		}
		fields[key], rest = string(value), after[i+1:]
	}
	return fields
}

func FuzzTheCodeReadsBack(f *testing.F) {
	f.Add("wifi-7f3a", "kmpt-vxdz-hbgs-jnfy", false)
	f.Add(`";,:\`, `\\;;""`, true)
	f.Add("ABCD", "0123456789", false)
	f.Add(`"ABCD"`, `"`, false)
	f.Add("\x00\xff", "é", true)
	f.Fuzz(func(t *testing.T, ssid, passphrase string, hidden bool) {
		text := hotspot.QR(hotspot.Config{SSID: ssid, Passphrase: passphrase, Hidden: hidden})
		got := readCode(t, text)
		if got["T"] != "WPA" || got["S"] != ssid || got["P"] != passphrase || (got["H"] == "true") != hidden {
			t.Errorf("%q: read back as %q", text, got)
		}
	})
}
