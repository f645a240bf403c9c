package dhcp_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"tinycheck/internal/wire/dhcp"
)

// packets calls see with every UDP payload that the oracle finds in a capture.
func packets(path string, see func(udp *layers.UDP)) {
	b, err := os.ReadFile(path)
	if err != nil {
		return
	}
	var source gopacket.PacketDataSource
	var link layers.LinkType
	if ng, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.DefaultNgReaderOptions); err == nil {
		source, link = ng, ng.LinkType()
	} else if old, err := pcapgo.NewReader(bytes.NewReader(b)); err == nil {
		source, link = old, old.LinkType()
	} else {
		return
	}
	for {
		data, _, err := source.ReadPacketData()
		if err != nil {
			return
		}
		p := gopacket.NewPacket(data, link, gopacket.DecodeOptions{NoCopy: true, Lazy: true})
		if udp, ok := p.Layer(layers.LayerTypeUDP).(*layers.UDP); ok {
			see(udp)
		}
	}
}

// TestCorpus compares with the oracle on recorded traffic.
func TestCorpus(t *testing.T) {
	dir, _ := os.Getwd()
	for dir != "/" {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "../shared/corpus/pcaps")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no corpus in ../shared/corpus")
	}
	var four, six, whole4, whole6, named int
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "/variants/") {
			return nil
		}
		packets(path, func(udp *layers.UDP) {
			switch {
			case udp.DstPort == 67 || udp.DstPort == 68:
				m, err := dhcp.ParseV4(udp.Payload)
				checkOracle(t, udp.Payload, &m, err)
				if four++; err == nil {
					whole4++
				} else {
					t.Logf("%s: %v: %.40x", filepath.Base(path), err, udp.Payload)
				}
				if m.HostName != "" {
					named++
				}
			case udp.DstPort == 546 || udp.DstPort == 547:
				m, err := dhcp.ParseV6(udp.Payload)
				checkOracle6(t, udp.Payload, &m, err)
				if six++; err == nil {
					whole6++
				} else {
					t.Logf("%s: %v: %.40x", filepath.Base(path), err, udp.Payload)
				}
			}
		})
		return nil
	})
	t.Logf("DHCPv4: %d of %d whole, %d with a host name; DHCPv6: %d of %d whole", whole4, four, named, whole6, six)
	if whole4*100 < four*90 || whole6*100 < six*90 || named == 0 {
		t.Error("too few read whole")
	}
}
