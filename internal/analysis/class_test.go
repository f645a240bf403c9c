package analysis_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tinycheck"
)

// kinds counts, by class of device that an independent source names, how the
// devices of the corpus were classed.
type kinds map[tinycheck.DeviceClass]map[tinycheck.DeviceClass]int

// computers are devices of the corpus that are none of the classes: they call
// themselves Macintosh, YOSEMITE or Windows NT, or have been seen with both
// Safari and Chrome of a desk.
var computers = []string{"c4:2c:03:06:49:fe", "60:c5:47:05:bc:8c", "192.168.115.8", "28:37:37:00:6d:c8"}

// truth is what kind of device one of a capture is: all phones of the
// stalkerware captures and of the sessions run Android (README of the corpus);
// of the others nDPI and their own User-Agents say it. "" is not known.
func truth(t *testing.T, pcap, device string) tinycheck.DeviceClass {
	t.Helper()
	if slices.Contains(computers, device) {
		return tinycheck.ClassUnknown
	}
	switch filepath.Base(filepath.Dir(pcap)) {
	case "stalkerpcap", "ratpcap":
		return tinycheck.ClassAndroid
	}
	for _, row := range rows[struct {
		Pcap   string
		OS     []string
		Agents []string `json:"mobile_ua"`
	}](t, filepath.Join(shared(t, "corpus"), "benign_mobile.jsonl")) {
		said := strings.Join(append(row.OS, row.Agents...), " ")
		switch {
		case row.Pcap != pcap:
		case strings.Contains(said, "Android"):
			return tinycheck.ClassAndroid
		case strings.Contains(said, "iPhone") || strings.Contains(said, "iOS"):
			return tinycheck.ClassIPhone
		}
	}
	return ""
}

func (k kinds) count(t *testing.T, pcap string, r *tinycheck.Report) {
	t.Helper()
	for _, d := range r.Devices {
		is, got := truth(t, pcap, d.Device.ID), d.Device.Class
		if got != tinycheck.ClassUnknown {
			if len(d.Device.Evidence) == 0 {
				t.Errorf("%s: %s is %s without evidence", pcap, d.Device.ID, got)
			}
			if is == tinycheck.ClassUnknown || is != "" && is != got {
				t.Errorf("%s: %s is %q, not %s: %q", pcap, d.Device.ID, is, got, d.Device.Evidence)
			}
		}
		if k[is] == nil {
			k[is] = make(map[tinycheck.DeviceClass]int)
		}
		k[is][got]++
	}
}

func (k kinds) print(t *testing.T) {
	for is, got := range k {
		all := 0
		for _, n := range got {
			all += n
		}
		switch is {
		case "":
			t.Logf("class of %d devices of which no source says what they are: %v", all, got)
		case tinycheck.ClassUnknown:
			t.Logf("class of %d computers: unknown %d, wrong %d", all, got[is], all-got[is])
		default:
			t.Logf("class of %d devices that are %s: right %d, unknown %d, wrong %d", all, is, got[is],
				got[tinycheck.ClassUnknown], all-got[is]-got[tinycheck.ClassUnknown])
		}
	}
}
