package dnsmasq

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"tinycheck"
)

// probe is a name that is answered here, whatever the mode: nobody upstream
// hears of it.
var probe = dnsmessage.MustNewName("ready.invalid.")

// answers waits until it answers on the guests' address, which is when it can
// do everything else too: it opens what it needs for DHCP first.
func (s *Server) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	for {
		if ask(s.config.Address.Addr()) {
			return nil
		}
		select {
		case <-s.child.Done():
			return s.explain()
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return tinycheck.Errorf("start dnsmasq", tinycheck.Unavailable, fmt.Errorf(
					"it runs and does not answer at %s: let the firewall of this machine pass what comes from itself", s.config.Address.Addr()))
			}
			return tinycheck.Errorf("start dnsmasq", tinycheck.Unavailable, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// ask asks once.
func ask(a netip.Addr) bool {
	id := uint16(rand.Uint32())
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: probe, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
	}
	question, err := m.Pack()
	if err != nil {
		return false
	}
	conn, err := net.DialTimeout("udp4", netip.AddrPortFrom(a, 53).String(), answerWait)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	if conn.SetDeadline(time.Now().Add(answerWait)) != nil {
		return false
	}
	if _, err := conn.Write(question); err != nil {
		return false
	}
	answer := make([]byte, packet)
	n, err := conn.Read(answer)
	if err != nil {
		return false
	}
	var p dnsmessage.Parser
	h, err := p.Start(answer[:n])
	return err == nil && h.Response && h.ID == id
}
