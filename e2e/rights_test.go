//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// nobody is a user without rights but that to the engine's socket, as members
// of the docker group are.
func nobody(t *testing.T) []string {
	t.Helper()
	path, isUnix := strings.CutPrefix(suite.endpoint, "unix://")
	if !isUnix {
		t.Fatalf("these tests need an engine behind a unix socket, not %s", suite.endpoint)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	group := fmt.Sprint(info.Sys().(*syscall.Stat_t).Gid)
	return []string{"setpriv", "--reuid", "65534", "--regid", group, "--clear-groups", "--inh-caps=-all"}
}

func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	b := run(t)
	session := b.start(nil, "sleep", "2222")
	b.leave("exit 7")
	zombie := onlyKey(t, b.zombies(1))
	user := call{through: append(nobody(t), "docker", "pidns")}

	wantExactly(t, user.run(t, "tree", b.name, "--format", "json").wantStatus(t, 0).rows(t), b)
	wantPIDs(t, user.run(t, "host-pid", b.name).wantStatus(t, 0), b.pid())
	wantPIDs(t, user.run(t, "host-pid", b.name, "1").wantStatus(t, 0), b.pid())
	p, _ := readProcess(session)
	wantPIDs(t, user.run(t, "host-pid", b.name, fmt.Sprint(p.inside[1])).wantStatus(t, 0), session)

	for _, command := range []string{"tree", "zombies"} {
		r := rowOf(t, user.run(t, command, b.name, "--format", "json").wantStatus(t, 0).rows(t), zombie)
		if !r.Zombie || r.Exit != nil || r.ExitCode != nil || r.Signal != nil || r.Absent["ExitCode"] != "denied" || r.Absent["Exit"] != "denied" {
			t.Errorf("%s: an exit status that the kernel denies: %v", command, r)
		}
		a := user.run(t, command, b.name).wantStatus(t, 0).wantOneError(t, "exit codes need root: sudo docker pidns "+command)
		if strings.Contains(a.stdout, "exit 0") || strings.Contains(a.stdout, "exit 7") {
			t.Errorf("shows an exit status that it cannot know\n%s", a)
		}
	}
	a := user.run(t, "zombies", b.name)
	if !regexp.MustCompile(fmt.Sprintf(`%d +\d+ +sh +\? `, zombie)).MatchString(a.stdout) {
		t.Errorf("want EXIT ?\n%s", a)
	}
	user.run(t, "zombies", "--exit-code", b.name).wantStatus(t, 3)
	user.run(t, "version").wantStatus(t, 0).want(t, "user 65534", "CAP_SYS_PTRACE")
}

// Zombies can be seen without rights, so the all-clear is earned.
func TestOrdinaryUserSeesThatAllIsWell(t *testing.T) {
	t.Parallel()
	b := run(t, "--init")
	settled(t, b, 2)
	user := call{through: append(nobody(t), "docker", "pidns")}
	a := user.run(t, "zombies", "--exit-code", b.name).wantStatus(t, 0)
	a.wantLine(t, "No zombies in 1 container, 2 processes.")
	if a.stderr != "" {
		t.Errorf("nothing relevant is missing\n%s", a)
	}
}

func TestUserWhoMayNotTalkToTheEngine(t *testing.T) {
	t.Parallel()
	user := call{through: []string{"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "docker", "pidns"}}
	for _, args := range [][]string{{"tree"}, {"tree", "demo"}, {"zombies"}, {"zombies", "--exit-code"}, {"host-pid"}, {"host-pid", "demo", "1"}} {
		a := user.run(t, args...).wantNothing(t).wantOneError(t, "permission denied", "docker group")
		if a.status == 0 || a.status == 3 {
			t.Errorf("exit status %d\n%s", a.status, a)
		}
	}
}

// hidepid hides other users' processes: nothing can be said of them, least of
// all that there are no zombies.
func TestHiddenProcesses(t *testing.T) {
	t.Parallel()
	b := run(t)
	b.leave("exit 7")
	zombie := onlyKey(t, b.zombies(1))
	// Of this container the user may see what is its own, and not the zombie.
	mixed := run(t, "--user", "65534")
	mixed.leave("exit 7", "-u", "0")
	mixed.zombies(1)

	dir := shortDir(t)
	mount := fmt.Sprintf(`mount --make-rprivate / && mount -t proc -o hidepid=2 proc %s && exec "$@"`, dir)
	asRoot := []string{"unshare", "--mount", "sh", "-c", mount, "sh"}
	through := append(append([]string{}, asRoot...), nobody(t)...)
	user := call{through: append(through, "docker", "pidns")}
	for _, name := range []string{b.name, mixed.name} {
		a := user.run(t, "zombies", "--proc", dir, name)
		if strings.Contains(a.stdout, "No zombies") && !strings.Contains(a.stdout, "that could be read") {
			t.Errorf("a false all-clear\n%s", a)
		}
		a.wantError(t, "hidepid")
		user.run(t, "zombies", "--proc", dir, "--exit-code", name).wantStatus(t, 4)
	}
	for _, args := range [][]string{{"tree", b.name}, {"host-pid", b.name}, {"host-pid", b.name, "1"}} {
		user.run(t, append(args, "--proc", dir)...).wantStatus(t, 1).wantNothing(t).wantOneError(t, b.name, "hidepid", "sudo")
	}
	if a := user.run(t, "zombies", "--proc", dir, "--filter", "name="+b.name); a.status == 0 || strings.Contains(a.stdout, "No zombies") {
		t.Errorf("an all-clear for what is hidden\n%s", a)
	}

	// Root sees through the same mount.
	root := call{through: append(asRoot, "docker", "pidns")}
	if a := root.run(t, "zombies", "--proc", dir, b.name, "--format", "json").wantStatus(t, 0); value(rowOf(t, a.rows(t), zombie).ExitCode) != 7 {
		t.Errorf("root sees all\n%s", a)
	}
}
