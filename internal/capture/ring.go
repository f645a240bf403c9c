package capture

import (
	"encoding/binary"
	"errors"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// ring is a packet socket (packet(7)) and the memory that it shares with the
// kernel: TPACKET_V3 of Documentation/networking/packet_mmap.rst. It is our own
// because gopacket/afpacket cannot run here: its counters are not aligned on
// 32-bit processors and stop the program at the first packet, and it gives no way
// to attach a filter before packets come.
//
// The memory is a circle of blocks. One that the kernel has filled, or held for
// ringHold, is ours until we give it back.
type ring struct {
	fd    int
	mem   []byte
	block int  // that is read, or will come next
	ours  bool // the kernel has handed it over
	left  int  // packets in it that were not taken
	at    int  // where the next of them begins
	odd   atomic.Int64
}

// What is used of struct tpacket_block_desc and struct tpacket3_hdr (linux/if_packet.h);
// the numbers are in the order of the machine.
const (
	blockStatus = 8
	blockCount  = 12
	blockFirst  = 16

	frameNext   = 0
	frameSec    = 4
	frameNsec   = 8
	frameHeld   = 12
	frameWire   = 16
	frameStatus = 20
	frameMAC    = 24
	frameTag    = 32
	frameTagOf  = 36
	frameHead   = unix.SizeofTpacket3Hdr

	tagSize = 4  // of a VLAN tag
	tagAt   = 12 // behind the two addresses
)

// ringConfig is what a ring listens to.
type ringConfig struct {
	index    int // of the interface
	size     int // bytes of memory
	incoming bool
	program  []unix.SockFilter
}

// openRing begins to listen. Nothing comes in before the filter is attached: until
// the socket is bound, it asks for no protocol.
func openRing(c ringConfig) (*ring, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	r := &ring{fd: fd}
	if err := r.set(c); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *ring) set(c ringConfig) (err error) {
	do := func(f func() error) {
		if err == nil {
			err = f()
		}
	}
	do(func() error { return r.option(unix.PACKET_VERSION, unix.TPACKET_V3) })
	do(func() error { return r.option(unix.PACKET_RESERVE, tagSize) })
	if c.incoming {
		do(func() error { return r.option(unix.PACKET_IGNORE_OUTGOING, 1) })
	}
	if len(c.program) > 0 {
		f := unix.SockFprog{Len: uint16(len(c.program)), Filter: &c.program[0]}
		do(func() error { return unix.SetsockoptSockFprog(r.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &f) })
	}
	do(func() error { return r.share(c.size / ringBlock) })
	do(func() error {
		all := unix.PacketMreq{Ifindex: int32(c.index), Type: unix.PACKET_MR_PROMISC}
		return unix.SetsockoptPacketMreq(r.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &all)
	})
	do(func() error {
		return unix.Bind(r.fd, &unix.SockaddrLinklayer{Protocol: everyProtocol(), Ifindex: c.index})
	})
	return err
}

// everyProtocol is ETH_P_ALL in network order.
func everyProtocol() uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], unix.ETH_P_ALL)
	return binary.NativeEndian.Uint16(b[:])
}

func (r *ring) option(name, value int) error {
	return unix.SetsockoptInt(r.fd, unix.SOL_PACKET, name, value)
}

