//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// The host's own namespaces are those of its kernel threads, and the containers that use them
// are named.
func TestNSOfTheHost(t *testing.T) {
	t.Parallel()
	hostly, apart := Run(t, "--uts", "host"), Run(t)
	for _, r := range nsRows(t, Ask(t, "ns", "--host", "--format", "json")) {
		link, err := os.Readlink("/proc/2/ns/" + r.Type)
		if err != nil {
			t.Fatal(err)
		}
		if r.Inode == nil || link != fmt.Sprintf("%s:[%d]", r.Type, *r.Inode) {
			t.Errorf("%+v, the kernel says %s", r, link)
		}
		for _, b := range []*Box{hostly, apart} {
			theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", b.PID(), r.Type))
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Contains(r.Members, b.Name); got != (theirs == link) {
				t.Errorf("%s: %s is a member: %v, its own is %s", r.Type, b.Name, got, theirs)
			}
		}
	}
	PIDNS(t, "ns", "--host", apart.Name).WantStatus(t, 125).WantNothing(t).WantOneError(t, "--host is about the host")
}

// A main process that has left a namespace that it should share is neither as declared nor
// stale, because no container was restarted.
func TestNSThatWasLeft(t *testing.T) {
	t.Parallel()
	may := []string{"--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"}
	owner := runJoined(t)
	joiner := runJoined(t, append(may, "--network", "container:"+owner.Name, "--", "unshare", "-n", "sleep", "infinity")...)
	hostly := runJoined(t, append(may, "--uts", "host", "--", "unshare", "-u", "sleep", "infinity")...)
	link := func(pid int, nsType string) string {
		found, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, nsType))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	Eventually(t, "both to have left", func() bool {
		return link(joiner.PID(), "net") != link(owner.PID(), "net") && link(hostly.PID(), "uts") != link(2, "uts")
	})
	a := askNS(t, joiner, hostly).WantNoWordOf(t, "stale")
	a.WantCell(t, joiner.Name, "NET", "LEFT ="+owner.Name)
	a.WantCell(t, hostly.Name, "UTS", "LEFT =host")
	a.WantRemark(t, joiner, owner.Name+" was not restarted")
	a.WantRemark(t, hostly, "--uts=host", "has left the host's uts namespace")
	Ask(t, "tree", joiner.Name).Want(t, "net not that of "+owner.Name)
	Ask(t, "tree", hostly.Name).Want(t, "uts not the host's")
	// A restart of the owner makes it stale all the same.
	Docker(t, "restart", "-t", "0", owner.Name)
	askNS(t, joiner).WantCell(t, joiner.Name, "NET", "STALE ="+owner.Name)
}

// A container that joins one with the host's namespaces has them too, as the kernel's links
// show. The consequences are reported.
func TestNSOfTheHostsByAJoin(t *testing.T) {
	t.Parallel()
	owner := runJoined(t, "--network", "host", "--pid", "host")
	joiner := runJoined(t, "--network", "container:"+owner.Name, "--pid", "container:"+owner.Name)
	for _, nsType := range []string{"net", "pid"} {
		theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", joiner.PID(), nsType))
		if hosts, errHosts := os.Readlink("/proc/2/ns/" + nsType); err != nil || errHosts != nil || theirs != hosts {
			t.Fatalf("the joiner has %s, the host %s: %v, %v", theirs, hosts, err, errHosts)
		}
	}
	a := askNS(t, joiner)
	a.WantCell(t, joiner.Name, "PID", "host")
	a.WantCell(t, joiner.Name, "NET", "host")
	a.WantRemark(t, joiner, "--pid=container:"+owner.Name, "the host's", "sees every process of the host")
	a.WantRemark(t, joiner, "--network=container:"+owner.Name, "the host's", "ports")
	Ask(t, "tree", joiner.Name).Want(t, "pid namespace the host's; net the host's")
	Call{Through: append(nobody(t), "docker", "pidns")}.Run(t, "tree", joiner.Name).Want(t, "pid namespace the host's")
}

