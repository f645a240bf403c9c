package analysis_test

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/capture"
	"tinycheck/internal/decode"
	"tinycheck/internal/library"
	"tinycheck/internal/match"
	"tinycheck/internal/scenario"
)

// blinded is a device of a published recording and what is to be said of it.
type blinded struct {
	pcap, device string // device: MAC or address
	tunnel       tinycheck.TunnelKind
	whole        bool // the tunnel is the reason of grade X
	why          string
}

// within: nothing of the recording leaves the local network, so that no device
// is answered for and the answer is that nobody could look.
const within = "both ends are on the local network"

// The recordings of VPNs. Nearly all of them last seconds, so that the grade
// would be X anyhow: what counts is that the limit whole-tunnel is among the
// reasons, and which tunnel is named.
var blindings = []blinded{
	{"ndpi/cloudflare-warp.pcap", "6c:6a:77:88:98:70", tinycheck.TunnelWireGuard, true, "the tunnel of WARP itself"},
	{"ndpi/cloudflare-warp.pcap", "10.8.0.1", "", false, "recorded on the phone, inside of a VPN: what the app and others say in TLS, which has names"},
	{"ndpi/wireguard.pcap", "38:2c:4a:bb:33:1d", tinycheck.TunnelWireGuard, true, ""},
	{"ipfix/wg.pcap", "", tinycheck.TunnelWireGuard, true, ""},
	{"pcapplus/Tests__Packet++Test__PacketExamples__WireGuard.pcap", "", tinycheck.TunnelWireGuard, false, within},
	{"ndpi/tailscale.pcap", "00:0c:29:94:4f:af", tinycheck.TunnelWireGuard, true, "WireGuard to a peer"},
	{"ndpi/openvpn.pcap", "08:00:27:08:41:d2", tinycheck.TunnelOpenVPN, true, ""},
	{"ndpi/openvpn.pcap", "08:00:27:e6:e5:59", tinycheck.TunnelOpenVPN, true, ""},
	{"ndpi/openvpn.pcap", "00:0e:8e:19:71:0c", tinycheck.TunnelOpenVPN, true, ""},
	{"ndpi/openvpn.pcap", "00:08:ca:42:85:ea", tinycheck.TunnelOpenVPN, true, ""},
	{"ndpi/openvpn.pcap", "30:52:cb:6c:9c:1b", tinycheck.TunnelOpenVPN, true, ""},
	{"ndpi/openvpn.pcap", "26:36:f5:5b:c4:75", tinycheck.TunnelOpenVPN, true, ""},
	{"ndpi/openvpn-tlscrypt.pcap", "", tinycheck.TunnelOpenVPN, false, within},
	{"ndpi/openvpn_nohmac_tcp.pcapng", "", tinycheck.TunnelOpenVPN, false, within},
	{"arkime/openvpn_synthetic.pcap", "203.0.113.5", tinycheck.TunnelOpenVPN, true, ""},
	{"ndpi/openvpn_obfuscated.pcapng", "26:36:f5:5b:c4:75", tinycheck.TunnelOpenVPN, false, "one of three flows; NordVPN scrambled the two others, which look like noise"},
	{"arkime/ike-cert_synthetic.pcap", "2001:db8::50", tinycheck.TunnelIPsec, true, "IKE"},
	{"arkime/wireshark-esp.pcap", "00:11:43:4a:d7:0a", tinycheck.TunnelIPsec, true, "IKE and ESP"},
	{"zeek/ip6_esp.pcap", "00:11:43:4a:d7:0a", tinycheck.TunnelIPsec, true, "ESP"},
	{"tcpdump/espudp1.pcap", "", tinycheck.TunnelIPsec, true, "ESP in UDP"},
	{"tcpdump/ikev2pI2.pcap", "", tinycheck.TunnelIPsec, true, "IKE"},
	{"ndpi/pptp.pcap", "", tinycheck.TunnelPPTP, true, ""},
	{"ndpi/tunnelbear.pcap", "08:00:27:b3:e6:2e", tinycheck.TunnelWireGuard, true, "the tunnel of TunnelBear itself"},
	{"ndpi/tunnelbear.pcap", "10.8.0.1", "", false, "recorded on the phone: the app talks to its own service in TLS, a note"},
	{"ndpi/psiphon3.pcap", "", tinycheck.TunnelVPN, true, "all goes to a server with the certificate of Psiphon"},
	{"ndpi/softether.pcap", "", "", false, "18 kB in 40 minutes: keepalives to the directory of servers, no tunnel was opened"},
	{"mercury/faketls_potatovpn.pcap", "", "", false, "TLS under the names of others, three servers, 9 kB: nothing tells it from what it imitates"},
	// Look-alikes.
	{"ndpi/zoom.pcap", "", "", false, "video calls"},
	{"ndpi/gnutella.pcap", "", "", false, "peers over UDP and TCP"},
	{"ndpi/bittorrent.pcap", "", "", false, "peers"},
	{"ndpi/whatsapp.pcap", "", "", false, "chat"},
	{"ndpi/discord.pcap", "", "", false, "voice"},
	{"ndpi/stun_dtls_rtp.pcapng", "", "", false, "a call: STUN, DTLS, RTP"},
	{"ndpi/telegram_videocall.pcapng", "", "", false, "a call"},
	{"ndpi/raknet.pcap", "", "", false, "a game over UDP"},
	{"ndpi/hots.pcapng", "", "", false, "a game over UDP"},
	{"ndpi/wow.pcap", "", "", false, "a game over TCP"},
	{"ndpi/threema.pcap", "", "", false, "chat with one server that has no name"},
	{"ndpi/tls-appdata.pcap", "", "", false, "one server that has no name, 118 kB"},
}

