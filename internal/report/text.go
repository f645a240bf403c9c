package report

import (
	"strconv"

	"tinycheck"
)

// text makes the page for people.
func text(r *tinycheck.Report, cfg Config) ([]byte, error) {
	p := newPaper(cfg)
	if len(r.Devices) == 0 {
		p.write(p.say("report.no-device", nil), 0, 0, bold)
	}
	if len(r.Devices) > 1 {
		p.summary(r)
	}
	for i := range r.Devices {
		if len(r.Devices) > 1 {
			p.heading(p.deviceLine(r, i))
			p.blank()
		}
		p.answer(&r.Devices[i])
	}
	if r.Others > 0 {
		p.blank()
		p.line(p.say("report.others", args{"Count": r.Others}), 0)
	}
	p.always(r)
	p.annex(r)
	return p.buffer.Bytes(), nil
}

// summary gives one sentence per device, before any details.
func (p *paper) summary(r *tinycheck.Report) {
	p.heading(p.say("report.summary", nil))
	for i := range r.Devices {
		a := &r.Devices[i]
		p.item("-", p.say("report.summary-line", args{
			"Device": hostname(a.Device.ID), "Class": p.class(&a.Device), "Headline": p.headline(a),
		}), 1)
	}
}

func (p *paper) deviceLine(r *tinycheck.Report, i int) said {
	d := &r.Devices[i].Device
	return p.say("report.device", args{
		"Number": i + 1, "Total": len(r.Devices), "Device": hostname(d.ID), "Class": p.class(d),
	})
}

func (p *paper) class(d *tinycheck.Device) said {
	if d.Class == "" {
		return p.say("device."+string(tinycheck.ClassUnknown), nil)
	}
	return p.say("device."+string(d.Class), nil)
}

// answer writes everything that is said about one device.
func (p *paper) answer(a *tinycheck.Answer) {
	p.write(p.headline(a), 0, 0, look(a.Verdict.Answer))
	p.caution(a)
	p.heading(p.say("report.next", nil))
	p.line(p.next(a), 1)
	p.reasons(a)
	p.notes(a)
	p.coverage(a)
}

func look(answer tinycheck.Level) style {
	switch answer {
	case tinycheck.Detected:
		return redBold
	case tinycheck.Suspicious:
		return amber
	}
	return bold
}

// caution says what the answer must not be taken for.
func (p *paper) caution(a *tinycheck.Answer) {
	answer := a.Verdict.Answer
	if answer != tinycheck.NothingFound && answer != tinycheck.Inconclusive {
		return
	}
	p.blank()
	if l := blinding(a); l != "" {
		p.line(p.say("limit."+string(l)+".means", nil), 0)
	}
	p.line(p.say("answer."+string(answer)+".caution", nil), 0)
}

// always writes the lines that every answer carries.
func (p *paper) always(r *tinycheck.Report) {
	p.heading(p.say("report.always", nil))
	icloud, look := "fixed.icloud", ordinary
	for i := range r.Devices {
		if r.Devices[i].Device.Class == tinycheck.ClassIPhone {
			icloud, look = "fixed.icloud-stress", bold
		}
	}
	p.write("- "+p.say(icloud, nil), 2, 4, look)
	for _, key := range []string{"remove", "talk", "danger", "accounts", "changes", "network", "elsewhere"} {
		p.item("-", p.say("fixed."+key, nil), 1)
	}
	p.item("-", p.evidence(&r.Capture), 1)
	p.item("-", p.say("fixed.help", nil), 1)
}

func (p *paper) evidence(c *tinycheck.Capture) said {
	if c.SHA256 == "" {
		return p.say("fixed.evidence-stream", nil)
	}
	return p.say("fixed.evidence", args{"File": c.Name, "SHA256": c.SHA256})
}

// digits writes a number that is looked up elsewhere, such as the number of a
// packet, without separators.
func digits(n int64) string { return strconv.FormatInt(n, 10) }
