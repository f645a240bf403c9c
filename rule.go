package tinycheck

// RuleID names a rule for ever. A changed threshold raises the rule's version.
type RuleID string

// The rules that need indicators only.
const (
	RuleC2Name        RuleID = "c2-name"
	RuleC2Certificate RuleID = "c2-certificate"
	RuleC2Website     RuleID = "c2-also-website"
	RuleC2Address     RuleID = "c2-address"
	RuleSharedAddress RuleID = "c2-address-shared"
	RuleNamedAddress  RuleID = "c2-address-other-name"
	RuleAgedAddress   RuleID = "c2-address-aged"
	RuleFingerprint   RuleID = "fingerprint"
	RuleCertName      RuleID = "certificate-name"
	RuleWebsite       RuleID = "website"
	RuleDistribution  RuleID = "distribution"
	RuleWatchware     RuleID = "watchware"
	RuleTracker       RuleID = "tracker"
	RuleDynamicDNS    RuleID = "dynamic-dns"
	RuleTor           RuleID = "tor"
	RuleDoH           RuleID = "doh"
	RuleRelay         RuleID = "relay"
	RuleVPN           RuleID = "vpn"
	RuleParking       RuleID = "parking"
	RuleWeak          RuleID = "weak-indicator"
)

// Rule is one row of what can be found. Its words stand in internal/locale,
// its page in docs/rules.
type Rule struct {
	ID         RuleID
	Version    int
	Levels     []Level // that it can give, highest first
	Weight     int     // decibans of its strongest form; ranks only
	Techniques []string
}

// Rules lists every rule, in the order of the table of docs/contract.md.
func Rules() []Rule {
	web, exfil := "T1437.001", "T1646"
	return []Rule{
		{RuleC2Name, 1, []Level{Detected}, 30, []string{web, exfil}},
		{RuleC2Certificate, 1, []Level{Detected}, 30, []string{web, exfil}},
		{RuleC2Website, 1, []Level{Detected, Suspicious}, 20, []string{web}},
		{RuleC2Address, 1, []Level{Suspicious}, 8, []string{"T1437"}},
		{RuleSharedAddress, 1, []Level{Note}, 2, nil},
		{RuleNamedAddress, 1, []Level{Note}, 2, nil},
		{RuleAgedAddress, 1, []Level{Note}, 2, nil},
		{RuleFingerprint, 1, []Level{Note}, 2, nil},
		{RuleCertName, 1, []Level{Note}, 2, nil},
		{RuleWeak, 1, []Level{Note}, 2, nil},
		{RuleWebsite, 1, []Level{Note}, 1, nil},
		{RuleDistribution, 1, []Level{Note}, 1, nil},
		{RuleWatchware, 1, []Level{Note}, 1, nil},
		{RuleTracker, 1, []Level{Note}, 0, nil},
		{RuleDynamicDNS, 1, []Level{Note}, 1, []string{"T1637"}},
		{RuleTor, 1, []Level{Note}, 1, nil},
		{RuleDoH, 1, []Level{Note}, 0, nil},
		{RuleRelay, 1, []Level{Note}, 0, nil},
		{RuleVPN, 1, []Level{Note}, 0, nil},
		{RuleParking, 1, []Level{Note}, 0, nil},
	}
}

// FindRule returns the row of an id.
func FindRule(id RuleID) (Rule, bool) {
	for _, r := range Rules() {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}
