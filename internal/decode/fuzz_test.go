package decode_test

import (
	"encoding/binary"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/decode"
)

// fuzzLinks are the link types that FuzzDecode chooses from. 802.11 is left
// out: one frame may hold several packets, which the sums do not allow for.
var fuzzLinks = []tinycheck.LinkType{tinycheck.LinkEthernet, tinycheck.LinkRaw, tinycheck.LinkSLL, tinycheck.LinkSLL2, tinycheck.LinkNull, tinycheck.LinkPPP}

// FuzzDecode cuts its input into packets: two bytes of length, one of link type,
// one of what time and recorder did to it, then the packet.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w := newWireOf(decode.Config{MaxFlows: 8})
		for len(data) >= 4 {
			n := min(int(binary.BigEndian.Uint16(data)), len(data)-4)
			w.number++
			w.wait(time.Duration(int8(data[3])) * time.Duration(int8(data[3])) * time.Second)
			if data[3] == 255 {
				w.wait(-time.Hour)
			}
			p := tinycheck.Packet{Number: w.number, Time: w.now, Length: n + int(data[2]>>4), Data: data[4 : 4+n], Link: fuzzLinks[int(data[2]&15)%len(fuzzLinks)]}
			w.d.Decode(&p)
			if flows, _ := w.d.Open(); flows > 8 {
				t.Fatalf("%d flows are open", flows)
			}
			data = data[4+n:]
		}
		w.end(t)
		if s := w.d.Stats(); s.Contained != 0 {
			t.Errorf("%d panics", s.Contained)
		}
		for _, h := range w.d.Hosts() {
			if span := h.Last.Sub(h.First); h.Observed < 0 || h.Observed > span {
				t.Errorf("observed %v of %v", h.Observed, span)
			}
		}
	})
}

// seeds are recordings in the form of FuzzDecode.
func seeds(f *testing.F) (list [][]byte) {
	up, down := certified(f, "c.example")
	plays := []func(*wire){
		func(w *wire) {
			c := w.tcp(at(phone, 40000), at(server, 443)).open()
			c.say(up)
			c.answer(down)
			c.close()
		},
		func(w *wire) {
			c := w.tcp(at(phone6, 40000), at(server6, 80)).open()
			c.say([]byte(get))
			c.down += 5
			c.answer([]byte(okay))
			c.say([]byte(get))
		},
		func(w *wire) {
			c := w.tcp(at(phone, 40000), at(server, 1080)).open()
			c.say([]byte("\x05\x01\x00"))
			c.answer([]byte("\x05\x00"))
			c.say([]byte("\x05\x01\x00\x03\x09s.example\x00\x50"))
			c.answer([]byte("\x05\x00\x00\x01\x0a\x00\x00\x01\x00\x50"))
			c.say([]byte(get))
		},
		func(w *wire) {
			w.udp(at(phone, 40000), at(router, 53), query(f, "a.example"))
			w.udp(at(router, 53), at(phone, 40000), reply(f, "a.example", server))
			for _, p := range initials(f, "q.example", 75) {
				w.udp(at(phone, 40001), at(server, 443), p)
			}
			w.udp(at(phone, 40002), at(server, 4433), dtlsRecord(0, clientHello([]byte{}, serverName("d.example"))))
			w.udp(at(phone, 40003), at(server, 3478), stunMessage(1))
		},
		func(w *wire) {
			w.ip(4, phone, server, packet(6, phone, server, segment(1, 2, syn, 1, 0, nil)))
			w.ip(47, phone, server, []byte{0x30, 0x01, 0x88, 0x0b, 0, 6, 0, 1, 0, 0, 0, 1, 0x00, 0xfd, 1, 2})
			w.udp(at(phone, 2152), at(server, 2152), append([]byte{0x30, 0xff, 0, 40, 0, 0, 0, 1}, packet(6, phone, server, segment(1, 2, syn, 1, 0, nil))...))
		},
	}
	for _, play := range plays {
		w := newWire()
		var packets []tinycheck.Packet
		w.keep = &packets
		play(w)
		var seed []byte
		for _, p := range packets {
			seed = binary.BigEndian.AppendUint16(seed, uint16(len(p.Data)))
			seed = append(append(seed, 0, 1), p.Data...)
		}
		list = append(list, seed)
	}
	return list
}
