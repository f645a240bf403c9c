package tinycheck

import (
	"cmp"
	"slices"
	"time"
)

// Indicator is something known beforehand: an observable and what it means to
// see it.
type Indicator struct {
	Observable
	Class          Class
	Infrastructure Infrastructure // set when Class is infrastructure
	Family         string         // the product or campaign; "" when the source names none
	Feed           string         // name of the feed or file
	SourceID       string         // its id there, for example a STIX indicator id
	Tags           []string
	TLP            string // white, green, amber, red; "" when not stated
	Confidence     int    // 0 to 100; 0 when not stated
	ValidFrom      time.Time
	ValidUntil     time.Time // zero: no end stated
	Updated        time.Time // when the feed last said so; zero when not stated
}

// Class is what contact with an indicator's observable means.
type Class string

// The classes. Only c2 can make an answer detected.
const (
	ClassC2             Class = "c2"             // command and control: the spy product itself reports there
	ClassWebsite        Class = "website"        // the vendor's shop, help or login page
	ClassDistribution   Class = "distribution"   // where the product is downloaded
	ClassWatchware      Class = "watchware"      // child-safety, family or anti-theft product
	ClassTracker        Class = "tracker"        // advertising and analytics
	ClassInfrastructure Class = "infrastructure" // ordinary technique; Infrastructure says which
	ClassWeak           Class = "weak"           // too general to mean much alone
)

// Infrastructure is the kind of an infrastructure indicator.
type Infrastructure string

// The kinds of infrastructure.
const (
	InfraDoH        Infrastructure = "doh"
	InfraTor        Infrastructure = "tor"
	InfraDynamicDNS Infrastructure = "dynamic-dns"
	InfraRelay      Infrastructure = "relay"
	InfraVPN        Infrastructure = "vpn"
	InfraParking    Infrastructure = "parking"
)

// Compare is a total order: the same set of indicators sorts the same way,
// whichever order the feeds were read in.
func (i *Indicator) Compare(j *Indicator) int {
	return cmp.Or(
		i.Observable.Compare(j.Observable),
		cmp.Compare(i.Class, j.Class),
		cmp.Compare(i.Infrastructure, j.Infrastructure),
		cmp.Compare(i.Family, j.Family),
		cmp.Compare(i.Feed, j.Feed),
		cmp.Compare(i.SourceID, j.SourceID),
		i.Updated.Compare(j.Updated),
		i.ValidFrom.Compare(j.ValidFrom),
		i.ValidUntil.Compare(j.ValidUntil),
		cmp.Compare(i.Confidence, j.Confidence),
		cmp.Compare(i.TLP, j.TLP),
		slices.Compare(i.Tags, j.Tags),
	)
}
