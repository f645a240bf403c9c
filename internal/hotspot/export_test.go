package hotspot

import (
	"context"
	"net"
	"testing"

	"github.com/mdlayher/wifi"

	"tinycheck"
)

// What tests in the external package have to reach.

type Saying = saying

const (
	SayNothing       = sayNothing
	SayEnabled       = sayEnabled
	SayDisabled      = sayDisabled
	SayInterfaceDown = sayInterfaceDown
	SayEnding        = sayEnding
	SayJoined        = sayJoined
	SayLeft          = sayLeft
	SayRefused       = sayRefused
	MaxEvents        = maxEvents
	Letters          = letters
)

var (
	ParseSaying  = parseSaying
	ParseConfirm = parseConfirm
	ParseStation = parseStation
	ParseStatus  = parseStatus
	Explain      = explain
	ChannelOf    = channelOf
	FrequencyOf  = frequencyOf
	Refuse       = refuse
	Quote        = quote
	Connect      = connect
	Launch       = launch
	Poll         = poll
)

func (c *control) Ask(q string) (string, error)         { return c.ask(q) }
func (c *control) Order(q string) error                 { return c.order(q) }
func (c *control) Listen(f func(string))                { c.listen(f) }
func (c *control) Stations() ([]tinycheck.MAC, error)   { return c.stations() }
func (c *control) Proved(m tinycheck.MAC) (bool, error) { return c.proved(m) }
func (c *control) Close()                               { c.close() }
func (c *control) Address() *net.UnixAddr               { return c.conn.LocalAddr().(*net.UnixAddr) }
func (h *Hotspot) Note(s saying, m tinycheck.MAC) bool  { return h.note(s, m) }
func (h *Hotspot) Fail(r Reason)                        { h.fail(r) }
func NewQuiet() *Hotspot                                { return newHotspot(Config{}, Planned{}) }
func AllReasons() (list []Reason)                       { return reasonList() }
func NoCheck(Config, Planned) error                     { return nil }
func StartWith(ctx context.Context, c Config, conf, program string) (*Hotspot, error) {
	return launch(ctx, c, Planned{Conf: conf}, program, NoCheck)
}

func reasonList() (list []Reason) {
	for r := range reasons {
		list = append(list, r)
	}
	return list
}

// FakeSwitches puts another sysfs and another /dev/rfkill in place.
func FakeSwitches(t testing.TB, root, dev string) {
	oldRoot, oldDev := sysfs, rfkillPath
	sysfs, rfkillPath = root, dev
	t.Cleanup(func() { sysfs, rfkillPath = oldRoot, oldDev })
}

// CardOf reads what the kernel says about a radio.
func CardOf(own wifi.Interface, ssid string, phy *wifi.PHY) Card { return cardOf(face{own, ssid}, phy) }
