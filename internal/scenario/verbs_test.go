package scenario_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tinycheck/internal/scenario"
)

// allLinks are those of the table.
var allLinks = []string{
	"ethernet", "vlan", "qinq", "ethernet-pppoe", "wifi", "radiotap", "sll", "sll2", "raw", "null", "loop", "ppp", "pppoe", "nflog",
}

type verbTest struct {
	words string
	want  []string
}

// verbs says for each verb what has to be read from its traffic. HERE is an
// address of the family of the round.
var verbs = []verbTest{
	{words: "ask api.mspy.test gets HERE", want: []string{"answer NOERROR api.mspy.test", "address api.mspy.test HERE"}},
	{words: "ask api.mspy.test", want: []string{"query dns A api.mspy.test", "query dns A api.mspy.test"}},
	{words: "ask api.mspy.test gets nxdomain", want: []string{"answer NXDOMAIN api.mspy.test"}},
	{words: "ask api.mspy.test over tcp gets HERE", want: []string{"answer NOERROR api.mspy.test", "address api.mspy.test HERE"}},
	{words: "ask a.test alias b.test alias c.test gets HERE", want: []string{"alias a.test b.test", "alias b.test c.test", "address c.test HERE"}},
	{words: "ask a.test https ech public cloudflare-ech.com", want: []string{"query dns HTTPS a.test", "service a.test ech=true cloudflare-ech.com"}},
	{words: "ask a.test type TXT gets nothing", want: []string{"query dns TXT a.test"}},
	{words: "tls HERE sni api.mspy.test", want: []string{"hello tls api.mspy.test h2,http/1.1 ech=", "ja4 t13d1312h2_f57a46bbacb6_ab7e3b40a677", "server tls TLS1.3"}},
	{words: "tls HERE sni api.mspy.test pq split 3", want: []string{"hello tls api.mspy.test h2,http/1.1 ech="}},
	{words: "tls HERE sni api.mspy.test records 3 alpn http/1.1", want: []string{"hello tls api.mspy.test http/1.1 ech="}},
	{words: "tls HERE sni none alpn none", want: []string{"hello tls   ech="}},
	{words: "tls HERE sni public.test ech", want: []string{"hello tls public.test h2,http/1.1 ech=offered"}},
	{words: "tls HERE sni a.test pq reorder retransmit", want: []string{"hello tls a.test h2,http/1.1 ech=", "end tls 0"}},
	{words: "tls HERE sni a.test pq midstream", want: []string{"hello tls a.test h2,http/1.1 ech="}},
	{words: "tls HERE sni a.test pq fragment 600", want: []string{"hello tls a.test h2,http/1.1 ech=", "end tls 0"}},
	{words: "tls HERE sni a.test cert b.test", want: []string{"hello tls a.test h2,http/1.1 ech=", "certificate b.test 012a40c72521f93e8d899e283321cfd6d7f8e18a17cdb5071acef52dd99a80d8"}},
	{words: "starttls smtp HERE sni a.test", want: []string{"hello tls a.test  ech="}},
	{words: "starttls imap HERE sni a.test", want: []string{"hello tls a.test  ech="}},
	{words: "starttls pop3 HERE sni a.test", want: []string{"hello tls a.test  ech="}},
	{words: "starttls xmpp HERE sni a.test", want: []string{"hello tls a.test  ech="}},
	{words: "connect HERE a.test", want: []string{"request CONNECT a.test  0", "hello tls a.test h2,http/1.1 ech="}},
	{words: "socks HERE a.test", want: []string{"socks a.test 443", "hello tls a.test h2,http/1.1 ech="}},
	{words: "socks HERE a.test:8443 with 4a", want: []string{"socks a.test 8443"}},
	{words: "dot HERE sni dns.google", want: []string{"hello tls dns.google dot ech=", "end dot 0"}},
	{words: "doh HERE sni dns.google", want: []string{"hello tls dns.google h2 ech="}},
	{words: "doq HERE sni dns.google", want: []string{"hello quic dns.google doq ech=", "end doq 0"}},
	{words: "quic HERE sni api.mspy.test", want: []string{"quic v1 true", "hello quic api.mspy.test h3 ech=", "ja4 q13d0313h3_55b375c5d22e_f902b76752af", "server quic TLS1.3"}},
	{words: "quic HERE sni api.mspy.test version v2 pq", want: []string{"quic v2 true", "hello quic api.mspy.test h3 ech="}},
	{words: "quic HERE sni api.mspy.test version draft-29", want: []string{"quic draft-29 true", "hello quic api.mspy.test h3 ech="}},
	{words: "quic HERE sni api.mspy.test split 3 retry", want: []string{"hello quic api.mspy.test h3 ech=", "server quic TLS1.3"}},
	{words: "quic HERE sni api.mspy.test pq fragment 600", want: []string{"hello quic api.mspy.test h3 ech="}},
	{words: "quic HERE sni api.mspy.test unanswered", want: []string{"hello quic api.mspy.test h3 ech="}},
	{words: "quic HERE sni public.test ech", want: []string{"hello quic public.test h3 ech=offered"}},
	{words: "http HERE POST api.mspy.test/upload up 5000", want: []string{"request POST api.mspy.test /upload 5000", "response 200"}},
	{words: `http HERE POST a.test/x body "imei=490154203237518&lat=52.5" agent "Spy/1"`, want: []string{"request POST a.test /x 29"}},
	{words: "http HERE GET a.test/ status 302 location http://b.test/", want: []string{"response 302"}},
	{words: "http HERE GET a.test/ inject http://b.test/", want: []string{"request GET a.test / 0"}},
	{words: "tcp HERE:8000 up 3000 down 3000", want: []string{"end  0"}},
	{words: "tcp HERE:8000 up 9000 hole 2", want: []string{"end  1"}},
	{words: "udp HERE:9000 up 3000", want: []string{"end  0"}},
	{words: "dtls HERE sni a.test", want: []string{"hello dtls a.test webrtc ech=", "server dtls DTLS1.2"}},
	{words: "stun HERE", want: []string{"stun binding request"}},
	{words: "stun HERE turn up 5k down 5k", want: []string{"stun allocate request"}},
	{words: "wireguard HERE for 1m", want: []string{"tunnel wireguard"}},
	{words: "openvpn HERE", want: []string{"tunnel openvpn"}},
	{words: "openvpn HERE over tcp", want: []string{"tunnel openvpn"}},
	{words: "ike HERE", want: []string{"tunnel ipsec"}},
	{words: "esp HERE", want: []string{"tunnel ipsec"}},
	{words: "ssh HERE", want: []string{"tunnel ssh"}},
	{words: "ntp HERE", want: []string{"end  0"}},
	{words: "ping HERE", want: []string{"end  0"}},
	{words: "mdns _googlecast._tcp.local", want: []string{"query mdns PTR _googlecast._tcp.local"}},
	{words: "visit web.example", want: []string{"query dns A web.example", "query dns AAAA web.example", "hello tls web.example h2,http/1.1 ech="}},
	{words: "visit web.example quic ip4", want: []string{"address web.example 203.0.113.80", "hello quic web.example h3 ech="}},
	{words: "visit web.example:8080 http GET /a", want: []string{"request GET web.example /a 0"}},
	{words: "join", want: []string{"dhcp 02:11:22:33:44:55 Pixel android-dhcp-14"}},
}

