package capture_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/child"
	"tinycheck/internal/nettest"
)

// usual are filters of the manual, and those that people use, with what tcpdump gets.
var usual = map[string]string{
	"host 192.0.2.1":                         "host 192.0.2.1",
	"not host 192.0.2.1":                     "not host 192.0.2.1",
	"net 10.0.0.0/8":                         "net 10.0.0.0 / 8",
	"net 10":                                 "net 10",
	"src net 192.168.1":                      "src net 192.168.1",
	"net 10.0.0.0 mask 255.0.0.0":            "net 10.0.0.0 mask 255.0.0.0",
	"ip6 net 2001:db8::/32":                  "ip6 net 2001:0db8:0000:0000:0000:0000:0000:0000 / 32",
	"ip6 host 2001:db8::1":                   "ip6 host 2001:0db8:0000:0000:0000:0000:0000:0001",
	"host ::ffff:192.0.2.1":                  "host 0000:0000:0000:0000:0000:ffff:c000:0201",
	"ether host 02:00:00:00:00:aF":           "ether host 02:00:00:00:00:aF",
	"ether src 2-0-0-0-0-1":                  "ether src 02:00:00:00:00:01",
	"ether dst 0200.00aa.0001":               "ether dst 02:00:00:aa:00:01",
	"ether host 020000aabbcc":                "ether host 02:00:00:aa:bb:cc",
	"tcp port 443":                           "tcp port 443",
	"port domain":                            "port 53",
	"tcp dst port ftp or ssh or 8080":        "tcp dst port 21 or 22 or 8080",
	"port (http or https)&&!arp":             "port ( 80 or 443 ) && ! arp",
	"not arp":                                "not arp",
	"portrange 1-100":                        "portrange 1-100",
	"udp portrange 1-9 or 20-30":             "udp portrange 1-9 or 20-30",
	"icmp6":                                  "icmp6",
	"greater 100":                            "greater 100",
	"less 0x40":                              "less 0x40",
	"len<=100":                               "len <= 100",
	"tcp[13] & 2 != 0":                       "tcp [ 13 ] & 2 != 0",
	"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0": "tcp [ tcpflags ] & ( tcp-syn | tcp-fin ) != 0",
	"icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply": "icmp [ icmptype ] != icmp-echo and icmp [ icmptype ] != icmp-echoreply",
	"tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420":                    "tcp [ ( ( tcp [ 12 : 1 ] & 0xf0 ) >> 2 ) : 4 ] = 0x47455420",
	"ip[2:2]-20 > 100":                   "ip [ 2 : 2 ] - 20 > 100",
	"ether[0] & 1 = 0 and ip[16] >= 224": "ether [ 0 ] & 1 = 0 and ip [ 16 ] >= 224",
	"ether proto 0x88b5":                 "ether proto 0x88b5",
	"ether proto \\arp or \\ip6":         "ether proto \\arp or \\ip6",
	"ip proto (\\tcp or ospf)":           "ip proto ( \\tcp or ospf )",
	"ip6 proto 6":                        "ip6 proto 6",
	"ether broadcast":                    "ether broadcast",
	"ip multicast":                       "ip multicast",
	"llc s":                              "llc s",
	"pppoes 0x27 && ip":                  "pppoes 0x27 && ip",
}

func TestUsualFiltersStayWhatTheyMean(t *testing.T) {
	for words, want := range usual {
		got, err := capture.Tame(words)
		if err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", words, got, err, want)
		}
	}
	if got, err := capture.Tame("type mgt subtype beacon or dir tods"); err != nil || got != "type mgt subtype beacon or dir tods" {
		t.Errorf("IEEE 802.11: %q, %v", got, err)
	}
}

// named are filters in which tcpdump would look something up.
var named = []string{
	"host name.example", "name.example", "src name", "net name", "gateway name", "ether host name",
	"host \\name", "host http", "host \\tcp", "host 80-90", "host fe80", "host 1e", "host 1.2.3.4.5",
	"host 192.0.2.1 or ssh", "port http or host 192.0.2.1 or ssh", "port http and not arp and ssh",
	"tcp and ssh", "port 80 or len > 5 or ssh", "tcp[13] = ssh", "len-4 > 3", "host 2001:db8", "host fe80::1%eth0",
	"portrange http-ssh", "ip proto name", "ip proto \\name", "proto \\tcp or host \\udp", "type name", "type mgt or beacon",
	"llc name", "llc or s", "host TCP", "host 02:00:00:00:00:gg", "host 2001:db8::gg", "ifname name", "action name", "name-of.example.",
}

