//go:build e2e && linux

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

func TestHostPIDOfTheMainProcess(t *testing.T) {
	t.Parallel()
	owner := Run(t)
	for _, b := range []*Box{
		owner,
		Run(t, "--init"),
		Run(t, "--pid", "host"),
		Run(t, "--pid", "container:"+owner.Name),
		Run(t, "--user", "33"),
	} {
		for _, ref := range []string{b.Name, b.ID, b.ID[:12]} {
			wantPIDs(t, Ask(t, "host-pid", ref), b.PID())
		}
	}
}

func wantPIDs(t *testing.T, a Answer, want ...int) {
	t.Helper()
	lines := ""
	for _, pid := range want {
		lines += fmt.Sprintln(pid)
	}
	if a.Stdout != lines {
		t.Errorf("want %v\n%s", want, a)
	}
}

// told starts a process that writes its PID in its own namespace. It returns that number and the
// process on the host, found by an argument that no other process has. shell is what it is
// started with.
func told(b *Box, shell string) (inside int, outside Process) {
	b.T.Helper()
	mark := "/tmp/" + Random()
	b.Sh(fmt.Sprintf(`mkfifo %[1]s.pipe; echo "sh -c 'echo \$\$ >%[1]s; exec cat %[1]s.pipe' & wait" >%[1]s.sh`, mark))
	Docker(b.T, "exec", "-d", b.Name, "sh", "-c", shell+" "+mark+".sh")
	outside = ByArgs(b.T, b.EventuallyWith("cat "+mark+".pipe"), "cat "+mark+".pipe")
	return Atoi(b.Sh("cat " + mark)), outside
}

func TestHostPIDOfWhatAProcessSaysOfItself(t *testing.T) {
	t.Parallel()
	owner := Run(t)
	joiner := Run(t, "--pid", "container:"+owner.Name)
	for range 3 {
		inside, outside := told(owner, "sh")
		wantPIDs(t, Ask(t, "host-pid", owner.Name, fmt.Sprint(inside)), outside.PID)
		// Containers that share the namespace have the same numbers.
		wantPIDs(t, Ask(t, "host-pid", joiner.Name, fmt.Sprint(inside)), outside.PID)
	}
	inside, outside := told(joiner, "sh")
	rows := AskRows(t, "host-pid", owner.Name, fmt.Sprint(inside))
	if r := RowOf(t, rows, outside.PID); r.StartedBy != joiner.Name || Value(r.ContainerPID) != inside {
		t.Errorf("a process of %s: %v", joiner.Name, r)
	}
	wantPIDs(t, Ask(t, "host-pid", joiner.Name, "1"), owner.PID())
}

func TestHostPIDInTheHostsNamespace(t *testing.T) {
	t.Parallel()
	b := Run(t, "--pid", "host")
	inside, outside := told(b, "sh")
	if inside != outside.PID {
		t.Fatalf("%d told, %d found", inside, outside.PID)
	}
	wantPIDs(t, Ask(t, "host-pid", b.Name, fmt.Sprint(inside)), inside)
}

func TestHostPIDInANestedNamespace(t *testing.T) {
	t.Parallel()
	b := Run(t, "--cap-add", "SYS_ADMIN")
	inside, outside := told(b, "unshare -p -f sh")
	chain := outside.Inside[1:]
	if len(chain) != 2 || inside != chain[1] || inside == 1 {
		t.Fatalf("%d told, by the kernel %+v", inside, outside)
	}
	wantPIDs(t, Ask(t, "host-pid", b.Name, fmt.Sprintf("%d>%d", chain[0], chain[1])), outside.PID)
	wantPIDs(t, Ask(t, "host-pid", b.Name, fmt.Sprintf("%d/%d", chain[0], chain[1])), outside.PID)
	wantPIDs(t, Ask(t, "host-pid", b.Name, fmt.Sprint(chain[0])), outside.PID)
	// The container itself has no such number, so it is not ambiguous.
	wantPIDs(t, Ask(t, "host-pid", b.Name, fmt.Sprint(inside)), outside.PID)

	again, other := told(b, "unshare -p -f sh")
	if again != inside {
		t.Fatalf("%d told in a namespace like the one in which %d was", again, inside)
	}
	PIDNS(t, "host-pid", b.Name, fmt.Sprint(inside)).WantStatus(t, 1).WantNothing(t).
		WantOneError(t, "ambiguous", fmt.Sprintf("%d>%d", chain[0], inside), fmt.Sprintf("%d>%d", other.Inside[1], inside))
	wantPIDs(t, Ask(t, "host-pid", b.Name, fmt.Sprintf("%d>%d", other.Inside[1], inside)), other.PID)
	wantPIDs(t, Ask(t, "host-pid", b.Name, "1"), b.PID())
}

func TestHostPIDsInOrder(t *testing.T) {
	t.Parallel()
	b := Run(t)
	b.Leave("exit 2")
	zombie := onlyKey(t, b.Zombies(1))
	session := b.Start(nil, "sleep", "2222")
	inside := func(pid int) string {
		p, _ := ReadProcess(pid)
		return fmt.Sprint(p.Inside[1])
	}
	wantPIDs(t, Ask(t, "host-pid", b.Name, inside(session), "1", inside(zombie), "1"), session, b.PID(), zombie, b.PID())

	// A missing process does not affect the other answers.
	a := PIDNS(t, "host-pid", b.Name, "1", "31999", inside(zombie), "no-number").WantStatus(t, 1)
	wantPIDs(t, a, b.PID(), zombie)
	a.WantError(t, b.Name+" has no process 31999", `"no-number" is not a PID`)
	if strings.Count(a.Stderr, "\n") != 2 {
		t.Errorf("want a line for each that is missing\n%s", a)
	}
	if rows := PIDNS(t, "host-pid", "--format", "json", b.Name, inside(zombie)).Rows(t); !RowOf(t, rows, zombie).Zombie {
		t.Errorf("a zombie: %v", rows)
	}
}

// Without an argument it is like docker ps for PIDs.
func TestHostPIDTable(t *testing.T) {
	t.Parallel()
	group := "e2e-table=" + Random()
	boxes := []*Box{Run(t, "--label", group), Run(t, "--label", group, "--init"), Run(t, "--label", group)}
	boxes[0].Leave("exit 2")
	boxes[0].Zombies(1)
	settled(t, boxes[0], 2)
	settled(t, boxes[1], 2)
	var want []string
	for name := range strings.Lines(Docker(t, "ps", "--filter", "label="+group, "--format", "{{.Names}}")) {
		name = strings.TrimSpace(name)
		want = append(want, name+" "+Docker(t, "inspect", "--format", "{{.State.Pid}}", name))
	}
	slices.Sort(want)
	a := Ask(t, "host-pid", "--filter", "label="+group, "--format", "{{.Container}} {{.HostPID}}")
	if got := strings.Split(strings.TrimSpace(a.Stdout), "\n"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	rows := AskRows(t, "host-pid", "--filter", "label="+group)
	if r := RowOf(t, rows, boxes[0].PID()); Value(r.Processes) != 2 || Value(r.Zombies) != 1 {
		t.Errorf("2 processes, 1 zombie: %v", r)
	}
	Ask(t, "host-pid", "--filter", "label="+group).Want(t, "CONTAINER", "HOST PID", "PROCS", "ZOMBIES", "sleep infinity")
	for _, b := range boxes {
		if !slices.Contains(strings.Fields(Ask(t, "host-pid", "-q").Stdout), fmt.Sprint(b.PID())) {
			t.Errorf("%s is missing among all", b.Name)
		}
	}
}
