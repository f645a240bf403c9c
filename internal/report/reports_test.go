package report_test

import (
	"net/netip"
	"time"

	"tinycheck"
)

// The reports of the golden files, made by hand as the line would make them.

var began = time.Date(2025, 3, 14, 9, 26, 53, 589793000, time.UTC)

const digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func at(minutes float64) time.Time { return began.Add(time.Duration(minutes * float64(time.Minute))) }

func feeds() []tinycheck.FeedUse {
	return []tinycheck.FeedUse{
		{Name: "stalkerware-indicators", Indicators: 3120, Date: time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)},
		{Name: "own list", Indicators: 12},
	}
}

func basic(devices ...tinycheck.Answer) *tinycheck.Report {
	r := &tinycheck.Report{
		Program: tinycheck.Program{Version: "0.1.0", Rules: 20},
		Capture: tinycheck.Capture{
			Name: "visit.pcapng", Format: "pcapng", Links: []tinycheck.LinkType{tinycheck.LinkEthernet}, Interfaces: 1,
			Start: began, End: at(16), Packets: 48211, Bytes: 31_400_000, SHA256: digest,
		},
		Devices: devices, Feeds: feeds(), Answer: tinycheck.NothingFound,
	}
	for i := range r.Devices {
		a := &r.Devices[i]
		tinycheck.SortFindings(a.Findings)
		a.Verdict = tinycheck.Decide(a.Findings, &a.Coverage)
		r.Answer = tinycheck.Worst(r.Answer, a.Verdict.Answer)
	}
	return r
}

func phone(class tinycheck.DeviceClass, address string) tinycheck.Device {
	return tinycheck.Device{
		ID: "02:00:5e:10:00:01", MAC: tinycheck.MAC{2, 0, 0x5e, 0x10, 0, 1},
		Addresses: []netip.Addr{netip.MustParseAddr(address), netip.MustParseAddr("fd00::7")},
		Name:      "Anna's phone", Class: class, Evidence: []string{"dhcp option 55", "dhcp option 12 Anna's Phone"},
		FirstSeen: began,
	}
}

func goodCoverage() tinycheck.Coverage {
	c := tinycheck.Coverage{
		Grade: tinycheck.GradeB, Limits: []tinycheck.Limit{tinycheck.LimitUndatedFeeds, tinycheck.LimitUnlisted, tinycheck.LimitIdle},
		Observed: 15*time.Minute + 20*time.Second, Span: 15*time.Minute + 50*time.Second,
		Packets: 48000, Bytes: 31_000_000, External: 30_500_000, ExtPackets: 47000,
		Named: map[tinycheck.NameSource]int64{
			tinycheck.NameDNS: 2_000_000, tinycheck.NameTLS: 20_000_000, tinycheck.NameQUIC: 7_700_000,
		},
		Unexplained: 800_000, LargestSink: 9_000_000, SinkPackets: 8000, Flows: 412,
		Idle: tinycheck.IdleNotAssessed, Devices: 1, Feeds: feeds(), OldestFeed: 13*24*time.Hour + 10*time.Hour,
		Identified: 21_000_000, IPv6: 4_000_000, Unasked: 120, Silence: 90 * time.Second,
		Hellos: tinycheck.Read{Seen: 205, Read: 201}, Initials: tinycheck.Read{Seen: 60, Read: 60}, ECHOffered: 33,
		Families: 108, Unlisted: []string{"AhMyth", "DroidWatcher"},
		Periods: tinycheck.Periods{Shortest: 5 * time.Second, Longest: 230 * time.Second},
	}
	for _, every := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 6 * time.Hour} {
		c.Timers = append(c.Timers, tinycheck.Chance{Every: every, Seen: c.Chance(every)})
	}
	c.Habits = []tinycheck.Chance{{Family: "SPYERA", Every: time.Hour, Seen: c.Chance(time.Hour)}}
	return c
}

// blind is what grade X tells of chances: nothing.
func blind(c *tinycheck.Coverage) {
	c.Grade, c.Timers, c.Habits, c.Periods = tinycheck.GradeX, nil, nil, tinycheck.Periods{}
}

func indicator(name string, class tinycheck.Class, family string) *tinycheck.Indicator {
	return &tinycheck.Indicator{
		Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: name},
		Class:      class, Family: family, Feed: "stalkerware-indicators", SourceID: "ioc.yaml#" + family,
		Tags: []string{"stalkerware"}, TLP: "white", Confidence: 85,
		Updated: time.Date(2025, 2, 20, 0, 0, 0, 0, time.UTC),
	}
}

func sighting(name string, via tinycheck.Channel, in *tinycheck.Indicator, packets ...int64) tinycheck.Sighting {
	return tinycheck.Sighting{
		Seen: tinycheck.Observable{Type: tinycheck.DomainName, Value: name}, Channel: via,
		Indicators: []*tinycheck.Indicator{in}, First: at(1.5), Last: at(14), Count: int64(len(packets)), Packets: packets,
	}
}

