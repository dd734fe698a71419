//go:build e2e && linux

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestHostPIDOfTheMainProcess(t *testing.T) {
	t.Parallel()
	owner := run(t)
	for _, b := range []*box{
		owner,
		run(t, "--init"),
		run(t, "--pid", "host"),
		run(t, "--pid", "container:"+owner.name),
		run(t, "--user", "33"),
	} {
		for _, ref := range []string{b.name, b.id, b.id[:12]} {
			wantPIDs(t, ask(t, "host-pid", ref), b.pid())
		}
	}
}

func wantPIDs(t *testing.T, a answer, want ...int) {
	t.Helper()
	lines := ""
	for _, pid := range want {
		lines += fmt.Sprintln(pid)
	}
	if a.stdout != lines {
		t.Errorf("want %v\n%s", want, a)
	}
}

// told starts a process that writes down the PID it has in its own namespace,
// and returns that number and the process as the host has it, found by an
// argument that no other process has. shell is what it is started by.
func (b *box) told(shell string) (inside int, outside process) {
	b.t.Helper()
	mark := "/tmp/" + random()
	b.sh(fmt.Sprintf(`mkfifo %[1]s.pipe; echo "sh -c 'echo \$\$ >%[1]s; exec cat %[1]s.pipe' & wait" >%[1]s.sh`, mark))
	docker(b.t, "exec", "-d", b.name, "sh", "-c", shell+" "+mark+".sh")
	outside = byArgs(b.t, b.eventuallyWith("cat "+mark+".pipe"), "cat "+mark+".pipe")
	return atoi(b.sh("cat " + mark)), outside
}

func TestHostPIDOfWhatAProcessSaysOfItself(t *testing.T) {
	t.Parallel()
	owner := run(t)
	joiner := run(t, "--pid", "container:"+owner.name)
	for range 3 {
		inside, outside := owner.told("sh")
		wantPIDs(t, ask(t, "host-pid", owner.name, fmt.Sprint(inside)), outside.pid)
		// Whoever shares the namespace has the same numbers.
		wantPIDs(t, ask(t, "host-pid", joiner.name, fmt.Sprint(inside)), outside.pid)
	}
	inside, outside := joiner.told("sh")
	rows := askRows(t, "host-pid", owner.name, fmt.Sprint(inside))
	if r := rowOf(t, rows, outside.pid); r.StartedBy != joiner.name || value(r.ContainerPID) != inside {
		t.Errorf("a process of %s: %v", joiner.name, r)
	}
	wantPIDs(t, ask(t, "host-pid", joiner.name, "1"), owner.pid())
}

func TestHostPIDInTheHostsNamespace(t *testing.T) {
	t.Parallel()
	b := run(t, "--pid", "host")
	inside, outside := b.told("sh")
	if inside != outside.pid {
		t.Fatalf("%d told, %d found", inside, outside.pid)
	}
	wantPIDs(t, ask(t, "host-pid", b.name, fmt.Sprint(inside)), inside)
}

func TestHostPIDInANestedNamespace(t *testing.T) {
	t.Parallel()
	b := run(t, "--cap-add", "SYS_ADMIN")
	inside, outside := b.told("unshare -p -f sh")
	chain := outside.inside[1:]
	if len(chain) != 2 || inside != chain[1] || inside == 1 {
		t.Fatalf("%d told, by the kernel %+v", inside, outside)
	}
	wantPIDs(t, ask(t, "host-pid", b.name, fmt.Sprintf("%d>%d", chain[0], chain[1])), outside.pid)
	wantPIDs(t, ask(t, "host-pid", b.name, fmt.Sprintf("%d/%d", chain[0], chain[1])), outside.pid)
	wantPIDs(t, ask(t, "host-pid", b.name, fmt.Sprint(chain[0])), outside.pid)
	// The container itself has no such number, so only one can be meant.
	wantPIDs(t, ask(t, "host-pid", b.name, fmt.Sprint(inside)), outside.pid)

	again, other := b.told("unshare -p -f sh")
	if again != inside {
		t.Fatalf("%d told in a namespace like the one in which %d was", again, inside)
	}
	pidns(t, "host-pid", b.name, fmt.Sprint(inside)).wantStatus(t, 1).wantNothing(t).
		wantOneError(t, "ambiguous", fmt.Sprintf("%d>%d", chain[0], inside), fmt.Sprintf("%d>%d", other.inside[1], inside))
	wantPIDs(t, ask(t, "host-pid", b.name, fmt.Sprintf("%d>%d", other.inside[1], inside)), other.pid)
	wantPIDs(t, ask(t, "host-pid", b.name, "1"), b.pid())
}

func TestHostPIDsInOrder(t *testing.T) {
	t.Parallel()
	b := run(t)
	b.leave("exit 2")
	zombie := onlyKey(t, b.zombies(1))
	session := b.start(nil, "sleep", "2222")
	inside := func(pid int) string {
		p, _ := readProcess(pid)
		return fmt.Sprint(p.inside[1])
	}
	wantPIDs(t, ask(t, "host-pid", b.name, inside(session), "1", inside(zombie), "1"), session, b.pid(), zombie, b.pid())

	// What is not there takes nothing from the rest.
	a := pidns(t, "host-pid", b.name, "1", "31999", inside(zombie), "no-number").wantStatus(t, 1)
	wantPIDs(t, a, b.pid(), zombie)
	a.wantError(t, b.name+" has no process 31999", `"no-number" is not a PID`)
	if strings.Count(a.stderr, "\n") != 2 {
		t.Errorf("want a line for each that is missing\n%s", a)
	}
	if rows := pidns(t, "host-pid", "--format", "json", b.name, inside(zombie)).rows(t); !rowOf(t, rows, zombie).Zombie {
		t.Errorf("a zombie: %v", rows)
	}
}

// Without an argument it is the docker ps of PIDs.
func TestHostPIDTable(t *testing.T) {
	t.Parallel()
	group := "e2e-table=" + random()
	boxes := []*box{run(t, "--label", group), run(t, "--label", group, "--init"), run(t, "--label", group)}
	boxes[0].leave("exit 2")
	boxes[0].zombies(1)
	settled(t, boxes[0], 2)
	settled(t, boxes[1], 2)
	var want []string
	for name := range strings.Lines(docker(t, "ps", "--filter", "label="+group, "--format", "{{.Names}}")) {
		name = strings.TrimSpace(name)
		want = append(want, name+" "+docker(t, "inspect", "--format", "{{.State.Pid}}", name))
	}
	slices.Sort(want)
	a := ask(t, "host-pid", "--filter", "label="+group, "--format", "{{.Container}} {{.HostPID}}")
	if got := strings.Split(strings.TrimSpace(a.stdout), "\n"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	rows := askRows(t, "host-pid", "--filter", "label="+group)
	if r := rowOf(t, rows, boxes[0].pid()); value(r.Processes) != 2 || value(r.Zombies) != 1 {
		t.Errorf("2 processes, 1 zombie: %v", r)
	}
	ask(t, "host-pid", "--filter", "label="+group).want(t, "CONTAINER", "HOST PID", "PROCS", "ZOMBIES", "sleep infinity")
	for _, b := range boxes {
		if !slices.Contains(strings.Fields(ask(t, "host-pid", "-q").stdout), fmt.Sprint(b.pid())) {
			t.Errorf("%s is missing among all", b.name)
		}
	}
}
