package report_test

import (
	"bytes"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/report"
)

func TestWriteFiles(t *testing.T) {
	files := []report.FileAnswer{{"a.pcap", tinycheck.Detected}, {"b\x1b[31m.pcap", tinycheck.NothingFound}}
	for format, want := range map[string]string{"text": "a.pcap: contact with a known spying product was seen", "json": "", "ndjson": ""} {
		var b bytes.Buffer
		if err := report.WriteFiles(&b, files, report.Config{Format: format}); err != nil {
			t.Fatal(err)
		}
		if want == "" && b.Len() > 0 || !strings.Contains(b.String(), want) || strings.Contains(b.String(), "\x1b") {
			t.Errorf("%s: %q", format, b.String())
		}
	}
	var b bytes.Buffer
	if err := report.WriteFiles(&b, files[:1], report.Config{Format: "text"}); err != nil || b.Len() > 0 {
		t.Errorf("one file: %q, %v", b.String(), err)
	}
}
