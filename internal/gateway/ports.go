package gateway

import (
	"context"
	"errors"
	"slices"

	"tinycheck/internal/netif"
)

// port is an interface in the bridge of the guests.
type port struct {
	Name  string `json:"name"`
	Index int    `json:"index"` // another one of that name is not ours
}

// ifBridge: what comes in at one port of a bridge and goes out at another never
// comes to the firewall, so the bridge itself has to keep guests apart.
func ifBridge(g *Gateway) (*entry, error) {
	if !g.bridge {
		return nil, nil
	}
	list, open, err := g.joined()
	if err != nil || !open {
		return nil, err
	}
	return &entry{Step: stepPorts, Interface: g.config.Interface, Ports: list}, nil
}

// joined are the ports that are ours to take back once they are all isolated;
// open reports whether there is one that is not.
func (g *Gateway) joined() (list []port, open bool, err error) {
	ports, err := netif.Ports(g.config.Interface)
	for _, p := range ports {
		ours := port{Name: p.Name, Index: p.Index}
		if !p.Isolated || slices.Contains(g.ports, ours) {
			list = append(list, ours)
		}
		open = open || !p.Isolated
	}
	return list, open, err
}

func isolate(_ context.Context, g *Gateway, e entry) (err error) {
	g.ports = e.Ports
	for _, p := range e.Ports {
		err = errors.Join(err, ifThere(netif.SetIsolated(p.Name, true)))
	}
	return err
}

// apart isolates ports that were added, or that somebody has joined again.
func (g *Gateway) apart() error {
	if !g.bridge {
		return nil
	}
	list, open, err := g.joined()
	if err != nil || !open {
		return err
	}
	e := entry{Step: stepPorts, Interface: g.config.Interface, Ports: list}
	if !slices.Equal(list, g.ports) {
		if err := g.journal.add(e); err != nil {
			return err
		}
	}
	g.log.Info("the ports of the guests' bridge are kept apart", "ports", len(list))
	return isolate(g.life, g, e)
}

// rejoin joins the ports that are isolated and in that bridge still.
func rejoin(_ string, e entry) (said []string, err error) {
	ports, err := netif.Ports(e.Interface)
	if err != nil {
		return nil, ifThere(err)
	}
	for _, p := range ports {
		if !p.Isolated || !slices.Contains(e.Ports, port{Name: p.Name, Index: p.Index}) {
			continue
		}
		failed := netif.SetIsolated(p.Name, false)
		if failed == nil {
			said = append(said, "joined the port "+p.Name+" of "+e.Interface+" to the others again")
		}
		err = errors.Join(err, ifThere(failed))
	}
	return said, err
}
