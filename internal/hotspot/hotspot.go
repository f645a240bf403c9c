package hotspot

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tinycheck"
	"tinycheck/internal/child"
	"tinycheck/internal/netif"
)

// Hotspot is a network that is open, or has ended.
type Hotspot struct {
	config  Config
	planned Planned
	child   *child.Child
	asking  *control
	hearing *control

	events   chan Event
	lost     atomic.Int64
	heard    chan string        // from hostapd's control socket
	confirms chan tinycheck.MAC // stations whose SAE proof hostapd is looking at

	once     sync.Once
	stopping chan struct{}
	quiet    chan struct{} // nobody takes what is heard any more
	done     chan struct{}
	err      error // why it ended; set before done is closed
	undone   error // what could not be taken back; the same

	present map[tinycheck.MAC]bool
	refused map[tinycheck.MAC]time.Time
}

func newHotspot(c Config, planned Planned) *Hotspot {
	return &Hotspot{
		config: c, planned: planned,
		events: make(chan Event, maxEvents), heard: make(chan string), confirms: make(chan tinycheck.MAC, maxConfirms),
		stopping: make(chan struct{}), quiet: make(chan struct{}), done: make(chan struct{}),
		present: make(map[tinycheck.MAC]bool), refused: make(map[tinycheck.MAC]time.Time),
	}
}

// Plan is what was opened.
func (h *Hotspot) Plan() Planned { return h.planned }

// PID is hostapd's process id.
func (h *Hotspot) PID() int { return h.child.PID() }

// Events tells of stations, and of the end when nobody asked for it. It is
// closed at the end.
func (h *Hotspot) Events() <-chan Event { return h.events }

// Lost counts events that nobody fetched in time. Stations tells how things are.
func (h *Hotspot) Lost() int64 { return h.lost.Load() }

// Done is closed when the network has ended and the interface was given back.
func (h *Hotspot) Done() <-chan struct{} { return h.done }

// Err says, after Done, why it ended: nil when it was stopped, else an error
// with a Reason.
func (h *Hotspot) Err() error {
	select {
	case <-h.done:
		return h.err
	default:
		return nil
	}
}

// Stations are the phones on the network now.
func (h *Hotspot) Stations() ([]tinycheck.MAC, error) {
	list, err := h.asking.stations()
	if err != nil {
		return nil, tinycheck.Errorf("list stations", tinycheck.Unavailable, errors.New("hostapd does not answer: the network has ended, or will soon"))
	}
	return list, nil
}

// Stop ends the network and gives the interface back as it was found. It may be
// called any number of times, and after the end; it waits.
func (h *Hotspot) Stop() error {
	h.once.Do(func() { close(h.stopping) })
	<-h.done
	return h.undone
}

// readLine gets what hostapd prints. It must not block: a proof too many is not
// looked at.
func (h *Hotspot) readLine(line string) {
	if mac, ok := parseConfirm(line); ok {
		select {
		case h.confirms <- mac:
		default:
		}
	}
}

func (h *Hotspot) ended() bool {
	select {
	case <-h.child.Done():
		return true
	default:
		return false
	}
}

