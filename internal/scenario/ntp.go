package scenario

// ntpAct is: ntp PLACE, one question for the time (RFC 5905 section 7.3).
type ntpAct struct{ at place }

func readNTP(w *words) (act, error) {
	a := &ntpAct{}
	if err := w.place(&a.at, 123); err != nil {
		return nil, err
	}
	return a, w.options(a.at.familyOptions())
}

func (a *ntpAct) play(t *turn) error {
	e, err := t.exchange(a.at, 0)
	if err != nil {
		return err
	}
	e.say(client, append([]byte{0x23}, make([]byte, 39)...), 8)
	e.say(server, []byte{0x24, 1, 0, 0xe9, 0, 0, 0, 0, 0, 0, 0, 12, 'G', 'O', 'O', 'G'}, 32)
	return nil
}
