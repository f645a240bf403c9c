package capture_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/pcapgo"

	"tinycheck"
	"tinycheck/internal/capture"
)

func TestWriter(t *testing.T) {
	var want []tinycheck.Packet
	for i := range 10 {
		want = append(want, tinycheck.Packet{Number: int64(i + 1), Time: at(second+int64(i), int64(i)*1e8+7),
			Length: 60 + i, Link: tinycheck.LinkRaw, Data: payload(60-i, byte(i))})
	}
	file := write(t, want)
	got, facts := readAll(t, file)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if facts.Damage != nil || facts.Format != "pcapng" || facts.Comments != nil {
		t.Errorf("facts %+v", facts)
	}
	if !bytes.Equal(file, write(t, want)) {
		t.Error("the same packets give other bytes")
	}
	oracle, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range want {
		data, info, err := oracle.ReadPacketData()
		if err != nil || !bytes.Equal(data, p.Data) || !info.Timestamp.Equal(p.Time) || info.Length != p.Length {
			t.Errorf("packet %d: pcapgo %v %v", i+1, info, err)
		}
	}
}

func write(t *testing.T, packets []tinycheck.Packet) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := capture.NewWriter(&b, tinycheck.LinkRaw)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packets {
		if err := w.Write(&p); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// What would not be read back as it was is refused, and nothing of it written.
func TestWriterRefuses(t *testing.T) {
	var b bytes.Buffer
	w, err := capture.NewWriter(&b, tinycheck.LinkRaw)
	if err != nil {
		t.Fatal(err)
	}
	before := b.Len()
	for name, p := range map[string]tinycheck.Packet{
		"link": {Link: tinycheck.LinkEthernet, Time: at(second, 0)},
		"past": {Link: tinycheck.LinkRaw, Time: at(-1, 0)},
		"zero": {Link: tinycheck.LinkRaw},
		"far":  {Link: tinycheck.LinkRaw, Time: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"long": {Link: tinycheck.LinkRaw, Time: at(second, 0), Data: make([]byte, capture.MaxPacket+1)},
		"wire": {Link: tinycheck.LinkRaw, Time: at(second, 0), Length: capture.MaxPacket + 1},
	} {
		if err := w.Write(&p); err == nil || b.Len() != before {
			t.Errorf("%s: written, error %v", name, err)
		}
	}
	full := errors.New("no space left on device")
	if _, err := capture.NewWriter(refusing{full}, tinycheck.LinkRaw); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
}

type refusing struct{ err error }

func (r refusing) Write([]byte) (int, error) { return 0, r.err }
