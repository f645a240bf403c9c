package phone

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"sync"
	"time"

	"tinycheck"
	"tinycheck/internal/netif"
	"tinycheck/internal/scenario"
)

// Config is how a phone plays.
type Config struct {
	Interface string        // the only one that it sends on
	Speed     float64       // 1 is the scenario's own pace; 0 is as fast as possible, in the order of its beginnings
	Wait      time.Duration // for an answer; 0 is 5 s
	Join      time.Duration // for a lease; 0 is 30 s
	MAC       bool          // Interface gets the MAC of the scenario's phone, and keeps it
	OnlyIPv4  bool          // IPv6 is not waited for, and not used
	Tell      func(string)  // a line for people now and then; may be nil
}

// Validate says what is wrong, and fills in what is not said.
func (c *Config) Validate() error {
	if c.Interface == "" {
		return invalid("play scenario", "which interface? A phone sends on none that it was not told")
	}
	c.Wait, c.Join = orElse(c.Wait, defaultWait), orElse(c.Join, defaultJoin)
	if c.Tell == nil {
		c.Tell = func(string) {}
	}
	return checkPace("play scenario", c.Speed, c.Wait, c.Join)
}

func checkPace(op string, speed float64, waits ...time.Duration) error {
	if speed < 0 || math.IsNaN(speed) || math.IsInf(speed, 0) {
		return invalid(op, "speed %v: expected 0 (as fast as possible) or more", speed)
	}
	for _, w := range waits {
		if w < 0 {
			return invalid(op, "a wait of %v: expected more than nothing", w)
		}
	}
	return nil
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

func invalid(op, format string, args ...any) error {
	return tinycheck.Errorf(op, tinycheck.Invalid, fmt.Errorf(format, args...))
}

// Played is what came of it. Every conversation of the scenario is in exactly
// one of Done, Refused, Unanswered, Broken, Unresolved, NoFamily and Untold.
type Played struct {
	Address netip.Addr // by the lease
	Renewed int        // times that the lease was prolonged
	IPv6    bool       // the box gave an address of it

	Questions int // names that were asked for
	Answered  int // of them, with any answer

	Done       int // said to their end
	Different  int // of them, those in which the other side said something else
	Refused    int // somebody said that nobody is there, or that it is not allowed
	Unanswered int // nobody said anything
	Broken     int // ended before their end
	Unresolved int // not tried: the name was asked for and has no address
	NoFamily   int // not tried: there is no IPv6 here
	Untold     int // not tried: Play was stopped

	Sent, Received int64        // bytes of conversations
	Skipped        map[Skip]int // packets that no socket can send
}

// Tried is the number of conversations that began.
func (p *Played) Tried() int { return p.Done + p.Refused + p.Unanswered + p.Broken }

// Play gets a lease on the interface, in the network namespace of the calling
// thread, does what the phone of the scenario does, and gives the address back.
// An error says that there was nothing to play on, or that ctx ended first.
func Play(ctx context.Context, s *scenario.Scenario, c Config) (Played, error) {
	p, err := Join(ctx, s, c)
	if err != nil {
		return Played{}, err
	}
	played, err := p.Play(ctx)
	return played, errors.Join(err, p.Leave())
}

// Phone is one that has joined a network.
type Phone struct {
	config Config
	script *Script
	space  *space
	device tinycheck.Device

	index  int            // of the interface
	mac    tinycheck.MAC  // of the interface
	before []netip.Prefix // that the interface had
	lease  lease
	found  bool      // the interface had the address of the lease
	begin  time.Time // of the scenario
	names  names
	open   connections
	stop   context.CancelFunc // of what renews the lease
	goes   sync.WaitGroup

	mu     sync.Mutex
	played Played
}

// Join gets a lease on the interface, in the network namespace of the calling
// thread, and keeps it until Leave.
func Join(ctx context.Context, s *scenario.Scenario, c Config) (*Phone, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	where, err := here()
	if err != nil {
		return nil, err
	}
	return join(ctx, s, c, where)
}

// join takes the space: it is closed in the end, or at once.
func join(ctx context.Context, s *scenario.Scenario, c Config, where *space) (*Phone, error) {
	script, err := Read(s)
	if err != nil {
		return nil, errors.Join(err, where.close())
	}
	p := &Phone{config: c, script: script, space: where, device: s.Phone(), stop: func() {}}
	p.played.Skipped = script.Skipped
	if err := p.attach(); err != nil {
		return nil, errors.Join(err, where.close())
	}
	if err := p.obtain(ctx); err != nil {
		return nil, errors.Join(err, where.close())
	}
	p.played.Address = p.lease.prefix.Addr()
	p.played.IPv6 = p.sixth(ctx)
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	p.goes.Go(func() { p.renew(renewing) })
	c.Tell(fmt.Sprintf("joined as %s, asks %s for names", p.lease.prefix.Addr(), p.lease.server))
	return p, nil
}

// Address is that of the lease; DNS is whom the phone asks for names.
func (p *Phone) Address() netip.Prefix { return p.lease.prefix }
func (p *Phone) DNS() netip.Addr       { return p.lease.server }

// Play does what the scenario tells, once.
func (p *Phone) Play(ctx context.Context) (Played, error) {
	p.act(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		return p.played, tinycheck.Errorf("play scenario", tinycheck.Unavailable, errors.New("stopped before its end"))
	}
	return p.played, nil
}

// Leave takes address and route from the interface. Once is enough.
func (p *Phone) Leave() error {
	if p.space == nil {
		return nil
	}
	p.stop()
	p.goes.Wait()
	err := p.giveBack()
	closed := p.space.close()
	p.space = nil
	return errors.Join(err, closed)
}

// attach takes the interface.
func (p *Phone) attach() error {
	var i netif.Interface
	var err error
	entered := p.space.do(func() {
		if i, err = netif.Find(p.config.Interface); err == nil {
			err = netif.SetUp(p.config.Interface, true)
		}
	})
	if err = errors.Join(entered, err); err != nil {
		return err
	}
	if i.Loopback {
		return invalid("play scenario", "%s is the machine's own loop: expected the phone's end of a cable, or a Wi-Fi card that has joined", p.config.Interface)
	}
	p.index, p.mac, p.before = i.Index, i.MAC, i.Prefixes
	if p.config.MAC && i.MAC != p.device.MAC {
		p.mac = p.device.MAC
		return p.space.ip("set link address", fmt.Sprintf("link set dev %s address %s", p.config.Interface, p.device.MAC))
	}
	return nil
}

// due is when something of the scenario is to happen; what is over is due at once.
func (p *Phone) due(begin time.Time, after time.Duration) time.Time {
	return paced(p.config.Speed, begin, after)
}

func paced(speed float64, begin time.Time, after time.Duration) time.Time {
	if speed == 0 {
		return begin
	}
	return begin.Add(time.Duration(float64(after) / speed))
}

// until waits for a moment; false when ctx ends first.
func until(ctx context.Context, t time.Time) bool {
	d := time.Until(t)
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// count changes what came of it.
func (p *Phone) count(f func(*Played)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.played)
}
