package hotspot

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"tinycheck"
)

// control is a connection to hostapd's control socket: one for questions, or,
// after ATTACH, one for what hostapd has to say.
type control struct {
	folder, iface string

	mu     sync.Mutex
	conn   *net.UnixConn
	late   bool // an answer may still come that nobody waits for
	closed bool
}

// connect binds an address of our own for the answers. It is an abstract one
// (unix(7)): no file to leave behind, and none that hostapd, as another user,
// would need the right to write to. A connected socket hears hostapd only.
func connect(folder, iface string) (*control, error) {
	own := &net.UnixAddr{Name: "@" + rand.Text(), Net: "unixgram"}
	peer := &net.UnixAddr{Name: filepath.Join(controlFolder(folder), iface), Net: "unixgram"}
	conn, err := net.DialUnix("unixgram", own, peer)
	if err != nil {
		return nil, err
	}
	return &control{folder: folder, iface: iface, conn: conn}, nil
}

func (c *control) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	shut(c.conn)
}

// ask gives the answer to a question. One that came too late must not be taken
// for the answer to the next question: that is asked from another address.
func (c *control) ask(question string) (answer string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.late && !c.closed {
		anew, err := connect(c.folder, c.iface)
		if err != nil {
			return "", err
		}
		shut(c.conn)
		c.conn, c.late = anew.conn, false
	}
	answer, err = c.exchange(question)
	c.late = err != nil
	return answer, err
}

func (c *control) exchange(question string) (string, error) {
	if err := c.conn.SetDeadline(time.Now().Add(askWait)); err != nil {
		return "", err
	}
	if _, err := c.conn.Write([]byte(question)); err != nil {
		return "", err
	}
	buffer := make([]byte, maxMessage)
	for {
		n, err := c.conn.Read(buffer)
		if err != nil {
			return "", err
		}
		if answer := string(buffer[:n]); !strings.HasPrefix(answer, "<") {
			return answer, nil
		}
	}
}

// order asks for something whose only good answer is OK.
func (c *control) order(word string) error {
	answer, err := c.ask(word)
	if err != nil {
		return err
	}
	if strings.TrimSpace(answer) != "OK" {
		return fmt.Errorf("hostapd answers %s with %q", word, strings.TrimSpace(answer[:min(len(answer), maxQuote)]))
	}
	return nil
}

// listen gives every message to hear, until the connection is closed.
func (c *control) listen(hear func(string)) {
	if c.conn.SetDeadline(time.Time{}) != nil {
		return // closed already
	}
	buffer := make([]byte, maxMessage)
	for {
		n, err := c.conn.Read(buffer)
		// The kernel tells a connected socket once that nobody is there any more.
		if err != nil && (errors.Is(err, net.ErrClosed) || n == 0) {
			return
		}
		hear(string(buffer[:n]))
	}
}

// stations are those that are on the network, and proved that they may be.
func (c *control) stations() (list []tinycheck.MAC, err error) {
	answer, err := c.ask("STA-FIRST")
	for range maxListed {
		if err != nil {
			return nil, err
		}
		mac, flags, ok := parseStation(answer)
		if !ok {
			return list, nil // "" after the last one, FAIL when there is none
		}
		if strings.Contains(flags, "[AUTHORIZED]") {
			list = append(list, mac)
		}
		answer, err = c.ask("STA-NEXT " + mac.String())
	}
	return list, nil
}

// proved reports whether hostapd believed the station's proof.
func (c *control) proved(mac tinycheck.MAC) (bool, error) {
	answer, err := c.ask("STA " + mac.String())
	if err != nil {
		return false, err
	}
	_, flags, ok := parseStation(answer)
	return !ok || strings.Contains(flags, "[AUTH]"), nil
}
