package tinycheck

import (
	"net/netip"
	"time"
)

// Report is everything to be said about one capture, in no language yet.
type Report struct {
	Program Program
	Capture Capture
	Answer  Level // the worst of the devices
	Devices []Answer
	Feeds   []FeedUse
	Others  int // devices beyond the bound that were not answered for
}

// Program is the program that made a report.
type Program struct {
	Version string
	Rules   int // sum of the versions of all rules: changes when any does
}

// Answer is what is to be said about one device.
type Answer struct {
	Device   Device
	Verdict  Verdict
	Findings []Finding // sorted
	Coverage Coverage
	Remotes  []Remote // whom it talked to, most bytes first, bounded
	More     int      // remotes beyond the bound
}

// Remote is somebody whom the device talked to, or asked for.
type Remote struct {
	Identity  Identity
	Names     []Name       // as seen, best first, bounded
	Addresses []netip.Addr // bounded
	Protocols []Protocol
	Apps      []App
	Flows     int64
	Sent      int64 // payload bytes
	Received  int64
	First     time.Time
	Last      time.Time
	Context   ContextClass // what is known to be ordinary about all of it, "" if nothing
	Owner     string
	Known     []Known // what is known of its names, one of each kind, bounded
}

// Known explains one name to people.
type Known struct {
	Name    string // the entry that says it; covers what lies under it
	Context ContextClass
	Owner   string
	Purpose string
}
