package phone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"tinycheck"
	"tinycheck/internal/netif"
	"tinycheck/internal/scenario"
)

// ServeConfig is what an Internet has beside the servers of the scenario.
type ServeConfig struct {
	DNS   netip.Addr              // where names are answered; required
	Speed float64                 // that of the phone, see Config
	Web   netip.Addr              // real HTTP and HTTPS on ports 80 and 443, whatever the name; may be none
	Hosts map[string][]netip.Addr // further names that the DNS knows; their addresses are the Internet's
}

// Validate says what is wrong.
func (c *ServeConfig) Validate() error {
	const op = "serve scenario"
	if !c.DNS.IsValid() || c.DNS.IsMulticast() || c.DNS.IsUnspecified() {
		return invalid(op, "DNS server at %s: expected an address that a machine can have", c.DNS)
	}
	return checkPace(op, c.Speed)
}

// Served counts what the Internet said.
type Served struct {
	Questions     int // that came to the DNS server
	Unknown       int // of them, for names that nobody has
	Conversations int // that were recognised by what the phone said
	Strange       int // connections and datagrams that the scenario does not know
	Refused       int // connections beyond the bound
}

// Internet is all servers of a scenario.
type Internet struct {
	config ServeConfig
	script *Script
	space  *space
	stop   context.CancelFunc
	added  []netip.Addr
	open   []io.Closer
	goes   sync.WaitGroup
	slots  chan struct{}
	mu     sync.Mutex
	served Served
}

// Serve starts a DNS server and every server of the scenario in the network
// namespace of the calling thread. Their addresses become those of loopback.
func Serve(ctx context.Context, s *scenario.Scenario, c ServeConfig) (*Internet, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	script, err := Read(s)
	if err != nil {
		return nil, err
	}
	where, err := here()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	n := &Internet{config: c, script: script, space: where, stop: stop, slots: make(chan struct{}, maxSessions)}
	if err := n.start(ctx); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// Served is what was said until now.
func (n *Internet) Served() Served {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.served
}

// Addresses are all that the Internet has.
func (n *Internet) Addresses() []netip.Addr {
	list := append(n.script.Remotes(), n.config.DNS)
	if n.config.Web.IsValid() {
		list = append(list, n.config.Web)
	}
	for _, more := range n.config.Hosts {
		list = append(list, more...)
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return slices.Compact(list)
}

// Close ends all servers, waits for them, and takes their addresses back. Once
// is enough.
func (n *Internet) Close() error {
	if n.space == nil {
		return nil
	}
	n.stop()
	for _, o := range n.open {
		shut(o)
	}
	n.goes.Wait()
	var err error
	entered := n.space.do(func() {
		for _, a := range n.added {
			err = errors.Join(err, netif.DeleteAddress(loopback, whole(a)))
		}
	})
	closed := n.space.close()
	n.open, n.added, n.space = nil, nil, nil
	return errors.Join(entered, err, closed)
}

const loopback = "lo"

func (n *Internet) start(ctx context.Context) error {
	points := n.points()
	if len(points) > maxListeners {
		return tinycheck.Errorf("serve scenario", tinycheck.Unsupported, fmt.Errorf("%d servers: at most %d", len(points), maxListeners))
	}
	if err := n.settle(); err != nil {
		return err
	}
	var err error
	entered := n.space.do(func() { err = n.listen(ctx, points) })
	return errors.Join(entered, err)
}

// settle puts the addresses on loopback that no interface has yet.
func (n *Internet) settle() error {
	var err error
	entered := n.space.do(func() {
		var there []netip.Addr
		if there, err = present(); err != nil {
			return
		}
		if err = netif.SetUp(loopback, true); err != nil {
			return
		}
		for _, a := range n.Addresses() {
			if slices.Contains(there, a) {
				continue
			}
			if err = netif.AddAddress(loopback, whole(a)); err != nil {
				return
			}
			n.added = append(n.added, a)
		}
	})
	return errors.Join(entered, err)
}

// present are the addresses of this namespace.
func present() (there []netip.Addr, err error) {
	interfaces, err := netif.List()
	for _, i := range interfaces {
		for _, p := range i.Prefixes {
			there = append(there, p.Addr())
		}
	}
	return there, err
}

// listen opens every socket. It runs inside the namespace.
func (n *Internet) listen(ctx context.Context, points []*point) error {
	for _, a := range n.resolvers() {
		if err := n.listenDNS(ctx, a); err != nil {
			return err
		}
	}
	if n.config.Web.IsValid() {
		if err := n.listenWeb(ctx); err != nil {
			return err
		}
	}
	for _, p := range points {
		if err := n.listenPoint(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (n *Internet) listenPoint(ctx context.Context, p *point) error {
	if p.transport == UDP {
		conn, err := n.packets(ctx, p.at)
		if err == nil {
			n.goes.Go(func() { n.answerAll(ctx, p, conn) })
		}
		return err
	}
	l, err := n.connections(ctx, p.at, p.deaf())
	if err == nil {
		n.goes.Go(func() { n.accept(ctx, l, func(c net.Conn) { n.play(ctx, p, c) }) })
	}
	return err
}

// accept takes connections until the listener is closed, so many at a time.
func (n *Internet) accept(ctx context.Context, l net.Listener, f func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			until(ctx, time.Now().Add(burstPause)) // too many open files, for example
			continue
		}
		select {
		case n.slots <- struct{}{}:
		default:
			shut(c)
			n.count(func(s *Served) { s.Refused++ })
			continue
		}
		n.goes.Go(func() {
			defer func() { <-n.slots }()
			defer shut(c)
			defer cut(ctx, c)()
			f(c)
		})
	}
}

func (n *Internet) count(f func(*Served)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f(&n.served)
}
