package scenario

import "time"

// ssh says who both are (RFC 4253 section 4.2), then encrypts.
func ssh(a *tunnelAct, t *turn) error {
	a.how.fragment = a.fragment
	s, ok, err := t.stream(a.at, a.how)
	if err != nil || !ok {
		return err
	}
	s.say(client, []byte("SSH-2.0-OpenSSH_9.6\r\n"), 0)
	s.say(server, []byte("SSH-2.0-OpenSSH_9.2\r\n"), 0)
	s.say(client, be32(nil, 1020), 1020) // key exchange
	s.say(server, be32(nil, 1020), 1020)
	a.amount.rounds(func(pause time.Duration, up, down int) {
		s.pause(pause)
		s.say(client, nil, up)
		s.say(server, nil, down)
	})
	s.close()
	return nil
}