func finding(rule tinycheck.RuleID, level tinycheck.Level, name string, class tinycheck.Class, families ...string) tinycheck.Finding {
	row, _ := tinycheck.FindRule(rule)
	return tinycheck.Finding{
		Rule: rule, Version: row.Version, Level: level, Weight: row.Weight, Techniques: row.Techniques,
		Identity: tinycheck.Identity{Name: name}, Class: class, Families: families, Names: []string{name},
		First: at(1.5), Last: at(14),
	}
}

func remotes() []tinycheck.Remote {
	return []tinycheck.Remote{
		{
			Identity: tinycheck.Identity{Name: "photos.example.com"}, Names: []tinycheck.Name{{Value: "photos.example.com", Source: tinycheck.NameQUIC}},
			Addresses: []netip.Addr{netip.MustParseAddr("203.0.113.9")}, Protocols: []tinycheck.Protocol{tinycheck.ProtocolQUIC},
			Flows: 12, Sent: 8_100_000, Received: 410_000, First: at(2), Last: at(13),
			Context: tinycheck.ContextService, Owner: "Example Photos",
			Known: []tinycheck.Known{
				{Name: "photos.example.com", Context: tinycheck.ContextService, Owner: "Example Photos", Purpose: "pictures of its customers"}, // no words for it
				{Name: "push.example.com", Context: tinycheck.ContextOS, Owner: "Example Phones", Purpose: "push"},
			},
		},
		{
			Identity: tinycheck.Identity{Name: "api.mspy.example"}, Names: []tinycheck.Name{{Value: "api.mspy.example", Source: tinycheck.NameTLS}},
			Addresses: []netip.Addr{netip.MustParseAddr("198.51.100.20")}, Protocols: []tinycheck.Protocol{tinycheck.ProtocolTLS},
			Apps: []tinycheck.App{{UID: 10123, Name: "Update Service"}}, Flows: 4, Sent: 1_234_567, Received: 20_000, First: at(1.5), Last: at(14),
		},
		{
			Identity: tinycheck.Identity{Address: "192.0.2.77"}, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.77")},
			Flows: 1, Sent: 999, Received: 1, First: at(3), Last: at(3),
		},
	}
}

// detectedReport: mSpy seen by DNS and TLS, with a tracker and a page as notes.
func detectedReport() *tinycheck.Report {
	in := indicator("mspy.example", tinycheck.ClassC2, "mSpy")
	f := finding(tinycheck.RuleC2Name, tinycheck.Detected, "api.mspy.example", tinycheck.ClassC2, "mSpy")
	f.Channels = []tinycheck.Channel{tinycheck.ViaDNSQuery, tinycheck.ViaTLS}
	f.Names = []string{"api.mspy.example", "cp.mspy.example"}
	f.Flows, f.Sent, f.Received = 4, 1_234_567, 20_000
	f.Sightings = []tinycheck.Sighting{
		sighting("api.mspy.example", tinycheck.ViaDNSQuery, in, 1201, 9930),
		sighting("api.mspy.example", tinycheck.ViaTLS, in, 1207, 4410, 9941, 30122),
	}
	weak := finding(tinycheck.RuleC2Address, tinycheck.Suspicious, "", tinycheck.ClassC2)
	weak.Identity = tinycheck.Identity{Address: "198.51.100.44"}
	weak.Names, weak.Flows, weak.Sent = nil, 1, 517
	weak.Channels = []tinycheck.Channel{tinycheck.ViaAddress}
	a := tinycheck.Answer{
		Device: phone(tinycheck.ClassIPhone, "192.168.7.2"), Coverage: goodCoverage(), Remotes: remotes(), More: 40,
		Findings: []tinycheck.Finding{
			finding(tinycheck.RuleTracker, tinycheck.Note, "graph.ads.example", tinycheck.ClassTracker),
			finding(tinycheck.RuleTracker, tinycheck.Note, "events.stats.example", tinycheck.ClassTracker), weak, f,
		},
	}
	return basic(a)
}

// alsoWebsiteReport: a name listed both as C2 and as website, only asked for.
func alsoWebsiteReport() *tinycheck.Report {
	f := finding(tinycheck.RuleC2Website, tinycheck.Suspicious, "eyezy.example", tinycheck.ClassC2, "eyeZy", "mSpy")
	f.Channels = []tinycheck.Channel{tinycheck.ViaDNSQuery}
	f.Sightings = []tinycheck.Sighting{sighting("eyezy.example", tinycheck.ViaDNSQuery, indicator("eyezy.example", tinycheck.ClassC2, "eyeZy"), 77)}
	f.Last = f.First
	return basic(tinycheck.Answer{Device: phone(tinycheck.ClassAndroid, "192.168.7.3"), Coverage: goodCoverage(), Findings: []tinycheck.Finding{f}})
}

