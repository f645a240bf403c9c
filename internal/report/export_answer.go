package report

import "tinycheck"

type answer struct {
	Device   device    `json:"device"`
	Level    string    `json:"level"`
	Answer   string    `json:"answer"`
	Grade    string    `json:"grade"`
	Deciding []int     `json:"deciding"`
	Findings []finding `json:"findings"`
	Coverage coverage  `json:"coverage"`
	Remotes  []remote  `json:"remotes"`
	More     int       `json:"more_remotes"`
}

// device has no name: what a phone calls itself is personal.
type device struct {
	ID        string   `json:"id"`
	MAC       string   `json:"mac"`
	Random    bool     `json:"mac_random"`
	Addresses []string `json:"addresses"`
	Class     string   `json:"class"`
	Evidence  []string `json:"evidence"`
	FirstSeen *string  `json:"first_seen"`
}

type identity struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

type finding struct {
	Rule       string     `json:"rule"`
	Version    int        `json:"version"`
	Level      string     `json:"level"`
	Weight     int        `json:"weight"`
	Identity   identity   `json:"identity"`
	Class      string     `json:"class"`
	Families   []string   `json:"families"`
	Names      []string   `json:"names"`
	Channels   []string   `json:"channels"`
	Flows      int64      `json:"flows"`
	Sent       int64      `json:"sent"`
	Received   int64      `json:"received"`
	First      *string    `json:"first"`
	Last       *string    `json:"last"`
	Techniques []string   `json:"techniques"`
	Sightings  []sighting `json:"sightings"`
}

type sighting struct {
	Observable observable  `json:"observable"`
	Channel    string      `json:"channel"`
	First      *string     `json:"first"`
	Last       *string     `json:"last"`
	Count      int64       `json:"count"`
	Packets    []int64     `json:"packets"`
	Indicators []indicator `json:"indicators"`
}

type observable struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type indicator struct {
	Type           string   `json:"type"`
	Value          string   `json:"value"`
	Class          string   `json:"class"`
	Infrastructure string   `json:"infrastructure"`
	Family         string   `json:"family"`
	Feed           string   `json:"feed"`
	SourceID       string   `json:"source_id"`
	Tags           []string `json:"tags"`
	TLP            string   `json:"tlp"`
	Confidence     int      `json:"confidence"`
	ValidFrom      *string  `json:"valid_from"`
	ValidUntil     *string  `json:"valid_until"`
	Updated        *string  `json:"updated"`
}

type coverage struct {
	Grade            string   `json:"grade"`
	Limits           []string `json:"limits"`
	Observed         float64  `json:"observed_seconds"`
	Span             float64  `json:"span_seconds"`
	Packets          int64    `json:"packets"`
	Bytes            int64    `json:"bytes"`
	External         int64    `json:"external_bytes"`
	ExternalPackets  int64    `json:"external_packets"`
	Named            []named  `json:"named_bytes"`
	NamedShare       float64  `json:"named_share"`
	Tunnelled        int64    `json:"tunnelled_bytes"`
	TunnelShare      float64  `json:"tunnelled_share"`
	Tunnels          []string `json:"tunnels"`
	EncryptedDNS     []string `json:"encrypted_dns"`
	Resolvers        []string `json:"encrypted_resolvers"`
	AsksEncryption   bool     `json:"asks_encrypted_dns"`
	ECHLikely        int64    `json:"ech_likely_flows"`
	ECHOffered       int64    `json:"ech_offered_flows"`
	Unexplained      int64    `json:"unexplained_bytes"`
	UnexplainedShare float64  `json:"unexplained_share"`
	LargestBytes     int64    `json:"largest_remote_bytes"`
	LargestPackets   int64    `json:"largest_remote_packets"`
	Flows            int64    `json:"flows"`
	FlowsLost        int64    `json:"flows_lost"`
	Malformed        int64    `json:"malformed"`
	Dropped          drops    `json:"dropped"`
	Damage           []damage `json:"damage"`
	Idle             string   `json:"idle"`
	Devices          int      `json:"devices"`
	Feeds            []feed   `json:"feeds"`
	OldestFeed       float64  `json:"oldest_feed_seconds"`
	Identified       int64    `json:"identified_bytes"`
	IdentifiedShare  float64  `json:"identified_share"`
	IPv6             int64    `json:"ipv6_bytes"`
	Unasked          int64    `json:"unasked_flows"`
	LargestShare     float64  `json:"largest_remote_share"`
	Hellos           int64    `json:"client_hellos"`
	HellosRead       int64    `json:"client_hellos_read"`
	Initials         int64    `json:"quic_initials"`
	InitialsRead     int64    `json:"quic_initials_read"`
	Silence          float64  `json:"longest_silence_seconds"`
	Families         int      `json:"families_listed"`
	Unlisted         []string `json:"families_unlisted"`
	Timers           []chance `json:"timers"`
	Habits           []habit  `json:"family_timers"`
	Shortest         float64  `json:"shortest_period_seconds"`
	Longest          float64  `json:"longest_period_seconds"`
}

