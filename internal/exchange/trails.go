package exchange

import (
	"strings"

	"tinycheck"
)

// trailOf tells by the name of the file: "android_spynote.txt" is malware of
// the family spynote. Those that are not malware stand in the table. A name
// that is not a file's says nothing.
func trailOf(name string) tinycheck.Indicator {
	name, isFile := strings.CutSuffix(baseName(name), ".txt")
	if t, known := trails[name]; known {
		return t
	}
	like := tinycheck.Indicator{Class: tinycheck.ClassC2, Family: name, Tags: []string{"malware"}}
	switch platform, family, _ := strings.Cut(name, "_"); platform {
	case "android", "ios", "osx", "apt":
		like.Family, like.Tags = family, []string{platform}
	default:
		if !isFile {
			like.Family = ""
		}
	}
	return like
}

func weak(tag string) tinycheck.Indicator {
	return tinycheck.Indicator{Class: tinycheck.ClassWeak, Tags: []string{tag}}
}

func technique(kind tinycheck.Infrastructure) tinycheck.Indicator {
	return tinycheck.Indicator{Class: tinycheck.ClassInfrastructure, Infrastructure: kind, Tags: []string{string(kind)}}
}

func product(name, tag string) tinycheck.Indicator {
	return tinycheck.Indicator{Class: tinycheck.ClassWatchware, Family: name, Tags: []string{tag}}
}

// trails are the files of trails/static/suspicious, and of malicious those that
// are no malware. None of them may accuse.
var trails = map[string]tinycheck.Indicator{
	// Ordinary techniques, each of which spies use too.
	"dynamic_domain":      technique(tinycheck.InfraDynamicDNS), // names below which anybody gets one for nothing
	"parking_site":        technique(tinycheck.InfraParking),    // where names wait for a buyer
	"suspended_domain":    technique(tinycheck.InfraParking),    // where names go that were taken from somebody
	"onion":               technique(tinycheck.InfraTor),        // gateways from the web into Tor
	"i2p":                 technique(tinycheck.InfraTor),        // where I2P, a network like Tor, begins
	"anonymous_web_proxy": technique(tinycheck.InfraRelay),      // web pages that fetch other pages
	"port_proxy":          technique(tinycheck.InfraRelay),      // ngrok and the like: a way into a private network
	// Products for administrators, and against theft: whoever installed it sees the device.
	"computrace":    product("Absolute Computrace", "anti-theft"),
	"connectwise":   product("ConnectWise ScreenConnect", "remote-administration"),
	"meshagent":     product("MeshAgent", "remote-administration"),
	"nezha_rmmtool": product("Nezha Monitoring", "remote-administration"),
	"simplehelp":    product("SimpleHelp", "remote-administration"),
	// Too general, too old or too harmless to mean much alone.
	"airsec_fakestitch":     weak("phishing"),          // two names of a false add-on for programmers
	"android_pua":           weak("pua"),               // unwanted programs: advertising, false cleaners
	"bad_history":           weak("old"),               // a list of 2013, most of it somebody else's by now
	"bad_wpad":              weak("wpad"),              // names that answer for a network's own proxy search
	"blockchain_dns":        weak("blockchain-dns"),    // resolvers for names outside the DNS
	"crypto_mining":         weak("crypto-mining"),     // pools: costs battery, tells nobody anything
	"dns_tunneling_service": weak("tunnel"),            // tunnels for developers
	"dnspod":                weak("dns"),               // an address of a large DNS company
	"domain":                weak("top-level-domain"),  // mostly whole top-level domains, which are refused
	"dprk_silivaccine":      weak("old"),               // one name that an anti-virus product asked in 2019
	"gosimpletunnel":        weak("tunnel"),            // a tunnel tool
	"ipinfo":                weak("ip-lookup"),         // "what is my address": asked by harmless programs too
	"osx_pua":               weak("pua"),               // advertising on Macs
	"pua":                   weak("pua"),               // tool bars and the like
	"rogue_dns":             weak("rogue-dns"),         // false resolvers that routers were set to, until somebody switched them off
	"superfish":             weak("advertising"),       // advertising on laptops of 2014
	"web_shells":            weak("web-shell"),         // paths on servers that were broken into
	"xenarmor":              weak("password-recovery"), // the maker of a tool that reads saved passwords
}