func noteReport(rule tinycheck.RuleID, name string, class tinycheck.Class, family string) *tinycheck.Report {
	f := finding(rule, tinycheck.Note, name, class, family)
	f.Channels = []tinycheck.Channel{tinycheck.ViaTLS}
	f.Flows = 2
	f.Sightings = []tinycheck.Sighting{sighting(name, tinycheck.ViaTLS, indicator(name, class, family), 9, 12)}
	return basic(tinycheck.Answer{Device: phone(tinycheck.ClassAndroid, "192.168.7.3"), Coverage: goodCoverage(), Findings: []tinycheck.Finding{f}})
}

func nothingReport() *tinycheck.Report {
	return basic(tinycheck.Answer{Device: phone(tinycheck.ClassUnknown, "192.168.7.4"), Coverage: goodCoverage(), Remotes: remotes()[:1]})
}

func vpnReport() *tinycheck.Report {
	c := goodCoverage()
	blind(&c)
	c.Limits = []tinycheck.Limit{tinycheck.LimitTunnel, tinycheck.LimitUnnamed, tinycheck.LimitEncryptedDNS, tinycheck.LimitIdle}
	c.Named = map[tinycheck.NameSource]int64{tinycheck.NameDNS: 300_000}
	c.Identified, c.IPv6, c.LargestSink = 200_000, 0, 0
	c.Tunnelled, c.Tunnels = 30_100_000, []tinycheck.TunnelKind{tinycheck.TunnelWireGuard, tinycheck.TunnelCalling}
	c.EncryptedBy, c.Resolvers = []tinycheck.Protocol{tinycheck.ProtocolDoT, tinycheck.ProtocolDoH}, []string{"dns.example"}
	f := finding(tinycheck.RuleVPN, tinycheck.Note, "wg.vpn.example", tinycheck.ClassInfrastructure)
	return basic(tinycheck.Answer{Device: phone(tinycheck.ClassIPhone, "192.168.7.5"), Coverage: c, Findings: []tinycheck.Finding{f}})
}

func twoReport() *tinycheck.Report {
	one := detectedReport().Devices[0]
	one.Device.Class = tinycheck.ClassAndroid
	two := nothingReport().Devices[0]
	two.Device.ID, two.Device.Addresses = "192.168.7.4", two.Device.Addresses[:1]
	two.Device.MAC = tinycheck.MAC{}
	for _, a := range []*tinycheck.Answer{&one, &two} {
		a.Coverage.Devices = 2
		a.Coverage.Limits = append([]tinycheck.Limit{tinycheck.LimitOneOfMany}, a.Coverage.Limits...)
	}
	r := basic(one, two)
	r.Others = 3
	return r
}

// damagedReport: a stream that broke off, too short to tell anything.
func damagedReport() *tinycheck.Report {
	c := goodCoverage()
	blind(&c)
	c.Limits = []tinycheck.Limit{tinycheck.LimitTooShort, tinycheck.LimitDrops, tinycheck.LimitDamage, tinycheck.LimitOldFeeds}
	c.Observed, c.Span, c.Idle = 95*time.Second, 95*time.Second, tinycheck.IdleNotAssessed
	c.Feeds, c.OldestFeed = feeds()[:1], 45*24*time.Hour
	c.Damage = []tinycheck.Damage{{Kind: tinycheck.DamageCutOff, Count: 1, Offset: 1048571}, {Kind: tinycheck.DamageBadTime, Count: 12, Offset: 24}}
	c.Drops = tinycheck.Drops{Kernel: 12, Truncated: 4001}
	r := basic(tinycheck.Answer{Device: phone(tinycheck.ClassAndroid, "192.168.7.3"), Coverage: c})
	r.Capture.Name, r.Capture.SHA256, r.Capture.Format = "-", "", "pcap+gzip"
	r.Capture.Damage, r.Capture.Dropped = c.Damage, c.Drops
	return r
}

func emptyReport() *tinycheck.Report {
	r := basic()
	r.Answer = tinycheck.Inconclusive
	r.Capture.Start, r.Capture.End, r.Capture.Packets = time.Time{}, time.Time{}, 0
	r.Feeds = nil
	return r
}

func examples() map[string]*tinycheck.Report {
	return map[string]*tinycheck.Report{
		"detected":     detectedReport(),
		"also-website": alsoWebsiteReport(),
		"website":      noteReport(tinycheck.RuleWebsite, "www.mspy.example", tinycheck.ClassWebsite, "mSpy"),
		"watchware":    noteReport(tinycheck.RuleWatchware, "family.example", tinycheck.ClassWatchware, "Family Locator"),
		"nothing":      nothingReport(),
		"vpn":          vpnReport(),
		"two-devices":  twoReport(),
		"damaged":      damagedReport(),
		"no-device":    emptyReport(),
	}
}
