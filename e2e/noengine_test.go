//go:build e2e && linux

package e2e

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// startKilledEngine starts an engine with a container, and kills the daemon: the container
// runs on.
func startKilledEngine(t *testing.T, meanwhile func(e *otherEngine)) *otherEngine {
	t.Helper()
	e := startOtherEngine(t)
	meanwhile(e)
	exec, _ := strings.CutPrefix(e.host, "unix://")
	folder := filepath.Dir(exec)
	daemon := daemonOf(t, e)
	t.Cleanup(func() {
		for _, pid := range Mentioning(t, "containerd-shim", folder) {
			for _, p := range ProcessesOf(t, e.ID) {
				Kill(p.PID)
			}
			for _, child := range childrenOf(t, pid) {
				Kill(child)
			}
			Kill(pid)
		}
	})
	if err := syscall.Kill(daemon, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "the daemon to be gone", func() bool {
		_, err := Command("docker", "--host", e.host, "version")
		return err != nil
	})
	return e
}

func childrenOf(t *testing.T, parent int) []int {
	var children []int
	for _, pid := range AllPIDs(t) {
		if p, ok := ReadProcess(pid); ok && p.PPID == parent {
			children = append(children, pid)
		}
	}
	return children
}

// The containers of an engine that was killed run on, and are what it has left on disk of them.
// It is not run beside other tests: some of them ask at a socket where nothing listens, and
// expect that no container is left of an engine.
func TestKilledEngine(t *testing.T) {
	var before []string
	questions := [][]string{{"host-pid"}, {"ns"}, {"zombies"}, {"tree"}}
	ofThat := func(e *otherEngine, a Answer) string {
		var lines []string
		for line := range strings.Lines(a.WantStatus(t, 0).Stdout) {
			if strings.Contains(line, e.name) {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
	at := func(e *otherEngine) Call { return Call{Env: []string{"DOCKER_HOST=" + e.host}} }
	e := startKilledEngine(t, func(e *otherEngine) {
		for _, question := range questions {
			before = append(before, ofThat(e, at(e).Run(t, append(question, e.name)...)))
		}
	})
	there := at(e)
	for i, question := range questions {
		a := there.Run(t, append(question, e.name)...).WantError(t, "no engine answers at "+e.host, "names come from files of their engines")
		// The times that are shown go on.
		if got := ofThat(e, a); fieldsWithoutTimes(got) != fieldsWithoutTimes(before[i]) {
			t.Errorf("%q:\n got %s\nwant %s", question, got, before[i])
		}
	}
	wantPIDs(t, there.Run(t, "host-pid", e.name), Atoi(e.hostPID))
	there.Run(t, "doctor", e.name).WantStatus(t, 0).Want(t, "Not checked, because no engine answered:", "leftovers")
	there.Run(t, "doctor", "--fail-on", "leftovers", e.name).WantStatus(t, 4)
	there.Run(t, "signals", e.name).WantStatus(t, 0).Want(t, "wait 10s, then kill (137)")
	there.Run(t, "explain", e.name).WantStatus(t, 0).Want(t, "Main process", "PID "+e.hostPID+" on the host")
	there.Run(t, "host-pid", "nosuch-"+e.name).WantStatus(t, 1).WantError(t, "no running container: nosuch-"+e.name)
	there.Run(t, "version").WantStatus(t, 0).Want(t, "no engine answers at "+e.host)
	path := filepath.Join(ShortDir(t), "capture")
	there.Run(t, "snapshot", "-o", path).WantStatus(t, 0)
	PIDNS(t, "host-pid", "--from", path, e.name).WantStatus(t, 0).Want(t, e.hostPID)
}

// fieldsWithoutTimes are the words of a text but for those that are a time or a state, which
// change while a container runs.
func fieldsWithoutTimes(text string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(text), func(word string) bool {
		return len(word) > 1 && strings.HasSuffix(word, "s") && strings.Trim(word, "0123456789") == "s"
	}), " ")
}

// Without an engine the containers of all of them are found, and what is asked of Docker's is
// answered in the same way.
func TestWithoutEngine(t *testing.T) {
	t.Parallel()
	b := Run(t)
	zombie := onlyKey(t, leaveZombie(t, b))
	wantPIDs(t, PIDNS(t, "host-pid", "--engine", "none", b.Name).WantStatus(t, 0), b.PID())
	r := RowOf(t, PIDNS(t, "zombies", "--engine", "none", b.ID[:12], "--format", "json").WantStatus(t, 0).Rows(t), zombie)
	if r.Container != b.Name || r.ContainerID != b.ID {
		t.Errorf("got %v", r)
	}
	PIDNS(t, "tree", "--engine", "docker").WantStatus(t, 125).WantNothing(t).WantError(t, "--engine", "auto, none")
	PIDNS(t, "tree", "--engine", "none", "--from", "x").WantStatus(t, 125).WantNothing(t).WantError(t, "--engine")
}

func leaveZombie(t *testing.T, b *Box) map[int]Process {
	t.Helper()
	b.Leave("sh -c 'exit 5'")
	return b.Zombies(1)
}

// A container that was started with ctr (not beside other tests, as above) has the ID that was typed, and no cgroup that an
// engine's containers have.
func TestContainerOfCtr(t *testing.T) {
	if _, err := exec.LookPath("ctr"); err != nil {
		t.Skip("ctr is not installed")
	}
	e := startOtherEngine(t)
	socket, _ := strings.CutPrefix(e.host, "unix://")
	folder := filepath.Dir(socket)
	rootFS, name := filepath.Join(folder, "rootfs"), "ctr-"+Random()
	Docker(t, "--host", e.host, "create", "--name", name+"-image", Suite.Image, "true")
	if out, err := Command("sh", "-c", "mkdir "+rootFS+" && docker --host "+e.host+" export "+name+"-image | tar -x -C "+rootFS); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ctr := []string{"--address", filepath.Join(folder, "exec", "containerd", "containerd.sock"), "--namespace", "e2e"}
	t.Cleanup(func() {
		_, _ = Command("ctr", append(ctr, "tasks", "kill", "--signal", "SIGKILL", name)...)
		Eventually(t, "the container of ctr to end", func() bool {
			_, _ = Command("ctr", append(ctr, "tasks", "rm", name)...)
			return len(Mentioning(t, "containerd-shim", name)) == 0
		})
	})
	if out, err := Command("ctr", append(ctr, "run", "--null-io", "--detach", "--rootfs", rootFS, name, "/bin/sleep", "7779")...); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	rows := PIDNS(t, "tree", "--engine", "none", name, "--format", "json").WantStatus(t, 0).Rows(t)
	if !slices.ContainsFunc(rows, func(r Row) bool { return r.Role == "main" && r.Container == name && r.ContainerID == name }) {
		t.Errorf("got %v", rows)
	}
	PIDNS(t, "signals", "--engine", "none", name).WantStatus(t, 0).Want(t, "could not be read", "an init such as tini")
}

// In a container every command answers about that container, as far as it is seen from there.
func TestInsideAContainer(t *testing.T) {
	t.Parallel()
	b := Run(t, "--pids-limit", "60", "-v", Suite.Plugin+":/docker-pidns:ro")
	zombie := onlyKey(t, leaveZombie(t, b))
	number := b.Processes()[zombie].Inside[1]
	inside := Call{Through: []string{"docker", "exec", b.Name, "/docker-pidns"}}
	const note = "the container that docker pidns runs in"
	rows := inside.Run(t, "tree", "--format", "json").WantStatus(t, 0).WantError(t, note).Rows(t)
	main, left := RowOf(t, rows, 1), RowOf(t, rows, number)
	if main.Role != "main" || main.Container != "this" || main.ContainerID != b.ID || !main.NSInit {
		t.Errorf("PID 1 is %v", main)
	}
	if !left.Zombie || Value(left.ExitCode) != 5 {
		t.Errorf("the zombie is %v", left)
	}
	if !slices.ContainsFunc(rows, func(r Row) bool { return r.Role == "exec" && slices.Contains(r.Args, "/docker-pidns") }) {
		t.Errorf("this program's own exec session is missing: %v", rows)
	}
	tree := inside.Run(t, "tree").WantStatus(t, 0).Want(t, "CTR PID")
	if strings.Contains(tree.Stdout, "HOST PID") {
		t.Errorf("numbers of the host are shown:\n%s", tree.Stdout)
	}
	inside.Run(t, "zombies", "this").WantStatus(t, 0).Want(t, "1 zombie")
	inside.Run(t, "limits").WantStatus(t, 0).Want(t, "60")
	inside.Run(t, "signals").WantStatus(t, 0).Want(t, "wait 10s, then kill (137)", "likely")
	inside.Run(t, "explain", "this").WantStatus(t, 0).Want(t, "Its PID on the host cannot be determined from inside", "cannot be determined from inside")
	inside.Run(t, "doctor").WantStatus(t, 0).Want(t, "Not checked, because no engine answered")
	inside.Run(t, "tree", "other").WantStatus(t, 1).WantNothing(t).WantError(t, "no running container: other")
}