// follow subscribes to what hostapd has to say and begins to listen.
func (h *Hotspot) follow() error {
	var err error
	if h.hearing, err = connect(h.config.Folder, h.config.Interface); err == nil {
		err = h.hearing.order("ATTACH")
	}
	if err != nil {
		return because(opOpen, ReasonHostapdFailed, h.config.Interface, "its control socket does not answer", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ticks, err := netif.Watch(ctx)
	if err != nil {
		cancel()
		return err
	}
	link, err := netif.Find(h.config.Interface)
	if err != nil {
		cancel()
		return because(opOpen, ReasonGone, h.config.Interface, "", err)
	}
	go func() {
		h.run(ticks, link.Index)
		cancel()
		for range ticks { // until the watch has ended too
		}
		close(h.done)
	}()
	return nil
}

// run is the life of the network after its start, until everything is given back.
func (h *Hotspot) run(ticks <-chan struct{}, index int) {
	var others sync.WaitGroup
	others.Go(func() {
		h.hearing.listen(func(message string) {
			select {
			case h.heard <- message:
			case <-h.quiet:
			}
		})
	})
	// Whoever waits for an answer of hostapd, waits for nothing when it has ended.
	others.Go(func() {
		select {
		case <-h.child.Done():
		case <-h.quiet:
		}
		h.hangUp()
	})
	h.greet()
	if reason := h.watch(ticks, index); reason != "" {
		h.err = refuse("run hotspot", reason, h.config.Interface, h.lastWords(reason))
		h.fail(reason)
	}
	close(h.quiet)
	others.Wait()
	h.undone = errors.Join(h.child.Stop(stopGrace), Undo(h.config.Folder))
	close(h.events)
}

// hangUp closes the connections to hostapd.
func (h *Hotspot) hangUp() {
	for _, c := range []*control{h.asking, h.hearing} {
		if c != nil {
			c.close()
		}
	}
}

// greet tells of those who were faster than we subscribed.
func (h *Hotspot) greet() {
	list, err := h.asking.stations()
	if err != nil {
		return // hostapd is ending: watch will say so
	}
	for _, mac := range list {
		h.note(sayJoined, mac)
	}
}

// watch returns why the network has ended; "" when it was to end.
func (h *Hotspot) watch(ticks <-chan struct{}, index int) Reason {
	for {
		bad := false
		select {
		case <-h.stopping:
			return ""
		case <-h.child.Done():
			bad = true
		case message := <-h.heard:
			bad = h.note(parseSaying(message))
		case mac := <-h.confirms:
			h.judge(mac)
		case _, open := <-ticks:
			if !open {
				ticks = nil // the kernel's news have ended; hostapd has its own
			}
			bad = !h.standing(index)
		}
		if bad {
			return h.diagnose(index)
		}
	}
}

// standing reports whether the interface is there, the same one, and on.
func (h *Hotspot) standing(index int) bool {
	link, err := netif.Find(h.config.Interface)
	if err != nil {
		return !errors.Is(err, tinycheck.NotFound)
	}
	return link.Index == index && link.Up
}

// diagnose finds out why the network ended. What happens at once arrives one
// after the other: an interface that goes away is first switched off.
func (h *Hotspot) diagnose(index int) Reason {
	gone := func() bool {
		link, err := netif.Find(h.config.Interface)
		return errors.Is(err, tinycheck.NotFound) || err == nil && link.Index != index
	}
	if poll(context.Background(), goneGrace, func() bool { return gone() || h.ended() && !h.byItself() }) && !gone() {
		return ReasonKilled
	}
	switch {
	case gone():
		return ReasonGone
	case h.ended():
		reason, _ := explain(h.child.Tail())
		return reason
	}
	soft, hard, err := blocks(h.config.Interface)
	switch {
	case err == nil && hard:
		return ReasonHardBlocked
	case err == nil && soft:
		return ReasonBlocked
	}
	return ReasonNotBeaconing
}

// byItself reports whether hostapd gave up, in contrast to being ended: by a
// signal that it cannot catch, or by one upon which it ends in order.
func (h *Hotspot) byItself() bool {
	err := h.child.Err()
	return err != nil && !strings.Contains(err.Error(), "(signal: ") && !strings.Contains(err.Error(), "(exit status 0)")
}

// lastWords are hostapd's, where they explain the reason.
func (h *Hotspot) lastWords(reason Reason) string {
	if said, line := explain(h.child.Tail()); h.ended() && said == reason && line != "" {
		return quote(line, h.config.Passphrase)
	}
	return ""
}

// explainEnd is why hostapd ended before the network was there.
func (h *Hotspot) explainEnd() error {
	if !h.byItself() {
		return refuse(opOpen, ReasonKilled, h.config.Interface, "")
	}
	reason, line := explain(h.child.Tail())
	if line == "" {
		return refuse(opOpen, reason, h.config.Interface, "")
	}
	return refuse(opOpen, reason, h.config.Interface, quote(line, h.config.Passphrase))
}
