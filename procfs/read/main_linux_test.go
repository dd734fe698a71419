package read

import (
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// helperVariable makes the test binary the process whose main thread exits.
const helperVariable = "PROCFS_TEST_MAIN_THREAD_EXITS"

// init runs on the main thread, and so does TestMain if it is locked here.
func init() {
	if os.Getenv(helperVariable) != "" {
		runtime.LockOSThread()
	}
}

func TestMain(m *testing.M) {
	if os.Getenv(helperVariable) != "" {
		exitMainThread()
	}
	os.Exit(m.Run())
}

// exitMainThread never returns. The other threads run until stdin is closed.
func exitMainThread() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	// Not RawSyscall, because the runtime must take the processor from the thread that does not
	// return.
	_, _, _ = syscall.Syscall(syscall.SYS_EXIT, 0, 0, 0)
}

// startHalfExited starts a process whose main thread exits while others run.
func startHalfExited(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), helperVariable+"=1")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	return start(t, cmd)
}

// shell starts sh with a script in a process group of its own, which is killed when the test
// ends.
func shell(t testing.TB, script string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return start(t, cmd)
}

func start(t testing.TB, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.SysProcAttr != nil && cmd.SysProcAttr.Setpgid {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// await polls until the condition holds.
func await(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("in 20 s it has not come to this: %s", what)
		}
	}
}

// realProc is the /proc of this machine.
func realProc(t testing.TB) FS {
	t.Helper()
	proc, err := Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	return proc
}

// read reads a process that must exist.
func read(t testing.TB, proc FS, pid int, detail procfs.Detail) procfs.Process {
	t.Helper()
	p, err := proc.Process(pid, detail)
	if err != nil {
		t.Fatalf("process %d: %v", pid, err)
	}
	return p
}

func pids(processes []procfs.Process) []int {
	var list []int
	for i := range processes {
		list = append(list, processes[i].PID)
	}
	return list
}
