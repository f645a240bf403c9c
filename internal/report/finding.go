package report

import (
	"slices"
	"strconv"
	"time"

	"tinycheck"
	"tinycheck/internal/locale"
)

// Bounds of the page. The machine formats have everything.
const (
	mostFindings   = 10 // told one by one
	mostIdentities = 8  // in one sentence
	mostNames      = 8
	mostApps       = 5
)

// reasons writes the findings that decided, and the further ones.
func (p *paper) reasons(a *tinycheck.Answer) {
	if found := deciding(a); len(found) > 0 {
		p.heading(p.say("report.why", nil))
		p.findings(a, found)
	}
	if found := further(a); len(found) > 0 {
		p.heading(p.say("report.also", nil))
		p.findings(a, found)
	}
}

func (p *paper) findings(a *tinycheck.Answer, found []*tinycheck.Finding) {
	for i, f := range found {
		if i == mostFindings {
			p.line(p.say("report.more-findings", args{"Count": len(found) - i}), 1)
			return
		}
		if i > 0 {
			p.blank()
		}
		p.finding(a, f, strconv.Itoa(i+1)+".")
	}
}

func (p *paper) finding(a *tinycheck.Answer, f *tinycheck.Finding, mark string) {
	rule := "rule." + string(f.Rule)
	p.item(mark, p.named(rule+".seen", f.Families, allFamilies, args{"Identity": hostname(f.Identity.String()), "Count": 1}), 1)
	if how := p.channels(f.Channels); how != "" {
		p.under(mark, p.say("finding.how", args{"Channels": how}))
	}
	p.when(mark, f.First, f.Last, seen(f))
	p.flows(mark, f)
	if len(f.Names) > 1 || len(f.Names) == 1 && f.Names[0] != f.Identity.Name {
		p.under(mark, p.say("finding.names", args{"Names": p.list(hostnames(f.Names), mostNames)}))
	}
	if apps := appsOf(a, f.Identity); len(apps) > 0 {
		p.under(mark, p.say("finding.apps", args{"Apps": p.list(apps, mostApps)}))
	}
	for _, part := range []string{"means", "innocent", "do"} {
		p.under(mark, p.say("finding."+part, args{"Text": p.say(rule+"."+part, nil)}))
	}
}

func (p *paper) channels(channels []tinycheck.Channel) said {
	var ways []said
	for _, c := range channels {
		if way := p.say("channel."+string(c), nil); !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	return p.join(ways, len(ways))
}

func (p *paper) when(mark string, first, last time.Time, count int64) {
	if count > 0 && !first.IsZero() {
		p.under(mark, p.say("finding.when", args{"Count": count, "First": first, "Last": last}))
	}
}

func (p *paper) flows(mark string, f *tinycheck.Finding) {
	if f.Flows > 0 {
		p.under(mark, p.say("finding.flows", args{
			"Count": f.Flows, "Sent": locale.Bytes(f.Sent), "Received": locale.Bytes(f.Received),
		}))
		return
	}
	if askedOnly(f) {
		p.under(mark, p.say("finding.asked-only", nil))
	}
}

// askedOnly reports whether a name was asked for and nothing more was seen.
func askedOnly(f *tinycheck.Finding) bool {
	return f.Flows == 0 && len(f.Channels) > 0 && !slices.ContainsFunc(f.Channels, tinycheck.Channel.Flow)
}

// seen is how often the sightings of a finding were seen.
func seen(f *tinycheck.Finding) (count int64) {
	for i := range f.Sightings {
		count += f.Sightings[i].Count
	}
	return count
}

// appsOf gives the apps that talked to an identity, where the capture knows.
func appsOf(a *tinycheck.Answer, who tinycheck.Identity) (names []string) {
	for i := range a.Remotes {
		if a.Remotes[i].Identity == who {
			names = append(names, appNames(a.Remotes[i].Apps)...)
		}
	}
	return distinct(names)
}

func appNames(apps []tinycheck.App) (names []string) {
	for _, app := range apps {
		name := app.Name
		if name == "" {
			name = "UID " + strconv.Itoa(int(app.UID))
		}
		names = append(names, name)
	}
	return names
}
