package capture_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/nettest"
)

// recordUntilKilled records at the pace of a busy phone. Before each Flush it says
// how many packets the file will have, and afterwards that it has them.
func recordUntilKilled(path string) {
	r, err := capture.Record(capture.RecordConfig{Path: path, Interface: "ap0", Link: tinycheck.LinkEthernet, Reserve: -1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for n := 0; ; {
		for range 20 {
			if err := r.Write(numbered(n, 60+n*131%1455)); err != nil {
				fmt.Println(err)
				return
			}
			n++
		}
		os.Stdout.WriteString(fmt.Sprintf("flush %d\n", n))
		if err := r.Flush(); err != nil {
			fmt.Println(err)
			return
		}
		os.Stdout.WriteString(fmt.Sprintf("done %d\n", n))
		time.Sleep(500 * time.Microsecond)
	}
}

// killedRecording lets a process record and kills it after a moment. It returns how
// many packets were certainly flushed, and how many may have been.
func killedRecording(t *testing.T, path string, moment time.Duration) (least, most int) {
	t.Helper()
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), recordingChild+"="+path)
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	said := bufio.NewReader(out)
	first, err := said.ReadString('\n')
	if err != nil {
		t.Fatalf("it does not begin: %q %v", first, err)
	}
	time.Sleep(moment)
	must(t, c.Process.Kill())
	rest, _ := io.ReadAll(said)
	c.Wait()
	for line := range strings.Lines(first + string(rest)) {
		var n int
		if k, _ := fmt.Sscanf(line, "flush %d\n", &n); k == 1 {
			most = n
		} else if k, _ := fmt.Sscanf(line, "done %d\n", &n); k == 1 {
			least = n
		} else if strings.HasSuffix(line, "\n") {
			t.Fatalf("it says %q", line)
		}
	}
	return least, most
}

// Killed at any moment, a recording has everything up to the last Flush, and others
// read it without complaint. Only in the moment in which the kernel itself copies
// can it end inside a block: then the file is cut off behind what was flushed.
func TestKilledAtAnyMoment(t *testing.T) {
	nettest.Need(t, "tshark", "capinfos", "tshark")
	dir := t.TempDir()
	here := nettest.New(t, "here")
	const kills = 50
	inside, sum := 0, 0
	for i := range kills {
		path := filepath.Join(dir, fmt.Sprintf("%02d.pcapng", i))
		least, most := killedRecording(t, path, time.Duration(rand.IntN(30_000))*time.Microsecond)
		data, err := os.ReadFile(path)
		must(t, err)
		packets, facts := readAll(t, data)
		for k, p := range packets {
			if numberOf(p.Data) != uint32(k) || len(p.Data) != 60+k*131%1455 {
				t.Fatalf("packet %d is %d of %d bytes", k, numberOf(p.Data), len(p.Data))
			}
		}
		cut := len(facts.Damage) == 1 && facts.Damage[0].Kind == tinycheck.DamageCutOff
		switch n := len(packets); {
		case cut && n >= least && n < most:
			inside++
			os.Remove(path)
			continue
		case facts.Damage != nil || n != least && n != most:
			t.Errorf("%d: %d packets, flushed %d or %d; damage %v", i, n, least, most, facts.Damage)
		}
		if said := here.Run(t, "capinfos", "-M", "-c", path); !strings.Contains(said, fmt.Sprintf("Number of packets:   %d\n", len(packets))) {
			t.Errorf("%d: %d packets, capinfos says %s", i, len(packets), said)
		}
		sum += len(packets)
		if i%10 == 0 {
			here.Run(t, "tshark", "-q", "-r", path)
		}
	}
	t.Logf("%d of %d were killed while the kernel wrote", inside, kills)
	if inside > kills/5 || sum < 1000 {
		t.Errorf("%d of %d files were cut off, %d packets in the others", inside, kills, sum)
	}
}
