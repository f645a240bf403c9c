package gateway

import (
	"context"
	"errors"

	"tinycheck"
	"tinycheck/internal/hotspot"
	"tinycheck/internal/netif"
)

func ifConnected(g *Gateway) (*entry, error) {
	if g.card == "" {
		return nil, nil
	}
	return always(stepBeside)(g)
}

// makeBeside makes the interface, and waits until NetworkManager has seen it,
// where that looks after the card: what it has not seen it cannot let go of.
func makeBeside(ctx context.Context, g *Gateway, e entry) error {
	managed, err := hotspot.Managed(g.card)
	if err == nil {
		err = hotspot.Beside(g.card, e.Interface)
	}
	if err != nil {
		return err
	}
	i, err := netif.Find(e.Interface)
	g.index = i.Index
	if err != nil || !managed {
		return err
	}
	err = persist(ctx, managedPatience, func() error {
		if seen, err := hotspot.Managed(e.Interface); err != nil || seen {
			return err
		}
		return errWait
	})
	if errors.Is(err, errWait) {
		return nil // it does not want it
	}
	return err
}

func removeBeside(_ string, e entry) ([]string, error) {
	if there, err := has(e.Interface); !there {
		return nil, err
	}
	switch err := hotspot.Remove(e.Interface); {
	case errors.Is(err, tinycheck.Invalid): // a journal that somebody else has written
		return []string{"left the interface " + e.Interface + " alone: it is none that was made here"}, nil
	case err != nil:
		return nil, err
	}
	return []string{"removed the interface " + e.Interface}, nil
}

// ifManaged: NetworkManager would give the interface its own addresses, or take ours away.
func ifManaged(g *Gateway) (*entry, error) {
	managed, err := hotspot.Managed(g.config.Interface)
	if err != nil || !managed {
		return nil, err
	}
	return always(stepLetGo)(g)
}

func letGo(_ context.Context, _ *Gateway, e entry) error { return hotspot.Manage(e.Interface, false) }

func giveBack(_ string, e entry) ([]string, error) {
	if there, err := has(e.Interface); !there {
		return nil, err
	}
	managed, err := hotspot.Managed(e.Interface)
	if err != nil || managed {
		return nil, ifThere(err)
	}
	if err := hotspot.Manage(e.Interface, true); err != nil {
		return nil, ifThere(err)
	}
	return []string{"gave " + e.Interface + " back to NetworkManager"}, nil
}

func ifBlocked(g *Gateway) (*entry, error) {
	if g.config.Wired {
		return nil, nil
	}
	blocked, err := hotspot.Blocked(g.config.Interface)
	if err != nil || !blocked {
		return nil, err
	}
	return always(stepRadio)(g)
}

func unblock(_ context.Context, _ *Gateway, e entry) error { return hotspot.Unblock(e.Interface) }

func block(_ string, e entry) ([]string, error) {
	if there, err := has(e.Interface); !there {
		return nil, err
	}
	blocked, err := hotspot.Blocked(e.Interface)
	if err != nil || blocked {
		return nil, ifThere(err)
	}
	if err := hotspot.Block(e.Interface); err != nil {
		return nil, ifThere(err)
	}
	return []string{"switched the radio of " + e.Interface + " off again"}, nil
}

// ifDown: one that was made beside another has the address of that, and cannot be
// switched on before the hotspot has given it another one.
func ifDown(g *Gateway) (*entry, error) {
	if g.wasUp || g.card != "" {
		return nil, nil
	}
	return always(stepUp)(g)
}

func switchOn(_ context.Context, _ *Gateway, e entry) error { return netif.SetUp(e.Interface, true) }

func switchOff(_ string, e entry) ([]string, error) {
	i, err := netif.Find(e.Interface)
	if err != nil || !i.Up {
		return nil, ifThere(err)
	}
	if err := netif.SetUp(e.Interface, false); err != nil {
		return nil, ifThere(err)
	}
	return []string{"switched " + e.Interface + " off again"}, nil
}

func addressFour(g *Gateway) (*entry, error) {
	return &entry{Step: stepAddress, Interface: g.config.Interface, Prefix: g.four}, nil
}

func addressSix(g *Gateway) (*entry, error) {
	if !g.six.IsValid() {
		return nil, nil
	}
	return &entry{Step: stepSix, Interface: g.config.Interface, Prefix: g.six}, nil
}

func addAddress(_ context.Context, _ *Gateway, e entry) error {
	return netif.AddAddress(e.Interface, e.Prefix)
}

func deleteAddress(_ string, e entry) ([]string, error) {
	i, err := netif.Find(e.Interface)
	if err != nil || !hasAddress(i, e.Prefix) {
		return nil, ifThere(err)
	}
	if err := netif.DeleteAddress(e.Interface, e.Prefix); err != nil {
		return nil, err
	}
	return []string{"took the address " + e.Prefix.String() + " away from " + e.Interface}, nil
}

// has reports whether an interface is there.
func has(name string) (bool, error) {
	_, err := netif.Find(name)
	if errors.Is(err, tinycheck.NotFound) {
		return false, nil
	}
	return err == nil, err
}
