package store

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
)

// staging sorts what an intake brings: runs that fit into memory are sorted and
// written one after the other to a file, then merged. The file has no name, so
// nothing is left of it when the process is killed.
type staging struct {
	dir     string
	full    int // bytes of arena at which a run is written
	arena   []byte
	refs    []ref
	file    *os.File
	size    int64
	runs    []span
	count   int64
	scratch []byte
}

// ref is one record in the arena: its key, and the start of the key for sorting.
type ref struct {
	start        uint64
	at, key, end uint32
}

// span is one run in the file.
type span struct{ at, size int64 }

const (
	arenaBytes = 8 << 20
	maxRuns    = 512      // 4 GB
	runBuffer  = 32 << 10 // of each run while merging
)

var errTooMany = errors.New("more entries than can be sorted at once (4 GB)")

// record is one staged entry in its order: by type, key, meaning and sequence.
// The slices are valid until the next one is read.
type record struct {
	kind    uint8
	key     []byte
	meaning uint32
	seq     uint32
	body    []byte
}

// tail is what follows the key in a record's sort key: a zero byte, which no
// key has, so that a key sorts before those that it begins; meaning; sequence.
const tail = 1 + 4 + 4

// add copies one record.
func (s *staging) add(kind uint8, key string, meaning uint32, body []byte) error {
	if s.full == 0 {
		s.full = arenaBytes
	}
	if s.arena != nil && len(s.arena)+len(key)+len(body)+tail+1 > s.full {
		if err := s.flush(); err != nil {
			return err
		}
	}
	if s.arena == nil {
		s.arena = make([]byte, 0, s.full)
	}
	s.count++
	at := len(s.arena)
	s.arena = append(append(s.arena, kind), key...)
	s.arena = append(s.arena, 0)
	s.arena = binary.BigEndian.AppendUint32(s.arena, meaning)
	s.arena = binary.BigEndian.AppendUint32(s.arena, uint32(s.count))
	end := len(s.arena)
	s.arena = append(s.arena, body...)
	s.refs = append(s.refs, ref{start(key), uint32(at), uint32(end), uint32(len(s.arena))})
	return nil
}

// start is the first eight bytes of a key as a number: most comparisons need
// nothing else.
func start(key string) uint64 {
	var b [8]byte
	copy(b[:], key)
	return binary.BigEndian.Uint64(b[:])
}

func (s *staging) sort() {
	slices.SortFunc(s.refs, func(a, b ref) int {
		if s.arena[a.at] == s.arena[b.at] && a.start != b.start {
			return cmp.Compare(a.start, b.start)
		}
		return bytes.Compare(s.arena[a.at:a.key], s.arena[b.at:b.key])
	})
}

// flush writes the arena as one sorted run.
func (s *staging) flush() error {
	if len(s.runs) >= maxRuns {
		return errTooMany
	}
	if err := s.open(); err != nil {
		return err
	}
	s.sort()
	w := bufio.NewWriterSize(s.file, 256<<10)
	from := s.size
	for _, r := range s.refs {
		s.scratch = binary.AppendUvarint(s.scratch[:0], uint64(r.key-r.at))
		s.scratch = binary.AppendUvarint(s.scratch, uint64(r.end-r.key))
		w.Write(s.scratch)
		w.Write(s.arena[r.at:r.end])
		s.size += int64(len(s.scratch)) + int64(r.end-r.at)
	}
	s.runs = append(s.runs, span{from, s.size - from})
	s.arena, s.refs = s.arena[:0], s.refs[:0]
	return w.Flush()
}

func (s *staging) open() (err error) {
	if s.file != nil {
		return nil
	}
	if s.file, err = os.CreateTemp(s.dir, intakePattern); err != nil {
		return err
	}
	return os.Remove(s.file.Name())
}

// close drops what was staged; nobody can read the file any more.
func (s *staging) close() {
	s.arena, s.refs = nil, nil
	if s.file != nil {
		s.file.Close()
		s.file = nil
	}
}

// sorted gives what was staged, in order. Nothing may be added any more.
func (s *staging) sorted() (*merging, error) {
	if s.file == nil {
		s.sort()
		return &merging{s: s}, nil
	}
	if len(s.refs) > 0 {
		if err := s.flush(); err != nil {
			return nil, err
		}
	}
	s.arena, s.refs = nil, nil
	m := &merging{s: s}
	for _, run := range s.runs {
		r := &runReader{in: bufio.NewReaderSize(io.NewSectionReader(s.file, run.at, run.size), runBuffer)}
		more, err := r.next()
		if err != nil {
			return nil, err
		}
		if more {
			m.heap = append(m.heap, r)
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	return m, nil
}

// runReader reads one run.
type runReader struct {
	in  *bufio.Reader
	rec []byte
	key int
}

func (r *runReader) next() (bool, error) {
	key, err := binary.ReadUvarint(r.in)
	if err == io.EOF {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	body, err := binary.ReadUvarint(r.in)
	if err != nil {
		return false, err
	}
	r.key = int(key)
	r.rec = slices.Grow(r.rec[:0], int(key+body))[:key+body]
	_, err = io.ReadFull(r.in, r.rec)
	return err == nil, err
}

// merging gives records in order, from memory or from the runs.
type merging struct {
	s     *staging
	at    int
	heap  []*runReader // the smallest first
	taken bool         // the first of the heap has been given
}

func (m *merging) next() (rec record, ok bool, err error) {
	if m.s.file == nil {
		if m.at >= len(m.s.refs) {
			return rec, false, nil
		}
		r := m.s.refs[m.at]
		m.at++
		return split(m.s.arena[r.at:r.end], int(r.key-r.at)), true, nil
	}
	if m.taken {
		if err := m.advance(); err != nil {
			return rec, false, err
		}
	}
	if len(m.heap) == 0 {
		return rec, false, nil
	}
	m.taken = true
	return split(m.heap[0].rec, m.heap[0].key), true, nil
}

func (m *merging) advance() error {
	m.taken = false
	more, err := m.heap[0].next()
	if err != nil {
		return err
	}
	if !more {
		last := len(m.heap) - 1
		m.heap[0] = m.heap[last]
		m.heap = m.heap[:last]
	}
	m.down(0)
	return nil
}

func (m *merging) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(m.heap); child++ {
			if m.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		m.heap[i], m.heap[least] = m.heap[least], m.heap[i]
		i = least
	}
}

func (m *merging) less(i, j int) bool {
	a, b := m.heap[i], m.heap[j]
	return bytes.Compare(a.rec[:a.key], b.rec[:b.key]) < 0
}

func split(rec []byte, key int) record {
	numbers := rec[key-8 : key]
	return record{
		kind:    rec[0],
		key:     rec[1 : key-tail],
		meaning: binary.BigEndian.Uint32(numbers),
		seq:     binary.BigEndian.Uint32(numbers[4:]),
		body:    rec[key:],
	}
}
