//go:build e2e && linux

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// shimOf is the parent of a main process.
func shimOf(t *testing.T, main int) int {
	t.Helper()
	p, ok := ReadProcess(main)
	if !ok {
		t.Fatalf("no process %d", main)
	}
	return p.PPID
}

// svscan is a container that runs a real s6-svscan, with the libraries of the
// host.
func svscan(t *testing.T, options ...string) *Box {
	t.Helper()
	if _, err := exec.LookPath("s6-svscan"); err != nil {
		if out, err := exec.Command("./script/engine.sh", "install", "s6").CombinedOutput(); err != nil {
			t.Fatalf("install s6: %v\n%s", err, out)
		}
	}
	path, err := exec.LookPath("s6-svscan")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"/usr", "/lib", "/lib64"} {
		if _, err := os.Stat(dir); err == nil {
			options = append(options, "-v", dir+":"+dir+":ro")
		}
	}
	return ready(t, path+" /tmp", options, path, "/tmp")
}

// hold traces every thread of a process and so stops it, until the test ends.
func hold(t *testing.T, pid int) {
	t.Helper()
	held, release, released := make(chan error), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(released)
		runtime.LockOSThread() // the kernel knows tracers by their threads
		defer runtime.UnlockOSThread()
		tids := append(threadsOf(pid), pid)
		held <- seize(tids)
		<-release
		for _, tid := range tids {
			_ = syscall.PtraceDetach(tid)
		}
	}()
	t.Cleanup(func() { close(release); <-released })
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	Eventually(t, fmt.Sprintf("all threads of %d to be held", pid), func() bool {
		return !slices.ContainsFunc(append(threadsOf(pid), pid), func(tid int) bool { p, _ := ReadProcess(tid); return p.State != "t" }) // /proc/TID shows the thread's own state
	})
}

// seize makes the calling thread trace these, and interrupts them.
func seize(tids []int) error {
	const ptraceSeize, ptraceInterrupt = 0x4206, 0x4207
	for _, request := range []uintptr{ptraceSeize, ptraceInterrupt} {
		for _, tid := range tids {
			if _, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, request, uintptr(tid), 0, 0, 0, 0); errno != 0 {
				return fmt.Errorf("ptrace %#x of %d: %w", request, tid, errno)
			}
		}
	}
	return nil
}

// freeze puts a process into a frozen group of its own until the test ends: a group of the
// freezer controller if that is mounted, else of the unified hierarchy.
func freeze(t *testing.T, pid int) {
	t.Helper()
	root, file, on, off := "/sys/fs/cgroup/freezer", "freezer.state", "FROZEN", "THAWED"
	if _, err := os.Stat(root); err != nil {
		root, file, on, off = "/sys/fs/cgroup", "cgroup.freeze", "1", "0"
	}
	home := filepath.Join(root, groupIn(t, pid, root))
	group := filepath.Join(root, "e2e-"+Random())
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(dir, name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() {
		write(group, file, off)
		write(home, "cgroup.procs", strconv.Itoa(pid))
		Eventually(t, "the group to be left", func() bool { return os.Remove(group) == nil })
	})
	write(group, "cgroup.procs", strconv.Itoa(pid))
	write(group, file, on)
}

// groupIn is the path of the process's control group below the mount at root.
func groupIn(t *testing.T, pid int, root string) string {
	t.Helper()
	out, err := Command("sh", "-c", fmt.Sprintf(`case %s in */freezer) grep freezer: ;; *) grep ^0:: ;; esac </proc/%d/cgroup | cut -d: -f3-`, root, pid))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// findingsAt is what an engine's doctor reports with these rules, by container.
func findingsAt(t *testing.T, e Engine, rules string) map[string]Finding {
	t.Helper()
	got := map[string]Finding{}
	for _, f := range Findings(t, e.PIDNS().Run(t, "doctor", "--format", "json", "--timeout", "2s", "--rule", rules).WantStatus(t, 0)) {
		got[f.Container] = f
	}
	return got
}

// What becomes of containers whose shim is killed, on a separate engine whose containerd can be
// stopped. While containerd runs, it ends such containers itself.
func TestDoctorWithoutShims(t *testing.T) {
	t.Parallel()
	e := Engine{T: t, Host: startOtherEngine(t).host}
	start := func(name string) *Box {
		return e.Run(name+"-"+Random(), "--init", "--network", "none", "--", "sleep", "infinity")
	}
	well := start("well")
	t.Run("frozen", func(t *testing.T) {
		b := start("frozen")
		shim := shimOf(t, e.PIDOf(b))
		freeze(t, shim)
		// After somebody has tried an exec, the engine does not answer about the container.
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if exec.CommandContext(ctx, "docker", "--host", e.Host, "exec", b.Name, "true").Run() == nil {
			t.Fatal("its shim is not frozen: exec succeeds")
		}
		got := findingsAt(t, e, "shim-hung")
		if f := got[b.Name]; len(got) != 1 || f.Severity != "error" || Value(f.HostPID) != shim || !strings.Contains(f.Evidence[0], "frozen control group") {
			t.Errorf("the shim %d is frozen: %+v", shim, got)
		}
	})
	t.Run("killed", func(t *testing.T) {
		b := start("noticed")
		Kill(shimOf(t, e.PIDOf(b)))
		Eventually(t, "containerd to end what has lost its shim", func() bool {
			return e.Docker("inspect", "--format", "{{.State.Status}}", b.ID) == "exited"
		})
	})
	t.Run("killed, with containerd stopped", func(t *testing.T) {
		orphaned, ended := start("orphaned"), start("ended")
		main, lost := e.PIDOf(orphaned), e.PIDOf(ended)
		oldShim, shim := shimOf(t, main), shimOf(t, lost)
		containerd := containerdOf(t, e)
		t.Cleanup(func() { _ = syscall.Kill(containerd, syscall.SIGCONT) })
		stopProcess(t, containerd)
		Kill(oldShim)
		Kill(lost)
		Eventually(t, "the orphan to be adopted", func() bool { p, ok := ReadProcess(main); return ok && p.PPID != oldShim })
		got := findingsAt(t, e, "container-without-shim,end-unnoticed")
		if f := got[orphaned.Name]; f.Rule != "container-without-shim" || f.Severity != "error" || Value(f.HostPID) != main {
			t.Errorf("%d has lost its shim: %+v", main, f)
		}
		if f := got[ended.Name]; f.Rule != "end-unnoticed" || f.Severity != "error" || Value(f.HostPID) != shim {
			t.Errorf("%d has ended, its shim %d has not: %+v", lost, shim, f)
		}
		if len(got) != 2 {
			t.Errorf("two containers are sick, %s is not: %+v", well.Name, got)
		}
	})
}

// containerdOf is the containerd that an engine has started.
func containerdOf(t *testing.T, e Engine) int {
	t.Helper()
	daemon := Mentioning(t, "dockerd", e.Host)[0]
	for _, pid := range Mentioning(t, "containerd", filepath.Dir(strings.TrimPrefix(e.Host, "unix://"))) {
		if p, ok := ReadProcess(pid); ok && p.Comm == "containerd" && p.PPID == daemon {
			return pid
		}
	}
	t.Fatal("the engine has no containerd of its own")
	return 0
}
