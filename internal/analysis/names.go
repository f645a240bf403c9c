package analysis

import (
	"regexp"
	"strings"

	"tinycheck"
	"tinycheck/internal/decode"
	"tinycheck/internal/spelling"
)

// hello counts an opening of TLS or DTLS that was met, and whether it could be
// read whole. One that was too short for a fingerprint is counted when its flow
// ends.
func (l *ledger) hello(f *tinycheck.Flow, h *tinycheck.ClientHello) {
	if h.Via == tinycheck.ProtocolQUIC || f.JA4 == "" || decode.Local(f.Remote().Addr()) {
		return
	}
	p := l.page(f.Local().Addr())
	p.hellos = count(p.hellos, !h.Cut)
}

func (l *ledger) initial(f *tinycheck.Flow, q *tinycheck.QUICInitial) {
	if decode.Local(f.Remote().Addr()) {
		return
	}
	p := l.page(f.Local().Addr())
	p.initials = count(p.initials, q.Decrypted)
}

func count(r tinycheck.Read, whole bool) tinycheck.Read {
	r.Seen++
	if whole {
		r.Read++
	}
	return r
}

// opened counts how a flow began: without an opening that could be read, or to a
// name that was not asked for in sight.
func (p *page) opened(f *tinycheck.Flow) {
	if speaksTLS(f) && f.JA4 == "" {
		p.hellos.Seen++
	}
	if saidItself(f) && !askedFor(f) {
		p.unasked++
	}
}

func speaksTLS(f *tinycheck.Flow) bool {
	switch f.Protocol {
	case tinycheck.ProtocolTLS, tinycheck.ProtocolDoT, tinycheck.ProtocolDoH:
		return f.Transport == tinycheck.TCP
	}
	return f.Protocol == tinycheck.ProtocolDTLS
}

// saidItself reports whether the flow itself says a name.
func saidItself(f *tinycheck.Flow) bool {
	return len(f.Names) > 0 && (tier(f.Names[0]) < tinycheck.NameDNS.Rank() || f.ECH == tinycheck.ECHLikely)
}

// askedFor reports whether the device was told a name of the remote before.
func askedFor(f *tinycheck.Flow) bool {
	for _, n := range f.Names {
		if n.Source == tinycheck.NameDNS {
			return true
		}
	}
	return false
}

// identified reports whether it is known who is behind the name of the remote.
// What a real encrypted hello shows is the name of its provider.
func (l *ledger) identified(f *tinycheck.Flow) bool {
	n := f.Name()
	if f.Protocol == tinycheck.ProtocolDNS && n.Source == "" {
		return true // a question explains itself
	}
	if n.Source == "" || f.ECH == tinycheck.ECHLikely && n.Source != tinycheck.NameDNS {
		return false
	}
	tells, known := l.tells[n.Value]
	if !known {
		if len(l.tells) >= maxTells {
			clear(l.tells)
		}
		tells = !l.hiddenTenant(spelling.Host(n.Value))
		l.tells[n.Value] = tells
	}
	return tells
}

// hiddenTenant reports whether a host belongs to a platform and its name does
// not say which customer is talked to: that stands in the path, or in a header.
func (l *ledger) hiddenTenant(host string) bool {
	c := l.index.Context(host)
	if c != nil && c.Class != tinycheck.ContextPlatform {
		return false // the platform's owner itself, by a service that is known
	}
	if spelling.Shared(host) || forAllCustomers(host) {
		return true
	}
	return c != nil && len(c.Observable.Value) >= len(spelling.Tenant(host))
}

// Hosts of platforms that look like customers by the Public Suffix List:
//
//   - services of AWS in a region, SERVICE.REGION.amazonaws.com
//     (docs.aws.amazon.com/general/latest/gr/rande.html);
//   - everything below googleapis.com but BUCKET.storage.googleapis.com
//     (cloud.google.com/storage/docs/request-endpoints);
//   - the servers that Firebase's databases redirect to, s-REGION-nss-N.
var (
	regionalService = regexp.MustCompile(`^[a-z0-9-]+\.[a-z]{2}(-[a-z]+)+-\d\.amazonaws\.com(\.cn)?$`)
	databaseServer  = regexp.MustCompile(`^s-[a-z0-9-]*nss[a-z0-9]*-[a-z0-9-]+\.`)
)

func forAllCustomers(host string) bool {
	switch {
	case strings.HasSuffix(host, ".googleapis.com"):
		return !strings.HasSuffix(host, ".storage.googleapis.com")
	case strings.HasSuffix(host, ".amazonaws.com"), strings.HasSuffix(host, ".amazonaws.com.cn"):
		return regionalService.MatchString(host)
	case strings.HasSuffix(host, ".firebaseio.com"), strings.HasSuffix(host, ".firebasedatabase.app"):
		return databaseServer.MatchString(host)
	}
	return false
}