// share makes the memory.
func (r *ring) share(blocks int) (err error) {
	request := unix.TpacketReq3{
		Block_size: ringBlock, Block_nr: uint32(blocks), Frame_size: ringBlock, Frame_nr: uint32(blocks),
		Retire_blk_tov: uint32(ringHold / time.Millisecond),
	}
	if err := unix.SetsockoptTpacketReq3(r.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &request); err != nil {
		return err
	}
	r.mem, err = unix.Mmap(r.fd, 0, blocks*ringBlock, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	return err
}

func (r *ring) close() {
	if r.mem != nil {
		_ = unix.Munmap(r.mem)
		r.mem = nil
	}
	_ = unix.Close(r.fd)
}

// status is the word by which we and the kernel hand the block over.
func (r *ring) status() *uint32 {
	return (*uint32)(unsafe.Pointer(&r.mem[r.block*ringBlock+blockStatus]))
}

// take fills everything of p but Number and Interface with the next packet that is
// there. What it gave before is no longer valid then.
func (r *ring) take(p *tinycheck.Packet) bool {
	for {
		for r.left == 0 {
			if r.ours {
				r.release()
			}
			if !r.receive() {
				return false
			}
		}
		r.left--
		if r.frame(p) {
			return true
		}
		// Never seen; what cannot be read is counted as lost, and not guessed at.
		r.odd.Add(int64(r.left) + 1)
		r.left = 0
	}
}

func (r *ring) release() {
	atomic.StoreUint32(r.status(), unix.TP_STATUS_KERNEL)
	r.ours = false
	r.block = (r.block + 1) % (len(r.mem) / ringBlock)
}

func (r *ring) receive() bool {
	if atomic.LoadUint32(r.status())&unix.TP_STATUS_USER == 0 {
		return false
	}
	b := r.mem[r.block*ringBlock:]
	r.ours = true
	r.left = int(min(binary.NativeEndian.Uint32(b[blockCount:]), ringBlock/frameHead))
	r.at = int(binary.NativeEndian.Uint32(b[blockFirst:]))
	return true
}

// frame reads the packet that comes next, and finds the one behind it.
func (r *ring) frame(p *tinycheck.Packet) bool {
	ne := binary.NativeEndian
	b := r.mem[r.block*ringBlock : (r.block+1)*ringBlock]
	if r.at < 0 || r.at+frameHead > len(b) {
		return false
	}
	b = b[r.at:]
	begin := int(ne.Uint16(b[frameMAC:]))
	held, wire := uint64(ne.Uint32(b[frameHeld:])), uint64(ne.Uint32(b[frameWire:]))
	next := int(min(ne.Uint32(b[frameNext:]), ringBlock)) // 0 at the last one
	if begin < frameHead+tagSize || uint64(begin)+held > uint64(len(b)) || wire > MaxPacket-tagSize || next == 0 && r.left > 0 {
		return false
	}
	r.at += next
	p.Time = time.Unix(int64(ne.Uint32(b[frameSec:])), int64(ne.Uint32(b[frameNsec:]))).UTC()
	p.Length = int(max(wire, held))
	end := begin + int(held)
	if tagged(b) && held >= tagAt {
		begin -= tagSize
		putTag(b, begin)
		p.Length += tagSize
	}
	p.Data = b[begin:end:end]
	return true
}

// tagged says whether the kernel took a VLAN tag (IEEE 802.1Q) off the packet.
func tagged(b []byte) bool {
	return binary.NativeEndian.Uint32(b[frameStatus:])&unix.TP_STATUS_VLAN_VALID != 0
}

// putTag moves the addresses of a packet tagSize towards the front, where
// PACKET_RESERVE left room, and puts the tag back behind them.
func putTag(b []byte, begin int) {
	copy(b[begin:begin+tagAt], b[begin+tagSize:])
	of := binary.NativeEndian.Uint16(b[frameTagOf:])
	if binary.NativeEndian.Uint32(b[frameStatus:])&unix.TP_STATUS_VLAN_TPID_VALID == 0 {
		of = unix.ETH_P_8021Q
	}
	binary.BigEndian.PutUint16(b[begin+tagAt:], of)
	binary.BigEndian.PutUint16(b[begin+tagAt+2:], uint16(binary.NativeEndian.Uint32(b[frameTag:])))
}

// wait waits until the kernel hands something over, at most so long. The error is
// what the kernel says of the interface: ENETDOWN when it was taken down or is gone.
func (r *ring) wait(most time.Duration) error {
	end := time.Now().Add(most)
	for {
		left := time.Until(end)
		if left <= 0 {
			return nil
		}
		fds := []unix.PollFd{{Fd: int32(r.fd), Events: unix.POLLIN}}
		_, err := unix.Poll(fds, int((left+time.Millisecond-1)/time.Millisecond))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return err
		case fds[0].Revents&(unix.POLLERR|unix.POLLNVAL|unix.POLLHUP) != 0:
			return r.failure()
		}
		return nil
	}
}

// failure asks what the socket complains of.
func (r *ring) failure() error {
	n, err := unix.GetsockoptInt(r.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if n == 0 {
		return unix.ENETDOWN
	}
	return unix.Errno(n)
}

// counters are the packets since the last time that came into the ring, and that
// found no room in it. The kernel counts these among those.
func (r *ring) counters() (received, dropped int64) {
	if s, err := unix.GetsockoptTpacketStatsV3(r.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		received, dropped = int64(s.Packets)-int64(s.Drops), int64(s.Drops)
	}
	odd := r.odd.Swap(0)
	return received - odd, dropped + odd
}
