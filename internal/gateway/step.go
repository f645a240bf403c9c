package gateway

import (
	"context"
)

// stepName names a step in the journal: it is never changed.
type stepName string

// The steps.
const (
	stepKeeper   stepName = "keeper"
	stepFolders  stepName = "folders"
	stepBeside   stepName = "beside"
	stepLetGo    stepName = "let-go"
	stepRadio    stepName = "radio"
	stepFirewall stepName = "firewall"
	stepPorts    stepName = "ports"
	stepUp       stepName = "up"
	stepAddress  stepName = "address"
	stepSix      stepName = "address6"
	stepDnsmasq  stepName = "dnsmasq"
	stepSwitches stepName = "switches"
	stepHotspot  stepName = "hotspot"
)

// step is one thing that opening does.
type step struct {
	name stepName
	// prepare gives what to remember, and nil when the step is not needed here. A
	// step without prepare has nothing to take back.
	prepare func(*Gateway) (*entry, error)
	do      func(context.Context, *Gateway, entry) error
	// stop ends in order what undo could only kill. It may be nil.
	stop func(*Gateway) error
	// undo takes back what an entry says may have been done, knowing nothing but
	// the entry. It says what it did, and nothing when there was nothing to do.
	undo func(folder string, e entry) ([]string, error)
	// lasting: it outlives a restart of the machine.
	lasting bool
	// only after this step was taken back may this one be.
	after stepName
}

// steps are done from first to last and taken back from last to first. So the
// firewall is there before the first address and goes after the last, and
// forwarding is on only in between. Guests of a hotspot join when everything
// waits for them.
func steps() []step {
	return []step{
		{name: stepKeeper, do: startKeeper},
		{name: stepFolders, prepare: always(stepFolders), do: makeFolders, undo: removeFolders, lasting: true},
		{name: stepBeside, prepare: ifConnected, do: makeBeside, undo: removeBeside},
		{name: stepLetGo, prepare: ifManaged, do: letGo, undo: giveBack},
		{name: stepRadio, prepare: ifBlocked, do: unblock, undo: block, lasting: true},
		{name: stepFirewall, prepare: always(stepFirewall), do: protect, undo: unprotect, after: stepSwitches},
		{name: stepPorts, prepare: ifBridge, do: isolate, undo: rejoin},
		{name: stepUp, prepare: ifDown, do: switchOn, undo: switchOff},
		{name: stepAddress, prepare: addressFour, do: addAddress, undo: deleteAddress},
		{name: stepSix, prepare: addressSix, do: addAddress, undo: deleteAddress},
		{name: stepDnsmasq, prepare: always(stepDnsmasq), do: startDnsmasq, stop: stopDnsmasq, undo: endChild},
		{name: stepSwitches, prepare: switches, do: forward, undo: stopForwarding},
		{name: stepHotspot, prepare: ifWireless, do: startHotspot, stop: stopHotspot, undo: endHotspot},
	}
}

// stepNamed is nil for a step that is not in the table or leaves no entry.
func stepNamed(name stepName) *step {
	for _, s := range steps() {
		if s.name == name && s.undo != nil {
			return &s
		}
	}
	return nil
}

// climb does every step, each of them remembered before it is done.
func (g *Gateway) climb(ctx context.Context) error {
	for _, s := range steps() {
		if err := g.take(ctx, s); err != nil {
			return calledOff(ctx, err)
		}
	}
	return nil
}

func (g *Gateway) take(ctx context.Context, s step) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var e entry
	if s.prepare != nil {
		needed, err := s.prepare(g)
		if err != nil || needed == nil {
			return err
		}
		e = *needed
		if err := g.journal.add(e); err != nil {
			return err
		}
	}
	if err := g.options.point("before " + string(s.name)); err != nil {
		return err
	}
	if err := s.do(ctx, g, e); err != nil {
		return err
	}
	return g.options.point("after " + string(s.name))
}

func always(name stepName) func(*Gateway) (*entry, error) {
	return func(g *Gateway) (*entry, error) { return &entry{Step: name, Interface: g.config.Interface}, nil }
}
