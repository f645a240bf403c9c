package phone

import "time"

// The bounds of what is kept and waited for. The number of lines and bytes is
// bounded by those of a scenario (scenario.MaxPackets, scenario.MaxBytes).
const (
	maxHole      = 1 << 20 // bytes of TCP that are not recorded and are sent as zeros
	maxTalks     = 256     // conversations of the phone at one time
	maxSessions  = 2_048   // connections to all servers at one time
	maxPeers     = 4_096   // ends whose place in a UDP conversation a server remembers
	maxListeners = 8_192   // sockets of all servers
	maxDatagram  = 65_535
	maxWords     = 512 // bytes of a program's complaint that an error repeats

	defaultWait = 5 * time.Second        // for an answer
	defaultJoin = 30 * time.Second       // for a lease
	oneTry      = 250 * time.Millisecond // of DHCP; each further try waits twice as long
	tries       = 4
	idleAnswer  = 300 * time.Millisecond
	orderly     = 250 * time.Millisecond // that what is over in the scenario may hold up what comes next
	talkTime    = 2 * time.Minute        // beyond what the scenario says, for one conversation
	patience    = time.Hour              // of servers, for a phone that says nothing
	sixWait     = 4 * time.Second        // for an address of IPv6 that the kernel makes
	programTime = 10 * time.Second

	burst      = 64 // datagrams in a row before a pause, so that no queue overflows
	burstPause = time.Millisecond
	socketRoom = 8 << 20 // bytes that the kernel may keep for a UDP socket
)
