package analysis

import "time"

const (
	maxDevices = 64    // answered for in one report
	maxRemotes = 200   // named per device in one report
	maxTalks   = 32768 // remotes of all local addresses that are told apart, once by name and once by address
	maxPages   = 4096  // local addresses of which anything is counted
	maxMinutes = 65536 // of all local addresses, in which names were asked for in plain DNS
	maxTells   = 1024  // hosts of which it is kept whether their name says who is behind it
	maxPer     = 8     // names, addresses, protocols and apps per remote
	maxKnown   = 8     // things known of its names, per remote

	oldFeed = 30 * 24 * time.Hour // an indicator feed older than this is told as a limit
)

// The thresholds of the grades (docs/contract.md, Coverage).
const (
	gradeXTunnel   = 0.90
	gradeXObserved = 3 * time.Minute
	gradeBObserved = 12 * time.Minute
	gradeBNamed    = 0.85
	gradeBUnknown  = 0.50
	sinkBytes      = 0.90
	sinkPackets    = 0.95
)

// Of flows whose name was not asked for in sight: fewer than this many are no
// habit, and no more than this share is ordinary.
const (
	unaskedFlows = 10
	unaskedShare = 0.50
)