// A process that has left a namespace of its container is marked, as the kernel's links of it
// and of the main process show.
func TestMarksWhoHasLeft(t *testing.T) {
	t.Parallel()
	b := Run(t, "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--", "sh", "-c", "unshare -n sleep 4711 & sleep infinity")
	left := ByArgs(t, b.EventuallyWith("sleep 4711"), "sleep 4711")
	mine, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", left.PID))
	if err != nil {
		t.Fatal(err)
	}
	if theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", b.PID())); err != nil || theirs == mine {
		t.Fatalf("it has not left: %s and %s, %v", mine, theirs, err)
	}
	a := Ask(t, "tree", b.Name)
	for line := range strings.Lines(a.Stdout) {
		if marked := strings.Contains(line, "(other net namespace)"); marked != strings.Contains(line, "sleep 4711") {
			t.Errorf("%q is marked: %v\n%s", line, marked, a)
		}
	}
	got := PIDNS(t, "tree", b.Name, "--format", "{{.HostPID}} {{.LeftNamespaces}}").Stdout
	if want := fmt.Sprintf("%d [net]\n", left.PID); !strings.Contains(got, want) || strings.Count(got, "[net]") != 1 {
		t.Errorf("got\n%swant %s", got, want)
	}
	inside := fmt.Sprint(left.Inside[1])
	Ask(t, "host-pid", b.Name, "1", inside, "--format", "{{.HostPID}} {{.LeftNamespaces}}").Want(t, fmt.Sprintf("%d []\n%d [net]\n", b.PID(), left.PID))
	for line := range strings.Lines(Ask(t, "host-pid", b.Name, "1", inside, "--format", "table").Stdout) {
		if marked := strings.Contains(line, "(other net namespace)"); marked != strings.Contains(line, " sleep 4711") {
			t.Errorf("%q is marked: %v", line, marked)
		}
	}
	Ask(t, "host-pid", b.Name, inside).Want(t, fmt.Sprintln(left.PID))
}

// A single thread can leave a namespace while its process stays. Only the kernel's links of that
// thread show it.
func TestMarksTheThreadThatHasLeft(t *testing.T) {
	t.Parallel()
	b := Run(t, "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--", "workload", "thread-leaves")
	var inside string
	Eventually(t, "the thread to have left", func() bool {
		inside = Docker(t, "logs", b.Name)
		return inside != ""
	})
	main := b.PID()
	ofProcess, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", main))
	if err != nil {
		t.Fatal(err)
	}
	var apart []string
	for _, tid := range threadsOf(main) {
		if link, err := os.Readlink(fmt.Sprintf("/proc/%d/task/%d/ns/net", main, tid)); err == nil && link != ofProcess {
			apart = append(apart, fmt.Sprint(tid))
		}
	}
	if len(apart) != 1 {
		t.Fatalf("threads %v are apart, want one", apart)
	}
	Ask(t, "tree", b.Name).Want(t, "(thread "+apart[0]+" in other net namespace)")
	Ask(t, "host-pid", b.Name, "--format", "table").Want(t, "(thread "+apart[0]+" in other net namespace)")
	Ask(t, "who", apart[0], "--format", "{{.Role}} {{.ThreadOf}} {{.ContainerPID}}").Want(t, fmt.Sprintf("thread %d %s\n", main, inside))
	for _, which := range [][]string{{b.Name}, {"--filter", "name=" + b.Name}} {
		args := append([]string{"tree", "--format", "{{range .LeftThreads}}{{.HostTID}} {{.ContainerTIDs}} {{.Namespaces}}{{end}}"}, which...)
		Ask(t, args...).Want(t, apart[0]+" ["+inside+"] [net]\n")
	}
}

// The header names the containers that share the other namespaces, as docker was configured and
// the kernel confirms.
func TestTreeHeaderNamesSharers(t *testing.T) {
	t.Parallel()
	owner := Run(t, "--ipc", "shareable")
	joiner := runJoined(t, "--ipc", "container:"+owner.Name, "--uts", "host", "--network", "container:"+owner.Name)
	Ask(t, "tree", owner.Name).Want(t, "ipc joined by "+joiner.Name, "net joined by "+joiner.Name)
	Ask(t, "tree", joiner.Name).Want(t, "uts the host's", "ipc of "+owner.Name, "net of "+owner.Name)
	Docker(t, "restart", "-t", "0", owner.Name)
	Ask(t, "tree", joiner.Name).Want(t, "net STALE, was that of "+owner.Name, "ipc STALE, was that of "+owner.Name)
	a := Ask(t, "tree", owner.Name)
	for _, word := range []string{"joined by", "STALE"} {
		if strings.Contains(a.Stdout, word) {
			t.Errorf("nobody shares the new namespaces, but:\n%s", a)
		}
	}
	Docker(t, "restart", "-t", "0", joiner.Name)
	Ask(t, "tree", joiner.Name).Want(t, "net of "+owner.Name)
}