func TestNamesAreRefused(t *testing.T) {
	for _, words := range named {
		got, err := capture.Tame(words)
		if !isKind(err, tinycheck.Invalid) || !strings.Contains(err.Error(), "write its address: names are not looked up") {
			t.Errorf("%s is %q, %v", words, got, err)
		}
	}
	for words, says := range map[string]string{
		"port name": `"name" is no port`, "host $1": `'$' means nothing`, "port 80;ssh": `';'`, "host \"a\"": `'"'`, "host ä": "'ä'", "\\": `'\\'`,
	} {
		if got, err := capture.Tame(words); !isKind(err, tinycheck.Invalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s is %q, %v", words, got, err)
		}
	}
}

// FuzzTame: what tcpdump gets consists of pieces that it knows, and stays as it is
// when it is read again.
func FuzzTame(f *testing.F) {
	for words := range usual {
		f.Add(words)
	}
	for _, words := range named {
		f.Add(words)
	}
	words := strings.Fields(capture.Words)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := capture.Tame(text)
		if err != nil {
			return
		}
		if again, err := capture.Tame(got); err != nil || again != got {
			t.Fatalf("%q is %q, and then %q, %v", text, got, again, err)
		}
		pieces := strings.Fields(got)
		for i, p := range pieces {
			letter := strings.ContainsAny(strings.ToLower(p), "ghijklmnopqrstuvwyz")
			if letter && !slices.Contains(words, p) && !slices.Contains([]string{"proto", "type", "subtype", "dir", "direction", "llc"}, before(pieces, i)) && !strings.Contains(got, "proto") {
				t.Fatalf("%q is %q, with %q", text, got, p)
			}
		}
	})
}

func before(pieces []string, i int) string {
	if i == 0 {
		return ""
	}
	return pieces[i-1]
}

// asked is a name server that answers nothing, in the namespace that the tests and all
// that they start are in, and what it was asked.
func asked(t *testing.T) func() []string {
	t.Helper()
	nettest.New(t, "asked") // skips where there are no namespaces of one's own
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	must(t, os.WriteFile(conf, []byte("nameserver 127.0.0.53\noptions timeout:1 attempts:1\n"), 0o644))
	must(t, os.Chmod(filepath.Dir(conf), 0o755))
	if err := unix.Mount(conf, "/etc/resolv.conf", "", unix.MS_BIND, ""); err != nil {
		t.Skipf("skipped: no file may be put in the place of resolv.conf here (%v)", err)
	}
	t.Cleanup(func() { unix.Unmount("/etc/resolv.conf", unix.MNT_DETACH) })
	conn, err := net.ListenPacket("udp4", "127.0.0.53:53")
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	return func() (names []string) {
		b := make([]byte, 512)
		for {
			must(t, conn.SetReadDeadline(time.Now().Add(10*time.Millisecond)))
			n, _, err := conn.ReadFrom(b)
			if err != nil {
				return names
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) == nil && len(m.Questions) > 0 {
				names = append(names, m.Questions[0].Name.String())
			}
		}
	}
}

// Whoever asks for a name tells of it. tcpdump does; we do not let it.
func TestNobodyIsAskedForNames(t *testing.T) {
	nettest.Need(t, "tcpdump", "tcpdump")
	heard := asked(t)
	program, err := child.Find("tcpdump", "tcpdump")
	must(t, err)
	raw := []string{"-y", "EN10MB", "-ddd", "--", "host name.example"}
	_ = exec.Command(program, raw...).Run()
	if names := heard(); !slices.Contains(names, "name.example.") {
		t.Fatalf("by itself tcpdump asks for %q: the test shows nothing", names)
	}
	for _, words := range named {
		if l, err := capture.Listen("lo", capture.LiveConfig{Filter: words}); err == nil {
			l.Close()
			t.Errorf("%s is taken", words)
		}
	}
	for words := range usual {
		l, err := capture.Listen("lo", capture.LiveConfig{Filter: words})
		if err != nil {
			t.Errorf("%s: %v", words, err)
			continue
		}
		l.Close()
	}
	if names := heard(); len(names) > 0 {
		t.Errorf("asked for %q", names)
	}
	// A word that slips through reaches no name server either.
	said, err := capture.Ask(program, raw...)
	if text := strings.Join(said, " "); err != nil || !strings.Contains(text, "name.example") {
		t.Errorf("tcpdump says %q, %v", text, err)
	}
	if names := heard(); len(names) > 0 {
		t.Errorf("from a network of its own it asked for %q", names)
	}
}

// A word that tcpdump does not know it would look up: it knows all that pass.
func TestTcpdumpKnowsTheWordsThatPass(t *testing.T) {
	nettest.Need(t, "tcpdump", "tcpdump")
	heard := asked(t)
	program, err := child.Find("tcpdump", "tcpdump")
	must(t, err)
	for _, w := range strings.Fields(capture.Words) {
		_ = exec.Command(program, "-y", "EN10MB", "-ddd", "--", "host "+w).Run()
	}
	if names := heard(); len(names) > 0 {
		t.Errorf("asked for %q", names)
	}
}