func TestRecordingsOfVPNs(t *testing.T) {
	dir, index := shared(t, "corpus"), starter()
	for _, want := range blindings {
		t.Run(strings.ReplaceAll(want.pcap, "/", "_")+" "+want.device, func(t *testing.T) {
			file, seen := filepath.Join(dir, "pcaps", want.pcap), 0
			r := analyze(t, file, analysis.Config{Index: index})
			if want.why == within {
				if kinds := tunnels(t, file); r.Answer != tinycheck.Inconclusive || !slices.Contains(kinds, want.tunnel) {
					t.Errorf("%s, %v", r.Answer, kinds)
				}
				return
			}
			for _, d := range r.Devices {
				if want.device != "" && d.Device.ID != want.device {
					continue
				}
				seen++
				want.check(t, &d)
			}
			if seen == 0 {
				t.Errorf("no device %s", want.device)
			}
		})
	}
}

func (want *blinded) check(t *testing.T, d *tinycheck.Answer) {
	t.Helper()
	c := &d.Coverage
	switch {
	case want.tunnel == "" && len(c.Tunnels) > 0:
		t.Errorf("%s: tunnels %v, want none: %s", d.Device.ID, c.Tunnels, want.why)
	case want.tunnel != "" && !slices.Equal(c.Tunnels, []tinycheck.TunnelKind{want.tunnel}):
		t.Errorf("%s: tunnels %v, want %s", d.Device.ID, c.Tunnels, want.tunnel)
	}
	if got := slices.Contains(c.Limits, tinycheck.LimitTunnel); got != want.whole || want.whole && c.Grade != tinycheck.GradeX {
		t.Errorf("%s: grade %s, limits %v, want a whole tunnel: %v", d.Device.ID, c.Grade, c.Limits, want.whole)
	}
	t.Logf("%s grade %s, %d s, %d bytes, %.0f %% in %v: %s", d.Device.ID, c.Grade, int(c.Observed.Seconds()), c.External, 100*c.TunnelShare(), c.Tunnels, want.why)
}

