package firewall_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tinycheck/internal/nettest"
)

// A record is what tcpdump sees on an interface.
type record struct {
	*nettest.Space
	file string
	dump *exec.Cmd
}

func startRecord(t *testing.T, s *nettest.Space, device string) *record {
	t.Helper()
	nettest.Need(t, "tcpdump", "tcpdump")
	if groups, _ := os.ReadFile("/proc/self/setgroups"); strings.HasPrefix(string(groups), "deny") {
		t.Skip("skipped: tcpdump changes its groups, which only root may: run the tests as root")
	}
	r := &record{Space: s, file: filepath.Join(t.TempDir(), "record.pcap")}
	r.dump = s.Command("tcpdump", "-Z", "root", "-i", device, "--immediate-mode", "-U", "-n", "-w", r.file)
	said, err := r.dump.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.dump.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.stop)
	lines := bufio.NewScanner(said)
	for lines.Scan() && !strings.Contains(lines.Text(), "listening on") {
	}
	return r
}

// mark is the port of the packet that ends a record: what came before it is there.
const mark = 9999

// lines are the packets that were seen until somebody's packet to the mark, one a
// line, without the talk of neighbours about who has which address.
func (r *record) lines(t *testing.T, from *nettest.Space, to string) (list []string) {
	t.Helper()
	end := fmt.Sprintf(".%d: UDP", mark)
	ask(t, from, question{network: "udp", to: to, port: mark, wait: silence})
	text := ""
	for range 50 {
		out, _ := r.Command("tcpdump", "-Z", "root", "-nn", "-t", "-r", r.file).Output()
		if text = string(out); strings.Contains(text, end) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.stop()
	if !strings.Contains(text, end) {
		t.Fatalf("the mark is not in the record:\n%s", text)
	}
	for line := range strings.Lines(text) {
		if !talk(line) {
			list = append(list, line)
		}
	}
	return list
}

func (r *record) stop() {
	r.dump.Process.Kill()
	r.dump.Wait()
}

func talk(line string) bool {
	for _, words := range []string{"ARP,", "ICMP6, neighbor", "ICMP6, router", "multicast listener", fmt.Sprint(".", mark), fmt.Sprint("udp port ", mark)} {
		if strings.Contains(line, words) {
			return true
		}
	}
	return false
}
