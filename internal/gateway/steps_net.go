package gateway

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"tinycheck/internal/child"
	"tinycheck/internal/dnsmasq"
	"tinycheck/internal/firewall"
	"tinycheck/internal/hotspot"
	"tinycheck/internal/netif"
)

// The folders that the programs under us have to themselves.
const (
	dnsmasqFolder = "dnsmasq"
	hotspotFolder = "hotspot"
)

func makeFolders(_ context.Context, g *Gateway, _ entry) error {
	for _, name := range []string{dnsmasqFolder, hotspotFolder} {
		if err := child.Private(filepath.Join(g.config.Folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// removeFolders: they hold the passphrase, and who was here.
func removeFolders(folder string, _ entry) (said []string, err error) {
	for _, name := range []string{dnsmasqFolder, hotspotFolder} {
		path := filepath.Join(folder, name)
		if _, missing := os.Lstat(path); missing != nil {
			continue
		}
		err = errors.Join(err, fail("remove runtime files", os.RemoveAll(path)))
		said = append(said, "removed the runtime files of "+name)
	}
	return said, err
}

// protect puts the firewall in place, and believes it only when the kernel says so.
func protect(_ context.Context, g *Gateway, _ entry) error {
	rules, err := firewall.Plan(g.config.firewall(g.plan))
	if err != nil {
		return err
	}
	g.rules = rules
	return g.enforce()
}

func (g *Gateway) enforce() error {
	if err := g.rules.Apply(); err != nil {
		return err
	}
	return g.rules.Check()
}

func unprotect(string, entry) ([]string, error) {
	if err := firewall.Remove(); err != nil {
		return nil, err
	}
	return []string{"removed the firewall's own table"}, nil
}

func startDnsmasq(ctx context.Context, g *Gateway, e entry) error {
	server, err := dnsmasq.Start(ctx, g.config.dnsmasq(g.plan))
	if err != nil {
		return err
	}
	g.server = server
	e.Child = new(processOf("dnsmasq", server.PID()))
	return g.journal.add(e)
}

func stopDnsmasq(g *Gateway) error {
	if g.server == nil {
		return nil
	}
	server := g.server
	g.server = nil
	return server.Stop()
}

// endChild ends a program that outlived us, which the kernel should have ended.
func endChild(folder string, e entry) (said []string, err error) {
	if e.Child == nil {
		return nil, nil
	}
	for _, p := range append(e.Child.offspring(folder), *e.Child) {
		ended, failed := p.end()
		if ended {
			said = append(said, "ended "+p.Name+", which was still running")
		}
		err = errors.Join(err, failed)
	}
	return said, err
}

func switches(g *Gateway) (*entry, error) {
	all, err := netif.List()
	if err != nil {
		return nil, err
	}
	list, err := planSwitches(g.config, all, g.six.IsValid(), netif.Switch)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &entry{Step: stepSwitches, Toggles: list}, nil
}

// forward: nothing is forwarded that the firewall has not been seen to guard.
func forward(_ context.Context, g *Gateway, e entry) error {
	if err := g.rules.Check(); err != nil {
		return err
	}
	return setSwitches(e.Toggles)
}

func stopForwarding(_ string, e entry) ([]string, error) { return resetSwitches(e.Toggles) }

func ifWireless(g *Gateway) (*entry, error) {
	if g.config.Wired {
		return nil, nil
	}
	return always(stepHotspot)(g)
}

func startHotspot(ctx context.Context, g *Gateway, e entry) error {
	spot, err := hotspot.Start(ctx, g.config.hotspot())
	if err != nil {
		return err
	}
	g.spot = spot
	e.Child = new(processOf("hostapd", spot.PID()))
	if err := g.journal.add(e); err != nil {
		return err
	}
	// It switches the card off and on, which costs that its IPv6 address.
	return g.settle()
}

func stopHotspot(g *Gateway) error {
	if g.spot == nil {
		return nil
	}
	spot := g.spot
	g.spot = nil
	return spot.Stop()
}

// endHotspot: a card whose hostapd was killed stays an access point, of no use to
// anybody, until it is given back as it was.
func endHotspot(folder string, e entry) ([]string, error) {
	said, err := endChild(folder, e)
	if err == nil {
		err = hotspot.Undo(filepath.Join(folder, hotspotFolder))
	}
	return said, err
}

// settle puts back what an interface loses when somebody switches it off.
func (g *Gateway) settle() error {
	i, err := netif.Find(g.config.Interface)
	if err != nil {
		return err
	}
	if !i.Up {
		err = netif.SetUp(i.Name, true)
	}
	for _, p := range g.prefixes() {
		if !hasAddress(i, p) {
			err = errors.Join(err, netif.AddAddress(i.Name, p))
		}
	}
	return err
}
