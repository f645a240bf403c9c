package report

import (
	"net/netip"

	"tinycheck"
	"tinycheck/internal/locale"
	"tinycheck/internal/spelling"
)

// Bounds of the page.
const (
	mostRemotes    = 15
	mostKnown      = 4 // things known of one of them
	mostEvidence   = 8 // signs of the kind of device
	mostSightings  = 6
	mostIndicators = 4
	mostPackets    = 8
	mostAddresses  = 6
)

// annex is the short technical part. Numbers that are looked up in other
// programs stand without separators.
func (p *paper) annex(r *tinycheck.Report) {
	p.heading(p.say("report.annex", nil))
	p.recording(&r.Capture)
	p.line(p.say("annex.program", args{"Version": r.Program.Version, "Rules": digits(int64(r.Program.Rules))}), 1)
	for _, f := range r.Feeds {
		p.line(p.say("annex.feed", args{"Feed": p.feed(f), "Number": f.Indicators}), 1)
	}
	for i := range r.Devices {
		p.deviceAnnex(&r.Devices[i])
	}
	p.meanings(r)
}

func (p *paper) recording(c *tinycheck.Capture) {
	p.line(p.say("annex.file", args{"File": c.Name, "Format": c.Format}), 1)
	if c.SHA256 != "" {
		p.line(p.say("annex.sha256", args{"SHA256": c.SHA256}), 1)
	}
	if c.Start.IsZero() {
		p.line(p.say("annex.times-unknown", nil), 1)
	} else {
		p.line(p.say("annex.times", args{"Start": c.Start, "End": c.End}), 1)
	}
	p.line(p.say("annex.clock", nil), 1)
	p.line(p.say("annex.packets", args{
		"Packets": c.Packets, "Bytes": locale.Bytes(c.Bytes), "Lost": c.Dropped.Lost(), "Truncated": c.Dropped.Truncated,
	}), 1)
	for _, d := range c.Damage {
		p.line(p.say("annex.damage", args{
			"Damage": p.say("damage."+string(d.Kind), nil), "Number": d.Count, "Offset": digits(d.Offset),
		}), 1)
	}
}

func (p *paper) deviceAnnex(a *tinycheck.Answer) {
	c := &a.Coverage
	p.blank()
	p.line(p.say("annex.device", args{
		"Device": hostname(a.Device.ID), "Addresses": p.list(addresses(a.Device.Addresses), mostAddresses),
	}), 1)
	p.kind(&a.Device)
	p.line(p.say("annex.level", args{
		"Level": string(a.Verdict.Level), "Answer": string(a.Verdict.Answer), "Grade": string(a.Verdict.Grade),
	}), 1)
	p.line(p.say("annex.traffic", args{
		"Packets": c.Packets, "Bytes": locale.Bytes(c.Bytes), "External": locale.Bytes(c.External), "Flows": c.Flows,
	}), 1)
	p.ledger(a)
	for i := range a.Findings {
		if i == mostFindings {
			p.line(p.say("report.more-findings", args{"Count": len(a.Findings) - i}), 1)
			break
		}
		p.findingAnnex(&a.Findings[i], i+1)
	}
	p.remotes(a)
}

// meanings says to an expert, once for all devices, what the levels, grades,
// rules and limits of this report look at: thresholds, standards, and what they
// cannot say.
func (p *paper) meanings(r *tinycheck.Report) {
	told := make(map[string]bool)
	tell := func(kind, word, key string) {
		if told[key] || !p.Has(key) {
			return
		}
		if len(told) == 0 {
			p.blank()
			p.line(p.say("annex.meanings", nil), 1)
		}
		told[key] = true
		p.item("-", p.say("annex.meaning-"+kind, args{"Word": word, "Text": p.say(key, nil)}), 2)
	}
	for i := range r.Devices {
		a := &r.Devices[i]
		level, grade := string(a.Verdict.Level), string(a.Verdict.Grade)
		tell("level", level, "level-expert."+level)
		tell("grade", grade, "grade-expert."+grade)
		for j := range a.Findings {
			rule := string(a.Findings[j].Rule)
			tell("rule", rule, "rule."+rule+".expert")
		}
		for _, limit := range a.Coverage.Limits {
			tell("limit", string(limit), "limit."+string(limit)+".expert")
		}
	}
}

func (p *paper) findingAnnex(f *tinycheck.Finding, number int) {
	p.line(p.say("annex.finding", args{
		"Number": digits(int64(number)), "Rule": string(f.Rule), "Version": f.Version,
		"Level": string(f.Level), "Identity": hostname(f.Identity.String()),
	}), 1)
	if len(f.Techniques) > 0 {
		p.line(p.say("annex.techniques", args{"Techniques": p.join(p.techniques(f.Techniques), len(f.Techniques))}), 3)
	}
	for i := range f.Sightings[:min(len(f.Sightings), mostSightings)] {
		p.sighting(&f.Sightings[i])
	}
}