// chance is that of something that reports once per interval.
type chance struct {
	Every  float64 `json:"every_seconds"`
	Chance float64 `json:"chance"`
}

type habit struct {
	Family string  `json:"family"`
	Every  float64 `json:"every_seconds"`
	Chance float64 `json:"chance"`
}

type named struct {
	Source string `json:"source"`
	Bytes  int64  `json:"bytes"`
}

type remote struct {
	Identity  identity     `json:"identity"`
	Names     []remoteName `json:"names"`
	Addresses []string     `json:"addresses"`
	Protocols []string     `json:"protocols"`
	Apps      []app        `json:"apps"`
	Flows     int64        `json:"flows"`
	Sent      int64        `json:"sent"`
	Received  int64        `json:"received"`
	First     *string      `json:"first"`
	Last      *string      `json:"last"`
	Context   string       `json:"context"`
	Owner     string       `json:"owner"`
	Known     []known      `json:"known"`
}

type known struct {
	Name    string `json:"name"`
	Context string `json:"context"`
	Owner   string `json:"owner"`
	Purpose string `json:"purpose"`
}

type remoteName struct {
	Name   string `json:"name"`
	Source string `json:"source"`
}

type app struct {
	UID  int32  `json:"uid"`
	Name string `json:"name"`
}

func newAnswer(a *tinycheck.Answer) answer {
	return answer{
		Device: newDevice(&a.Device),
		Level:  string(a.Verdict.Level), Answer: string(a.Verdict.Answer), Grade: string(a.Verdict.Grade),
		Deciding: each(a.Verdict.Deciding, func(i *int) int { return *i }),
		Findings: each(a.Findings, newFinding),
		Coverage: newCoverage(&a.Coverage),
		Remotes:  each(a.Remotes, newRemote),
		More:     a.More,
	}
}

func newDevice(d *tinycheck.Device) device {
	return device{
		ID: d.ID, MAC: d.MAC.String(), Random: d.MAC.Random(),
		Addresses: addressList(d.Addresses), Class: string(d.Class), FirstSeen: stamp(d.FirstSeen),
		Evidence: each(d.Evidence, func(s *string) string { return without(*s, d.Name) }),
	}
}

func newFinding(f *tinycheck.Finding) finding {
	return finding{
		Rule: string(f.Rule), Version: f.Version, Level: string(f.Level), Weight: f.Weight,
		Identity: identity(f.Identity), Class: string(f.Class),
		Families: words(f.Families), Names: words(f.Names), Channels: words(f.Channels),
		Flows: f.Flows, Sent: f.Sent, Received: f.Received,
		First: stamp(f.First), Last: stamp(f.Last),
		Techniques: words(f.Techniques), Sightings: each(f.Sightings, newSighting),
	}
}

