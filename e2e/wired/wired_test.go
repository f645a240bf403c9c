package wired_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck/internal/nettest"
)

// foreign is a firewall of somebody else, that must stay as it is.
const foreign = `table inet somebody {
	set known {
		type ipv4_addr
		elements = { 198.51.100.9 }
	}
	chain in {
		type filter hook input priority filter; policy accept;
		ip saddr @known counter packets 0 bytes 0 drop
	}
}
table ip nat {
	chain post {
		type nat hook postrouting priority srcnat; policy accept;
	}
}`

// kernel is everything of the machine that the program could have changed.
func (w *world) kernel() string {
	return w.sh(w.box, `nft list ruleset; ip -o addr show dev guests0 scope global; ip -o addr show dev wan0 scope global | sed 's/valid_lft.*//'
		cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding /proc/sys/net/ipv6/conf/wan0/accept_ra; ip -o link show guests0 | grep -o 'state [A-Z]*'`)
}

// children are the programs that run in the box, by name.
func (w *world) children() []string {
	out, _ := exec.Command("ip", "netns", "pids", "box").Output()
	var names []string
	for _, pid := range strings.Fields(string(out)) {
		if name, err := os.ReadFile("/proc/" + pid + "/comm"); err == nil {
			names = append(names, strings.TrimSpace(string(name)))
		}
	}
	return names
}

// eventually waits for what another process does.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 200 {
		if is() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%s did not come about", what)
}