func (p *paper) sighting(s *tinycheck.Sighting) {
	packets := make([]string, len(s.Packets))
	for i, n := range s.Packets {
		packets[i] = digits(n)
	}
	p.line(p.say("annex.sighting", args{
		"Channel": string(s.Channel), "Type": string(s.Seen.Type), "Value": s.Seen.Value,
		"Packets": p.list(packets, mostPackets),
	}), 3)
	for _, in := range s.Indicators[:min(len(s.Indicators), mostIndicators)] {
		p.line(p.say("annex.indicator", args{
			"Type": string(in.Type), "Value": in.Value, "Class": p.say("class."+string(in.Class), nil),
			"Feed": in.Feed, "ID": p.orUnknown(in.SourceID), "Updated": p.updated(in),
		}), 4)
	}
}

func (p *paper) updated(in *tinycheck.Indicator) said {
	if in.Updated.IsZero() {
		return p.orUnknown("")
	}
	return said(p.Date(in.Updated))
}

func (p *paper) orUnknown(s string) said {
	if s == "" {
		return p.say("annex.unknown", nil)
	}
	return said(plain(s, longestItem))
}

// techniques adds the title of each ATT&CK technique to its id.
func (p *paper) techniques(ids []string) (named []said) {
	for _, id := range ids {
		if !p.Has("technique." + id) {
			named = append(named, said(plain(id, longestItem)))
			continue
		}
		named = append(named, p.say("technique.named", args{"ID": id, "Title": p.say("technique."+id, nil)}))
	}
	return named
}

// remotes lists whom the device talked to.
func (p *paper) remotes(a *tinycheck.Answer) {
	if len(a.Remotes) == 0 {
		return
	}
	p.line(p.say("annex.remotes", nil), 1)
	shown := a.Remotes[:min(len(a.Remotes), mostRemotes)]
	for i := range shown {
		p.remote(&shown[i])
	}
	if rest := len(a.Remotes) - len(shown) + a.More; rest > 0 {
		p.line(p.say("annex.remotes-more", args{"Count": rest}), 2)
	}
}

// known explains a name by who runs it and what it is for. Purposes of the
// program's own data have words in every language, others stand as they came.
func (p *paper) known(k *tinycheck.Known) {
	purpose := said(plain(k.Purpose, longestItem))
	if key := "purpose." + spelling.Slug(k.Purpose); p.Has(key) {
		purpose = p.say(key, nil)
	}
	p.line(p.say("annex.remote-known", args{
		"Name": hostname(k.Name), "Owner": k.Owner, "Purpose": purpose, "Context": p.say("context."+string(k.Context), nil),
	}), 3)
}

// kind says what kind of device it was taken for, and why.
func (p *paper) kind(d *tinycheck.Device) {
	if d.Class == tinycheck.ClassUnknown || len(d.Evidence) == 0 {
		return
	}
	evidence := make([]string, len(d.Evidence))
	for i, e := range d.Evidence {
		evidence[i] = without(e, d.Name)
	}
	p.line(p.say("annex.class", args{"Class": p.say("device."+string(d.Class), nil), "Evidence": p.list(evidence, mostEvidence)}), 1)
}

func (p *paper) remote(r *tinycheck.Remote) {
	name, source := r.Identity.String(), "none"
	if len(r.Names) > 0 {
		source = string(r.Names[0].Source)
	}
	p.item("-", p.say("annex.remote", args{
		"Name": hostname(name), "Source": p.say("source."+source, nil),
		"Sent": locale.Bytes(r.Sent), "Received": locale.Bytes(r.Received), "Count": r.Flows,
	}), 2)
	for i := range r.Known[:min(len(r.Known), mostKnown)] {
		p.known(&r.Known[i])
	}
	if r.Context != "" && len(r.Known) == 0 {
		key, context := "annex.remote-context", p.say("context."+string(r.Context), nil)
		if r.Owner != "" {
			key = "annex.remote-owner"
		}
		p.line(p.say(key, args{"Context": context, "Owner": r.Owner}), 3)
	}
	if len(r.Apps) > 0 {
		p.line(p.say("annex.remote-apps", args{"Apps": p.list(appNames(r.Apps), mostApps)}), 3)
	}
}

func addresses(in []netip.Addr) []string {
	out := make([]string, 0, len(in))
	for _, a := range in {
		out = append(out, a.String())
	}
	return out
}
