package decode

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tinycheck"
	"tinycheck/internal/wire/dns"
)

// dnsMessage tells the questions or the answer of one DNS message.
func (d *Decoder) dnsMessage(b []byte, via tinycheck.Protocol) {
	m := &d.dns
	if err := m.Unpack(b); err != nil {
		d.stats.BadMessages++
	}
	d.flow.protocol(via)
	if m.Response {
		d.dnsAnswer(m, via)
		return
	}
	for _, q := range m.Questions {
		d.event(tinycheck.DNSQuery{Name: strings.Clone(q.Name), Type: q.Type.String(), Via: via})
	}
}

func (d *Decoder) dnsAnswer(m *dns.Message, via tinycheck.Protocol) {
	fact := tinycheck.DNSAnswer{Via: via, RCode: rcode(m.RCode)}
	if len(m.Questions) > 0 {
		fact.Name = strings.Clone(m.Questions[0].Name)
	}
	for i := range m.Records {
		record(&m.Records[i], &fact)
	}
	if via == tinycheck.ProtocolDNS {
		d.learn(m, fact.Name)
	}
	d.event(fact)
}

// record takes what matters of one record.
func record(r *dns.Record, fact *tinycheck.DNSAnswer) {
	switch r.Type {
	case dns.TypeA, dns.TypeAAAA:
		if r.Addr.IsValid() {
			fact.Address = append(fact.Address, tinycheck.DNSAddress{Owner: strings.Clone(r.Name), Addr: r.Addr,
				Answer: r.Section == dns.Answer, TTL: time.Duration(r.TTL) * time.Second})
		}
	case dns.TypeCNAME, dns.TypeDNAME:
		fact.CNAME = append(fact.CNAME, tinycheck.DNSAlias{Owner: strings.Clone(r.Name), Alias: strings.Clone(r.Target)})
	case dns.TypeHTTPS, dns.TypeSVCB:
		if r.SVCB != nil {
			fact.Services = append(fact.Services, binding(r))
		}
	}
}

func binding(r *dns.Record) tinycheck.DNSService {
	s := r.SVCB
	one := tinycheck.DNSService{Owner: strings.Clone(r.Name), Name: strings.Clone(s.Target), ECH: s.ECHPresent, ALPN: slices.Clone(s.ALPN)}
	one.Hints = append(slices.Clone(s.IPv4Hint), s.IPv6Hint...)
	if len(s.ECH) > 0 {
		one.PublicName = strings.Clone(s.ECH[0].PublicName)
	}
	return one
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
