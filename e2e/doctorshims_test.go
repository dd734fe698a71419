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
	"syscall"
	"testing"
	"time"
)

// shimOf is the parent of a main process.
func shimOf(t *testing.T, main int) int {
	t.Helper()
	p, ok := readProcess(main)
	if !ok {
		t.Fatalf("no process %d", main)
	}
	return p.ppid
}

// svscan is a container that runs a real s6-svscan, with the libraries of the
// host.
func svscan(t *testing.T, options ...string) *box {
	t.Helper()
	if _, err := exec.LookPath("s6-svscan"); err != nil {
		if out, err := exec.Command("./engine.sh", "install", "s6").CombinedOutput(); err != nil {
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

// hold traces every thread of a process and stops it so, until the test ends.
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
	eventually(t, fmt.Sprintf("all threads of %d to be held", pid), func() bool {
		return !slices.ContainsFunc(append(threadsOf(pid), pid), func(tid int) bool { p, _ := readProcess(tid); return p.state != "t" }) // /proc/TID shows the thread's own state
	})
}

// seize lets the calling thread trace these, and interrupts them.
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

// frozenShim is a container whose shim is in a frozen control group, and about
// which the engine does not answer since somebody has tried an exec.
func frozenShim(t *testing.T) *box {
	t.Helper()
	b := run(t, "--init")
	freeze(t, shimOf(t, b.pid()))
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if exec.CommandContext(ctx, "docker", "exec", b.name, "true").Run() == nil {
		t.Fatal("its shim is not frozen: exec succeeds")
	}
	return b
}

// freeze puts a process into a frozen group of its own until the test ends: of the
// freezer controller where that is mounted, else of the unified hierarchy.
func freeze(t *testing.T, pid int) {
	t.Helper()
	root, file, on, off := "/sys/fs/cgroup/freezer", "freezer.state", "FROZEN", "THAWED"
	if _, err := os.Stat(root); err != nil {
		root, file, on, off = "/sys/fs/cgroup", "cgroup.freeze", "1", "0"
	}
	home := filepath.Join(root, groupIn(t, pid, root))
	group := filepath.Join(root, "e2e-"+random())
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
		eventually(t, "the group to be left", func() bool { return os.Remove(group) == nil })
	})
	write(group, "cgroup.procs", strconv.Itoa(pid))
	write(group, file, on)
}

// groupIn is the path of the process's control group below the mount at root.
func groupIn(t *testing.T, pid int, root string) string {
	t.Helper()
	out, err := command("sh", "-c", fmt.Sprintf(`case %s in */freezer) grep freezer: ;; *) grep ^0:: ;; esac </proc/%d/cgroup | cut -d: -f3-`, root, pid))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A container that has lost its shim, and one whose end did not come to the engine,
// while containerd is stopped: as long as it runs, it ends such containers itself,
// which is proved too.
func TestDoctorWithoutShims(t *testing.T) {
	t.Parallel()
	other := startOtherEngine(t)
	e := engine{t: t, host: other.host}
	option := []string{"--init", "--network", "none", "--", "sleep", "infinity"}
	noticed, orphaned, ended, well := e.run("noticed-"+random(), option...), e.run("orphaned-"+random(), option...), e.run("ended-"+random(), option...), e.run("well-"+random(), option...)
	daemon := mentioning(t, "dockerd", e.host)[0]
	var containerd int
	for _, pid := range mentioning(t, "containerd", filepath.Dir(e.host[len("unix://"):])) {
		if p, ok := readProcess(pid); ok && p.comm == "containerd" && p.ppid == daemon {
			containerd = pid
		}
	}
	if containerd == 0 {
		t.Fatal("the engine has no containerd of its own")
	}
	kill(shimOf(t, e.pidOf(noticed)))
	eventually(t, "containerd to end what has lost its shim", func() bool {
		return e.docker("inspect", "--format", "{{.State.Status}}", noticed.id) == "exited"
	})

	t.Cleanup(func() { _ = syscall.Kill(containerd, syscall.SIGCONT) })
	mains := map[*box]int{orphaned: e.pidOf(orphaned), ended: e.pidOf(ended), well: e.pidOf(well)}
	shims := map[*box]int{}
	for b, main := range mains {
		shims[b] = shimOf(t, main)
	}
	stopProcess(t, containerd)
	kill(shims[orphaned])
	kill(mains[ended])
	eventually(t, "the orphan to be adopted", func() bool { p, ok := readProcess(mains[orphaned]); return ok && p.ppid != shims[orphaned] })

	got := map[string]finding{}
	for _, f := range findings(t, e.pidns().run(t, "doctor", "--format", "json", "--rule", "container-without-shim,end-unnoticed").wantStatus(t, 0)) {
		got[f.Container] = f
	}
	if f := got[orphaned.name]; f.Rule != "container-without-shim" || f.Severity != "error" || value(f.HostPID) != mains[orphaned] {
		t.Errorf("%d has lost its shim: %+v", mains[orphaned], f)
	}
	if f := got[ended.name]; f.Rule != "end-unnoticed" || f.Severity != "error" || value(f.HostPID) != shims[ended] {
		t.Errorf("%d has ended, its shim %d has not: %+v", mains[ended], shims[ended], f)
	}
	if len(got) != 2 {
		t.Errorf("two containers are sick, %s is not: %+v", well.name, got)
	}
}
