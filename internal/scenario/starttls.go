package scenario

// TLS that begins behind something else. The options are those of tls.

// openings are the words before STARTTLS: who speaks, and what.
var openings = map[string][]struct {
	from side
	text string
}{
	"smtp": {{server, "220 mail ESMTP\r\n"}, {client, "EHLO phone\r\n"}, {server, "250-mail\r\n250 STARTTLS\r\n"}, {client, "STARTTLS\r\n"}, {server, "220 ready\r\n"}},                    // RFC 3207
	"imap": {{server, "* OK IMAP4rev1 ready\r\n"}, {client, "a1 STARTTLS\r\n"}, {server, "a1 OK begin\r\n"}},                                                                               // RFC 9051 section 6.2.1
	"pop3": {{server, "+OK ready\r\n"}, {client, "STLS\r\n"}, {server, "+OK begin\r\n"}},                                                                                                   // RFC 2595 section 4
	"xmpp": {{client, "<stream:stream xmlns='jabber:client' version='1.0'>"}, {server, "<stream:features><starttls/></stream:features>"}, {client, "<starttls/>"}, {server, "<proceed/>"}}, // RFC 6120 section 5
}

var openingPorts = map[string]uint16{"smtp": 587, "imap": 143, "pop3": 110, "xmpp": 5222}

// readStartTLS is: starttls smtp|imap|pop3|xmpp PLACE ….
func readStartTLS(w *words) (act, error) {
	a := &tlsAct{alpn: []string{}, amount: amount{up: 900, down: 4000}}
	var protocol string
	if err := w.oneOf(&protocol, "smtp", "imap", "pop3", "xmpp"); err != nil {
		return nil, err
	}
	if err := w.place(&a.at, openingPorts[protocol]); err != nil {
		return nil, err
	}
	a.begin = func(s *stream) {
		for _, line := range openings[protocol] {
			s.say(line.from, []byte(line.text), 0)
		}
	}
	return a, w.options(a.options())
}
