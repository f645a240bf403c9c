package scenario

import "time"

// tunnelAct is a VPN: wireguard|openvpn|ike|esp|ssh PLACE [up N] [down N] [for TIME].
type tunnelAct struct {
	at       place
	tcp      bool
	amount   amount
	how      treatment
	begin    func(*tunnelAct, *turn) error
	fragment int
}

// readTunnel gives a tunnel second rounds unless the words say otherwise, so
// that it is never silent.
func readTunnel(port uint16, begin func(*tunnelAct, *turn) error) func(*words) (act, error) {
	return func(w *words) (act, error) {
		a := &tunnelAct{begin: begin, amount: amount{up: 20_000, down: 100_000, pace: 5 * time.Second}}
		if err := w.place(&a.at, port); err != nil {
			return nil, err
		}
		return a, w.options(a.at.familyOptions(), a.amount.options(), []option{{"over", func(w *words) error {
			var s string
			a.tcp = true
			return w.oneOf(&s, "tcp")
		}}, fragmentOption(&a.fragment)})
	}
}

var (
	readWireGuard = readTunnel(51820, wireguard)
	readOpenVPN   = readTunnel(1194, openvpn)
	readIKE       = readTunnel(500, ike)
	readESP       = readTunnel(0, esp)
	readSSH       = readTunnel(22, ssh)
)

func (a *tunnelAct) play(t *turn) error { return a.begin(a, t) }

// spread sends the amount in packets of at most piece bytes; every round sends
// at least a keepalive.
func (a *tunnelAct) spread(e *exchange, piece int, say func(from side, size int)) {
	a.amount.keepalive = true
	a.amount.rounds(func(pause time.Duration, up, down int) {
		e.pause(pause)
		for from, size := range []int{up, down} {
			for first := true; size > 0 || first; first = false {
				n := min(size, piece)
				size -= n
				say(side(from), n)
			}
		}
	})
}
