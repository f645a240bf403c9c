package capture

import (
	"math"
	"time"
)

// Bounds on what a capture can make the reader hold or do.
const (
	// MaxPacket is the longest packet that is believed, in bytes. The longest that
	// really occur are 64 KiB, and 512 KiB with Linux BIG TCP; Wireshark stops at
	// 256 KiB. A record that claims more is damaged.
	MaxPacket = 1 << 20

	// MaxCommentBytes is what is kept of all comments of a capture.
	MaxCommentBytes = 64 << 10

	// usualPacket is the longest packet that is believed of a capture whose snap
	// length does not announce longer ones; MAXIMUM_SNAPLEN of libpcap.
	usualPacket = 256 << 10

	// maxBlock is the longest pcapng block that is believed: name resolution,
	// secrets and custom blocks can be long. maxPacketBlock is the longest that
	// carries a packet: the packet, and 64 KiB of options.
	maxBlock       = 16 << 20
	maxPacketBlock = MaxPacket + 64<<10

	// windowSize is what is read at once; wide enough that the system call does not
	// count, small enough to stay in the processor's second-level cache.
	windowSize = 256 << 10

	// searchSpan is how far behind damage the next record is looked for. Storage
	// loses whole erase blocks, which are some MiB long.
	searchSpan = 16 << 20

	// searchChain is how many records in a row must look right before a pcap or
	// snoop file is believed again: they carry no mark, and the data of a packet can
	// look like one header by chance.
	searchChain = 3

	// searchNear is how far the times of neighbouring records may lie apart, in
	// seconds, for a record found by searching to be believed.
	searchNear = 24 * 60 * 60

	// searchAhead is how far behind an odd record others are looked for to judge it:
	// some packets of usual size, and no more than a live recording soon writes.
	searchAhead = 16 << 10

	// lastSecond is where nanoseconds since 1970 no longer fit 64 bits, in 2262. No
	// clock of a recording system shows such a time.
	lastSecond = math.MaxInt64 / 1_000_000_000

	// maxWindow is the largest window of a zstd frame: up to level 20 of the zstd
	// program. RFC 8878 section 3.1.1.1.2 asks for at least 8 MiB.
	maxWindow = 32 << 20

	// maxLayers is how often a capture may be packed: once, and once again.
	maxLayers = 2

	maxInterfaces = 1 << 16 // described per pcapng section
	maxLinks      = 64      // different link types named in the summary
	maxComment    = 4 << 10 // bytes of one comment
	maxNames      = 1 << 16 // names from name resolution blocks
	maxNamesEach  = 16      // names of one address
	maxName       = 255     // bytes of one name, RFC 1035 section 2.3.4

	followPoll = 200 * time.Millisecond
)

// Bounds on what a recording holds and writes.
const (
	// recordBuffer is how many bytes wait for Flush at most, but for one block that
	// is longer.
	recordBuffer = 1 << 20

	// checkEvery is how many bytes are written between two looks at the free space.
	checkEvery = 1 << 20

	// usualReserve is the free space that stays on the file system.
	usualReserve = 64 << 20

	// leastFile is the least that a file or a whole recording may be bounded to.
	leastFile = 64 << 10

	// endRoom is kept free for the statistics block that ends a file.
	endRoom = 128

	maxFiles    = 9999 // of one recording: its number has four digits
	maxComments = 15   // at one packet: with 4 KiB each they fit a block
	maxFilter   = 4 << 10
	maxProgram  = 255 // bytes of the program's name
)

// Bounds on listening.
const (
	usualRing = 16 << 20
	maxRing   = 1 << 30

	// ringBlock is a part of the ring that the kernel fills and hands over whole. The
	// longest packet, 64 KiB of joined segments, fits.
	ringBlock = 128 << 10

	// ringHold is how long the kernel fills a block before it hands it over as it is:
	// the most that thin traffic comes late. Thin traffic fills no block, and uses one
	// up in this time, so the ring holds usualRing/ringBlock times as long of it: 12.8
	// seconds, in which an SD card may stall.
	ringHold = 100 * time.Millisecond

	// ringSettle is when every packet that came before has been handed over.
	ringSettle = 2*ringHold + ringHold/2

	// idleWait is after how long without a packet Next says so.
	idleWait = 50 * time.Millisecond

	// doneWait is how long packets from before the end are still taken, should the
	// clock have been set back meanwhile.
	doneWait = time.Second

	// compileWait is how long tcpdump may take to understand a filter. It takes some
	// milliseconds, and longer where the machine has much else to do.
	compileWait = 10 * time.Second

	maxInstructions = 4096 // of a filter; BPF_MAXINSNS
)
