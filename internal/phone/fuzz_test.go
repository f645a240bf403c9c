package phone_test

import (
	"testing"

	"tinycheck"
	"tinycheck/internal/phone"
	"tinycheck/internal/scenario"
	"tinycheck/internal/wire/dns"
)

// FuzzQuery: whatever comes, an answer is a response with the number of the query.
func FuzzQuery(f *testing.F) {
	s, err := scenario.Parse(anInternet)
	if err != nil {
		f.Fatal(err)
	}
	script := read(f, s)
	for _, q := range script.Questions {
		f.Add(q.Query)
		f.Add(q.Answer)
	}
	f.Fuzz(func(t *testing.T, query []byte) {
		response, known := phone.NewZone(script).Answer(query)
		if response == nil {
			return
		}
		m, err := dns.Parse(response)
		if err != nil || !m.Response || len(query) < 2 || m.ID != uint16(query[0])<<8|uint16(query[1]) || known == (m.RCode == dns.NXDomain) && m.Questions[0].Name != "gone.example" {
			t.Errorf("%x: %+v %v", query, m, err)
		}
	})
}

// FuzzLease: no frame breaks a phone that waits for an address.
func FuzzLease(f *testing.F) {
	s, err := scenario.Parse(aPhone + "at 0s join")
	if err != nil {
		f.Fatal(err)
	}
	if err := s.Packets(func(p *tinycheck.Packet) error { f.Add(append([]byte(nil), p.Data...)); return nil }); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		if kind, ok := phone.ParseDHCP(frame); ok && len(frame) < 14+20+8+240 {
			t.Errorf("a message of type %d in %d bytes", kind, len(frame))
		}
	})
}
