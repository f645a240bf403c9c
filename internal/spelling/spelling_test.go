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

// Who is behind a name, on every platform for its own reason: the labels that
// make a customer are those of its documentation.
func TestTenant(t *testing.T) {
	for name, want := range map[string]string{
		"api.mspy.com":      "mspy.com",
		"www.example.co.uk": "example.co.uk",
		"router":            "router",
		"com":               "com",
		"":                  "",
		// Google
		"phonecontrolapp-e2c64.firebaseio.com":             "phonecontrolapp-e2c64.firebaseio.com",
		"firebaseio.com":                                   "firebaseio.com",
		"p-default-rtdb.europe-west1.firebasedatabase.app": "p-default-rtdb.europe-west1.firebasedatabase.app",
		"x.p.europe-west1.firebasedatabase.app":            "p.europe-west1.firebasedatabase.app",
		"europe-west1.firebasedatabase.app":                "europe-west1.firebasedatabase.app",
		"p.web.app":                                        "p.web.app",
		"p.firebaseapp.com":                                "p.firebaseapp.com",
		"a.b.c.appspot.com":                                "c.appspot.com",
		"p.uc.r.appspot.com":                               "p.uc.r.appspot.com",
		"v2-dot-p.uc.r.appspot.com":                        "v2-dot-p.uc.r.appspot.com",
		"x.p.uc.r.appspot.com":                             "p.uc.r.appspot.com",
		"p.page.link":                                      "p.page.link",
		"bucket.storage.googleapis.com":                    "bucket.storage.googleapis.com",
		"storage.googleapis.com":                           "storage.googleapis.com",
		"firestore.googleapis.com":                         "firestore.googleapis.com",
		"97.85.201.35.bc.googleusercontent.com":            "97.85.201.35.bc.googleusercontent.com",
		"lh3.googleusercontent.com":                        "googleusercontent.com",
		"p-abc123-uc.a.run.app":                            "p-abc123-uc.a.run.app",
		// Amazon, Microsoft, Cloudflare
		"celular007.s3.amazonaws.com":             "celular007.s3.amazonaws.com",
		"b.s3.eu-west-1.amazonaws.com":            "b.s3.eu-west-1.amazonaws.com",
		"s3.eu-west-1.amazonaws.com":              "s3.eu-west-1.amazonaws.com",
		"d2nipadu1fr4ne.cloudfront.net":           "d2nipadu1fr4ne.cloudfront.net",
		"vm.westeurope.cloudapp.azure.com":        "vm.westeurope.cloudapp.azure.com",
		"x.vm.westeurope.cloudapp.azure.com":      "vm.westeurope.cloudapp.azure.com",
		"gray-1.2.azurestaticapps.net":            "gray-1.2.azurestaticapps.net",
		"app.env-1.westus.azurecontainerapps.io":  "env-1.westus.azurecontainerapps.io",
		"files.blob.core.windows.net":             "files.blob.core.windows.net",
		"pub-1.r2.dev":                            "pub-1.r2.dev",
		"account.r2.cloudflarestorage.com":        "account.r2.cloudflarestorage.com",
		"bucket.account.r2.cloudflarestorage.com": "account.r2.cloudflarestorage.com",
		"account.eu.r2.cloudflarestorage.com":     "account.eu.r2.cloudflarestorage.com",
		"b.account.eu.r2.cloudflarestorage.com":   "account.eu.r2.cloudflarestorage.com",
		"a.b.workers.dev":                         "b.workers.dev",
		"quiet-fox.trycloudflare.com":             "quiet-fox.trycloudflare.com",
		// object stores
		"bucket-1.cos.ap-beijing.myqcloud.com":   "bucket-1.cos.ap-beijing.myqcloud.com",
		"x.bucket-1.cos.ap-beijing.myqcloud.com": "bucket-1.cos.ap-beijing.myqcloud.com",
		"cos.ap-beijing.myqcloud.com":            "cos.ap-beijing.myqcloud.com",
		"tun-cos-1258344701.file.myqcloud.com":   "tun-cos-1258344701.file.myqcloud.com",
		"x.bucket-1.file.myqcloud.com":           "bucket-1.file.myqcloud.com",
		"file.myqcloud.com":                      "file.myqcloud.com",
		"b.s3.wasabisys.com":                     "b.s3.wasabisys.com",
		"x.b.s3.wasabisys.com":                   "b.s3.wasabisys.com",
		"b.s3.eu-central-1.wasabisys.com":        "b.s3.eu-central-1.wasabisys.com",
		"s3.eu-central-1.wasabisys.com":          "s3.eu-central-1.wasabisys.com",
		"b.s3.us-west-004.backblazeb2.com":       "b.s3.us-west-004.backblazeb2.com",
		"f004.backblazeb2.com":                   "f004.backblazeb2.com",
		"b.us-east-1.linodeobjects.com":          "b.us-east-1.linodeobjects.com",
		"b.s3.fr-par.scw.cloud":                  "b.s3.fr-par.scw.cloud",
		"b.s3.gra.io.cloud.ovh.net":              "b.s3.gra.io.cloud.ovh.net",
		"b.fsn1.your-objectstorage.com":          "b.fsn1.your-objectstorage.com",
		"b.oss-cn-hangzhou.aliyuncs.com":         "b.oss-cn-hangzhou.aliyuncs.com",
		"p.cn-hangzhou.log.aliyuncs.com":         "p.cn-hangzhou.log.aliyuncs.com",
		"b.obs.cn-north-4.myhuaweicloud.com":     "b.obs.cn-north-4.myhuaweicloud.com",
		"b.ams3.digitaloceanspaces.com":          "b.ams3.digitaloceanspaces.com",
		// servers
		"static.4.3.2.1.clients.your-server.de": "static.4.3.2.1.clients.your-server.de",
		"www1.your-server.de":                   "www1.your-server.de",
		"vps-1.vps.ovh.net":                     "vps-1.vps.ovh.net",
		// application hosts and pages
		"p.supabase.co": "p.supabase.co", "p.vercel.app": "p.vercel.app", "p.netlify.app": "p.netlify.app",
		"p.onrender.com": "p.onrender.com", "p.fly.dev": "p.fly.dev", "p.up.railway.app": "p.up.railway.app",
		"x.p.up.railway.app": "p.up.railway.app", "p.glitch.me": "p.glitch.me", "p.replit.app": "p.replit.app",
		"p.repl.co": "p.repl.co", "p.deta.dev": "p.deta.dev", "p.pythonanywhere.com": "p.pythonanywhere.com",
		"p.eu.pythonanywhere.com": "p.eu.pythonanywhere.com", "p.back4app.io": "p.back4app.io", "p.herokuapp.com": "p.herokuapp.com",
		"help.zendesk.com": "help.zendesk.com", "a.wordpress.com": "a.wordpress.com",
		// tunnels and changing addresses
		"t.ngrok.io": "t.ngrok.io", "t.eu.ngrok.io": "t.eu.ngrok.io", "t.ngrok-free.app": "t.ngrok-free.app",
		"t.loca.lt": "t.loca.lt", "x.t.loca.lt": "t.loca.lt", "h.duckdns.org": "h.duckdns.org",
		"x.h.duckdns.org": "h.duckdns.org", "h.ddns.net": "h.ddns.net", "h.hopto.org": "h.hopto.org",
		"h.mooo.com": "h.mooo.com", "x.h.us.to": "h.us.to", "h.3322.org": "h.3322.org",
		"192.0.2.1.nip.io": "192.0.2.1.nip.io", "192-0-2-1.sslip.io": "192-0-2-1.sslip.io",
	} {
		if got := spelling.Tenant(name); got != want {
			t.Errorf("Tenant(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestShared(t *testing.T) {
	for name, want := range map[string]bool{
		"firebaseio.com": true, "p.firebaseio.com": false, "duckdns.org": true, "h.duckdns.org": false, "co.uk": true,
		"ec2-192-0-2-1.compute-1.amazonaws.com": false, "x.localto.net": false,
		"localto.net": false, "mspy.com": false, "s3.amazonaws.com": true, "com": true, "file.myqcloud.com": false,
	} {
		if got := spelling.Shared(name); got != want {
			t.Errorf("Shared(%q) = %v", name, got)
		}
	}
}

// The overrides go when the Public Suffix List has them.
func TestPlatformsAreStillMissingFromTheList(t *testing.T) {
	for _, name := range []string{
		"x.firebaseio.com", "x.r.firebasedatabase.app", "x.page.link", "b.cos.r.myqcloud.com", "a.r2.cloudflarestorage.com",
		"b.s3.r.wasabisys.com", "n.r.cloudapp.azure.com", "x.back4app.io", "x.glitch.me", "b.s3.r.backblazeb2.com", "b.r.your-objectstorage.com",
		"b.s3.gra.io.cloud.ovh.net", "b.oss-r.aliyuncs.com", "b.obs.r.myhuaweicloud.com", "b.storage.googleapis.com", "x.loca.lt", "x.serveo.net",
		"x.zendesk.com", "x.b-cdn.net", "x.wordpress.com", "x.railway.app",
	} {
		if got, _ := publicsuffix.EffectiveTLDPlusOne(name); got == spelling.Tenant(name) {
			t.Errorf("the Public Suffix List knows %q by now: drop the override", name)
		}
	}
}

// FuzzTenant holds that a tenant is always the end of the name, and stands for
// itself.
func FuzzTenant(f *testing.F) {
	for _, s := range []string{"a.b.c.myqcloud.com", ".firebaseio.com", "..s3.wasabisys.com", "static.1.2.3.4.clients.your-server.de", "nip.io"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		tenant := spelling.Tenant(name)
		if tenant != name && !spelling.Under(name, tenant) {
			t.Fatalf("Tenant(%q) = %q is no end of it at a label boundary", name, tenant)
		}
		if again := spelling.Tenant(tenant); again != tenant {
			t.Fatalf("Tenant(%q) = %q, whose tenant is %q", name, tenant, again)
		}
	})
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
