package capture

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"tinycheck"
)

// Why a recording ended before it was told to. Both come with the kind Unavailable
// and with what to do; what was recorded stays, and Close tells of it. ErrFull is also
// that a file may not become longer, or that a user may not store more.
var (
	ErrQuota = errors.New("the recording has its full size")
	ErrFull  = errors.New("the disk is full")
)

// Recorder writes a recording as pcapng while it happens. Packets and marks wait in
// memory until Flush, or until recordBuffer is full; what stands in the file is
// whole blocks, so whoever reads the file reads everything up to the last Flush. It
// may be used by several goroutines.
type Recorder struct {
	mu      sync.Mutex
	cfg     RecordConfig
	out     *output // nil after the end
	buf     []byte  // whole blocks that are not yet in the file
	face    uint32  // the interface description that packets belong to
	start   time.Time
	counted counts // what Count was told
	before  counts // of these, before this interface description
	noted   counts // what the last statistics block says
	since   int    // bytes since the last look at the free space
	part    int
	done    []Recorded // files that were ended
	bytes   int64      // in them
	err     error      // why nothing is recorded any more
}

// Recorded is a file of a recording, complete in itself.
type Recorded struct {
	Path    string
	Bytes   int64
	SHA256  string // hex
	Packets int64
}

// counts are numbers of packets since the beginning of the recording.
type counts struct{ received, kernel, own int64 }

func (c counts) minus(o counts) counts {
	return counts{c.received - o.received, c.kernel - o.kernel, c.own - o.own}
}

// Record begins a recording. The header is in the file when it returns.
func Record(cfg RecordConfig) (*Recorder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Reserve == 0 {
		cfg.Reserve = usualReserve
	}
	cfg.Modes = slices.Clone(cfg.Modes)
	r := &Recorder{cfg: cfg, part: 1, buf: make([]byte, 0, recordBuffer)}
	err := r.space() // before a file is replaced
	if err != nil {
		return nil, err
	}
	if r.out, err = createOutput(cfg.Path, cfg.Replace); err != nil {
		return nil, err
	}
	r.begin(time.Now())
	if err := r.flush(); err != nil {
		os.Remove(cfg.Path)
		return nil, err
	}
	return r, nil
}

// Write records one packet: its Time, Length and Data, and comments that stand at
// it. Number and Interface are not kept. A packet that a capture cannot hold is
// refused (kind Invalid), and the recording goes on.
func (r *Recorder) Write(p *tinycheck.Packet, comments ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := checkPacket(p, r.cfg.Link); err != nil {
		return tinycheck.Errorf("record packet", tinycheck.Invalid, err)
	}
	if len(comments) > 0 {
		comments = trim(comments)
	}
	if err := r.room(packetSize(p, comments)); err != nil {
		return err
	}
	r.buf = appendPacket(r.buf, r.face, p, comments)
	return nil
}

// Mark records a comment at a moment, without a packet.
func (r *Recorder) Mark(at time.Time, text string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	comments := trim([]string{text})
	if len(comments) == 0 || !storable(at) {
		return tinycheck.Errorf("record mark", tinycheck.Invalid, errors.New("a mark is a text at a time between 1970 and 2262"))
	}
	if err := r.room(endRoom + len(comments[0])); err != nil {
		return err
	}
	r.buf = appendStatistics(r.buf, r.face, &statistics{at: at, comment: comments[0]})
	return nil
}

// Away records that the interface was gone. What comes then belongs to a new
// description of it (draft-ietf-opsawg-pcapng has no other word for it): the old
// one ends, the new one begins, and a Reader sums what lies between.
func (r *Recorder) Away(from, until time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !storable(from) || !storable(until) {
		return tinycheck.Errorf("record absence", tinycheck.Invalid, errors.New("its time is outside 1970 to 2262"))
	}
	if err := r.room(2*endRoom + len(r.head())); err != nil {
		return err
	}
	if r.face+1 == maxInterfaces {
		return r.next(from, until)
	}
	r.conclude(from)
	r.face++
	r.describe(until)
	return nil
}

