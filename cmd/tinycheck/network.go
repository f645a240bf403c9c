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
	v.iface, v.guests, v.contained = n.Interface, true, f.contained
	if !v.live || v.quiet {
		v.networkFacts(n)
		return
	}
	say := v.words.Say
	if n.SSID == "" {
		v.fact(say("live.wired", map[string]any{"Interface": n.Interface}))
	} else {
		v.fact(say("live.network", map[string]any{"Name": n.SSID, "Passphrase": n.Passphrase}))
		v.fact(say("live.scan", nil) + "\n" + strings.TrimSuffix(code(n.QR), "\n"))
	}
	if f.contained {
		v.fact(say("live.contained", nil))
	}
	if f.visibility {
		v.fact(say("live.visibility", nil))
	}
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
	picture, err := qr.Encode(text, qr.L, qr.Unicode)
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
		v.tell(g.Guests(), g.State())
		select {
		case <-ctx.Done():
			return
		case <-g.Done():
			return
		case <-g.Changes():
		}
	}
}

// tell says who came and who went, and what is wrong with the network.
func (v *view) tell(guests []gateway.Guest, state gateway.State) {
	v.mu.Lock()
	defer v.mu.Unlock()
	before := v.present
	v.present = make(map[string]bool, len(guests))
	for _, one := range guests {
		id := one.MAC.String()
		was, known := before[id]
		v.present[id] = one.Present
		if known && was == one.Present {
			continue
		}
		v.forgiven = state.Refused // whoever mistyped has joined now, perhaps
		v.note(map[bool]string{true: "joined", false: "left"}[one.Present], id)
	}
	v.trouble(state)
}

// trouble tells facts about what is wrong; a picture says it in words.
func (v *view) trouble(now gateway.State) {
	before := v.state
	v.state = now
	if now.Refused > before.Refused {
		v.note("refused", fmt.Sprint(now.Refused))
	}
	if now.Repaired > before.Repaired {
		v.note("repaired", fmt.Sprint(now.Repaired))
	}
	if now.Restarted > before.Restarted {
		v.note("restarted", fmt.Sprint(now.Restarted))
	}
	for _, one := range now.Obstacles {
		v.once("obstacle", plain(one))
	}
	if now.Uplink == "" {
		v.once("uplink", "none")
	}
}

// troubles are the lines of a picture about what is wrong with the network.
func (v *view) troubles() (lines []string) {
	if !v.guests {
		return nil
	}
	say := v.words.Say
	if v.state.Uplink == "" && !v.contained {
		lines = append(lines, say("live.no-uplink", nil))
	}
	for _, one := range v.state.Obstacles {
		lines = append(lines, say("live.obstacle", map[string]any{"What": plain(one)}))
	}
	if v.state.Repaired > 0 {
		lines = append(lines, say("live.repaired", map[string]any{"Count": v.state.Repaired}))
	}
	if v.state.Restarted > 0 {
		lines = append(lines, say("live.restarted", map[string]any{"Count": v.state.Restarted}))
	}
	if v.state.Refused > v.forgiven {
		lines = append(lines, say("live.refused", nil))
	}
	return lines
}