func TestAPhoneIsServedWatchedAndAnswered(t *testing.T) {
	w := newWorld(t)
	file := filepath.Join(w.folder, "phone.pcapng")
	r := w.hotspot("-w", file)
	r.says("open: guests0")
	_, box := w.join(w.phone)
	r.says("joined: ")
	if got := within(w.phone, "dig", "+short", "+time=3", "@"+box, "www.example.test"); got != internet4 {
		t.Fatalf("www.example.test is %q", got)
	}
	if got := within(w.phone, "curl", "-sk", "-m", "10", "--resolve", "www.example.test:443:"+internet4, "https://www.example.test/"); got != "hello" {
		t.Errorf("the web server said %q", got)
	}
	within(w.phone, "dig", "+short", "+time=3", "@"+box, "spy.test")
	r.says("finding: c2-name detected spy.test")
	if code := r.stop(); code != 20 {
		t.Errorf("exit status %d: %s", code, strings.Join(r.seen, "\n"))
	}
	var live struct {
		Answer  string
		Devices []struct{ Level string }
	}
	if err := json.Unmarshal([]byte(r.answer.String()), &live); err != nil || live.Answer != "detected" || len(live.Devices) != 1 {
		t.Errorf("%v: %s", err, r.answer.String())
	}
	again, _ := exec.Command(binary, "analyze", "--quiet", "--format", "json", "--indicators", filepath.Join(w.folder, "list.txt"), file).Output()
	if got := string(again); got != r.answer.String() {
		t.Errorf("the file says\n%s\nlive it was\n%s", got, r.answer.String())
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

// The far side sees the box, not the phone; IPv6 goes the same way.
func TestAPhoneReachesTheInternetOverIPv6(t *testing.T) {
	w := newWorld(t)
	w.sh(w.phone, "echo 1 > /proc/sys/net/ipv6/conf/wlan0/accept_ra")
	r := w.hotspot()
	r.says("open: guests0")
	w.join(w.phone)
	eventually(t, "an IPv6 address", func() bool {
		return strings.Contains(within(w.phone, "ip", "-6", "-o", "addr", "show", "dev", "wlan0", "scope", "global", "-tentative"), "inet6 fd")
	})
	if got := within(w.phone, "curl", "-sk6", "-m", "10", "https://["+internet6+"]/"); got != "hello" {
		t.Errorf("over IPv6 the web server said %q", got)
	}
	r.stop()
}

func TestWhatAPhoneCannotReach(t *testing.T) {
	w := newWorld(t)
	for _, s := range []*nettest.Space{w.phone, w.second} {
		w.sh(s, "echo 1 > /proc/sys/net/ipv6/conf/wlan0/accept_ra")
	}
	r := w.hotspot()
	r.says("open: guests0")
	_, box := w.join(w.phone)
	other, _ := w.join(w.second)
	other6 := ""
	eventually(t, "IPv6 addresses", func() bool {
		fields := strings.Fields(within(w.second, "ip", "-6", "-o", "addr", "show", "dev", "wlan0", "scope", "global", "-tentative"))
		if len(fields) < 4 || within(w.phone, "ip", "-6", "-o", "addr", "show", "dev", "wlan0", "scope", "global", "-tentative") == "" {
			return false
		}
		other6, _, _ = strings.Cut(fields[3], "/")
		return true
	})
	_, router6, _ := strings.Cut(within(w.phone, "ip", "-6", "route", "show", "default"), "via ")
	router6 = strings.Fields(router6 + " ?")[0]
	box6 := strings.Split(strings.Fields(within(w.box, "ip", "-6", "-o", "addr", "show", "dev", "guests0", "scope", "global"))[3], "/")[0]
	for _, c := range []struct {
		what, address string
		open          []int
	}{
		{"the box", box, []int{53}}, {"its uplink side", uplink4, nil},
		{"the box, IPv6", box6, []int{53}}, {"its uplink side, IPv6", uplink6, nil}, {"the box, link-local", router6 + "%wlan0", []int{53}},
		{"the site", site4, nil}, {"the site, IPv6", site6, nil}, {"the second phone", other, nil}, {"the second phone, IPv6", other6, nil},
	} {
		if open := w.sweep(w.phone, c.address); !slices.Equal(open, c.open) {
			t.Errorf("%s (%s) answers on %v, want %v", c.what, c.address, open, c.open)
		}
		if heard := w.say(w.phone, c.address); len(heard) > 0 {
			t.Errorf("%s (%s) hears datagrams on %v", c.what, c.address, heard)
		}
	}
	if got := within(w.phone, "curl", "-sk", "-m", "10", "https://"+internet4+"/"); got != "hello" {
		t.Errorf("the Internet does not answer: %q", got)
	}
	if heard := w.say(w.phone, internet4); !slices.Equal(heard, datagrams) {
		t.Errorf("the Internet hears datagrams on %v", heard)
	}
	r.stop()
}

// sweep connects to every TCP port, many at once; those that answer are open.
func (w *world) sweep(from *nettest.Space, address string) (open []int) {
	w.t.Helper()
	to, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		w.t.Fatal(err)
	}
	from.Do(w.t, func() {
		if to.Zone != "" {
			i, err := net.InterfaceByName(to.Zone)
			if err != nil {
				w.t.Fatal(err)
			}
			to.Zone = fmt.Sprint(i.Index)
		}
		const at = 8192
		for first := 1; first <= 65535; first += at {
			open = append(open, w.knock(to, first, min(first+at, 65536))...)
		}
	})
	return open
}

// knock begins to connect to all of these ports, and looks a moment later who answered.
func (w *world) knock(to *net.TCPAddr, first, end int) (open []int) {
	w.t.Helper()
	sockets := make([]unix.PollFd, 0, end-first)
	for port := first; port < end; port++ {
		fd, err := begin(to, port)
		if err != nil {
			w.t.Fatal(err)
		}
		defer unix.Close(fd)
		sockets = append(sockets, unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT})
	}
	time.Sleep(200 * time.Millisecond)
	if _, err := unix.Poll(sockets, 0); err != nil && err != unix.EINTR {
		w.t.Fatal(err)
	}
	for i := range sockets {
		if _, err := unix.Getpeername(int(sockets[i].Fd)); err == nil {
			open = append(open, first+i)
		}
	}
	return open
}

