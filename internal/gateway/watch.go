package gateway

import (
	"errors"
	"fmt"
	"time"

	"tinycheck"
	"tinycheck/internal/hotspot"
	"tinycheck/internal/netif"
)

// watch is what goes on while a network is open.
type watch struct {
	*Gateway
	tick, look <-chan time.Time // slow and quick
	links      <-chan struct{}  // something about interfaces has changed
	stop       func()
	carrier    bool      // something is at the other end of the interface
	deaf       bool      // the hotspot tells nothing any more
	unsure     time.Time // since when not everything could be looked at; zero: it can
}

func (g *Gateway) watch() (*watch, error) {
	links, err := netif.Watch(g.life)
	if err != nil {
		return nil, fail(opOpen, err)
	}
	slow, quick := time.NewTicker(watchTick), time.NewTicker(lookTick)
	w := &watch{Gateway: g, tick: slow.C, look: quick.C, links: links}
	w.stop = func() {
		slow.Stop()
		quick.Stop()
		for range links { // it is closed when nobody watches any more
		}
	}
	if g.options.tick != nil {
		w.tick = g.options.tick
	}
	if g.options.look != nil {
		w.look = g.options.look
	}
	return w, nil
}

// run watches until the network is closed or cannot go on, and takes it down.
func (w *watch) run() {
	err := w.until()
	if w.life.Err() != nil {
		err = nil // what fails while it is being closed is no reason
	}
	w.end()
	w.stop()
	if err != nil {
		w.log.Error("the guests' network has ended", "reason", err)
	}
	closed := fail("close guest network", w.takeDown())
	w.mu.Lock()
	w.err, w.closed = err, closed
	w.guests.see(w.options.now(), nil)
	w.mu.Unlock()
	close(w.done)
	w.tell()
}

// until returns the reason for which it cannot go on.
func (w *watch) until() error {
	err := w.check()
	for err == nil {
		select {
		case <-w.life.Done():
			return nil
		case <-w.tick:
			err = w.check()
		case _, open := <-w.links:
			if !open {
				w.links = nil // the tick goes on
			}
			err = w.check()
		case <-w.look:
			w.visit()
		case e, open := <-w.events():
			w.hear(e, open)
		case <-w.spotEnded():
			err = ended("hostapd", w.spot.Err())
		case <-w.serverEnded():
			err = w.serveAgain()
		case <-w.keeper.ended():
			err = w.keepAgain()
		}
	}
	return w.reason(err)
}

// ended is how a program ended that nobody has stopped.
func ended(name string, err error) error {
	if err == nil {
		err = errors.New("it ended in order, and was not to")
	}
	return fail("run "+name, err)
}

// reason is why it ends, when err is what was noticed first: a card that is
// pulled out makes everything fail, and a hotspot says so best.
func (w *watch) reason(err error) error {
	if lost, _ := w.lost(); !lost {
		return err
	}
	if w.spot != nil {
		t := time.NewTimer(goneWait)
		defer t.Stop()
		select {
		case <-w.spot.Done():
			if hotspot.ReasonOf(w.spot.Err()) != "" {
				return w.spot.Err()
			}
		case <-t.C:
		}
	}
	return gone(w.config.Interface)
}

func gone(name string) error {
	return tinycheck.Errorf(opKeep, tinycheck.NotFound, fmt.Errorf("%s went away: plug it in again and start again", name))
}

func (w *watch) events() <-chan hotspot.Event {
	if w.spot == nil || w.deaf {
		return nil
	}
	return w.spot.Events()
}

func (w *watch) spotEnded() <-chan struct{} {
	if w.spot == nil {
		return nil
	}
	return w.spot.Done()
}

func (w *watch) serverEnded() <-chan struct{} {
	if w.server == nil {
		return nil
	}
	return w.server.Done()
}

// check looks whether everything is as it was set up, and makes it so again. The
// firewall suffers no delay; the rest may be out of reach for a moment.
func (w *watch) check() error {
	lost, err := w.lost()
	if lost {
		return gone(w.config.Interface)
	}
	if err == nil {
		err = w.settle()
	}
	now, _, blind := look(w.config.Interface)
	err = errors.Join(err, w.apart(), blind)
	if blind == nil && !now.same(w.around) {
		return errors.Join(w.follow(now), w.bear(err))
	}
	return errors.Join(w.guard(), w.bear(err))
}

// bear is nil as long as an error may pass by itself.
func (w *watch) bear(err error) error {
	now := w.options.now()
	switch {
	case err == nil:
		w.unsure = time.Time{}
	case w.unsure.IsZero():
		w.unsure = now
	case now.Sub(w.unsure) > unsureSpan:
		return fail(opKeep, err)
	}
	return nil
}

