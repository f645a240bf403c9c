package exchange_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/exchange"
)

func TestTables(t *testing.T) {
	for name, c := range map[string]struct{ text, want, rejected string }{
		"types of MISP": {
			text: "uuid,event_id,category,type,value,comment,to_ids,date\n" +
				"u1,4,Network activity,hostname,\"A.example\",\"two\nlines, with comma\",1,20151016\n" +
				"u2,4,Network activity,ip-dst|port,192.0.2.7|443,,1,20151016\n" +
				"u3,4,Network activity,ip-dst|port,2001:db8::1|443,,0,20151016\n" +
				"u4,4,Network activity,domain|ip,b.example|192.0.2.8,,1,20151016\n" +
				"u5,4,Network activity,x509-fingerprint-sha1,2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12,,1,\n" +
				"u6,4,Network activity,ja3-fingerprint-md5,b386946a5a44d1ddcc843bc75336dfce,,1,\n" +
				"u7,4,Payload delivery,sha256,x,,1,\nu8,4,Payload delivery,email-src,a@b.example,,1,\nu9,4,x,link,http://c.example/report,,1,\n" +
				"u10,4,x,jarm-fingerprint,07d1,,1,\nu11,4,x,strange,d.example,,1,\n",
			want: "c2 domain-name a.example tags=unclassified\nc2 ipv4-addr 192.0.2.7 tags=unclassified,port:443\n" +
				"weak ipv6-addr 2001:db8::1 tags=to_ids:0,port:443\nc2 domain-name b.example tags=unclassified\n" +
				"c2 x509-sha1 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12 tags=unclassified\nc2 ja3 b386946a5a44d1ddcc843bc75336dfce tags=unclassified\n",
			rejected: "9:sha256 10:email-src 11:link 12:scan 13:strange",
		},
		"header in a comment": {
			text: "#####\n# abuse.ch (CSV), ja3, and more  #\n# Last updated: 2021-08-03 14:33:44 UTC  #\n#\n# Listingdate,SHA1,Listingreason\n" +
				"2022-07-02 07:02:11,3784422d67a6ae0c82d60eeaf3850960a9896cb2,AsyncRAT C&C\n# END\n",
			want: "c2 x509-sha1 3784422d67a6ae0c82d60eeaf3850960a9896cb2 family=AsyncRAT\n",
		},
		"semicolons and classes": {
			text: "Domain;Malware family;class;TLP\na.example;Spy;website;GREEN\n\"b.example\";Spy;stalkerware;amber+strict\nc.example;;;\n",
			want: "website domain-name a.example family=Spy tlp=green\nc2 domain-name b.example family=Spy tags=stalkerware,tlp:amber+strict tlp=amber\n" +
				"c2 domain-name c.example tags=unclassified\n",
		},
		"tabs, and empty cells":      {text: "family\tioc\tip\n\ta.example\t192.0.2.1\nX\t\t192.0.2.2\n", want: "c2 domain-name a.example tags=unclassified\nc2 ipv4-addr 192.0.2.2 family=X tags=unclassified\n"},
		"the name, not where it was": {text: "domain_name,ip_address\n\"a.example\",\"192.0.2.1\"\n", want: "c2 domain-name a.example tags=unclassified\n"},
		"of two headers the first":   {text: "url,url,domain\nhttp://a.example/x,http://b.example/y,c.example\n", want: "c2 url http://a.example/x tags=unclassified\n"},
		"websites state their class": {text: "website,product\na.example,Spy\n", want: "website domain-name a.example family=Spy\n"},
		"one column":                 {text: "domain\na.example\n", want: "c2 domain-name a.example tags=unclassified\n"},
		"only hashes":                {text: "SHA256,Package Name,Certificate,App\nx,com.a,7F,A\ny,com.b,7F,B\n", rejected: "2:sha256 3:sha256"},
		"threat levels":              {text: "# IP/domain, Threat level, Description\na.example, high, x\nb.example, low, y\n", want: "c2 domain-name a.example tags=unclassified\nweak domain-name b.example tags=level:low\n"},
		"a quote nobody closes":      {text: "domain,app\n\"a.example,x\nb.example,y\nc.example,z\n", want: "c2 domain-name b.example family=y tags=unclassified\nc2 domain-name c.example family=z tags=unclassified\n", rejected: "2:character"},
		"a quote inside":             {text: "domain,app\na.example,5\" disk\nb.example,y\nc.example,6\" disk\n", want: "c2 domain-name a.example family=5\" disk tags=unclassified\nc2 domain-name b.example family=y tags=unclassified\nc2 domain-name c.example family=6\" disk tags=unclassified\n"},
		"Civilsphere":                {text: "# type ioc description date_added\ndomain,a.example,copy9::stalkerware::https://x.example/y,2020/11/14\nip,192.0.2.1,spyware::nso::z,\n", want: "c2 domain-name a.example family=copy9 tags=stalkerware\nc2 ipv4-addr 192.0.2.1 family=z tags=spyware\n"},
	} {
		var h heard
		in, err := exchange.Stream("x.csv", strings.NewReader(c.text), h.config())
		if err != nil || in.Format != "csv" {
			t.Errorf("%s: %s, %v", name, in.Format, err)
		}
		if diff := cmp.Diff(c.want, sayAll(h.indicators)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
		wants := strings.Fields(c.rejected)
		if len(wants) != len(h.rejected) {
			t.Errorf("%s: rejected %+v", name, h.rejected)
			continue
		}
		for n, r := range h.rejected {
			line, words, _ := strings.Cut(wants[n], ":")
			if line != strconv.Itoa(r.Line) || !strings.Contains(r.Reason, words) {
				t.Errorf("%s: rejected %+v, want %s", name, r, wants[n])
			}
		}
	}
}

func TestTableTimes(t *testing.T) {
	var h heard
	_, err := exchange.Stream("x.csv", strings.NewReader("id,ioc,first_seen,last_seen,valid_until,confidence\n77,a.example,2026-01-02 03:04:05,1767323045,2027-01-01,150\n"), h.config())
	if err != nil || len(h.indicators) != 1 {
		t.Fatal(h.indicators, err)
	}
	i := h.indicators[0]
	want := tinycheck.Indicator{
		Observable: i.Observable, Class: tinycheck.ClassC2, Feed: "x.csv", SourceID: "77", Tags: []string{"unclassified"}, Confidence: 100,
		ValidFrom: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Updated: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), ValidUntil: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, i); diff != "" {
		t.Error(diff)
	}
}

