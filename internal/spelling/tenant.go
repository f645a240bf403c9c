package spelling

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// platforms are hosting platforms that the Public Suffix List does not carry,
// each with the forms of the names below it; a star is any label. The leftmost
// label of a form is the customer. The first form that fits is taken, so the
// long ones stand first; a name that fits none stands for itself. A test fails
// when the list has learnt one of them.
var platforms = map[string][]string{
	// databases and application hosts
	"back4app.io":              {"*"},                      // APP
	"firebaseio.com":           {"*"},                      // PROJECT
	"firebasedatabase.app":     {"*.*"},                    // PROJECT.REGION
	"firebasestorage.app":      {"*"},                      // PROJECT
	"page.link":                {"*"},                      // PROJECT
	"app.goo.gl":               {"*"},                      // PROJECT
	"bc.googleusercontent.com": {"*.*.*.*"},                // D.C.B.A, the address of a machine
	"cloudapp.azure.com":       {"*.*"},                    // NAME.REGION
	"azurecontainerapps.io":    {"*.*"},                    // ENVIRONMENT.REGION
	"database.windows.net":     {"*"},                      // SERVER
	"railway.app":              {"*"},                      // APP
	"glitch.me":                {"*"},                      // PROJECT
	"surge.sh":                 {"*"},                      // NAME
	"parseapp.com":             {"*"},                      // APP
	"livekit.cloud":            {"*"},                      // PROJECT
	"your-server.de":           {"*.*.*.*.*.clients", "*"}, // static.D.C.B.A.clients, or NAME
	"ovh.net":                  {"*.vps", "*"},             // NAME
	"ovh.ca":                   {"*"},                      // NAME
	"herokudns.com":            {"*"},                      // NAME
	"linodeusercontent.com":    {"*.ip", "*"},              // A-B-C-D
	// object stores
	"aliyuncs.com":           {"*.*.log", "*.*.fc", "*.*"},                               // PROJECT.REGION.log, BUCKET.oss-REGION
	"backblazeb2.com":        {"*.s3.*"},                                                 // BUCKET.s3.REGION
	"cloud.ovh.net":          {"*.s3.*.*", "*.storage.*"},                                // BUCKET.s3.REGION.KIND
	"cloudflarestorage.com":  {"*.eu.r2", "*.fedramp.r2", "*.r2"},                        // ACCOUNT.r2
	"myhuaweicloud.com":      {"*.obs.*", "*.obs-website.*"},                             // BUCKET.obs.REGION
	"myqcloud.com":           {"*.cos.*", "*.cos-website.*", "*.pic.*", "*.ci.*", "*.*"}, // BUCKET.cos.REGION, BUCKET.file
	"storage.googleapis.com": {"*"},                                                      // BUCKET
	"wasabisys.com":          {"*.s3.*", "*.s3"},                                         // BUCKET.s3.REGION, BUCKET.s3
	"your-objectstorage.com": {"*.*"},                                                    // BUCKET.REGION
	// delivery networks
	"b-cdn.net":       {"*"},     // ZONE
	"cachefly.net":    {"*"},     // CUSTOMER
	"cdn77.org":       {"*.rsc"}, // NUMBER.rsc
	"edgecastcdn.net": {"*"},     // CUSTOMER
	"gcdn.co":         {"*"},     // CUSTOMER
	"incapdns.net":    {"*.*"},   // CUSTOMER.x
	"kxcdn.com":       {"*"},     // ZONE
	"llnwd.net":       {"*.*"},   // CUSTOMER.vo
	// pages and help desks
	"000webhostapp.com":    {"*"},
	"atlassian.net":        {"*"},
	"beget.tech":           {"*"},
	"forumactif.org":       {"*"},
	"freshdesk.com":        {"*"},
	"hostingerapp.com":     {"*"},
	"postaffiliatepro.com": {"*"},
	"sharepoint.com":       {"*"},
	"squarespace.com":      {"*"},
	"statuspage.io":        {"*"},
	"tumblr.com":           {"*"},
	"typeform.com":         {"*"},
	"weebly.com":           {"*"},
	"wordpress.com":        {"*"},
	"zendesk.com":          {"*"},
	// tunnels and names for addresses that change
	"3322.org":            {"*"},
	"chickenkiller.com":   {"*"},
	"crabdance.com":       {"*"},
	"f3322.net":           {"*"},
	"freedynamicdns.net":  {"*"},
	"freedynamicdns.org":  {"*"},
	"ignorelist.com":      {"*"},
	"jumpingcrab.com":     {"*"},
	"linkpc.net":          {"*"},
	"mooo.com":            {"*"},
	"publicvm.com":        {"*"},
	"strangled.net":       {"*"},
	"twilightparadox.com": {"*"},
	"us.to":               {"*"},
	"viewdns.net":         {"*"},
	"lhr.life":            {"*"},
	"loca.lt":             {"*"},
	"nip.io":              {"*.*.*.*", "*"}, // NAME.A.B.C.D, or A-B-C-D
	"portmap.host":        {"*"},
	"portmap.io":          {"*"},
	"serveo.net":          {"*"},
	"sslip.io":            {"*.*.*.*", "*"},
}

// Tenant is who is behind a host name: the registrable domain, or one customer
// of a hosting platform (Public Suffix List with its private section, and the
// platforms above). A name that is a public suffix itself, a name of one label,
// a platform's own name and a platform's name for all of its customers stand
// for themselves.
func Tenant(name string) string {
	tenant, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil || tenant == "" || tenant[0] == '.' {
		tenant = name
	}
	if len(tenant) == len(name) {
		return name
	}
	for parent := Parent(name); parent != ""; parent = Parent(parent) {
		if forms, ok := platforms[parent]; ok {
			return name[min(customer(name, parent, forms), len(name)-len(tenant)):]
		}
	}
	return tenant
}

// Shared reports whether strangers share a name: it is a public suffix or a
// platform's own name. Where the list has a wildcard instead of names, as for
// the machines below compute-1.amazonaws.com, the name may be one customer's,
// and is not called shared.
func Shared(name string) bool {
	if platforms[name] != nil {
		return true
	}
	suffix, icann := publicsuffix.PublicSuffix(name)
	if suffix != name || icann {
		return suffix == name
	}
	parent := Parent(name)
	sibling := "0-no-such-customer." + parent
	suffix, _ = publicsuffix.PublicSuffix(sibling)
	return parent == "" || suffix != sibling
}

// customer gives where the customer's name begins in name, which lies below
// platform.
func customer(name, platform string, forms []string) int {
	below := name[:len(name)-len(platform)-1]
	for _, form := range forms {
		if at := fit(below, form); at >= 0 {
			return at
		}
	}
	return 0
}

// fit lays a form to the end of below, label by label, and gives where it
// begins there; -1 when it does not fit.
func fit(below, form string) int {
	end := len(below)
	for {
		label := below[strings.LastIndexByte(below[:end], '.')+1 : end]
		cut := strings.LastIndexByte(form, '.')
		if want := form[cut+1:]; want != "*" && want != label || label == "" {
			return -1
		}
		at := end - len(label)
		if cut < 0 {
			return at
		}
		if at == 0 {
			return -1
		}
		form, end = form[:cut], at-1
	}
}
