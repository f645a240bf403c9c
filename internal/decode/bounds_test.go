package decode_test

import (
	"net/netip"
	"runtime"
	"slices"
	"testing"

	"tinycheck"
	"tinycheck/internal/decode"
)

// A panic while a flow is read costs that flow its reading and nothing else:
// its end is still told, and other flows go on. The function that takes the
// events stands for a parser here.
func TestPanicsAreContained(t *testing.T) {
	for _, name := range []string{"tls.example", "quic.example", "dns.example", "end.example"} {
		t.Run(name, func(t *testing.T) {
			var events []tinycheck.Event
			see := func(e tinycheck.Event) {
				switch f := e.Fact.(type) {
				case tinycheck.ClientHello:
					if f.SNI == name {
						panic("a parser")
					}
				case tinycheck.DNSQuery:
					if f.Name == name {
						panic("a parser")
					}
				}
				events = append(events, e)
			}
			w := newWire()
			w.d = decode.New(decode.Config{}, see)
			c := w.tcp(at(phone, 40000), at(server, 443)).open()
			c.say(hello("tls.example"))
			c.answer(record(serverHello()))
			for _, p := range initials(t, "quic.example", 2000) {
				w.udp(at(phone, 40001), at(server, 443), p)
			}
			w.udp(at(phone, 40002), at(router, 53), query(t, "dns.example"))
			cut := hello("end.example", alpn("h2"))
			w.tcp(at(phone, 40003), at(server, 443)).open().say(cut[:len(cut)-1]) // is read at the end only
			w.d.End()
			check(t, w.d, events)
			ends, rest, answers := 0, 0, 0
			for _, e := range events {
				switch e.Fact.(type) {
				case tinycheck.FlowEnd:
					ends++
				case tinycheck.ClientHello, tinycheck.DNSQuery:
					rest++
				case tinycheck.ServerHello:
					answers++
				}
			}
			if muted := name == "tls.example"; muted == (answers > 0) {
				t.Errorf("%d answers", answers)
			}
			if s := w.d.Stats(); s.Contained != 1 || ends != 4 || rest != 3 {
				t.Errorf("%d contained, %d ends, %d facts", s.Contained, ends, rest)
			}
		})
	}
}

// What readers hold stays within its bound, however many flows wait for
// something that never comes; the reading goes on with what comes later.
func TestReadersAreBounded(t *testing.T) {
	w := newWire()
	var most int
	line := append([]byte("GET /"), make([]byte, 1200)...)
	for i := range line[5:] {
		line[5+i] = 'a'
	}
	message := hello("a.example", extension(0x5555, make([]byte, 16000)))
	for i := range uint16(3000) {
		var c *conversation
		switch i % 3 {
		case 0: // a hole in front of everything
			c = w.tcp(at(phone, 10000+i), at(server, 80)).open()
			c.up += 10
			c.say(line)
			c.say(line)
		case 1: // a line without an end
			c = w.tcp(at(phone, 10000+i), at(server, 80)).open()
			for range 4 {
				c.say(line)
			}
		case 2: // a hello without an end
			c = w.tcp(at(phone, 10000+i), at(server, 80)).open()
			for from := 0; from < 12000; from += 1400 {
				c.say(message[from : from+1400])
			}
		}
		held, _ := w.d.Held()
		most = max(most, held)
	}
	if most > decode.MaxHeld+decode.MaxPending || w.d.Stats().ReadersLost == 0 {
		t.Errorf("%d bytes held, %d readers lost", most, w.d.Stats().ReadersLost)
	}
	c := w.tcp(at(phone, 10001), at(server, 80))
	c.up, c.down = 1001+4*uint32(len(line)), 5001
	c.say([]byte(get))
	w.end(t)
	if r := facts[tinycheck.HTTPRequest](w); len(r) == 0 || r[len(r)-1].Host != "" && !hasHost(r, "h.example") {
		t.Error("the flow was not read on")
	}
}

func hasHost(list []tinycheck.HTTPRequest, host string) bool {
	for _, r := range list {
		if r.Host == host {
			return true
		}
	}
	return false
}

// A flow that was read holds no buffers.
func TestReadFlowsHoldNothing(t *testing.T) {
	w := newWire()
	c := w.tcp(at(phone, 40000), at(server, 443)).open()
	c.say(append(hello("a.example"), 23, 3, 3, 0, 1, 0))
	c.answer(append(record(serverHello()), 23, 3, 3, 0, 1, 0))
	c.down += 1000 // what comes behind a hole does not wait either
	c.answer(make([]byte, 1000))
	if held, flows := w.d.Held(); held != 0 || flows != 0 {
		t.Errorf("%d bytes of %d flows", held, flows)
	}
	for range 100 { // nobody knows these
		w.udp(at(phone, 40000), at(server, 9999), make([]byte, 100))
	}
	if held, flows := w.d.Held(); held != 0 || flows != 0 {
		t.Errorf("%d bytes of %d flows, after noise", held, flows)
	}
	half := w.tcp(at(phone, 40001), at(server, 443)).open()
	first := append(record(serverHello()), 23, 3, 3, 0, 1, 0)
	half.raw(false, ack, half.down+uint32(len(first))+1000, half.up, make([]byte, 50000)) // waits behind a hole
	half.raw(false, ack, half.down, half.up, first)
	if held, _ := w.d.Held(); held > 10000 {
		t.Errorf("%d bytes, after one side was read", held)
	}
	w.end(t)
}

// A full table of flows with names stays small.
func TestMemoryOfAFullTable(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 16384 flows")
	}
	const flows, most = 16384, 1400
	before := heap()
	w := newWire()
	w.d = decode.New(decode.Config{}, func(tinycheck.Event) {})
	up := append(hello("some-name.example"), 23, 3, 3, 0, 1, 0)
	down := append(record(serverHello()), 23, 3, 3, 0, 1, 0)
	for i := range flows {
		c := w.tcp(at(phone, uint16(1024+i)), at(netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}), 443)).open()
		c.say(up)
		c.answer(down)
		w.now = w.now.Add(-4e6) // all within an hour
	}
	if n, _ := w.d.Open(); n != flows {
		t.Fatalf("%d flows", n)
	}
	each := (heap() - before) / flows
	t.Logf("%d bytes for each of %d flows with a name and fingerprints", each, flows)
	if each > most {
		t.Errorf("%d bytes per flow, at most %d", each, most)
	}
	runtime.KeepAlive(w)
}

func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// The same packets give the same events.
func TestDeterminism(t *testing.T) {
	play := func() []string {
		w := newWire()
		for i := range uint16(50) {
			w.tell(t, phone, "a.example", server)
			w.tell(t, other, "b.example", server)
			w.talk(phone, server, 10000+i).say(hello("c.example"))
			w.talk(other, server, 10000+i).say([]byte(get))
		}
		w.end(t)
		list := told(w)
		for _, f := range w.ended {
			list = append(list, f.String())
			list = append(list, names(f)...)
		}
		return list
	}
	first := play()
	for range 3 {
		if again := play(); !slices.Equal(first, again) {
			t.Fatal("another time other events")
		}
	}
}
