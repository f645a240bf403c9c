package tunnel

import "strings"

// TorLikeName tells whether a name looks like those that Tor invents for the
// server name of its TLS connections: www.<letters and digits of base 32>.com or
// .net (Tor source, tor_tls_context and crypto_random_hostname: 4 to 25
// characters; here 8 to 24).
//
// The pattern alone is weak: www.facebook.com fits it. Therefore at least two of
// the digits 2 to 7 must stand in the label, with a letter between them or after
// them, which keeps three of four invented names and drops nearly all real ones;
// real ones with digits (www.k2space4u.com) still fit. Use it only beside other evidence,
// such as the address of a known relay. Bridges do not use such names at all.
func TorLikeName(name string) bool {
	label, ok := strings.CutPrefix(strings.ToLower(name), "www.")
	if !ok {
		return false
	}
	com, isCom := strings.CutSuffix(label, ".com")
	net, isNet := strings.CutSuffix(label, ".net")
	switch {
	case isCom:
		label = com
	case isNet:
		label = net
	default:
		return false
	}
	if len(label) < 8 || len(label) > 24 {
		return false
	}
	digits, inner := 0, false
	for i := range len(label) {
		switch c := label[i]; {
		case '2' <= c && c <= '7':
			digits++
		case 'a' <= c && c <= 'z':
			inner = inner || digits > 0
		default:
			return false
		}
	}
	return digits >= 2 && inner
}

// TorLikeCertificate tells whether the common names of a certificate and of its
// issuer are those that a relay of Tor invents for its link certificate: subject
// and issuer are both www.<8 to 20 letters and digits of base 32>, one under .com
// and one under .net, and differ (Tor source, tor_tls_context_new). No authority
// has such a name. Shown in the open by TLS 1.2 and older only.
func TorLikeCertificate(subject, issuer string) bool {
	a, underA := torLabel(subject)
	b, underB := torLabel(issuer)
	return a != "" && b != "" && a != b && underA != underB
}

// torLabel gives the invented label and what it stands under.
func torLabel(name string) (label, under string) {
	label, ok := strings.CutPrefix(name, "www.")
	label, under, found := strings.Cut(label, ".")
	if !ok || !found || under != "com" && under != "net" || len(label) < 8 || len(label) > 20 {
		return "", ""
	}
	if strings.Trim(label, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		return "", ""
	}
	return label, under
}

// WiFiCallingName tells whether a name is that of a mobile operator's gateway
// for calls over Wi-Fi: epdg.epc.mnc<MNC>.mcc<MCC>.pub.3gppnetwork.org and its
// forms for tracking and location areas (3GPP TS 23.003 section 19.4.2.9). IKE
// and ESP to such a gateway carry telephony, not the traffic of the phone.
func WiFiCallingName(name string) bool {
	name = "." + strings.ToLower(strings.TrimSuffix(name, "."))
	rest, ok := strings.CutSuffix(name, ".pub.3gppnetwork.org")
	if !ok {
		return false
	}
	_, network, ok := strings.Cut(rest, ".epdg.epc.")
	if !ok {
		return false
	}
	mnc, mcc, ok := strings.Cut(network, ".")
	return ok && isNumbered(mnc, "mnc") && isNumbered(mcc, "mcc")
}

// isNumbered knows a label of a prefix and two or three digits.
func isNumbered(label, prefix string) bool {
	digits, ok := strings.CutPrefix(label, prefix)
	return ok && len(digits) >= 2 && len(digits) <= 3 && strings.Trim(digits, "0123456789") == ""
}
