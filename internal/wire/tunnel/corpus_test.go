package tunnel_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"tinycheck/internal/wire/tunnel"
)

// tunnels are the captures that hold tunnels, checked by their labels, their
// independent truth and their bytes, with the number of flows of each kind. Not
// among them, and rightly so: scrambled OpenVPN (ndpi/openvpn_obfuscated), a web
// client at an SSH port (zeek/http__get-to-ssh-server), flows that begin in the
// middle of SSH, and ndpi/gnutella and ndpi/zoom, which tshark takes for OpenVPN
// and WireGuard.
var tunnels = map[string]map[tunnel.Kind]int{
	"arkime/arkime_synthetic.pcap":        {tunnel.IKE: 2, tunnel.SOCKS: 2, tunnel.SSH: 5},
	"arkime/ike-cert_synthetic.pcap":      {tunnel.IKE: 5},
	"arkime/openvpn_synthetic.pcap":       {tunnel.OpenVPN: 4},
	"arkime/socks5-smtp-503.pcap":         {tunnel.SOCKS: 1},
	"arkime/tcp_handshake_synthetic.pcap": {tunnel.SSH: 1},
	"foxio/socks-https-example.pcap":      {tunnel.SOCKS: 3},
	"foxio/ssh.pcapng":                    {tunnel.SSH: 1},
	"foxio/ssh2.pcapng":                   {tunnel.SSH: 1},
	"ipfix/wg.pcap":                       {tunnel.WireGuard: 4},
	"mercury/geneve.pcap":                 {tunnel.SSH: 1},
	"ndpi/openvpn-tlscrypt.pcap":          {tunnel.OpenVPN: 1},
	"ndpi/cloudflare-warp.pcap":           {tunnel.WireGuard: 1},
	"ndpi/openvpn.pcap":                   {tunnel.OpenVPN: 10},
	"ndpi/openvpn_nohmac_tcp.pcapng":      {tunnel.OpenVPN: 1},
	"ndpi/pptp.pcap":                      {tunnel.PPTP: 1},
	"ndpi/tailscale.pcap":                 {tunnel.WireGuard: 1},
	"ndpi/tls_heur__vmess-tcp-tls.pcapng": {tunnel.SOCKS: 1},
	"ndpi/tunnelbear.pcap":                {tunnel.WireGuard: 1},
	"ndpi/wireguard.pcap":                 {tunnel.WireGuard: 2},
	"pcapplus/Tests__Packet++Test__PacketExamples__WireGuard.pcap": {tunnel.WireGuard: 1},
	"slips/test7-malicious.pcap":                                   {tunnel.SSH: 2},
	"suriver/bug-4903__bug-4903-02__input.pcap":                    {tunnel.SSH: 1},
	"suriver/bug-4903__bug-4903-04__input.pcap":                    {tunnel.SSH: 1},
	"suriver/bug-5633-gre-02__gre-sample.pcap":                     {tunnel.SSH: 1},
	"suriver/bypass-ssh-enabled__input.pcap":                       {tunnel.SSH: 1},
	"suriver/ssh-banner-only__input.pcap":                          {tunnel.SSH: 1},
	"suriver/ssh-hassh-only__input.pcap":                           {tunnel.SSH: 1},
	"suriver/ssh-hassh-reassembled__input.pcap":                    {tunnel.SSH: 1},
	"suriver/ssh-hassh__input.pcap":                                {tunnel.SSH: 1},
	"tcpdump/espudp1.pcap":                                         {tunnel.ESP: 1},
	"tcpdump/geneve.pcap":                                          {tunnel.SSH: 1},
	"tcpdump/ikev2four.pcap":                                       {tunnel.IKE: 1},
	"tcpdump/ikev2pI2-segfault.pcapng":                             {tunnel.IKE: 1},
	"tcpdump/ikev2pI2.pcap":                                        {tunnel.IKE: 1},
	"tcpdump/isakmp-identification-segfault.pcap":                  {tunnel.IKE: 1},
	"zeek/ssh__kex-quadratic-1000.pcap.gz":                         {tunnel.SSH: 1},
	"zeek/ssl-and-ssh-using-sslh.pcap":                             {tunnel.SSH: 1},
	"zeek/tunnels__socks.pcap":                                     {tunnel.SOCKS: 1},
}