func TestWideTables(t *testing.T) {
	text := "domain,app\na.example" + strings.Repeat(",", 1_000_000) + "\nb.example,x\n" + "c.example" + strings.Repeat(",", 2_000_000) + "\n"
	var h heard
	in, err := exchange.Stream("x.csv", strings.NewReader(text), h.config())
	if err != nil || in.Accepted != 1 || in.RejectedTotal != 2 || h.rejected[0].Reason != "more columns than a table may have" || h.rejected[1].Reason != "line too long" {
		t.Errorf("%+v, %v", in, err)
	}
	if _, err := exchange.Stream("x.csv", strings.NewReader("domain"+strings.Repeat(",domain", 300)+"\n"), h.config()); !errors.Is(err, tinycheck.Invalid) {
		t.Errorf("a header of 300 columns: %v", err)
	}
}

// FuzzTableRows: of a sound table every row is an entry, as encoding/csv cuts it.
func FuzzTableRows(f *testing.F) {
	f.Add("Spy", "a,b", "c\nd", "\"x\"")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		cells := []string{a, b, c, d}
		_ = w.Write([]string{"domain", "comment"})
		for _, cell := range cells {
			if len(cell) > 500 || strings.Contains(cell, "\x00") || strings.Count(cell, "\n")+strings.Count(cell, "\r") > 20 {
				t.Skip()
			}
			_ = w.Write([]string{"a.example", cell})
		}
		w.Flush()
		_, in, err := exchange.Read("x.csv", &text)
		if err != nil || in.Accepted+in.Merged+in.RejectedTotal != len(cells) || in.Accepted+in.Merged != len(cells) {
			t.Fatalf("%q: %+v, %v", cells, in, err)
		}
	})
}