// lost reports whether the interface is gone, or another one has its name.
func (w *watch) lost() (bool, error) {
	i, err := netif.Find(w.config.Interface)
	if errors.Is(err, tinycheck.NotFound) || err == nil && i.Index != w.index {
		return true, nil
	}
	if err == nil {
		w.carrier = i.Carrier
	}
	return false, err
}

// follow closes to the guests what the machine is connected to now.
func (w *watch) follow(now around) error {
	w.around = now
	if err := protect(w.life, w.Gateway, entry{}); err != nil {
		return err
	}
	w.log.Info("the firewall follows a change of this machine's networks", "uplink", now.uplink, "networks", len(now.site))
	w.note(func(s *State) { s.Uplink = now.uplink })
	return nil
}

// guard puts the firewall back when it is not as it was.
func (w *watch) guard() error {
	changed := w.rules.Check()
	if changed == nil {
		return nil
	}
	if err := w.enforce(); err != nil {
		return tinycheck.Errorf("put the firewall back", kindOf(err), err)
	}
	w.log.Warn("somebody has changed the firewall: it was put back", "change", changed)
	obstacles := w.obstacles()
	w.note(func(s *State) { s.Repaired++; s.Obstacles = obstacles })
	return nil
}

func (w *watch) note(change func(*State)) {
	w.mu.Lock()
	change(&w.state)
	w.mu.Unlock()
	w.tell()
}

// visit sees who is here.
func (w *watch) visit() {
	v := view{now: w.options.now(), prefixes: w.prefixes(), wired: w.config.Wired, carrier: w.carrier}
	var err [3]error
	if w.server != nil {
		v.leases, err[0] = w.server.Leases()
	}
	v.neighbours, err[1] = neighbours(w.index)
	if w.spot != nil {
		if v.stations, err[2] = w.spot.Stations(); err[2] != nil {
			return // nobody has left because nobody could be asked
		}
	}
	if err := errors.Join(err[:]...); err != nil {
		w.log.Debug("not everything is known about the guests", "reason", err)
	}
	w.mu.Lock()
	news := w.guests.see(v.now, v.sights())
	w.mu.Unlock()
	if news {
		w.tell()
	}
}

// hear is for what the hotspot tells.
func (w *watch) hear(e hotspot.Event, open bool) {
	switch {
	case !open:
		w.deaf = true // Done says the rest
	case e.Kind == hotspot.Refused:
		w.note(func(s *State) { s.Refused++ })
	default:
		w.visit()
	}
}

// budget is how often something may be started anew.
type budget struct{ spent []time.Time }

func (b *budget) spend(now time.Time) bool {
	for len(b.spent) > 0 && now.Sub(b.spent[0]) >= restartSpan {
		b.spent = b.spent[1:]
	}
	if len(b.spent) == maxRestarts {
		return false
	}
	b.spent = append(b.spent, now)
	return true
}

// serveAgain starts dnsmasq anew after it has ended.
func (w *watch) serveAgain() error {
	reason := ended("dnsmasq", w.server.Err())
	if err := stopDnsmasq(w.Gateway); err != nil {
		w.log.Debug("dnsmasq had ended already", "reason", err)
	}
	for w.servers.spend(w.options.now()) {
		if lost, _ := w.lost(); lost {
			return reason
		}
		w.log.Warn("dnsmasq has ended: it is started anew", "reason", reason)
		err := startDnsmasq(w.life, w.Gateway, entry{Step: stepDnsmasq, Interface: w.config.Interface})
		if err == nil {
			w.note(func(s *State) { s.Restarted++ })
			return nil
		}
		reason = errors.Join(err, stopDnsmasq(w.Gateway))
	}
	return tinycheck.Errorf("give guests addresses", kindOf(reason), fmt.Errorf("dnsmasq ended more than %d times: %w", maxRestarts, reason))
}

// keepAgain starts a keeper anew: without one nobody would take back.
func (w *watch) keepAgain() error {
	said := w.keeper.words.text()
	w.keeper.wire.Close()
	w.keeper = nil
	if !w.keepers.spend(w.options.now()) {
		return tinycheck.Errorf("keep network", tinycheck.Unavailable, fmt.Errorf("the keeper ended more than %d times, saying: %s", maxRestarts, said))
	}
	w.log.Warn("the keeper has ended: it is started anew", "said", said)
	return startKeeper(w.life, w.Gateway, entry{})
}
