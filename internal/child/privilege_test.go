package child_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestChildrenDieWithAParentThatIsKilled(t *testing.T) {
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			parent, out := again(t, "parent", s.begin(t))
			line, err := out.ReadString('\n')
			if err != nil || strings.HasPrefix(line, "error") {
				t.Fatalf("the parent said %q, %v", line, err)
			}
			pids := numbers(t, line)
			if len(pids) != 3 {
				t.Fatalf("the parent said %q", line)
			}
			for _, pid := range pids {
				if !alive(pid) {
					t.Errorf("child %d ended with the thread that called Start", pid)
				}
			}
			if err := parent.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			for _, pid := range pids {
				eventually(t, fmt.Sprintf("child %d ends with its parent", pid), func() bool { return !alive(pid) })
			}
		})
	}
}

func numbers(t *testing.T, line string) (list []int) {
	t.Helper()
	for _, word := range strings.Fields(line) {
		n, err := strconv.Atoi(word)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		list = append(list, n)
	}
	return list
}

func TestAChildHasTheNamedCapabilitiesAndNoOthers(t *testing.T) {
	only := fmt.Sprintf("%016x", 1<<unix.CAP_NET_ADMIN|1<<unix.CAP_NET_RAW)
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			status := said(t, "status", s.begin(t))
			for _, set := range []string{"CapEff", "CapPrm", "CapInh", "CapAmb"} {
				if got := field(status, set); got != only {
					t.Errorf("%s is %s, want %s", set, got, only)
				}
			}
			if got := field(status, "NoNewPrivs"); got != "1" {
				t.Errorf("NoNewPrivs is %s", got)
			}
			uid, _ := s.child()
			if want := strings.TrimSpace(strings.Repeat(strconv.Itoa(uid)+" ", 4)); field(status, "Uid") != want {
				t.Errorf("Uid is %s, want %s", field(status, "Uid"), want)
			}
			if got := field(status, "Groups"); s.name == "root" && got != "" {
				t.Errorf("Groups are %s, want none", got)
			}
		})
	}
}

func TestAChildWithoutCapabilitiesHasNone(t *testing.T) {
	status := output(t, script(t, "exec cat /proc/self/status"))
	for _, set := range []string{"CapEff", "CapPrm", "CapInh", "CapAmb"} {
		if got := field(status, set); got != "0000000000000000" {
			t.Errorf("%s is %q", set, got)
		}
	}
}

func TestChildrenRunAsSomebodyElseWhereThatIsPossible(t *testing.T) {
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			status := said(t, "status", s.begin(t))
			got := strings.Fields(field(status, "RunAs"))
			uid, gid := s.child()
			if want := []string{strconv.Itoa(uid), strconv.Itoa(gid), strconv.FormatBool(s.other)}; !slices.Equal(got, want) {
				t.Errorf("RunAs says %q, want %q", got, want)
			}
		})
	}
}

func TestACapabilityThatWeDoNotHaveIsRefusedWithWhatToDo(t *testing.T) {
	text := said(t, "greedy", asOrdinaryUser(t))
	for _, part := range []string{"run cat: it needs capability 16", "run as root", "AmbientCapabilities="} {
		if !strings.Contains(text, part) {
			t.Errorf("%q does not say %q", text, part)
		}
	}
	if strings.Contains(text, "CAP_NET_RAW") {
		t.Errorf("%q asks for what is there", text)
	}
}

func TestDropLeavesNothingToInherit(t *testing.T) {
	have := fmt.Sprintf("%016x", 1<<unix.CAP_NET_ADMIN|1<<unix.CAP_NET_RAW|1<<unix.CAP_NET_BIND_SERVICE)
	if before := said(t, "ordinary", asOrdinaryUser(t)); field(before, "CapEff") != have {
		t.Fatalf("a program inherits %s before Drop, want %s: the test shows nothing", field(before, "CapEff"), have)
	}
	text := said(t, "drop", asOrdinaryUser(t))
	if strings.Contains(text, "built with cgo") {
		t.Skip("skipped: Drop works in a build without cgo, as the product is; run with CGO_ENABLED=0")
	}
	threads := 0
	for line := range strings.Lines(text) {
		if left, ok := strings.CutPrefix(line, "thread "); ok {
			threads++
			if strings.TrimSpace(left) != "0000000000000000 "+have {
				t.Errorf("a thread has ambient and permitted %s", left)
			}
		}
	}
	if threads < 9 {
		t.Errorf("%d threads looked at, want more than 8", threads)
	}
	if got := field(text, "CapEff"); got != "0000000000000000" {
		t.Errorf("a program inherits %s after Drop", got)
	}
}

func TestFilesBelongToTheChildrenAlone(t *testing.T) {
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			uid, gid := s.child()
			want := fmt.Sprintf("private %d %d 700\nconf %d %d 600\n", uid, gid, uid, gid)
			if got := said(t, "whoami", s.begin(t)); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}
