package scenario

import "encoding/binary"

// Numbers in network order, and things behind their length.

func be16(b []byte, n int) []byte    { return binary.BigEndian.AppendUint16(b, uint16(n)) }
func be24(b []byte, n int) []byte    { return append(b, byte(n>>16), byte(n>>8), byte(n)) }
func be32(b []byte, n uint32) []byte { return binary.BigEndian.AppendUint32(b, n) }

func with8(b, v []byte) []byte  { return append(append(b, byte(len(v))), v...) }
func with16(b, v []byte) []byte { return append(be16(b, len(v)), v...) }
func with24(b, v []byte) []byte { return append(be24(b, len(v)), v...) }
