package exchange

import (
	"bufio"
	"strings"

	"tinycheck"
)

// The list of exits of the Tor project (check.torproject.org/exit-addresses):
//
//	ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E
//	Published 2026-11-21 09:11:12
//	LastStatus 2026-11-21 10:00:00
//	ExitAddress 192.0.2.7 2026-11-21 10:01:02

func looksExits(s sample) bool {
	return strings.HasPrefix(s.text, "ExitNode ") && strings.Contains(s.text, "\nExitAddress ")
}

func readExits(in *bufio.Reader, b *book) error {
	b.flow()
	return b.eachLine(in, func(number int, line []byte) {
		cells := strings.Fields(string(line))
		switch cells[0] {
		case "ExitNode", "Published", "LastStatus":
			return
		case "ExitAddress":
			if len(cells) > 1 {
				b.exit(number, cells[1], strings.Join(cells[2:], " "))
				return
			}
		}
		b.reject(number, string(line), "not a line of a list of Tor exits")
	})
}

func (b *book) exit(number int, address, seen string) {
	like := tinycheck.Indicator{Class: tinycheck.ClassInfrastructure, Infrastructure: tinycheck.InfraTor, Tags: []string{"tor", "exit"}, Updated: moment(seen)}
	b.dated(like.Updated)
	b.add(number, address, like)
}
