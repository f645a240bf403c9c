package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/netif"
)

// What Next says when there is no packet.
var (
	// ErrIdle: nothing came for a moment. Call Next again.
	ErrIdle = errors.New("nothing comes")
	// ErrGone: the interface was taken down or is no longer there. Call Return.
	ErrGone = errors.New("the interface is gone")
)

// Why an interface cannot be listened to that may come back.
var (
	errDown = errors.New("is down")
	errWent = errors.New("went away just now")
)

// absent says whether waiting may help.
func absent(err error) bool {
	return errors.Is(err, tinycheck.NotFound) || errors.Is(err, tinycheck.Busy) || errors.Is(err, errDown) || errors.Is(err, errWent)
}

// LiveConfig says how an interface is listened to.
type LiveConfig struct {
	Filter string          // tcpdump's words; "": everything
	Ring   int             // bytes in which the kernel puts packets; 0: 16 MiB
	Done   <-chan struct{} // ends the listening; what came until then is given
}

// Validate says what cannot be meant.
func (c LiveConfig) Validate() error {
	switch {
	case c.Ring != 0 && (c.Ring < 2*ringBlock || c.Ring > maxRing):
		return tinycheck.Errorf("listen", tinycheck.Invalid, fmt.Errorf("a ring has %d to %d bytes", 2*ringBlock, maxRing))
	case len(c.Filter) > maxFilter || strings.ContainsRune(c.Filter, 0):
		return tinycheck.Errorf("listen", tinycheck.Invalid, fmt.Errorf("a filter has at most %d bytes, and no zero", maxFilter))
	}
	return nil
}

// Live listens to an interface. Drops may be called at any time; everything else
// belongs to one goroutine.
type Live struct {
	name    string
	cfg     LiveConfig
	link    tinycheck.LinkType
	program []unix.SockFilter
	number  int64
	period  int // how often the interface came back
	gone    bool
	until   time.Time // when Done was seen closed

	mu       sync.Mutex // for what Drops reads
	ring     *ring      // nil while the interface is gone
	received int64
	dropped  int64
}

// Listen begins to listen to an interface, which is up.
func Listen(name string, cfg LiveConfig) (*Live, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Ring == 0 {
		cfg.Ring = usualRing
	}
	l := &Live{name: name, cfg: cfg}
	face, link, err := look(name)
	if err != nil {
		return nil, err
	}
	l.link = link
	if l.program, err = compile(cfg.Filter, link); err != nil {
		return nil, err
	}
	if err := l.open(face); err != nil {
		return nil, err
	}
	return l, nil
}

// look finds an interface that is up, and what its packets begin with.
func look(name string) (netif.Interface, tinycheck.LinkType, error) {
	face, err := netif.Find(name)
	if err != nil {
		return face, 0, err
	}
	if !face.Up {
		return face, 0, tinycheck.Errorf("listen", tinycheck.Unavailable, fmt.Errorf("%s %w: ip link set %s up", name, errDown, name))
	}
	link, err := linkOf(name)
	return face, link, err
}

