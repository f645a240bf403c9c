package hotspot

import "strings"

// QR is the text of the code that a phone's camera joins the network with: the
// form of the ZXing project (wiki page "Barcode Contents", section "Wi-Fi
// Network config"), which both phone systems read. T:WPA stands for WPA2 and
// WPA3 alike; the phone takes the better one that it can.
func QR(c Config) string {
	var b strings.Builder
	b.WriteString("WIFI:T:WPA;S:" + field(c.SSID) + ";P:" + field(c.Passphrase) + ";")
	if c.Hidden {
		b.WriteString("H:true;")
	}
	b.WriteString(";")
	return b.String()
}

// marks are what has a meaning in the text.
var marks = strings.NewReplacer(`\`, `\\`, `;`, `\;`, `,`, `\,`, `"`, `\"`, `:`, `\:`)

// field escapes a value. One that could be read as hexadecimal digits is put in
// quotes, which say that it is meant as it stands.
func field(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f || digit(byte(r)) < 0 }) {
		return `"` + s + `"`
	}
	return marks.Replace(s)
}
