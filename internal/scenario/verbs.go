package scenario

// verbs is the table of what can happen, one file each. read takes the words
// behind the verb.
var verbs []verb

type verb struct {
	name string
	read func(*words) (act, error)
}

// The table is filled here because visit reads the words of other verbs.
func init() {
	verbs = []verb{
		{"join", readJoin},
		{"ask", readAsk},
		{"lookup", readLookup},
		{"visit", readVisit},
		{"tls", readTLS},
		{"starttls", readStartTLS},
		{"connect", readConnect},
		{"socks", readSOCKS},
		{"quic", readQUIC},
		{"http", readHTTP},
		{"dot", readDoT},
		{"doh", readDoH},
		{"doq", readDoQ},
		{"dtls", readDTLS},
		{"tcp", readTCP},
		{"udp", readUDP},
		{"stun", readSTUN},
		{"ntp", readNTP},
		{"mdns", readMDNS},
		{"ping", readPing},
		{"wireguard", readWireGuard},
		{"openvpn", readOpenVPN},
		{"ike", readIKE},
		{"esp", readESP},
		{"ssh", readSSH},
	}
}

func verbNames() (names []string) {
	for _, v := range verbs {
		names = append(names, v.name)
	}
	return names
}
