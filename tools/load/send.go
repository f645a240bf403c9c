package main

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// frame is a packet and when it was sent in its recording, in nanoseconds.
type frame struct {
	at   uint64
	data []byte
}

// sendAll sends the packets of all files, in the order of their times, again and
// again, so many bits per second (0: as fast as it can), for so long.
func sendAll(files, rate, long string) error {
	bits, err := strconv.ParseInt(rate, 10, 64)
	if err != nil {
		return err
	}
	lasts, err := time.ParseDuration(long)
	if err != nil {
		return err
	}
	var frames []frame
	for _, name := range strings.Split(files, ",") {
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		frames = read(frames, raw)
	}
	if len(frames) == 0 {
		return errors.New("nothing to send")
	}
	slices.SortStableFunc(frames, func(a, b frame) int { return cmp.Compare(a.at, b.at) })
	sent, err := send(frames, bits, lasts)
	fmt.Println(sent)
	return err
}

// read takes the packets out of a capture as "tinycheck simulate" writes it:
// pcapng, little-endian, enhanced packet blocks with nanoseconds.
func read(frames []frame, raw []byte) []frame {
	le := binary.LittleEndian
	for len(raw) >= 12 {
		kind, size := le.Uint32(raw), le.Uint32(raw[4:])
		if int(size) > len(raw) || size < 12 {
			return frames
		}
		if kind == 6 {
			at := uint64(le.Uint32(raw[12:]))<<32 | uint64(le.Uint32(raw[16:]))
			frames = append(frames, frame{at, raw[28 : 28+le.Uint32(raw[20:])]})
		}
		raw = raw[size:]
	}
	return frames
}

// send writes frames to the interface; a full queue is waited for, so that what
// is counted as sent was sent.
func send(frames []frame, bits int64, lasts time.Duration) (sent int64, err error) {
	far, err := net.InterfaceByName(farSide)
	if err != nil {
		return 0, err
	}
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, 0)
	if err != nil {
		return 0, err
	}
	defer syscall.Close(fd)
	to := &syscall.SockaddrLinklayer{Ifindex: far.Index}
	start, bytes := time.Now(), int64(0)
	for {
		for _, f := range frames {
			if sent%64 == 0 {
				passed := time.Since(start)
				if passed >= lasts {
					return sent, nil
				}
				if due := time.Duration(8 * float64(bytes) / float64(max(bits, 1)) * float64(time.Second)); bits > 0 && due > passed {
					time.Sleep(due - passed)
				}
			}
			for err = syscall.Sendto(fd, f.data, 0, to); err == syscall.ENOBUFS || err == syscall.EAGAIN; err = syscall.Sendto(fd, f.data, 0, to) {
				time.Sleep(100 * time.Microsecond)
			}
			if err != nil {
				return sent, fmt.Errorf("send %d bytes: %w", len(f.data), err)
			}
			sent++
			bytes += int64(len(f.data))
		}
	}
}
