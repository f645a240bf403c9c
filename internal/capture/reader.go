package capture

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"time"

	"tinycheck"
)

// Config says how a capture is read. The zero value reads a file to its end.
type Config struct {
	Stdin  io.Reader       // what the name "-" reads
	Follow bool            // at the end of a file, wait for more to be written
	Done   <-chan struct{} // ends Follow; what was written until then is read
	Poll   time.Duration   // how often Follow looks; 0 means 200 ms
	Hash   bool            // compute the SHA-256 of the file on the way
}

// Validate says what cannot be meant.
func (c Config) Validate() error {
	if c.Follow && c.Done == nil {
		return tinycheck.Errorf("read capture: following a file needs a way to end it", tinycheck.Invalid, nil)
	}
	if c.Poll < 0 {
		return tinycheck.Errorf("read capture: the polling interval is negative", tinycheck.Invalid, nil)
	}
	return nil
}

// Reader reads one capture. Offset and Size may be called while another goroutine
// reads; everything else belongs to one goroutine.
type Reader struct {
	name   string
	src    *source
	packed *unpacked
	file   io.Closer // nil when the caller opened it
	follow bool
	in     window
	rows   format
	notes  notes
	facts  tinycheck.Capture // what is counted on the way
	last   time.Time         // of the packet before
	end    error             // what every further call of Next returns
}

// format is a file format: *records or *pcapng.
type format interface {
	// next fills everything of p but Number; a zero Time means that the packet has none.
	next(p *tinycheck.Packet) error
	// told is what the file says beside its packets, so far.
	told() told
}

// told is what a capture says of what is not in it.
type told struct {
	faces       int   // interfaces
	kernel, own int64 // packets that were dropped
	away        time.Duration
}

// Open opens a capture file, or standard input for the name "-". It returns an
// error when the file cannot be read, is empty, or is no capture.
//
// With Config.Follow, a regular file is waited for at its end, from its first byte
// on. Pipes and standard input block by themselves and end when their writer ends.
func Open(path string, cfg Config) (*Reader, error) {
	if path == "-" {
		if cfg.Stdin == nil {
			return nil, invalid("-: there is no standard input")
		}
		cfg.Follow, cfg.Hash = false, false
		return NewReader(path, cfg.Stdin, cfg)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		f.Close()
		return nil, invalid("%s is a folder", path)
	}
	if err != nil {
		f.Close()
		return nil, openError(path, err)
	}
	size := info.Size()
	if !info.Mode().IsRegular() {
		size, cfg.Follow, cfg.Hash = -1, false, false
	}
	r, err := newReader(path, &source{r: f, size: size}, cfg)
	if err != nil {
		f.Close()
		return nil, err
	}
	r.file = f
	return r, nil
}

// NewReader reads a capture from r, which the caller closes. The name is used in
// errors and in Capture.Name.
func NewReader(name string, r io.Reader, cfg Config) (*Reader, error) {
	return newReader(name, &source{r: r, size: -1}, cfg)
}

func newReader(name string, src *source, cfg Config) (*Reader, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	src.sum, src.done = newDigester(cfg.Hash), cfg.Done
	if cfg.Follow {
		if src.poll = cfg.Poll; src.poll == 0 {
			src.poll = followPoll
		}
	}
	packed, err := unpack(src)
	if err != nil {
		src.stop()
		return nil, headError(name, src, err)
	}
	r := &Reader{name: name, src: src, packed: packed, follow: cfg.Follow}
	if err := r.begin(); err != nil {
		packed.close()
		src.stop()
		return nil, err
	}
	return r, nil
}

// begin reads the file header.
func (r *Reader) begin() (err error) {
	u := r.packed
	if len(u.head) == 0 {
		return invalid("%s is empty", r.name)
	}
	r.in.src = u.in
	switch u.magic {
	case magicPcap:
		r.facts.Format = "pcap"
		r.rows, err = openPcap(&r.in, &r.notes)
	case magicPcapng:
		r.facts.Format = "pcapng"
		r.rows, err = openPcapng(&r.in, &r.notes)
	case magicSnoop:
		r.facts.Format = "snoop"
		r.rows, err = openSnoop(&r.in, &r.notes)
	case magicGzip, magicZstd:
		return tinycheck.Errorf("open capture", tinycheck.Unsupported, fmt.Errorf("%s is packed more than %d times", r.name, maxLayers))
	default:
		return invalid("%s is not a capture (first bytes %s); pcap, pcapng and snoop are read, also packed with gzip or zstd",
			r.name, hex.EncodeToString(u.head[:min(8, len(u.head))]))
	}
	r.facts.Format += u.suffix
	if err != nil {
		return headError(r.name, r.src, err)
	}
	return nil
}

