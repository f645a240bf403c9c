package firewall

// The messages of ICMP (RFC 792) and ICMPv6 (RFC 4443, 4861, 2710, 3810) that
// pass between a guest and the box, in the words of nft.
var (
	echo4  = value{"echo-request", []byte{8}}
	reply4 = value{"echo-reply", []byte{0}}

	// Errors of a connection, without which paths with a small MTU stand still.
	errors4 = []value{
		{"destination-unreachable", []byte{3}},
		{"time-exceeded", []byte{11}},
		{"parameter-problem", []byte{12}},
	}

	echo6  = value{"echo-request", []byte{128}}
	reply6 = value{"echo-reply", []byte{129}}

	errors6 = []value{
		{"destination-unreachable", []byte{1}},
		{"packet-too-big", []byte{2}},
		{"time-exceeded", []byte{3}},
		{"parameter-problem", []byte{4}},
	}

	routerAdvert = value{"nd-router-advert", []byte{134}}
	groupQuery   = value{"mld-listener-query", []byte{130}}

	// unaddressed may be sent before there is an address (RFC 4862 section 5.4.2,
	// RFC 4861 section 4.1, RFC 3590).
	unaddressed = []value{
		{"nd-router-solicit", []byte{133}},
		{"nd-neighbor-solicit", []byte{135}},
		{"mld-listener-report", []byte{131}},
		{"mld2-listener-report", []byte{143}},
	}

	// neighbours is what a host says on its link. What only a router says is not
	// among it: a guest that advertises itself as one is not heard.
	neighbours = append([]value{
		{"nd-neighbor-advert", []byte{136}},
		{"mld-listener-done", []byte{132}},
	}, unaddressed...)
)