// begin begins to connect.
func begin(to *net.TCPAddr, port int) (int, error) {
	family, address := unix.AF_INET, unix.Sockaddr(nil)
	if four := to.IP.To4(); four != nil {
		address = &unix.SockaddrInet4{Port: port, Addr: [4]byte(four)}
	} else {
		zone, _ := strconv.Atoi(to.Zone)
		family, address = unix.AF_INET6, &unix.SockaddrInet6{Port: port, ZoneId: uint32(zone), Addr: [16]byte(to.IP)}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fd, err
	}
	switch err := unix.Connect(fd, address); err {
	case nil, unix.EINPROGRESS, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ECONNREFUSED, unix.EINTR:
		return fd, nil
	default:
		unix.Close(fd)
		return fd, err
	}
}

// say sends a datagram to each of the usual ports, and gives the ports where it
// was heard, by whomever.
func (w *world) say(from *nettest.Space, address string) (heard []int) {
	w.t.Helper()
	from.Do(w.t, func() {
		for _, port := range datagrams {
			if c, err := net.Dial("udp", net.JoinHostPort(address, fmt.Sprint(port))); err == nil {
				fmt.Fprintf(c, "%s %d", address, port)
				c.Close()
			}
		}
	})
	time.Sleep(300 * time.Millisecond)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, port := range datagrams {
		if slices.Contains(w.heard, fmt.Sprintf("%s %d", address, port)) {
			heard = append(heard, port)
		}
	}
	return heard
}

func TestContainedLetsNothingOut(t *testing.T) {
	w := newWorld(t)
	nettest.Need(t, "tcpdump", "tcpdump")
	seen := filepath.Join(w.folder, "uplink.pcap")
	dump := w.street.Command("tcpdump", "-Z", "root", "-U", "-n", "-i", "isp0", "-w", seen, "not arp and not igmp and not dst net ff02::/16 and not (icmp6 and ip6[40] >= 133 and ip6[40] <= 137)") // what neighbours say to each other
	w.begin(dump)
	eventually(t, "tcpdump", func() bool { _, err := os.Stat(seen); return err == nil })
	r := w.hotspot("--contained")
	r.says("open: guests0")
	_, box := w.join(w.phone)
	if got := within(w.phone, "dig", "+short", "+time=3", "@"+box, "spy.test"); got != "192.0.2.1" {
		t.Errorf("spy.test is %q", got)
	}
	if got := within(w.phone, "dig", "+short", "+time=3", "@8.8.8.8", "www.example.test"); got != "192.0.2.1" {
		t.Errorf("asked elsewhere, www.example.test is %q", got)
	}
	for _, address := range []string{"192.0.2.1", internet4, "8.8.8.8"} {
		if got := within(w.phone, "curl", "-sk", "-m", "5", "https://"+address+"/"); got != "" {
			t.Errorf("%s said %q", address, got)
		}
	}
	for _, address := range []string{internet4, internet6, site4, "192.0.2.1"} {
		within(w.phone, "ping", "-c", "1", "-W", "1", address)
		w.say(w.phone, address)
	}
	r.says("finding: c2-name detected spy.test")
	if code := r.stop(); code != 20 || !strings.Contains(r.answer.String(), `"contained"`) {
		t.Errorf("exit status %d: %s", code, r.answer.String())
	}
	// One packet of the box itself, so that it is known that the uplink was seen.
	w.box.Run(t, "ping", "-c", "1", "-p", "feedfacefeedface", internet4)
	var out string
	eventually(t, "the box's own packet", func() bool {
		out = within(w.street, "tcpdump", "-Z", "root", "-n", "-r", seen)
		return strings.Contains(out, "ICMP echo request")
	})
	if lines := strings.Count(out, " IP "); strings.Contains(out, "IP6") || lines > 2 || strings.Count(out, internet4) != lines {
		t.Errorf("this left: %s", out)
	}
}

func TestVisibilityBringsQuestionsHome(t *testing.T) {
	w := newWorld(t)
	r := w.hotspot("--visibility")
	r.says("open: guests0")
	_, box := w.join(w.phone)
	if got := within(w.phone, "dig", "+time=3", "@"+box, "mask.icloud.com"); !strings.Contains(got, "NXDOMAIN") {
		t.Errorf("mask.icloud.com: %s", got)
	}
	if got := within(w.phone, "dig", "+short", "+time=3", "@8.8.8.8", "www.example.test"); got != internet4 {
		t.Errorf("asked elsewhere, www.example.test is %q", got)
	}
	if code := r.stop(); code == 1 || !strings.Contains(r.answer.String(), `"visibility"`) {
		t.Errorf("exit status %d: %s", code, r.answer.String())
	}
}