func newSighting(s *tinycheck.Sighting) sighting {
	return sighting{
		Observable: observable{string(s.Seen.Type), s.Seen.Value}, Channel: string(s.Channel),
		First: stamp(s.First), Last: stamp(s.Last), Count: s.Count,
		Packets: each(s.Packets, func(n *int64) int64 { return *n }),
		Indicators: each(s.Indicators, func(in **tinycheck.Indicator) indicator {
			return newIndicator(*in)
		}),
	}
}

func newIndicator(in *tinycheck.Indicator) indicator {
	return indicator{
		Type: string(in.Type), Value: in.Value,
		Class: string(in.Class), Infrastructure: string(in.Infrastructure), Family: in.Family,
		Feed: in.Feed, SourceID: in.SourceID, Tags: words(in.Tags), TLP: in.TLP, Confidence: in.Confidence,
		ValidFrom: stamp(in.ValidFrom), ValidUntil: stamp(in.ValidUntil), Updated: stamp(in.Updated),
	}
}

func newCoverage(c *tinycheck.Coverage) coverage {
	return coverage{
		Grade: string(c.Grade), Limits: words(c.Limits),
		Observed: seconds(c.Observed), Span: seconds(c.Span),
		Packets: c.Packets, Bytes: c.Bytes, External: c.External, ExternalPackets: c.ExtPackets,
		Named: namedBytes(c.Named), NamedShare: share(c.NamedShare()),
		Tunnelled: c.Tunnelled, TunnelShare: share(c.TunnelShare()), Tunnels: words(c.Tunnels),
		EncryptedDNS: words(c.EncryptedBy), Resolvers: words(c.Resolvers), AsksEncryption: c.AsksEncryption,
		ECHLikely: c.ECH, ECHOffered: c.ECHOffered,
		Unexplained: c.Unexplained, UnexplainedShare: share(c.UnexplainedShare()),
		LargestBytes: c.LargestSink, LargestPackets: c.SinkPackets,
		Flows: c.Flows, FlowsLost: c.FlowsLost, Malformed: c.Malformed,
		Dropped: drops(c.Drops), Damage: each(c.Damage, newDamage),
		Idle: string(c.Idle), Devices: c.Devices,
		Feeds: each(c.Feeds, newFeed), OldestFeed: seconds(c.OldestFeed),
		Identified: c.Identified, IdentifiedShare: share(c.IdentifiedShare()), IPv6: c.IPv6, Unasked: c.Unasked,
		LargestShare: share(c.SinkShare()),
		Hellos:       c.Hellos.Seen, HellosRead: c.Hellos.Read, Initials: c.Initials.Seen, InitialsRead: c.Initials.Read,
		Silence: seconds(c.Silence), Families: c.Families, Unlisted: words(c.Unlisted),
		Timers: each(c.Timers, newChance), Habits: each(c.Habits, newHabit),
		Shortest: seconds(c.Periods.Shortest), Longest: seconds(c.Periods.Longest),
	}
}

func newChance(c *tinycheck.Chance) chance { return chance{seconds(c.Every), share(c.Seen)} }

func newHabit(c *tinycheck.Chance) habit { return habit{c.Family, seconds(c.Every), share(c.Seen)} }

func newRemote(r *tinycheck.Remote) remote {
	return remote{
		Identity: identity(r.Identity), Addresses: addressList(r.Addresses), Protocols: words(r.Protocols),
		Names: each(r.Names, func(n *tinycheck.Name) remoteName { return remoteName{n.Value, string(n.Source)} }),
		Apps:  each(r.Apps, func(a *tinycheck.App) app { return app{a.UID, a.Name} }),
		Flows: r.Flows, Sent: r.Sent, Received: r.Received,
		First: stamp(r.First), Last: stamp(r.Last), Context: string(r.Context), Owner: r.Owner,
		Known: each(r.Known, func(k *tinycheck.Known) known { return known{k.Name, string(k.Context), k.Owner, k.Purpose} }),
	}
}
