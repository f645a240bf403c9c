package spelling_test

import (
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"

	"tinycheck"
	"tinycheck/internal/spelling"
)

func TestDomain(t *testing.T) {
	for raw, want := range map[string]string{
		"mSpy.com":           "mspy.com",
		" api.thd.cc. ":      "api.thd.cc",
		"bücher.example":     "xn--bcher-kva.example",
		"xn--bcher-kva.com":  "xn--bcher-kva.com",
		"_dmarc.example.com": "_dmarc.example.com",
		"a--b.example":       "a--b.example",
		"пример.xn--p1ai":    "xn--e1afmkfd.xn--p1ai",
	} {
		got, err := spelling.Domain(raw)
		if err != nil || got != want {
			t.Errorf("Domain(%q) = %q, %v; want %q", raw, got, err, want)
		}
	}
	for _, raw := range []string{"", ".", "com", "a..b", "a b.com", "ex*mple.com", strings.Repeat("a", 64) + ".com", strings.Repeat("a.", 130) + "com", "-"} {
		if got, err := spelling.Domain(raw); err == nil {
			t.Errorf("Domain(%q) = %q, want an error", raw, got)
		}
	}
}

func TestUnderKeepsLabelBoundaries(t *testing.T) {
	for _, c := range []struct {
		name, domain string
		want         bool
	}{
		{"mspy.com", "mspy.com", true}, {"api.mspy.com", "mspy.com", true}, {"notmspy.com", "mspy.com", false},
		{"spyt.co", "t.co", false}, {"embark.us", "bark.us", false}, {"mspy.com.evil.example", "mspy.com", false},
		{"co", "t.co", false}, {"x", "", false},
	} {
		if got := spelling.Under(c.name, c.domain); got != c.want {
			t.Errorf("Under(%q, %q) = %v", c.name, c.domain, got)
		}
	}
}

func TestAddress(t *testing.T) {
	for raw, want := range map[string]tinycheck.Observable{
		"192.0.2.1":        {Type: tinycheck.IPv4Addr, Value: "192.0.2.1"},
		"192.0.2.77/24":    {Type: tinycheck.IPv4Addr, Value: "192.0.2.0/24"},
		"192.0.2.1/32":     {Type: tinycheck.IPv4Addr, Value: "192.0.2.1"},
		"::ffff:192.0.2.1": {Type: tinycheck.IPv4Addr, Value: "192.0.2.1"},
		"2001:DB8:0:0::1":  {Type: tinycheck.IPv6Addr, Value: "2001:db8::1"},
		"2001:db8::1/32":   {Type: tinycheck.IPv6Addr, Value: "2001:db8::/32"},
	} {
		got, err := spelling.Address(raw)
		if err != nil || got != want {
			t.Errorf("Address(%q) = %v, %v; want %v", raw, got, err, want)
		}
	}
	for _, raw := range []string{"", "1.2.3", "1.2.3.4/33", "fe80::1%eth0", "mspy.com"} {
		if got, err := spelling.Address(raw); err == nil {
			t.Errorf("Address(%q) = %v, want an error", raw, got)
		}
	}
}

func TestHex(t *testing.T) {
	got, err := spelling.Hex("AA:bb:00:11", 4)
	if err != nil || got != "aabb0011" {
		t.Errorf("Hex = %q, %v", got, err)
	}
	for _, raw := range []string{"", "aabb", "zzbb0011"} {
		if _, err := spelling.Hex(raw, 4); err == nil {
			t.Errorf("Hex(%q): want an error", raw)
		}
	}
}

func TestTenant(t *testing.T) {
	for name, want := range map[string]string{
		"api.mspy.com":                                     "mspy.com",
		"www.example.co.uk":                                "example.co.uk",
		"phonecontrolapp-e2c64.firebaseio.com":             "phonecontrolapp-e2c64.firebaseio.com",
		"firebaseio.com":                                   "firebaseio.com",
		"p-default-rtdb.europe-west1.firebasedatabase.app": "p-default-rtdb.europe-west1.firebasedatabase.app",
		"celular007.s3.amazonaws.com":                      "celular007.s3.amazonaws.com",
		"a.b.c.appspot.com":                                "c.appspot.com",
		"d2nipadu1fr4ne.cloudfront.net":                    "d2nipadu1fr4ne.cloudfront.net",
		"bucket-1.cos.ap-beijing.myqcloud.com":             "bucket-1.cos.ap-beijing.myqcloud.com",
		"x.bucket-1.cos.ap-beijing.myqcloud.com":           "bucket-1.cos.ap-beijing.myqcloud.com",
		"vm.westeurope.cloudapp.azure.com":                 "vm.westeurope.cloudapp.azure.com",
		"router":                                           "router",
		"com":                                              "com",
		"":                                                 "",
	} {
		if got := spelling.Tenant(name); got != want {
			t.Errorf("Tenant(%q) = %q, want %q", name, got, want)
		}
	}
}

// The overrides go when the Public Suffix List has them.
func TestPlatformsAreStillMissingFromTheList(t *testing.T) {
	for _, name := range []string{"x.firebaseio.com", "x.r.firebasedatabase.app", "b.cos.r.myqcloud.com", "a.r2.cloudflarestorage.com", "b.s3.r.wasabisys.com", "n.r.cloudapp.azure.com", "x.back4app.io"} {
		if got, _ := publicsuffix.EffectiveTLDPlusOne(name); got == spelling.Tenant(name) {
			t.Errorf("the Public Suffix List knows %q by now: drop the override", name)
		}
	}
}

func FuzzDomain(f *testing.F) {
	for _, s := range []string{"mSpy.com.", "bücher.example", "a..b", "xn--", "\xff.com", "İ.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		name, err := spelling.Domain(raw)
		if err != nil {
			return
		}
		again, err := spelling.Domain(name)
		if err != nil || again != name || spelling.Host(name) != name {
			t.Fatalf("Domain(%q) = %q does not stand: %q, %v", raw, name, again, err)
		}
		if tenant := spelling.Tenant(name); !spelling.Under(name, tenant) {
			t.Fatalf("Tenant(%q) = %q is no suffix", name, tenant)
		}
	})
}
