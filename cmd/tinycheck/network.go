package main

import (
	"context"
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"

	"tinycheck/internal/gateway"
)

// network shows how to join, before anything happens.
func (v *view) network(n gateway.Network, f *hotspotFlags) {
	v.iface = n.Interface
	if !v.live || v.quiet {
		v.networkFacts(n)
		return
	}
	say := v.words.Say
	if n.SSID == "" {
		v.fact(say("live.wired", map[string]any{"Interface": n.Interface}))
	} else {
		v.fact(say("live.network", map[string]any{"Name": n.SSID, "Passphrase": n.Passphrase}))
		v.fact(say("live.scan", nil) + "\n\n" + code(n.QR))
	}
	if f.contained {
		v.fact(say("live.contained", nil))
	}
	if f.visibility {
		v.fact(say("live.visibility", nil))
	}
	v.fact("")
}

func (v *view) networkFacts(n gateway.Network) {
	if n.SSID == "" {
		v.fact("open: " + n.Interface)
		return
	}
	v.fact("network: " + n.SSID)
	v.fact("passphrase: " + n.Passphrase)
	v.fact("code: " + n.QR)
}

// code draws a QR code with half blocks, two rows in one line, light on dark as
// terminals mostly are: with a quiet zone of four modules (ISO/IEC 18004, 9.1).
func code(text string) string {
	picture, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		return ""
	}
	const zone = 4
	size := picture.Bounds().Dx()
	light := func(x, y int) bool {
		return x < 0 || y < 0 || x >= size || y >= size || picture.At(x, y) == color.White
	}
	blocks := map[[2]bool]string{{true, true}: "█", {true, false}: "▀", {false, true}: "▄", {false, false}: " "}
	var b strings.Builder
	for y := -zone; y < size+zone; y += 2 {
		for x := -zone; x < size+zone; x++ {
			b.WriteString(blocks[[2]bool{light(x, y), light(x, y+1)}])
		}
		b.WriteString("\n")
	}
	return b.String()
}

// follow tells who joins and leaves, until ctx or the network ends.
func (v *view) follow(ctx context.Context, g *gateway.Gateway) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.Done():
			return
		case <-g.Changes():
			v.tell(g.Guests())
			v.trouble(g.State())
		}
	}
}

// trouble says what keeps guests from joining or from reaching the Internet, each
// once.
func (v *view) trouble(s gateway.State) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.refused < s.Refused {
		v.refused = s.Refused
		if !v.live {
			v.fact("refused: passphrase")
		}
	}
	for _, one := range s.Obstacles {
		v.once("obstacle: " + one)
	}
	if s.Uplink == "" {
		v.once("uplink: none")
	}
}

// tell says who came and who went.
func (v *view) tell(guests []gateway.Guest) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, one := range guests {
		id := one.MAC.String()
		if before, known := v.present[id]; known && before == one.Present {
			continue
		}
		v.present[id] = one.Present
		if !v.live && !v.quiet {
			v.fact(fmt.Sprintf("%s: %s", map[bool]string{true: "joined", false: "left"}[one.Present], id))
		}
	}
}
