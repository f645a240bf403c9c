package tinycheck

import "time"

// Coverage says what could be seen and what not. No answer is given without it.
type Coverage struct {
	Grade       Grade
	Limits      []Limit // why the grade is not better, and every blind spot; in fixed order
	Observed    time.Duration
	Span        time.Duration // from the device's first packet to its last
	Packets     int64
	Bytes       int64 // of the device, from the IP header on
	External    int64 // of these, to or from outside the local network
	IPv6        int64 // of these, over IPv6
	Named       map[NameSource]int64
	Identified  int64 // named bytes whose name says who is behind it, not only on whose platform
	Tunnelled   int64 // external bytes inside a whole-phone VPN or relay
	Tunnels     []TunnelKind
	EncryptedBy []Protocol // dot, doq, doh: how names were asked for out of sight
	Resolvers   []string   // names of the encrypted resolvers, bounded
	// AsksEncryption says that the phone asked whether the resolver of this network
	// can encrypt (RFC 9462 section 4; RFC 9463, DHCP option 162).
	AsksEncryption bool
	ECH            int64 // flows whose name is probably encrypted
	ECHOffered     int64 // flows that offer ECH, real or GREASE
	Unexplained    int64 // external bytes to addresses that no name explains
	LargestSink    int64 // external bytes of the remote with most
	SinkPackets    int64 // packets of that remote
	ExtPackets     int64 // external packets
	Flows          int64
	Unasked        int64 // flows that say their name, which was not asked for in sight before
	Hellos         Read  // openings of TLS and DTLS
	Initials       Read  // openings of QUIC
	FlowsLost      int64 // flows, names, remotes and sightings that bounded tables had no room for
	Malformed      int64 // packets or messages that could not be read to the end
	Drops          Drops
	Away           time.Duration // the interface was gone, and came back
	Modes          []Mode        // what the network did beside carrying packets
	Damage         []Damage
	Idle           IdleState
	Silence        time.Duration // the longest, when it is more than a minute; else 0
	Devices        int           // on the private side of the capture
	Feeds          []FeedUse
	OldestFeed     time.Duration // age of the oldest dated feed when the capture ended
	Families       int           // that have a server, an address or a certificate listed
	Unlisted       []string      // known families that have none, sorted
	Timers         []Chance      // fixed rows, by interval; none at grade X
	Habits         []Chance      // families whose interval is known; none at grade X
	Periods        Periods       // zero at grade X
}

// Read counts what there was to read, and how much of it could be read whole.
type Read struct{ Seen, Read int64 }

// Habit is what is known of how often a family reports when nothing happens.
type Habit struct {
	Family string
	Every  time.Duration // as a published source states it; 0 where none does
}

// Chance is how likely it was that something that reports once per interval
// reported while somebody watched.
type Chance struct {
	Family string // empty in the fixed rows
	Every  time.Duration
	Seen   float64 // 0 to 1
}

// Periods is the range of intervals of which regular contact could have been
// told from chance: enough of them fit into the time observed.
type Periods struct{ Shortest, Longest time.Duration }

// FeedUse is one source of indicators that this answer used.
type FeedUse struct {
	Name       string
	Indicators int
	Date       time.Time // when its content was known to be current; zero when nobody says
	Timeless   bool      // its age is no limit: typed in by hand, or built in beside fresher lists
	Missing    bool      // it should be used, and has never been fetched
}

// Grade is how well the traffic could be seen.
type Grade string

// The grades, best first.
const (
	GradeA Grade = "A" // the guided test was done
	GradeB Grade = "B" // long enough, and nearly all of it had a name
	GradeC Grade = "C" // something was seen
	GradeX Grade = "X" // could not look
)

// IdleState says whether windows in which nobody touched the phone are known.
type IdleState string

// A plain file has no prompts, so nothing is known of idle windows.
const IdleNotAssessed IdleState = "not-assessed"

// Limit is one reason why something could not be seen.
type Limit string

// The limits. Each has words in every language: what it means, what to do.
const (
	LimitNoTraffic    Limit = "no-traffic"    // nothing went outside the local network
	LimitTooShort     Limit = "too-short"     // observed less than 3 minutes
	LimitShort        Limit = "short"         // observed less than 12 minutes
	LimitTunnel       Limit = "whole-tunnel"  // a VPN or relay carries at least 90 % of external bytes
	LimitSomeTunnel   Limit = "some-tunnel"   // a VPN or relay carries a part
	LimitSingleSink   Limit = "single-sink"   // one unnamed remote carries nearly everything
	LimitUnnamed      Limit = "unnamed"       // less than 85 % of bytes have a name
	LimitUnexplained  Limit = "dns-less"      // more than half of the bytes go to addresses nobody asked for
	LimitUnasked      Limit = "unasked"       // most flows go to names that were not asked for in sight
	LimitEncryptedDNS Limit = "encrypted-dns" // names were asked for out of sight
	LimitECH          Limit = "ech"           // names were encrypted
	LimitDrops        Limit = "drops"         // packets were lost or cut while recording
	LimitAway         Limit = "away"          // the interface was gone for a while
	LimitContained    Limit = "contained"     // nothing was let out
	LimitVisibility   Limit = "visibility"    // the phone was told not to hide names
	LimitDamage       Limit = "damage"        // the file is damaged
	LimitOverflow     Limit = "overflow"      // more was going on than the bounded tables hold
	LimitOldFeeds     Limit = "old-feeds"     // an indicator feed is older than 30 days
	LimitNoIndicators Limit = "no-indicators" // nothing to compare with
	LimitUndatedFeeds Limit = "undated-feeds" // a feed does not say how old it is
	LimitMissingFeeds Limit = "missing-feeds" // a feed that should be used was never fetched
	LimitUnlisted     Limit = "unlisted"      // known families have nothing listed that a network shows
	LimitOneOfMany    Limit = "many-devices"  // several devices, none of them named as the phone
	LimitNoPrivate    Limit = "no-private"    // no private side: analyzed by source
	LimitIdle         Limit = "idle-unknown"  // idle windows were not assessed
)

// NamedShare is the share of external bytes whose remote has a name, 0 to 1.
func (c *Coverage) NamedShare() float64 {
	var named int64
	for _, b := range c.Named {
		named += b
	}
	return share(named, c.External)
}

// IdentifiedShare is the share of external bytes of which it is known who is
// behind the name: not of a host that the customers of a platform share.
func (c *Coverage) IdentifiedShare() float64 { return share(c.Identified, c.External) }

// TunnelShare is the share of external bytes inside a whole-phone tunnel.
func (c *Coverage) TunnelShare() float64 { return share(c.Tunnelled, c.External) }

// UnexplainedShare is the share of external bytes that no name explains.
func (c *Coverage) UnexplainedShare() float64 { return share(c.Unexplained, c.External) }

// SinkShare is the share of external bytes of the remote without a name that
// has most.
func (c *Coverage) SinkShare() float64 { return share(c.LargestSink, c.External) }

// Chance is the chance that something that reports once per interval, at a time
// that nobody knows, reported during the time observed.
func (c *Coverage) Chance(every time.Duration) float64 {
	if every <= 0 || c.Observed <= 0 {
		return 0
	}
	return min(1, float64(c.Observed)/float64(every))
}

// Share is a number of external bytes as a share of all, 0 to 1.
func (c *Coverage) Share(external int64) float64 { return share(external, c.External) }

func share(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
