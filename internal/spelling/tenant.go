package spelling

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// platforms are hosting platforms that the Public Suffix List does not carry,
// with the number of labels below them that make one customer. A test fails
// when the list has learnt one of them.
var platforms = map[string]int{
	"back4app.io":              1, // APP.back4app.io
	"cloudapp.azure.com":       2, // NAME.REGION.cloudapp.azure.com
	"firebasedatabase.app":     2, // PROJECT.REGION.firebasedatabase.app
	"firebaseio.com":           1, // PROJECT.firebaseio.com
	"myqcloud.com":             3, // BUCKET.cos.REGION.myqcloud.com
	"r2.cloudflarestorage.com": 1, // ACCOUNT.r2.cloudflarestorage.com
	"wasabisys.com":            3, // BUCKET.s3.REGION.wasabisys.com
}

// Tenant is who is behind a host name: the registrable domain, or one customer
// of a hosting platform (Public Suffix List with its private section, and the
// platforms above). A name that is a public suffix itself, a name of one label
// and a platform's own name stand for themselves.
func Tenant(name string) string {
	for parent := Parent(name); parent != ""; parent = Parent(parent) {
		if labels, ok := platforms[parent]; ok {
			return below(name, parent, labels)
		}
	}
	tenant, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil || tenant == "" || tenant[0] == '.' {
		return name
	}
	return tenant
}

// below keeps the given number of labels of name in front of platform.
func below(name, platform string, labels int) string {
	cut := len(name) - len(platform) - 1
	for ; labels > 0 && cut > 0; labels-- {
		cut = strings.LastIndexByte(name[:cut], '.')
	}
	return name[cut+1:]
}
