package capture

import (
	"tinycheck"
	"tinycheck/internal/child"
)

var (
	LinkType   = linkType
	Tame       = tame
	WriteError = writeError
)

// Words are all that tcpdump ever gets that is no number, address or sign.
const Words = plainWords

// Ask has a program say something, as compile has tcpdump.
func Ask(program string, args ...string) ([]string, error) {
	return ask(child.Config{Name: "it", Program: program, Folder: "/", Args: args})
}

const (
	UsualRing = usualRing
	RingHold  = ringHold
	RingBlock = ringBlock
	LeastFile = leastFile
)

// ParseProgram is parseProgram with the instructions as they were read.
func ParseProgram(lines []string) (program [][4]uint32, err error) {
	list, err := parseProgram(lines)
	for _, s := range list {
		program = append(program, [4]uint32{uint32(s.Code), uint32(s.Jt), uint32(s.Jf), s.K})
	}
	return program, err
}

// Judge is judge with the number of instructions.
func Judge(said []string) (int, error) {
	program, err := judge(said)
	return len(program), err
}

// TakeRing takes what stands in the memory of the first block of a ring, as
// if the kernel had written it.
func TakeRing(memory []byte, see func(p *tinycheck.Packet)) (odd int64) {
	r := &ring{fd: -1, mem: make([]byte, 2*ringBlock)}
	copy(r.mem[:ringBlock], memory)
	var p tinycheck.Packet
	for r.take(&p) {
		see(&p)
	}
	return r.odd.Load()
}