// Whatever ends it, nothing is left, and nobody else's rules were touched.
func TestNothingIsLeft(t *testing.T) {
	w := newWorld(t)
	w.sh(w.box, "nft -f - <<'N'\n"+foreign+"\nN\n")
	before := w.kernel()
	asBefore := func(what string) {
		t.Helper()
		eventually(t, what+": the machine as it was", func() bool { return w.kernel() == before && len(w.children()) == 0 })
		if after := w.kernel(); after != before {
			t.Errorf("%s: before\n%s\nafter\n%s", what, before, after)
		}
		if entries, _ := os.ReadDir(w.runtime()); len(entries) > 1 {
			t.Errorf("%s: files left: %v", what, entries)
		}
	}
	r := w.hotspot()
	r.says("open: guests0")
	during := w.kernel()
	if !strings.Contains(during, "table inet tinycheck") || during == before {
		t.Errorf("while it runs: %s", during)
	}
	w.private()
	r.stop()
	asBefore("stopped")

	r = w.hotspot()
	r.says("open: guests0")
	r.Process.Kill()
	r.Wait()
	asBefore("killed")

	r = w.hotspot()
	r.says("open: guests0")
	w.killAll()
	r.Wait()
	if w.kernel() == before {
		t.Error("everything was killed, and it was taken back nevertheless: by whom?")
	}
	if out, err := w.box.Command(binary, "undo", "--runtime-dir", w.runtime()).CombinedOutput(); err != nil {
		t.Errorf("undo: %v: %s", err, out)
	}
	asBefore("killed with its keeper")

	r = w.hotspot()
	r.says("open: guests0")
	w.killAll()
	r.Wait()
	r = w.hotspot()
	r.says("open: guests0")
	r.stop()
	asBefore("killed, and started again")
}

// private checks that nobody else can read what the program keeps while it runs.
// Its children, who run as somebody else, may pass through the folder.
func (w *world) private() {
	w.t.Helper()
	files := 0
	filepath.WalkDir(w.runtime(), func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			w.t.Error(err)
			return nil
		}
		files++
		most := os.FileMode(0o700)
		if path == w.runtime() {
			most = 0o710
		}
		if info, err := entry.Info(); err == nil && info.Mode().Perm()&^most != 0 {
			w.t.Errorf("%s is %v", path, info.Mode())
		}
		return nil
	})
	if files < 4 {
		w.t.Errorf("%d files while it runs", files)
	}
}

// killAll kills everything in the box at once.
func (w *world) killAll() {
	for range 3 {
		out, _ := exec.Command("ip", "netns", "pids", "box").Output()
		for _, pid := range strings.Fields(string(out)) {
			exec.Command("kill", "-STOP", pid).Run()
		}
		for _, pid := range strings.Fields(string(out)) {
			exec.Command("kill", "-KILL", pid).Run()
		}
	}
}

func TestASecondOneSaysWhoIsThere(t *testing.T) {
	w := newWorld(t)
	r := w.hotspot()
	r.says("open: guests0")
	second := w.hotspot()
	if line := second.says("tinycheck: "); !strings.Contains(line, fmt.Sprint(r.Process.Pid)) {
		t.Errorf("it said %q, not the process %d", line, r.Process.Pid)
	}
	if code := second.ended(); code != 1 {
		t.Errorf("exit status %d", code)
	}
	if code := r.stop(); code == 1 {
		t.Errorf("the first one failed: %s", strings.Join(r.seen, "\n"))
	}
}

// ended waits for the end of one that ends by itself.
func (r *run) ended() int {
	for line := range r.lines {
		r.seen = append(r.seen, line)
	}
	r.Wait()
	return r.ProcessState.ExitCode()
}

