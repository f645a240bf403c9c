package main

import (
	"context"
	"errors"
	"io"

	"tinycheck"
	"tinycheck/internal/capture"
)

// Packets are read ahead in batches, on a goroutine of their own.
const (
	batchPackets = 2048
	batchBytes   = capture.MaxPacket // so that any packet fits
	batches      = 3
)

// batch is a number of packets with their bytes, and how the reading ended.
type batch struct {
	packets []tinycheck.Packet
	bytes   []byte
	err     error
}

// read hands every packet of a capture on. A context that ends, ends the
// reading without an error: what was read until then counts.
func read(ctx context.Context, r *capture.Reader, see func(*tinycheck.Packet), show *progress) error {
	defer show.end()
	full, empty := make(chan *batch, batches), make(chan *batch, batches)
	for range batches {
		empty <- &batch{}
	}
	go ahead(ctx, r, full, empty)
	var err error
	for b := range full {
		show.update()
		for i := range b.packets {
			see(&b.packets[i])
		}
		err = b.err
		empty <- b
	}
	if errors.Is(err, io.EOF) || ctx.Err() != nil {
		return nil
	}
	return err
}

// ahead fills batches until the capture ends or nobody wants more, and says so
// by closing full.
func ahead(ctx context.Context, r *capture.Reader, full chan<- *batch, empty <-chan *batch) {
	defer close(full)
	var waiting tinycheck.Packet // read, and not yet in a batch
	for ctx.Err() == nil {
		b := <-empty
		waiting = b.fill(r, waiting)
		full <- b
		if b.err != nil {
			return
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
			if len(b.packets) == batchPackets || len(b.bytes)+len(p.Data) > batchBytes {
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
