package recording

import (
	"slices"
	"time"

	"tinycheck"
)

// Snapshot is what is known so far. Nothing in it is shared with the recording.
type Snapshot struct {
	State    State
	Started  time.Time
	Packets  int64
	Bytes    int64
	Dropped  tinycheck.Drops
	Devices  []tinycheck.Answer // see analysis.Line.Now
	Contacts []Contact          // the latest names, newest first
	Named    int64              // names contacted so far, each device's once
}

// Contact is a name that a device asked for or talked to.
type Contact struct {
	At     time.Time
	Device string // its address
	Name   string
	Listed tinycheck.Level // the highest of what is known of the name; "" when it is on no list
}

// contacts keeps the latest names, each once per device.
type contacts struct {
	latest []Contact // oldest first
	named  int64
}

// see takes the name that an event tells, if it tells one.
func (c *contacts) see(e tinycheck.Event) {
	if e.Flow == nil || e.Flow.Inward {
		return
	}
	var name string
	switch f := e.Fact.(type) {
	case tinycheck.DNSQuery:
		name = f.Name
	case tinycheck.ClientHello:
		name = f.SNI
	case tinycheck.HTTPRequest:
		name = f.Host
	}
	if name != "" {
		c.put(Contact{At: e.Time, Device: e.Flow.Local().Addr().String(), Name: name})
	}
}

func (c *contacts) put(one Contact) {
	same := func(old Contact) bool { return old.Device == one.Device && old.Name == one.Name }
	if i := slices.IndexFunc(c.latest, same); i >= 0 {
		one.Listed = c.latest[i].Listed
		c.latest = slices.Delete(c.latest, i, i+1)
	} else {
		c.named++
	}
	if len(c.latest) == maxContacts {
		c.latest = slices.Delete(c.latest, 0, 1)
	}
	c.latest = append(c.latest, one)
}

// found marks the names that a finding is about.
func (c *contacts) found(device string, f *tinycheck.Finding) {
	for i := range c.latest {
		one := &c.latest[i]
		if one.Device == device && slices.Contains(f.Names, one.Name) && f.Level.Rank() >= one.Listed.Rank() {
			one.Listed = f.Level
		}
	}
}

func (c *contacts) newest() []Contact {
	list := slices.Clone(c.latest)
	slices.Reverse(list)
	return list
}
