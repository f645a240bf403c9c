package report_test

import (
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/locale"
	"tinycheck/internal/report"
)

// The sentence on what was missed speaks of an interval that did not fit in, and
// never where nothing could be seen or something was found.
func TestResidualRisk(t *testing.T) {
	for _, c := range []struct {
		observed time.Duration
		grade    tinycheck.Grade
		want     string
	}{
		{3 * time.Minute, tinycheck.GradeC, "only once an hour had only a 5% chance of being seen in these 3 minutes."},
		{15*time.Minute + 20*time.Second, tinycheck.GradeB, "only once an hour had only a 25% chance of being seen in these 15 minutes."},
		{time.Hour - time.Second, tinycheck.GradeB, "had only a 99% chance"},
		{time.Hour, tinycheck.GradeB, "only every six hours had only a 16% chance"},
		{6 * time.Hour, tinycheck.GradeB, "We watched for six hours or more."},
		{40 * time.Minute, tinycheck.GradeX, ""},
	} {
		r := nothingReport()
		cover := &r.Devices[0].Coverage
		cover.Observed, cover.Span = c.observed, c.observed
		if c.grade == tinycheck.GradeX {
			blind(cover)
		}
		r.Devices[0].Verdict = tinycheck.Decide(nil, cover)
		page := squeeze(write(t, r, report.Config{Format: "text"}))
		if c.want == "" {
			if strings.Contains(page, "chance of being seen") || strings.Contains(page, "every 1 hour") || strings.Contains(page, "51%") || !strings.Contains(page, "none are told") {
				t.Errorf("grade X tells chances:\n%s", page)
			}
			continue
		}
		if !strings.Contains(page, c.want) {
			t.Errorf("%v: %q is not said in:\n%s", c.observed, c.want, page)
		}
	}
}

// The part for a specialist has every line of the ledger, for every device.
func TestLedgerIsWhole(t *testing.T) {
	c := goodCoverage()
	c.Named[tinycheck.NameHTTP], c.Named[tinycheck.NameSOCKS], c.Named[tinycheck.NameCertificate] = 305_000, 305_000, 305_000
	c.EncryptedBy = []tinycheck.Protocol{tinycheck.ProtocolDoH, tinycheck.ProtocolDoQ, tinycheck.ProtocolDoT}
	c.Tunnels, c.Tunnelled = []tinycheck.TunnelKind{tinycheck.TunnelCalling, tinycheck.TunnelRelay}, 3_050_000
	c.ECH, c.Drops = 7, tinycheck.Drops{Kernel: 11, Truncated: 13}
	c.Malformed, c.FlowsLost, c.Devices = 17, 19, 2
	page := squeeze(write(t, basic(tinycheck.Answer{Device: phone(tinycheck.ClassAndroid, "192.168.7.3"), Coverage: c}), report.Config{Format: "text"}))
	for _, want := range []string{
		"Observed 15 minutes within 15 minutes, longest silence 1 minute 30 seconds", "Times in which nobody touched the phone were not assessed.",
		"(QUIC 25%, TLS 65%, HTTP 1%, SOCKS 1%, DNS question 6% and certificate 1%)",
		"which customer or host it is: 68%", "without any name: 2%", "Largest remote without a name: 29%",
		"not asked for in sight: 120 of 412", "Bytes over IPv6: 13%", "TLS 201 of 205, QUIC 60 of 60",
		"probably real 7, real or GREASE 33", "DNS over HTTPS, DNS over QUIC and DNS over TLS", "calls over Wi-Fi and iCloud Private Relay, 10% of the bytes",
		"lost while recording 11, cut short 13, not readable to the end 17, left out for lack of room 19", "private side: 2",
		"oldest dated list: 13 days", "certificate: 108; known products with none: 2 (AhMyth and DroidWatcher)",
		"from 5 seconds to 3 minutes 50 seconds", "30 minutes 51%, 1 hour 25% and 6 hours 4%", "15 minutes at least one", "SPYERA (1 hour 25%)",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not said", want)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
}

// What was not seen is said too.
func TestLedgerOfNothing(t *testing.T) {
	var a tinycheck.Answer
	a.Coverage.Idle = tinycheck.IdleNotAssessed
	for _, tag := range locale.Languages() {
		l := find(t, tag)
		page := squeeze(write(t, basic(a), report.Config{Format: "text", Language: l}))
		for _, key := range []string{"ipv6-none", "dns-none", "tunnels-none", "age-unknown", "no-chances"} {
			if !strings.Contains(page, squeeze(l.Say("ledger."+key, nil))) {
				t.Errorf("%s: %s is not said", tag, key)
			}
		}
	}
}