// TestCorpus looks for tunnels in all captures: those that hold some must show
// them, the others must show none.
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	files := captures(t, dir)
	flows, wrong := 0, 0
	for _, name := range files {
		kinds, n := tunnelsOf(t, filepath.Join(dir, "pcaps", name))
		flows += n
		if !maps.Equal(kinds, tunnels[name]) {
			wrong++
			t.Errorf("%s: %v, want %v", name, kinds, tunnels[name])
		}
	}
	t.Logf("%d captures, %d flows, %d with tunnels, %d captures wrong", len(files), flows, len(tunnels), wrong)
	if len(files) < 1000 {
		t.Errorf("only %d captures: was the list read?", len(files))
	}
}

// corpus finds the captures beside the repository, or skips.
func corpus(t *testing.T) string {
	dir, _ := os.Getwd()
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Skip("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "..", "shared", "corpus")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the corpus ../shared/corpus is not here")
	}
	return dir
}

// captures lists the captures of the corpus, without the re-encapsulated ones.
func captures(t *testing.T, dir string) (names []string) {
	f, err := os.Open(filepath.Join(dir, "files.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row struct{ Pcap string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(row.Pcap, "pcaps/variants/") {
			names = append(names, strings.TrimPrefix(row.Pcap, "pcaps/"))
		}
	}
	return names
}

// eachPacket calls see for the packets of a capture file.
func eachPacket(t *testing.T, name string, see func(gopacket.Packet)) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	type source interface {
		ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
		LinkType() layers.LinkType
	}
	var src source
	if ng, err := pcapgo.NewNgReader(f, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true}); err == nil {
		src = ng
	} else if _, err := f.Seek(0, io.SeekStart); err == nil {
		if src, err = pcapgo.NewReader(f); err != nil {
			return
		}
	}
	for {
		data, info, err := src.ReadPacketData()
		if err != nil {
			return
		}
		link := src.LinkType()
		if len(info.AncillaryData) > 0 {
			if lt, ok := info.AncillaryData[0].(layers.LinkType); ok {
				link = lt
			}
		}
		see(gopacket.NewPacket(data, decoderOf(link), gopacket.DecodeOptions{Lazy: true, NoCopy: true}))
	}
}

func decoderOf(link layers.LinkType) gopacket.Decoder {
	switch link {
	case 228:
		return layers.LayerTypeIPv4
	case 229:
		return layers.LayerTypeIPv6
	case 12, 14, 101:
		return layers.LinkTypeRaw
	}
	return link
}

// flow is one flow; the side that was seen first is the client.
type flow struct {
	stream tunnel.Stream
	client string
	next   [2]uint32
	begun  [2]bool
}

// tunnelsOf counts the flows of a capture, and those that are tunnels by kind.
func tunnelsOf(t *testing.T, name string) (map[tunnel.Kind]int, int) {
	flows := map[string]*flow{}
	eachPacket(t, name, func(p gopacket.Packet) {
		var network gopacket.Flow
		for _, l := range p.Layers() {
			if n, ok := l.(gopacket.NetworkLayer); ok {
				network = n.NetworkFlow()
			}
			switch l := l.(type) {
			case *layers.UDP:
				f, side := flowOf(flows, "udp", network, l.TransportFlow())
				meta := tunnel.Meta{Transport: "udp", ClientPort: uint16(l.SrcPort), ServerPort: uint16(l.DstPort), Length: int(l.Length) - 8}
				f.stream.See(l.Payload, side == 0, meta)
			case *layers.TCP:
				f, side := flowOf(flows, "tcp", network, l.TransportFlow())
				if len(l.Payload) == 0 || f.begun[side] && l.Seq != f.next[side] {
					continue // out of order: the head of the flow is enough here
				}
				f.begun[side], f.next[side] = true, l.Seq+uint32(len(l.Payload))
				f.stream.See(l.Payload, side == 0, tunnel.Meta{Transport: "tcp", ClientPort: uint16(l.SrcPort), ServerPort: uint16(l.DstPort)})
			}
		}
	})
	kinds := map[tunnel.Kind]int{}
	for _, f := range flows {
		if k := f.stream.Found().Kind; k != "" {
			kinds[k]++
		}
	}
	return kinds, len(flows)
}

func flowOf(flows map[string]*flow, transport string, network, ports gopacket.Flow) (*flow, int) {
	source := fmt.Sprint(network.Src(), ports.Src())
	ends := []string{source, fmt.Sprint(network.Dst(), ports.Dst())}
	slices.Sort(ends)
	key := transport + strings.Join(ends, " ")
	f := flows[key]
	if f == nil {
		f = &flow{client: source}
		flows[key] = f
	}
	if f.client == source {
		return f, 0
	}
	return f, 1
}