// scene analyzes traffic in words, with the starter indicators.
func scene(t *testing.T, text string) tinycheck.Report {
	t.Helper()
	words, err := scenario.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	line := analysis.New(analysis.Config{Index: starter()})
	if err := words.Packets(func(p *tinycheck.Packet) error { line.See(p); return nil }); err != nil {
		t.Fatal(err)
	}
	r, err := line.Report(tinycheck.Capture{Name: "scene"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Calls over Wi-Fi are IPsec to the phone company, at however many gateways and
// whatever else the phone does.
func TestWiFiCallingIsNoTunnel(t *testing.T) {
	r := scene(t, `phone 192.168.4.20 mac 02:11:22:33:44:55
resolver 192.168.4.1
host epdg.epc.mnc001.mcc262.pub.3gppnetwork.org 203.0.113.90
at 1s lookup epdg.epc.mnc001.mcc262.pub.3gppnetwork.org
at 2s ike 203.0.113.90
at 3s esp 203.0.113.90:4500 up 2M down 2M for 13m pace 1s
`)
	c := r.Devices[0].Coverage
	if c.Grade == tinycheck.GradeX || c.Tunnelled != 0 || !slices.Equal(c.Tunnels, []tinycheck.TunnelKind{tinycheck.TunnelCalling}) {
		t.Errorf("grade %s, %d bytes in %v", c.Grade, c.Tunnelled, c.Tunnels)
	}
}

// No ordinary recording is said to use a VPN or a hidden resolver by its habits
// alone: counts of how many come near are printed.
func TestOrdinaryHabits(t *testing.T) {
	dir, index := shared(t, "corpus"), starter()
	captures := rows[label](t, filepath.Join(dir, "benign_mobile.jsonl"))
	captures = append(captures, rows[label](t, filepath.Join(dir, "stalkerware_labels.jsonl"))...)
	devices, flows, round, doh, vpn := 0, 0, 0, 0, 0
	for _, row := range captures {
		file := filepath.Join(dir, row.Pcap)
		n, r := rounds(t, file)
		flows, round = flows+n, round+r
		for _, d := range analyze(t, file, analysis.Config{Index: index}).Devices {
			devices++
			if slices.Contains(d.Coverage.Tunnels, tinycheck.TunnelVPN) && !strings.Contains(row.Pcap, "psiphon") {
				vpn++
				t.Errorf("%s: %s: a VPN by habit", row.Pcap, d.Device.ID)
			}
			for _, name := range d.Coverage.Resolvers {
				if slices.Contains(d.Coverage.EncryptedBy, tinycheck.ProtocolDoH) && !isListed(index, name) {
					doh++
					t.Errorf("%s: %s: %s is taken for a resolver", row.Pcap, d.Device.ID, name)
				}
			}
		}
	}
	t.Logf("%d captures, %d devices, %d flows to port 443; %d flows with 20 rounds, of which %d are taken for DNS over HTTPS; %d devices taken for users of a VPN by habit", len(captures), devices, flows, round, doh, vpn)
}

// isListed reports whether a resolver is one by a list, or by port and protocol.
func isListed(index *match.Index, name string) bool {
	return index.Name(name).Is(tinycheck.ClassInfrastructure, tinycheck.InfraDoH) || strings.Contains(name, ":") || strings.Trim(name, "0123456789.") == ""
}

// tunnels gives what the flows of a recording are.
func tunnels(t *testing.T, file string) (kinds []tinycheck.TunnelKind) {
	t.Helper()
	eachFlow(t, file, func(f *tinycheck.Flow) { kinds = append(kinds, f.Tunnel) })
	return kinds
}

// rounds counts flows to port 443 and those that talk as a resolver would.
func rounds(t *testing.T, file string) (flows, round int) {
	t.Helper()
	eachFlow(t, file, func(f *tinycheck.Flow) {
		if f.Server.Port() == 443 {
			flows++
		}
		if f.Rounds >= 20 {
			round++
			t.Logf("%s: %d rounds with %v in %s", filepath.Base(file), f.Rounds, f.Name().Value, f.Last.Sub(f.First))
		}
	})
	return flows, round
}

func eachFlow(t *testing.T, file string, see func(*tinycheck.Flow)) {
	t.Helper()
	r, err := capture.Open(file, capture.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	d := decode.New(decode.Config{}, func(e tinycheck.Event) {
		if _, end := e.Fact.(tinycheck.FlowEnd); end {
			see(e.Flow)
		}
	})
	var p tinycheck.Packet
	for err = r.Next(&p); err == nil; err = r.Next(&p) {
		d.Decode(&p)
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	d.End()
}

// What is listed as infrastructure of a VPN covers the hosts that recordings of
// their apps show.
func TestHostsOfVPNs(t *testing.T) {
	list, _ := library.Starter()
	index := match.NewIndex(list, library.Context())
	for _, name := range []string{"api.tunnelbear.com", "api.polargrizzly.com", "psiphon3.net", "api.cloudflareclient.com", "consumer-masque.cloudflareclient.com", "x0.x0.dev.open.servers.ddns.softether-network.net"} {
		if !index.Name(name).Is(tinycheck.ClassInfrastructure, tinycheck.InfraVPN) {
			t.Errorf("%s is not listed", name)
		}
	}
	for _, name := range []string{"tunnelbear.com.example", "cloudflare.com", "www.softether.org"} {
		if index.Name(name).Is(tinycheck.ClassInfrastructure, tinycheck.InfraVPN) {
			t.Errorf("%s is listed", name)
		}
	}
}
