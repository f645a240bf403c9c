package phone

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"tinycheck"
	"tinycheck/internal/netif"
)

// obtain asks for an address until there is one or the time is over, and takes it.
func (p *Phone) obtain(ctx context.Context) (err error) {
	const op = "get an address"
	limited, cancel := context.WithTimeout(ctx, p.config.Join)
	defer cancel()
	for {
		if p.lease, err = p.request(limited); err == nil {
			return p.take()
		}
		switch {
		case errors.Is(err, syscall.EPERM):
			return tinycheck.Errorf(op, tinycheck.Unavailable, errors.New("no permission: run as root, or with CAP_NET_RAW and CAP_NET_ADMIN"))
		case ctx.Err() != nil:
			return tinycheck.Errorf(op, tinycheck.Unavailable, errors.New("stopped before there was one"))
		case !until(limited, time.Now().Add(oneTry)):
			return tinycheck.Errorf(op, tinycheck.Unavailable, fmt.Errorf("%w on %s: start the box on the other end, then try again", err, p.config.Interface))
		}
	}
}

// take sets address and default route. The route goes when the address goes; its
// metric is so bad that it serves nobody but sockets bound to the interface.
func (p *Phone) take() error {
	p.found = slices.Contains(p.before, p.lease.prefix)
	var err error
	entered := p.space.do(func() { err = netif.AddAddress(p.config.Interface, p.lease.prefix) })
	if err = errors.Join(entered, err); err != nil || !p.lease.router.IsValid() {
		return err
	}
	if err = p.space.ip("set route", "route replace "+p.way()); err != nil {
		return errors.Join(err, p.giveBack())
	}
	return nil
}

func (p *Phone) way() string {
	const worst = 1<<31 - 1
	return fmt.Sprintf("default via %s dev %s src %s metric %d onlink", p.lease.router, p.config.Interface, p.lease.prefix.Addr(), worst)
}

// giveBack undoes take. An address that was there before stays.
func (p *Phone) giveBack() error {
	if p.found {
		return p.space.ip("take route away", "route delete "+p.way())
	}
	var err error
	entered := p.space.do(func() { err = netif.DeleteAddress(p.config.Interface, p.lease.prefix) })
	return errors.Join(entered, err)
}

// renew asks for more time whenever half of it is over, RFC 2131 section 4.4.5,
// without which a short lease ends before a scenario does.
func (p *Phone) renew(ctx context.Context) {
	for p.lease.life > 0 && until(ctx, time.Now().Add(max(p.lease.life/2, oneTry))) {
		_, err := p.prolong(ctx)
		p.count(func(r *Played) {
			if err == nil {
				r.Renewed++
			}
		})
	}
}

// sixth waits for an address of IPv6 if the scenario needs one: until a socket
// to one of its remotes gets a global address.
func (p *Phone) sixth(ctx context.Context) bool {
	var to netip.Addr
	for i := range p.script.Conversations {
		if a := p.script.Conversations[i].Remote.Addr(); a.Is6() && !near(a) {
			to = a
		}
	}
	if !to.IsValid() || p.config.OnlyIPv4 {
		return false
	}
	p.solicit(ctx)
	for limit := time.Now().Add(sixWait); ; {
		conn, err := p.dial(ctx, call{network: "udp6", to: netip.AddrPortFrom(to, 9)})
		if err == nil {
			own := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr()
			shut(conn)
			if own.IsGlobalUnicast() {
				return true
			}
		}
		pause := time.Now().Add(20 * time.Millisecond)
		if pause.After(limit) || !until(ctx, pause) {
			return false
		}
	}
}

// solicit asks for a router, RFC 4861 section 4.1, as one does who has just
// joined: the kernel may have asked when nobody was there yet, and asks again in
// its own time only. What is answered is for the kernel.
func (p *Phone) solicit(ctx context.Context) {
	conn, err := p.dial(ctx, call{network: "ip6:ipv6-icmp", to: netip.AddrPortFrom(allRouters, 0)})
	if err != nil {
		return // no address to ask from yet
	}
	defer shut(conn)
	_, _ = conn.Write(append([]byte{133, 0, 0, 0, 0, 0, 0, 0, 1, 1}, p.mac[:]...))
}

var allRouters = netip.MustParseAddr("ff02::2")
