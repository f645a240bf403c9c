package decode

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tinycheck"
	"tinycheck/internal/wire/dns"
)

// record takes what matters of one record.
func record(r *dns.Record, fact *tinycheck.DNSAnswer) {
	owner := strings.Clone(r.Name)
	switch r.Type {
	case dns.TypeA, dns.TypeAAAA:
		if r.Addr.IsValid() {
			fact.Address = append(fact.Address, tinycheck.DNSAddress{Owner: owner, Addr: r.Addr,
				Answer: r.Section == dns.Answer, TTL: time.Duration(r.TTL) * time.Second})
		}
	case dns.TypeCNAME, dns.TypeDNAME:
		fact.CNAME = append(fact.CNAME, tinycheck.DNSAlias{Owner: owner, Alias: strings.Clone(r.Target)})
	case dns.TypeHTTPS, dns.TypeSVCB:
		if r.SVCB != nil {
			fact.Services = append(fact.Services, binding(owner, r.SVCB))
		}
	}
}

func binding(owner string, s *dns.SVCB) tinycheck.DNSService {
	service := tinycheck.DNSService{Owner: owner, Name: strings.Clone(s.Target), ECH: s.ECHPresent, ALPN: slices.Clone(s.ALPN)}
	service.Hints = append(slices.Clone(s.IPv4Hint), s.IPv6Hint...)
	if len(s.ECH) > 0 {
		service.PublicName = strings.Clone(s.ECH[0].PublicName)
	}
	return service
}

// learn remembers, for the device that asked, which addresses it was told for
// the name it asked about. Names are learnt from answers only; every address
// of an answer belongs to the name of the question, at the end of whatever
// chain of aliases it stands.
func (d *Decoder) learn(fact *tinycheck.DNSAnswer) {
	o := d.flow.client
	if o == nil || fact.Name == "" {
		return
	}
	for _, a := range fact.Address {
		if a.Answer {
			d.hosts.learn(o, a.Addr.Unmap(), fact.Name)
		}
	}
	for _, s := range fact.Services {
		for _, hint := range s.Hints {
			d.hosts.learn(o, hint.Unmap(), fact.Name)
		}
		if s.ECH {
			d.hosts.ech(o, fact.Name, s.PublicName)
		}
	}
}

// rcodes are the mnemonics of RFC 1035 section 4.1.1 that say something about a name.
var rcodes = map[dns.RCode]string{dns.NoError: "NOERROR", dns.FormErr: "FORMERR", dns.ServFail: "SERVFAIL",
	dns.NXDomain: "NXDOMAIN", dns.NotImp: "NOTIMP", dns.Refused: "REFUSED"}

func rcode(c dns.RCode) string {
	if word, ok := rcodes[c]; ok {
		return word
	}
	return "RCODE" + strconv.Itoa(int(c))
}
