package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"tinycheck/internal/dnsmasq"
	"tinycheck/internal/firewall"
	"tinycheck/internal/hotspot"
	"tinycheck/internal/netif"
)

// Gateway is a network of guests that is open, or was.
type Gateway struct {
	config  Config
	options options
	log     *slog.Logger
	lock    *lock
	journal *journal
	keeper  *keeper

	plan
	rules firewall.Ruleset
	ports []port // of the bridge, that we have isolated

	// What runs. Only one goroutine at a time touches these: that of Open, then
	// that of watch.
	server  *dnsmasq.Server
	spot    *hotspot.Hotspot
	servers budget // of starting dnsmasq anew
	keepers budget

	life    context.Context // ends when Close is called
	end     context.CancelFunc
	changes chan struct{}
	done    chan struct{}

	mu     sync.Mutex
	guests guests
	state  State
	err    error // why it ended by itself
	closed error // what could not be taken back
}

// State is how it goes, for those who have to tell how good the network was.
type State struct {
	Uplink    string   // interface of this machine's default route; "": none, guests reach nothing
	Obstacles []string // rules of somebody else that drop what guests send, in words
	Repaired  int      // times that somebody had changed the firewall, and it was put back
	Restarted int      // times that dnsmasq had ended, and was started anew
	Refused   int      // times that somebody tried to join with a wrong passphrase
	Overflow  int      // most guests at one time that there was no room for
}

// options are for tests: a clock, and a look in between.
type options struct {
	tick, look <-chan time.Time // instead of tickers
	now        func() time.Time
	at         func(point string) error // "before up", "after up": an error is the step's
}

func (o options) point(name string) error {
	if o.at == nil {
		return nil
	}
	return o.at(name)
}

// Open opens the network. First it takes back what an earlier run has left.
// When ctx ends before it is open, all is taken back; afterwards ctx means nothing.
func Open(ctx context.Context, c Config) (*Gateway, error) { return open(ctx, c, options{}) }

func open(ctx context.Context, c Config, o options) (*Gateway, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	g := &Gateway{config: c.named(), options: o, log: c.Log, changes: make(chan struct{}, 1), done: make(chan struct{})}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	if g.options.now == nil {
		g.options.now = time.Now
	}
	g.life, g.end = context.WithCancel(context.Background())
	if err := g.open(ctx); err != nil {
		g.end()
		return nil, err
	}
	return g, nil
}

func (g *Gateway) open(ctx context.Context) (err error) {
	if g.lock, err = own(ctx, g.config.Folder); err != nil {
		return calledOff(ctx, err)
	}
	if err = g.clear(); err == nil {
		err = g.choose()
	}
	if err == nil {
		g.journal, err = begin(g.lock, g.head())
	}
	if err != nil {
		return errors.Join(calledOff(ctx, err), g.lock.release())
	}
	var watch *watch
	if err = g.climb(ctx); err == nil {
		watch, err = g.watch()
	}
	if err != nil {
		return errors.Join(err, fail(opOpen, g.takeDown()))
	}
	go watch.run()
	return nil
}

// clear takes back what an earlier run has left.
func (g *Gateway) clear() error {
	said, err := takeBack(g.config.Folder, nil)
	for _, words := range said {
		g.log.Warn("took back what an earlier run had left", "what", words)
	}
	return err
}

// choose looks at the machine and decides, without changing anything.
func (g *Gateway) choose() error {
	six, err := g.examine()
	if err != nil {
		return err
	}
	var all []netif.Interface
	if g.around, all, err = look(g.config.Interface); err != nil {
		return err
	}
	no, err := occupied(g.config, all)
	if err != nil {
		return err
	}
	if g.four, err = chooseFour(no, rand.Reader); err != nil {
		return err
	}
	if g.around.six && six {
		if g.six, err = chooseSix(no, rand.Reader); err != nil {
			return err
		}
	}
	if g.first, err = chooseFirst(g.config.dnsmasq(g.plan), rand.Reader); err != nil {
		return err
	}
	g.state.Uplink = g.around.uplink
	g.state.Obstacles = g.obstacles()
	return nil
}

// examine finds the interface, or a name for the one to make, and asks the card
// whether it can be a hotspot. It reports whether IPv6 is allowed there.
func (g *Gateway) examine() (six bool, err error) {
	name := g.config.Interface
	if !g.config.Wired {
		if _, err := hotspot.Look(name); err != nil {
			return false, err
		}
		connected, err := hotspot.Connected(name)
		if err != nil {
			return false, err
		}
		if connected { // perhaps our own way to the Internet: it stays, and ours comes beside it
			g.card = name
			g.config.Interface, err = hotspot.Spare()
			return allowsSix("default"), err
		}
	}
	i, err := netif.Find(name)
	if err != nil {
		return false, err
	}
	g.index, g.wasUp, g.bridge = i.Index, i.Up, i.Kind == "bridge"
	return allowsSix(name), suitable(i)
}

func allowsSix(name string) bool {
	off, err := netif.Switch("net/ipv6/conf/" + name + "/disable_ipv6")
	return err == nil && off == "0"
}

// obstacles are those in the guests' way, who are told of it and no more.
func (g *Gateway) obstacles() []string {
	list, err := firewall.Obstacles(g.config.Interface)
	if err != nil {
		g.log.Warn("not known whether another firewall is in the guests' way", "reason", err)
	}
	for _, words := range list {
		g.log.Warn("another firewall is in the guests' way", "what", words)
	}
	return list
}

func (g *Gateway) head() head {
	me := ourselves()
	return head{Journal: journalVersion, Run: rand.Text(), Boot: boot(), PID: me.PID, Start: me.Start, Interface: g.config.Interface}
}

// Network is how a phone gets in.
func (g *Gateway) Network() Network {
	n := Network{Interface: g.config.Interface, Prefixes: g.prefixes()}
	if !g.config.Wired {
		n.SSID, n.Passphrase, n.QR = g.config.SSID, g.config.Passphrase, hotspot.QR(g.config.hotspot())
	}
	return n
}

// Guests are those who are here or were, the first to come first.
func (g *Gateway) Guests() []Guest {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.guests.list()
}

// State is how it goes.
func (g *Gateway) State() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.state
	s.Obstacles = slices.Clone(s.Obstacles)
	s.Overflow = g.guests.overflow
	return s
}

// Changes ticks after Guests or State have changed: once for several changes,
// and at least once after the last.
func (g *Gateway) Changes() <-chan struct{} { return g.changes }

// Done is closed when the network was closed, by Close or by itself, and all was taken back.
func (g *Gateway) Done() <-chan struct{} { return g.done }

// Err is why it ended by itself; nil while it is open and after Close.
func (g *Gateway) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// Close takes everything back and waits for that. It may be called any number of
// times. What could not be taken back is for the next Undo to try.
func (g *Gateway) Close() error {
	g.end()
	<-g.done
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

// takeDown takes back what this run has done and lets go of the folder.
func (g *Gateway) takeDown() error {
	_, err := takeBack(g.config.Folder, g)
	return errors.Join(err, g.journal.close(), g.keeper.dismiss(), g.lock.release())
}

func (g *Gateway) tell() {
	select {
	case g.changes <- struct{}{}:
	default: // one is waiting to be taken
	}
}
