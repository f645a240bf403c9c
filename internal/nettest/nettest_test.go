package nettest_test

import (
	"net"
	"os"
	"strings"
	"testing"

	"tinycheck/internal/nettest"
)

func TestMain(m *testing.M) { nettest.Main(m) }

func TestTwoSpacesAndACable(t *testing.T) {
	phone, box := nettest.New(t, "phone"), nettest.New(t, "box")
	nettest.Veth(t, phone, "wlan1", box, "ap0")
	phone.Run(t, "ip", "addr", "add", "10.9.9.2/24", "dev", "wlan1")
	box.Run(t, "ip", "addr", "add", "10.9.9.1/24", "dev", "ap0")
	var listener net.Listener
	box.Do(t, func() {
		var err error
		if listener, err = net.Listen("tcp4", "10.9.9.1:80"); err != nil {
			t.Fatal(err)
		}
	})
	defer listener.Close()
	said := make(chan string, 1)
	box.Go(t, func() {
		if c, err := listener.Accept(); err == nil {
			said <- c.RemoteAddr().String()
			c.Close()
		}
	})
	phone.Do(t, func() {
		c, err := net.Dial("tcp4", "10.9.9.1:80")
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	})
	if from := <-said; !strings.HasPrefix(from, "10.9.9.2:") {
		t.Errorf("the box saw %s", from)
	}
	if out := phone.Run(t, "ip", "-o", "link"); strings.Contains(out, "ap0:") || !strings.Contains(out, "wlan1@") {
		t.Errorf("the phone has %s", out)
	}
}

func TestTheMachineIsOutOfReach(t *testing.T) {
	nettest.New(t, "alone")
	list, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if i.Name != "lo" {
			t.Errorf("tests see %s", i.Name)
		}
	}
	if _, err := os.Stat("/run/systemd"); err == nil {
		t.Error("/run is the machine's")
	}
}