// Next reads the next packet into p. Data is valid until the next call. It returns
// io.EOF at the end, also where damage ends the reading (Capture tells), and another
// error when the operating system could not read.
//
// A packet without a time of its own (simple packet blocks of pcapng), or with one
// that no clock gives, has the time of the packet before it, or 1970 when there is none.
func (r *Reader) Next(p *tinycheck.Packet) error {
	if r.end != nil {
		return r.end
	}
	if err := r.rows.next(p); err != nil {
		r.end = r.finish(err)
		return r.end
	}
	f := &r.facts
	f.Packets++
	p.Number = f.Packets
	if f.Bytes += int64(p.Length); p.Length > len(p.Data) {
		f.Dropped.Truncated++
	}
	if p.Time.IsZero() {
		p.Time = r.untimed()
		return nil
	}
	r.last = p.Time
	if f.Start.IsZero() {
		f.Start, f.End = p.Time, p.Time
	} else if p.Time.After(f.End) {
		f.End = p.Time
	} else if p.Time.Before(f.Start) {
		f.Start = p.Time
	}
	return nil
}

func (r *Reader) untimed() time.Time {
	if r.last.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return r.last
}

// finish tells what ended the reading. While a file is followed, its last record
// may be half written.
func (r *Reader) finish(err error) error {
	cut := err == io.ErrUnexpectedEOF
	packed := r.in.err // what the packing says of its end
	switch {
	case r.src.err != nil:
		return readError(r.name, r.src.err)
	case r.follow && (cut || packed == io.ErrUnexpectedEOF):
	case packed != nil && packed != io.EOF:
		r.notes.harm(tinycheck.DamageBadPacking, r.in.at+int64(r.in.w-r.in.r))
	case cut:
		r.notes.harm(tinycheck.DamageCutOff, r.in.at)
	}
	r.facts.SHA256 = r.src.digest()
	return io.EOF
}

// Capture returns what is known of the capture so far; after Next returned io.EOF
// it is complete. SHA256 is there only then, and only when it was asked for.
func (r *Reader) Capture() tinycheck.Capture {
	c := r.facts
	c.Name = r.name
	t := r.rows.told()
	c.Interfaces, c.Away = t.faces, t.away
	c.Dropped.Kernel, c.Dropped.Own = t.kernel, t.own
	c.Links = slices.Clone(r.notes.links)
	c.Damage = slices.Clone(r.notes.damage)
	c.Comments = slices.Clone(r.notes.comments)
	c.Modes = slices.Clone(r.notes.modes)
	return c
}

// Names returns the names that the capture itself gives addresses (pcapng name
// resolution blocks), so far. They are what the recording system believed, not
// what was seen on the wire.
func (r *Reader) Names() map[netip.Addr][]string {
	names := maps.Clone(r.notes.names)
	for a, n := range names {
		names[a] = slices.Clone(n)
	}
	return names
}

// Unkept counts the comments and names beyond the bounds, which were passed over.
func (r *Reader) Unkept() int64 { return r.notes.unkept }

// Offset returns how many bytes of the file, packed as it is, have been read.
func (r *Reader) Offset() int64 { return r.src.read.Load() }

// Size returns the bytes of the file when it was opened, -1 when it has none, as a pipe.
func (r *Reader) Size() int64 { return r.src.size }

// Close frees what Open took.
func (r *Reader) Close() error {
	r.packed.close()
	r.src.stop()
	if r.end == nil {
		r.end = errors.New("read capture: closed")
	}
	if r.file == nil {
		return nil
	}
	f := r.file
	r.file = nil
	return f.Close()
}
