package main

import (
	"context"
	"errors"
	"io"
	"time"

	"tinycheck"
	"tinycheck/internal/capture"
)

// Packets are read ahead in batches, on a goroutine of their own. What is still
// being written comes packet by packet, so that none waits in a batch.
const (
	batchPackets = 2048
	batchBytes   = capture.MaxPacket // so that any packet fits
	batches      = 3
)

// batch is a number of packets with their bytes, and how the reading ended.
type batch struct {
	packets []tinycheck.Packet
	most    int
	bytes   []byte
	err     error
	facts   tinycheck.Capture // as far as it was read
}

// patience is how long a read that is under way may take after an interrupt.
const patience = 300 * time.Millisecond

// read hands every packet of a capture on, and returns what is known of the
// capture, which it closes. A context that ends, ends the reading without an error: what had come
// until then counts. A pipe on which nothing comes cannot be woken: its reader is
// then left behind, for the process to end with.
func read(ctx context.Context, r *capture.Reader, see func(*tinycheck.Packet), show *progress) (facts tinycheck.Capture, err error) {
	defer show.end()
	a := ahead{r, make(chan *batch, batches), make(chan *batch, batches), make(chan struct{})}
	defer close(a.enough)
	most := batchPackets
	if r.Size() < 0 {
		most = 1
	}
	for range batches {
		a.empty <- &batch{most: most}
	}
	facts = r.Capture()
	go a.run()
	interrupted := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case b, more := <-a.full:
			if !more {
				return facts, ignoreEOF(err)
			}
			show.update()
			for i := range b.packets {
				see(&b.packets[i])
			}
			facts, err = b.facts, b.err
			a.empty <- b
		case <-interrupted:
			interrupted, late = nil, time.After(patience)
		case <-late:
			return facts, nil
		}
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// ahead reads batches until the capture ends, or enough is closed.
type ahead struct {
	r           *capture.Reader
	full, empty chan *batch
	enough      chan struct{}
}

func (a *ahead) run() {
	defer close(a.full)
	defer a.r.Close()
	var waiting tinycheck.Packet // read, and not yet in a batch
	for {
		select {
		case <-a.enough:
			return
		case b := <-a.empty:
			waiting = b.fill(a.r, waiting)
			b.facts = a.r.Capture()
			a.full <- b // there is room for all batches
			if b.err != nil {
				return
			}
		}
	}
}

// fill reads packets until the batch is full. It returns the packet that did
// not fit any more, which stays valid until the next one is read.
func (b *batch) fill(r *capture.Reader, p tinycheck.Packet) tinycheck.Packet {
	if b.bytes == nil {
		b.bytes = make([]byte, 0, batchBytes)
	}
	b.packets, b.bytes, b.err = b.packets[:0], b.bytes[:0], nil
	for {
		if p.Number > 0 {
			if len(b.packets) == b.most || len(b.bytes)+len(p.Data) > batchBytes {
				return p
			}
			from := len(b.bytes)
			b.bytes = append(b.bytes, p.Data...)
			p.Data = b.bytes[from:len(b.bytes):len(b.bytes)]
			b.packets = append(b.packets, p)
		}
		if b.err = r.Next(&p); b.err != nil {
			return tinycheck.Packet{}
		}
	}
}
