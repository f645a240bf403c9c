package hotspot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/child"
	"tinycheck/internal/netif"
)

const opOpen = "open hotspot"

// Start opens the network and returns when it is there. ctx bounds the start
// alone. What it changed before it failed, it has taken back.
func Start(ctx context.Context, c Config) (*Hotspot, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	// What an earlier start with this folder left, because it was killed.
	if err := Undo(c.Folder); err != nil {
		return nil, err
	}
	card, err := Look(c.Interface)
	if err != nil {
		return nil, err
	}
	if err := usable(card); err != nil {
		return nil, err
	}
	program, err := child.Find("hostapd", "hostapd")
	if err != nil {
		return nil, because(opOpen, ReasonMissingPackage, c.Interface, "", err)
	}
	h, err := open(ctx, c, card, program)
	if err != nil {
		return nil, errors.Join(err, Undo(c.Folder))
	}
	return h, nil
}

// open is everything that changes something.
func open(ctx context.Context, c Config, card Card, program string) (*Hotspot, error) {
	if err := child.Private(c.Folder); err != nil {
		return nil, err
	}
	f, err := awaken(c)
	if err != nil {
		return nil, err
	}
	if err := settle(ctx, c, card); err != nil {
		return nil, err
	}
	// The country has changed what the channels are good for.
	if card, err = Look(c.Interface); err != nil {
		return nil, err
	}
	planned, err := Plan(c, card)
	if err != nil {
		return nil, err
	}
	if err := disguise(f); err != nil {
		return nil, err
	}
	return launch(ctx, c, planned, program, onAir)
}

// awaken remembers how the interface was and switches its radio on.
func awaken(c Config) (found, error) {
	soft, hard, err := blocks(c.Interface)
	if err != nil {
		return found{}, err
	}
	if hard {
		return found{}, refuse(opOpen, ReasonHardBlocked, c.Interface, "")
	}
	f, err := remember(c, soft)
	if err == nil && soft {
		err = Unblock(c.Interface)
	}
	return f, err
}

// launch runs hostapd with a plan until the network is there, in hostapd's words
// and in those of check.
func launch(ctx context.Context, c Config, planned Planned, program string, check func(Config, Planned) error) (*Hotspot, error) {
	if err := child.WriteFile(confFile(c.Folder), []byte(planned.Conf)); err != nil {
		return nil, err
	}
	h := newHotspot(c, planned)
	var err error
	h.child, err = child.Start(child.Config{
		Name: "hostapd", Program: program, Args: []string{confFile(c.Folder)}, Folder: c.Folder,
		Capabilities: []uintptr{unix.CAP_NET_ADMIN, unix.CAP_NET_RAW},
		Lines:        h.readLine,
	})
	if err != nil {
		return nil, notStarted(c, err)
	}
	if err = h.await(ctx); err == nil {
		err = h.verify(ctx, check)
	}
	if err == nil {
		err = h.follow()
	}
	if err != nil {
		h.hangUp()
		return nil, errors.Join(err, h.child.Stop(stopGrace))
	}
	return h, nil
}

// notStarted is what child says, with a reason.
func notStarted(c Config, err error) error {
	reason := ReasonHostapdFailed
	if errors.Is(err, tinycheck.Unavailable) {
		reason = ReasonNoPermission
	}
	return because(opOpen, reason, c.Interface, err.Error(), err)
}

// await follows hostapd's state until it says that the network is on.
func (h *Hotspot) await(ctx context.Context) error {
	state := ""
	on := func() bool {
		if h.asking == nil {
			h.asking, _ = connect(h.config.Folder, h.config.Interface) // not there yet
		}
		if h.asking != nil {
			if answer, err := h.asking.ask("STATUS"); err == nil {
				state = parseStatus(answer)["state"]
			}
		}
		return state == "ENABLED" || h.ended()
	}
	came := poll(ctx, startWait, on)
	switch {
	case h.ended():
		return h.explainEnd()
	case came:
		return nil
	case ctx.Err() != nil:
		return tinycheck.Errorf(opOpen, tinycheck.Unavailable, context.Cause(ctx))
	}
	return refuse(opOpen, ReasonNotBeaconing, h.config.Interface, fmt.Sprintf("hostapd got as far as the state %q", state))
}

// verify asks until the check agrees, or hostapd ends, or patience does.
func (h *Hotspot) verify(ctx context.Context, check func(Config, Planned) error) error {
	var err error
	poll(ctx, verifyWait, func() bool {
		err = check(h.config, h.planned)
		return err == nil || h.ended()
	})
	if h.ended() {
		return h.explainEnd()
	}
	return err
}

// onAir asks the kernel: an access point of our name on our channel, on an
// interface that is switched on.
func onAir(c Config, p Planned) error {
	link, err := netif.Find(c.Interface)
	if errors.Is(err, tinycheck.NotFound) {
		return because(opOpen, ReasonGone, c.Interface, "", err)
	}
	if err != nil {
		return err
	}
	now, there, err := find(c.Interface)
	switch {
	case err != nil:
		return err
	case !there:
		return refuse(opOpen, ReasonGone, c.Interface, "")
	case modeOf(now.Type) != ModeAP:
		return refuse(opOpen, ReasonNotBeaconing, c.Interface, "the kernel says that it is no access point")
	case now.ssid != c.SSID:
		return refuse(opOpen, ReasonNotBeaconing, c.Interface, "the kernel knows another name of the network, or none")
	case now.Frequency != p.Frequency:
		return refuse(opOpen, ReasonNotBeaconing, c.Interface,
			fmt.Sprintf("the kernel says that it is on %d MHz, and it should be on %d", now.Frequency, p.Frequency))
	case !link.Up:
		return refuse(opOpen, ReasonNotBeaconing, c.Interface, "it is switched off")
	}
	return nil
}

// poll asks until the answer is yes, and gives the last one.
func poll(ctx context.Context, patience time.Duration, ask func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(pollRest)
	defer tick.Stop()
	for !ask() {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}