func TestEveryVerbIsRead(t *testing.T) {
	for _, link := range allLinks {
		for _, here := range []string{"203.0.113.7", "2001:db8::7"} {
			for _, v := range verbs {
				words := world + "link " + link + "\nat 1s " + fill(v.words, here)
				got, stats := events(t, parse(t, words))
				if stats.Malformed+stats.BadMessages+stats.UnknownLink+stats.Contained != 0 {
					t.Errorf("%s: %+v", words, stats)
				}
				for _, want := range v.want {
					if !slices.Contains(got, strings.ReplaceAll(want, "HERE", here)) {
						t.Errorf("%s %s %s: no %q in\n%s", link, here, v.words, want, strings.Join(got, "\n"))
					}
				}
			}
		}
	}
}

// fill puts an address in; with a port behind it IPv6 wants brackets.
func fill(words, here string) string {
	if strings.Contains(here, ":") {
		words = strings.ReplaceAll(words, "HERE:", "["+here+"]:")
	}
	return strings.ReplaceAll(words, "HERE", here)
}

// Every verb of the table has a row above.
func TestEveryVerbIsTested(t *testing.T) {
	_, err := scenario.Parse(world + "at 1s nonsense")
	if err == nil {
		t.Fatal("nonsense was understood")
	}
	_, list, _ := strings.Cut(err.Error(), "one of ")
	list, _, _ = strings.Cut(list, ", behind")
	for name := range strings.SplitSeq(list, ", ") {
		if name == "lookup" { // within visit
			continue
		}
		if !slices.ContainsFunc(verbs, func(v verbTest) bool {
			first, _, _ := strings.Cut(v.words, " ")
			return first == name
		}) {
			t.Errorf("verb %q has no test", name)
		}
	}
}

// The link changes nothing that is read but names of devices that no link
// address tells.
func TestLinksTellTheSame(t *testing.T) {
	words := world + "at 0s join\nat 1s visit web.example\nat 2s quic 203.0.113.7 sni a.test\nat 3s wireguard 2001:db8::9"
	var want []string
	for i, link := range allLinks {
		got, _ := events(t, parse(t, words+"\nlink "+link))
		slices.Sort(got)
		if i == 0 {
			want = got
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s against %s:\n%s", link, allLinks[0], d)
		}
	}
}
