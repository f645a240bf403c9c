package hotspot_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/hotspot"
)

// speaker is hostapd's end of a control socket.
type speaker struct {
	folder string
	conn   *net.UnixConn
}

// newSpeaker answers each question as answer says; "" is no answer.
func newSpeaker(t *testing.T, answer func(question string) []string) speaker {
	t.Helper()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "control"), 0o700); err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(folder, "control", "wlan0"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFromUnix(buffer)
			if err != nil {
				return
			}
			for _, a := range answer(string(buffer[:n])) {
				conn.WriteToUnix([]byte(a), from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return speaker{folder, conn}
}

func TestControlSocketListsStations(t *testing.T) {
	s := newSpeaker(t, func(q string) []string {
		switch q {
		case "STA-FIRST":
			return []string{"<3>AP-STA-CONNECTED 02:00:00:00:01:0f", "02:00:00:00:01:01\nflags=[AUTH][ASSOC][AUTHORIZED]\naid=1\n"}
		case "STA-NEXT 02:00:00:00:01:01":
			return []string{"02:00:00:00:01:02\nflags=[AUTH][ASSOC]\n"}
		case "STA-NEXT 02:00:00:00:01:02":
			return []string{"02:00:00:00:01:03\nflags=[AUTHORIZED]\n"}
		case "STA-NEXT 02:00:00:00:01:03":
			return []string{""}
		}
		return []string{"UNKNOWN COMMAND\n"}
	})
	c, err := hotspot.Connect(s.folder, "wlan0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	list, err := c.Stations()
	if err != nil || len(list) != 2 || list[0] != (tinycheck.MAC{2, 0, 0, 0, 1, 1}) || list[1] != (tinycheck.MAC{2, 0, 0, 0, 1, 3}) {
		t.Errorf("stations %v (%v)", list, err)
	}
	if err := c.Order("FROBNICATE"); err == nil || !strings.Contains(err.Error(), "UNKNOWN COMMAND") {
		t.Errorf("an order it does not know: %v", err)
	}
}

func TestControlSocketThatNeverEnds(t *testing.T) {
	s := newSpeaker(t, func(string) []string { return []string{"02:00:00:00:01:01\nflags=[AUTHORIZED]\n"} })
	c, err := hotspot.Connect(s.folder, "wlan0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if list, err := c.Stations(); err != nil || len(list) != 128 {
		t.Errorf("%d stations (%v), want the bound", len(list), err)
	}
}

func TestControlSocketThatSaysNothing(t *testing.T) {
	s := newSpeaker(t, func(string) []string { return nil })
	c, err := hotspot.Connect(s.folder, "wlan0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Ask("PING"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("no answer: %v", err)
	}
	s.conn.Close()
	if _, err := c.Ask("PING"); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("nobody there: %v", err)
	}
	if _, err := hotspot.Connect(s.folder, "wlan1"); err == nil {
		t.Error("connected to a socket that is not there")
	}
}

// An answer that comes too late is not taken for the one to the next question.
func TestControlSocketForgetsLateAnswers(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "control"), 0o700); err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(folder, "control", "wlan0"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var slow net.Addr
		buffer := make([]byte, 100)
		for n, from, err := conn.ReadFrom(buffer); err == nil; n, from, err = conn.ReadFrom(buffer) {
			if slow == nil {
				slow = from // and no answer in time
				continue
			}
			conn.WriteTo([]byte("to the first question"), slow)
			conn.WriteTo([]byte("to "+string(buffer[:n])), from)
		}
	}()
	defer func() { conn.Close(); <-done }()
	c, err := hotspot.Connect(folder, "wlan0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if answer, err := c.Ask("FIRST"); err == nil {
		t.Fatalf("answered %q", answer)
	}
	for _, question := range []string{"SECOND", "THIRD"} {
		if answer, err := c.Ask(question); err != nil || answer != "to "+question {
			t.Errorf("%s: %q, %v", question, answer, err)
		}
	}
}

func TestControlSocketBelievesOnlyHostapd(t *testing.T) {
	s := newSpeaker(t, func(string) []string { return []string{"OK\n"} })
	c, err := hotspot.Connect(s.folder, "wlan0")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Order("ATTACH"); err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 10)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Listen(func(m string) { heard <- m })
	}()
	own := c.Address()
	stranger, err := net.DialUnix("unixgram", nil, own)
	if err == nil {
		if _, err = stranger.Write([]byte("<3>AP-DISABLED ")); err == nil {
			t.Error("a stranger may speak")
		}
		stranger.Close()
	}
	if _, err := s.conn.WriteToUnix([]byte("<3>AP-ENABLED "), own); err != nil {
		t.Fatal(err)
	}
	if m := <-heard; m != "<3>AP-ENABLED " {
		t.Errorf("heard %q", m)
	}
	c.Close()
	<-done
}

func TestControlSocketTellsOfProofs(t *testing.T) {
	answers := map[string]string{
		"STA 02:00:00:00:01:01": "02:00:00:00:01:01\nflags=\naid=0\n",
		"STA 02:00:00:00:01:02": "02:00:00:00:01:02\nflags=[AUTH]\n",
		"STA 02:00:00:00:01:03": "FAIL\n", // it has gone again
	}
	s := newSpeaker(t, func(q string) []string { return []string{answers[q]} })
	c, err := hotspot.Connect(s.folder, "wlan0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for last, want := range map[byte]bool{1: false, 2: true, 3: true} {
		if proved, err := c.Proved(tinycheck.MAC{2, 0, 0, 0, 1, last}); err != nil || proved != want {
			t.Errorf("station %d proved %v (%v), want %v", last, proved, err, want)
		}
	}
}