// Count takes over the counters of who listens, each since the beginning: packets
// that the kernel handed over, that it dropped, and that we dropped behind it.
func (r *Recorder) Count(received, kernel, own int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &r.counted
	c.received, c.kernel, c.own = max(c.received, received), max(c.kernel, kernel), max(c.own, own)
}

// Flush writes what waits to the file, with one call. When packets were dropped
// since the last time, the file tells it from then on.
func (r *Recorder) Flush() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	if c := r.counted; c.kernel != r.noted.kernel || c.own != r.noted.own {
		if err := r.room(endRoom); err != nil {
			return err
		}
		r.count(statistics{at: time.Now()})
	}
	return r.flush()
}

// Close ends the recording and tells what files it left, also when it had ended
// already. The error is what went wrong at the end; what was told before is not
// told again.
func (r *Recorder) Close() ([]Recorded, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.finish(time.Now())
	if r.err == nil {
		r.err = tinycheck.Errorf("record", tinycheck.Conflict, errors.New("the recording was closed"))
	}
	return slices.Clone(r.done), err
}

// room makes room for a block of so many bytes: in the memory, in the file, in
// what the whole recording may take.
func (r *Recorder) room(size int) error {
	if r.err != nil {
		return r.err
	}
	need := r.out.size + int64(len(r.buf)+size+endRoom)
	turn := r.cfg.Rotate > 0 && need > r.cfg.Rotate && r.holds()
	if turn {
		need += int64(endRoom + len(r.head()))
	}
	if r.cfg.Quota > 0 && r.bytes+need > r.cfg.Quota {
		return r.end(r.overQuota())
	}
	if turn {
		now := time.Now()
		return r.next(now, now)
	}
	if len(r.buf) > 0 && len(r.buf)+size > recordBuffer {
		return r.flush()
	}
	return nil
}

// holds says whether the file has a packet, so that turning to the next one helps.
func (r *Recorder) holds() bool {
	if r.out.packets > 0 {
		return true
	}
	_, packets := wholeBlocks(r.buf)
	return packets > 0
}

func (r *Recorder) overQuota() error {
	return tinycheck.Errorf("record", tinycheck.Unavailable,
		fmt.Errorf("%w (%d bytes): allow more, or record again into another file", ErrQuota, r.cfg.Quota))
}

// flush writes what waits, and looks at the free space from time to time.
func (r *Recorder) flush() error {
	if len(r.buf) == 0 {
		return nil
	}
	n := len(r.buf)
	err := r.out.write(r.buf)
	r.buf = r.buf[:0]
	if err != nil {
		return r.end(writeError(r.out.path, err))
	}
	if r.since += n; r.since < checkEvery {
		return nil
	}
	r.since = 0
	if err := r.space(); err != nil {
		return r.end(err)
	}
	return nil
}

// space sees to it that the reserve stays free also when everything is written
// that may be written before the next look.
func (r *Recorder) space() error {
	if r.cfg.Reserve < 0 {
		return nil
	}
	free, known, err := free(r.cfg.Path)
	if err != nil {
		return createError(r.cfg.Path, err)
	}
	if !known || free >= r.cfg.Reserve+checkEvery+recordBuffer {
		return nil
	}
	return tinycheck.Errorf("record", tinycheck.Unavailable,
		fmt.Errorf("%w: %d MiB must stay free beside %s: make room, or record to another disk", ErrFull, r.cfg.Reserve>>20, r.cfg.Path))
}

// writeError is what the operating system reports while writing.
func writeError(path string, err error) error {
	if cause := full(err); cause != nil {
		return tinycheck.Errorf("record", tinycheck.Unavailable, fmt.Errorf("%s: %w", path, cause))
	}
	return tinycheck.Errorf("record", tinycheck.Unavailable, fmt.Errorf("%s: %w", path, plain(err)))
}
