//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// nobody is a user whose only right is access to the engine's socket, as for members of the
// docker group.
func nobody(t *testing.T) []string {
	t.Helper()
	path, isUnix := strings.CutPrefix(Suite.Endpoint, "unix://")
	if !isUnix {
		t.Fatalf("these tests need an engine behind a unix socket, not %s", Suite.Endpoint)
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
	b := Run(t)
	session := b.Start(nil, "sleep", "2222")
	b.Leave("exit 7")
	zombie := onlyKey(t, b.Zombies(1))
	user := Call{Through: append(nobody(t), "docker", "pidns")}

	wantExactly(t, user.Run(t, "tree", b.Name, "--format", "json").WantStatus(t, 0).Rows(t), b)
	wantPIDs(t, user.Run(t, "host-pid", b.Name).WantStatus(t, 0), b.PID())
	wantPIDs(t, user.Run(t, "host-pid", b.Name, "1").WantStatus(t, 0), b.PID())
	p, _ := ReadProcess(session)
	wantPIDs(t, user.Run(t, "host-pid", b.Name, fmt.Sprint(p.Inside[1])).WantStatus(t, 0), session)

	for _, command := range []string{"tree", "zombies"} {
		r := RowOf(t, user.Run(t, command, b.Name, "--format", "json").WantStatus(t, 0).Rows(t), zombie)
		if !r.Zombie || r.Exit != nil || r.ExitCode != nil || r.Signal != nil || r.Absent["ExitCode"] != "denied" || r.Absent["Exit"] != "denied" {
			t.Errorf("%s: an exit status that the kernel denies: %v", command, r)
		}
		a := user.Run(t, command, b.Name).WantStatus(t, 0).WantError(t, "exit codes need root: sudo ", "docker-pidns "+command)
		if strings.Contains(a.Stdout, "exit 0") || strings.Contains(a.Stdout, "exit 7") {
			t.Errorf("shows an exit status that it cannot know\n%s", a)
		}
	}
	a := user.Run(t, "zombies", b.Name)
	if !regexp.MustCompile(fmt.Sprintf(`%d +\d+ +sh +\? `, zombie)).MatchString(a.Stdout) {
		t.Errorf("want EXIT ?\n%s", a)
	}
	user.Run(t, "zombies", "--exit-code", b.Name).WantStatus(t, 3)
	user.Run(t, "version").WantStatus(t, 0).Want(t, "user 65534", "CAP_SYS_PTRACE")
}

// Zombies are visible without rights, so the all-clear is justified.
func TestOrdinaryUserSeesThatAllIsWell(t *testing.T) {
	t.Parallel()
	b := Run(t, "--init")
	settled(t, b, 2)
	user := Call{Through: append(nobody(t), "docker", "pidns")}
	a := user.Run(t, "zombies", "--exit-code", b.Name).WantStatus(t, 0)
	a.WantLine(t, "No zombies in 1 container, 2 processes.")
	if a.Stderr != "" {
		t.Errorf("nothing relevant is missing\n%s", a)
	}
}

func TestUserWhoMayNotTalkToTheEngine(t *testing.T) {
	t.Parallel()
	user := Call{Through: []string{"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "docker", "pidns"}}
	for _, args := range [][]string{{"tree"}, {"tree", "demo"}, {"zombies"}, {"zombies", "--exit-code"}, {"host-pid"}, {"host-pid", "demo", "1"}} {
		a := user.Run(t, args...).WantNothing(t).WantOneError(t, "permission denied", "docker group")
		if a.Status == 0 || a.Status == 3 {
			t.Errorf("exit status %d\n%s", a.Status, a)
		}
	}
}

// hidepid hides other users' processes. Nothing can be reported about them, and not that there
// are no zombies.
func TestHiddenProcesses(t *testing.T) {
	t.Parallel()
	b := Run(t)
	b.Leave("exit 7")
	zombie := onlyKey(t, b.Zombies(1))
	// Of this container the user may see its own processes, and not the zombie.
	mixed := Run(t, "--user", "65534")
	mixed.Leave("exit 7", "-u", "0")
	mixed.Zombies(1)

	dir := ShortDir(t)
	mount := fmt.Sprintf(`mount --make-rprivate / && mount -t proc -o hidepid=2 proc %s && exec "$@"`, dir)
	asRoot := []string{"unshare", "--mount", "sh", "-c", mount, "sh"}
	through := append(append([]string{}, asRoot...), nobody(t)...)
	user := Call{Through: append(through, "docker", "pidns")}
	for _, name := range []string{b.Name, mixed.Name} {
		a := user.Run(t, "zombies", "--proc", dir, name)
		if strings.Contains(a.Stdout, "No zombies") && !strings.Contains(a.Stdout, "that could be read") {
			t.Errorf("a false all-clear\n%s", a)
		}
		a.WantError(t, "hidepid")
		user.Run(t, "zombies", "--proc", dir, "--exit-code", name).WantStatus(t, 4)
	}
	for _, args := range [][]string{{"tree", b.Name}, {"host-pid", b.Name}, {"host-pid", b.Name, "1"}} {
		user.Run(t, append(args, "--proc", dir)...).WantStatus(t, 1).WantNothing(t).WantOneError(t, b.Name, "hidepid", "sudo")
	}
	if a := user.Run(t, "zombies", "--proc", dir, "--filter", "name="+b.Name); a.Status == 0 || strings.Contains(a.Stdout, "No zombies") {
		t.Errorf("an all-clear for what is hidden\n%s", a)
	}

	// Root sees all processes through the same mount.
	root := Call{Through: append(asRoot, "docker", "pidns")}
	if a := root.Run(t, "zombies", "--proc", dir, b.Name, "--format", "json").WantStatus(t, 0); Value(RowOf(t, a.Rows(t), zombie).ExitCode) != 7 {
		t.Errorf("root sees all\n%s", a)
	}
}