// open makes the ring. On loopback the kernel shows each packet twice, as it goes
// and as it comes: only the second counts.
func (l *Live) open(face netif.Interface) error {
	r, err := openRing(ringConfig{index: face.Index, size: l.cfg.Ring, incoming: face.Loopback, program: l.program})
	if err != nil {
		return listenError(l.name, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring, l.gone = r, false
	return nil
}

// listenError says what keeps us from listening, and what to do.
func listenError(name string, err error) error {
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		err = fmt.Errorf("%s: no permission: run as root, or with the capability CAP_NET_RAW", name)
	case errors.Is(err, unix.ENETDOWN), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		err = fmt.Errorf("%s %w: plug it in again", name, errWent)
	case errors.Is(err, unix.ENOMEM):
		err = fmt.Errorf("%s: no memory for the ring: make it smaller", name)
	default:
		err = fmt.Errorf("%s: %w", name, err)
	}
	return tinycheck.Errorf("listen", tinycheck.Unavailable, err)
}

// Link is what packets begin with.
func (l *Live) Link() tinycheck.LinkType { return l.link }

// Next gives the next packet. Data is valid until the next call. It returns ErrIdle
// when nothing came for a moment, ErrGone when the interface went away and all that
// came before was given, io.EOF after Done was closed and all that came before was
// given, and another error when the operating system could not read.
func (l *Live) Next(p *tinycheck.Packet) error {
	l.asked()
	if l.ring == nil {
		return l.away()
	}
	if !l.ring.take(p) {
		if err := l.wait(); err != nil {
			return err
		}
		if !l.ring.take(p) {
			return l.nothing()
		}
	}
	if !l.until.IsZero() && (p.Time.After(l.until) || time.Since(l.until) > doneWait) {
		return io.EOF
	}
	l.number++
	p.Number, p.Interface, p.Link = l.number, l.period, l.link
	return nil
}

// asked notes when Done was closed.
func (l *Live) asked() {
	select {
	case <-l.cfg.Done:
		if l.until.IsZero() {
			l.until = time.Now()
		}
	default:
	}
}

// wait waits for the kernel to hand something over. Where the interface went away,
// what stood in a block that was not yet full comes a little later.
func (l *Live) wait() error {
	most := idleWait
	if !l.until.IsZero() {
		most = ringSettle
	}
	if l.gone {
		return nil
	}
	err := l.ring.wait(most)
	switch {
	case errors.Is(err, unix.ENETDOWN), errors.Is(err, unix.ENODEV):
		l.gone = true
		time.Sleep(ringSettle)
		return nil
	case err != nil:
		return listenError(l.name, err)
	}
	return nil
}

// nothing says why there is no packet.
func (l *Live) nothing() error {
	if l.gone {
		l.drop()
		return l.away()
	}
	if !l.until.IsZero() {
		return io.EOF
	}
	return ErrIdle
}

func (l *Live) away() error {
	if !l.until.IsZero() {
		return io.EOF
	}
	return ErrGone
}

// drop gives the ring back, and keeps what it counted.
func (l *Live) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ring != nil {
		l.count()
		l.ring.close()
		l.ring = nil
	}
}

func (l *Live) count() {
	received, dropped := l.ring.counters()
	l.received += received
	l.dropped += dropped
}

// Drops is how many packets came in since Listen, through all absences, and how
// many the kernel had to drop because they were not taken quickly enough.
func (l *Live) Drops() (received, dropped int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ring != nil {
		l.count()
	}
	return l.received, l.dropped
}

// Return waits until an interface of that name is there and up again, and listens
// to it. It gives up when ctx or the listening ends. An interface of another kind
// is not taken for it (kind Conflict).
func (l *Live) Return(ctx context.Context) error {
	l.drop()
	ctx, cancel := context.WithCancel(ctx)
	ticks, err := netif.Watch(ctx)
	if err != nil {
		cancel()
		return err
	}
	defer func() {
		cancel()
		for range ticks { // until the watcher has ended
		}
	}()
	for {
		err := l.again()
		if err == nil || !absent(err) {
			return err
		}
		select {
		case <-ticks:
		case <-ctx.Done():
			return tinycheck.Errorf("listen", tinycheck.Unavailable, fmt.Errorf("%w; %w", err, context.Cause(ctx)))
		case <-l.cfg.Done:
			return nil // Next says io.EOF
		}
	}
}

// again looks whether the interface is back.
func (l *Live) again() error {
	face, link, err := look(l.name)
	if err != nil {
		return err
	}
	if link != l.link {
		return tinycheck.Errorf("listen", tinycheck.Conflict, fmt.Errorf("%s came back as another kind of interface: begin anew", l.name))
	}
	if err := l.open(face); err != nil {
		return err
	}
	l.period++
	return nil
}

// Close stops listening. The reader has to have stopped before.
func (l *Live) Close() error {
	l.drop()
	return nil
}
