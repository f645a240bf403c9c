package capture_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"tinycheck"
	"tinycheck/internal/capture"
)

// The makers below write files byte by byte, without the package under test.

type appender interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

func pcapFile(o appender, magic uint32, link, snap uint32, records ...[]byte) []byte {
	b := o.AppendUint32(nil, magic)
	b = o.AppendUint16(b, 2)
	b = o.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = o.AppendUint32(b, snap)
	b = o.AppendUint32(b, link)
	return append(b, bytes.Join(records, nil)...)
}

func pcapRecord(o appender, sec, frac uint32, wire int, data []byte) []byte {
	b := make([]byte, 0, 16+len(data))
	b = o.AppendUint32(b, sec)
	b = o.AppendUint32(b, frac)
	b = o.AppendUint32(b, uint32(len(data)))
	b = o.AppendUint32(b, uint32(wire))
	return append(b, data...)
}

// modifiedRecord is a record of Kuznetzov's form, 8 bytes longer.
func modifiedRecord(o appender, sec, frac uint32, wire int, data []byte) []byte {
	b := pcapRecord(o, sec, frac, wire, data)
	extra := append(o.AppendUint32(nil, 3), 8, 0, 4, 0)
	return bytes.Join([][]byte{b[:16], extra, b[16:]}, nil)
}

func snoopFile(link uint32, records ...[]byte) []byte {
	o := binary.BigEndian
	b := []byte("snoop\x00\x00\x00\x00\x00\x00\x02")
	b = o.AppendUint32(b, link)
	return append(b, bytes.Join(records, nil)...)
}

func snoopRecord(sec, usec uint32, drops uint32, wire int, data []byte) []byte {
	o := binary.BigEndian
	padded := (len(data) + 3) &^ 3
	b := o.AppendUint32(nil, uint32(wire))
	b = o.AppendUint32(b, uint32(len(data)))
	b = o.AppendUint32(b, uint32(24+padded))
	b = o.AppendUint32(b, drops)
	b = o.AppendUint32(b, sec)
	b = o.AppendUint32(b, usec)
	b = append(b, data...)
	return append(b, make([]byte, padded-len(data))...)
}

func ngBlock(o appender, kind uint32, body []byte) []byte {
	body = append(bytes.Clone(body), make([]byte, (4-len(body)%4)%4)...)
	b := o.AppendUint32(nil, kind)
	b = o.AppendUint32(b, uint32(12+len(body)))
	b = append(b, body...)
	return o.AppendUint32(b, uint32(12+len(body)))
}

func ngOption(o appender, code uint16, value []byte) []byte {
	b := o.AppendUint16(nil, code)
	b = o.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	return append(b, make([]byte, (4-len(value)%4)%4)...)
}

func ngSection(o appender, options ...[]byte) []byte {
	b := o.AppendUint32(nil, 0x1a2b3c4d)
	b = o.AppendUint16(b, 1)
	b = o.AppendUint16(b, 0)
	b = o.AppendUint64(b, 1<<64-1)
	return ngBlock(o, 0x0a0d0d0a, append(b, bytes.Join(options, nil)...))
}

func ngInterface(o appender, link uint16, snap uint32, options ...[]byte) []byte {
	b := o.AppendUint16(nil, link)
	b = o.AppendUint16(b, 0)
	b = o.AppendUint32(b, snap)
	return ngBlock(o, 1, append(b, bytes.Join(options, nil)...))
}

func ngPacket(o appender, id uint32, ticks uint64, wire int, data []byte, options ...[]byte) []byte {
	b := o.AppendUint32(nil, id)
	b = o.AppendUint32(b, uint32(ticks>>32))
	b = o.AppendUint32(b, uint32(ticks))
	b = o.AppendUint32(b, uint32(len(data)))
	b = o.AppendUint32(b, uint32(wire))
	b = append(b, data...)
	b = append(b, make([]byte, (4-len(data)%4)%4)...)
	return ngBlock(o, 6, append(b, bytes.Join(options, nil)...))
}

// payload is n bytes that look like no header of any format.
func payload(n int, seed byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = 0x80 | seed + byte(i*7)
	}
	return b
}

// readAll reads everything, with data copied.
func readAll(t testing.TB, data []byte) ([]tinycheck.Packet, tinycheck.Capture) {
	t.Helper()
	r, err := capture.NewReader("test", bytes.NewReader(data), capture.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return readRest(t, r)
}

func readRest(t testing.TB, r *capture.Reader) (packets []tinycheck.Packet, facts tinycheck.Capture) {
	t.Helper()
	var p tinycheck.Packet
	for {
		switch err := r.Next(&p); {
		case err == io.EOF:
			return packets, r.Capture()
		case err != nil:
			t.Fatal(err)
		}
		p.Data = bytes.Clone(p.Data)
		packets = append(packets, p)
	}
}