// A terminal that is closed, or a log that nobody reads any more, costs no answer.
func TestNobodyListensAnyMore(t *testing.T) {
	w := newWorld(t)
	r := w.hotspot()
	r.says("open: guests0")
	_, box := w.join(w.phone)
	within(w.phone, "dig", "+short", "+time=3", "@"+box, "spy.test")
	r.says("finding: c2-name detected spy.test")
	r.errors.Close()
	within(w.phone, "dig", "+short", "+time=3", "@"+box, "more.spy.test")
	w.join(w.second) // is said to nobody
	time.Sleep(500 * time.Millisecond)
	if err := r.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	r.Wait()
	if code := r.ProcessState.ExitCode(); code != 20 || !strings.Contains(r.answer.String(), `"answer": "detected"`) {
		t.Errorf("exit status %d: %s", code, r.answer.String())
	}
}

// What would fail in the end is said before a network is opened.
func TestAFileThatCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	there := filepath.Join(w.folder, "there.pcapng")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for file, words := range map[string]string{there: "--overwrite", "/nowhere/phone.pcapng": "/nowhere"} {
		r := w.hotspot("-w", file)
		if line := r.says("tinycheck: "); !strings.Contains(line, words) {
			t.Errorf("%s: %q", file, line)
		}
		if code := r.ended(); code != 1 || slices.ContainsFunc(r.seen, func(s string) bool { return strings.HasPrefix(s, "open:") }) {
			t.Errorf("%s: exit status %d: %v", file, code, r.seen)
		}
	}
}

// The whole box can be tried without a phone and without Internet.
func TestASimulatedPhone(t *testing.T) {
	nettest.Need(t, "dnsmasq-base", "dnsmasq")
	w := &world{t: t, folder: t.TempDir(), box: nettest.New(t, "box")}
	t.Cleanup(func() { os.RemoveAll(w.runtime()) })
	simulated := w.start(w.box.Command(binary, "simulate", "stalkerware-dns", "-i", "sim0", "--speed", "0"))
	words := simulated.says("  tinycheck hotspot")
	r := w.start(w.box.Command(binary, append(strings.Fields(words)[1:], "--plain", "--format", "json", "--data-dir", w.folder, "--runtime-dir", w.runtime())...))
	r.says("open: sim0")
	r.says("joined: 02:")
	r.says("finding: c2-name detected ")
	simulated.says("The phone has done everything.")
	if code := r.stop(); code != 20 {
		t.Errorf("exit status %d: %s", code, strings.Join(r.seen, "\n"))
	}
	if code := simulated.stop(); code != 0 || !strings.Contains(simulated.answer.String(), "unanswered 0, broken 0") {
		t.Errorf("exit status %d: %s", code, simulated.answer.String())
	}
}

// An ordinary user with three capabilities can do all of it.
func TestAsAnOrdinaryUser(t *testing.T) {
	if raw, err := os.ReadFile("/proc/self/uid_map"); err != nil || len(strings.Fields(string(raw))) != 3 || strings.Fields(string(raw))[2] == "1" {
		t.Skip("skipped: there is only one user in this namespace (run as root)")
	}
	w := newWorld(t)
	if err := os.Mkdir(w.runtime(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(w.runtime(), 65534, 65534); err != nil {
		t.Fatal(err)
	}
	before := w.kernel()
	caps := "+net_admin,+net_raw,+net_bind_service"
	list := "/run/list.txt"
	if err := os.WriteFile(list, []byte("spy.test\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := w.start(w.box.Command("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps="+caps, "--ambient-caps="+caps, "--bounding-set=-all,"+caps, "--no-new-privs",
		binary, "hotspot", "-i", "guests0", "--wired", "--uplink-dns", resolver, "--indicators", list, "--plain", "--runtime-dir", w.runtime()))
	r.says("open: guests0")
	_, box := w.join(w.phone)
	within(w.phone, "dig", "+short", "+time=3", "@"+box, "spy.test")
	r.says("finding: c2-name detected spy.test")
	if code := r.stop(); code != 20 {
		t.Errorf("exit status %d: %s", code, strings.Join(r.seen, "\n"))
	}
	eventually(t, "the machine as it was", func() bool { return w.kernel() == before })
}
