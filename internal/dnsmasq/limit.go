package dnsmasq

import "time"

// Bounds of what is given out.
const (
	fewest    = 100 // addresses for guests
	most      = 150
	leaseTime = "10m" // phones renew after half of it
	ttl       = 30    // seconds that an answer is valid at most
	cached    = 1000  // answers remembered
	pending   = 150   // questions upstream at a time
	packet    = 1232  // bytes over UDP, as the DNS flag day of 2020 agreed on
	advertise = 60    // seconds between router advertisements
	routerFor = 180   // seconds that a router advertisement is valid
)

// Bounds of what is taken.
const (
	maxUpstream  = 8
	maxFolder    = 200      // bytes of a path
	maxLeaseFile = 64 << 10 // bytes
	maxLeases    = 500
	maxName      = 64       // bytes of a phone's name (RFC 1035: 63)
	maxResolv    = 64 << 10 // bytes of /etc/resolv.conf
	maxTable     = 4 << 20  // bytes of a table of sockets
)

// How long is waited.
const (
	startWait  = 5 * time.Second        // until it answers
	answerWait = 200 * time.Millisecond // for one answer
	pause      = 20 * time.Millisecond  // between two questions
	stopWait   = 2 * time.Second        // until it has ended, before it is killed
	endWait    = time.Second            // for the end of what an earlier run left behind
)
