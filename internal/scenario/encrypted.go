package scenario

// dot, doh and doq: names that are asked for out of sight. The options are those
// of tls and quic.

// readDoT is DNS over TLS, RFC 7858: port 853, ALPN dot.
func readDoT(w *words) (act, error) {
	return encryptedTLS(w, 853, "dot")
}

// readDoH is DNS over HTTPS, RFC 8484: nothing but the name tells.
func readDoH(w *words) (act, error) {
	return encryptedTLS(w, 443, "h2")
}

func encryptedTLS(w *words, port uint16, alpn string) (act, error) {
	a := &tlsAct{alpn: []string{alpn}, amount: amount{up: 600, down: 1800}}
	if err := w.place(&a.at, port); err != nil {
		return nil, err
	}
	return a, w.options(a.options())
}

// readDoQ is DNS over QUIC, RFC 9250: port 853, ALPN doq.
func readDoQ(w *words) (act, error) {
	a := &quicAct{alpn: []string{"doq"}, amount: amount{up: 600, down: 1800}}
	if err := w.place(&a.at, 853); err != nil {
		return nil, err
	}
	return a, w.options(a.options())
}
