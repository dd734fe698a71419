//go:build amd64 || arm64

package taskiter

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// helperVariable makes the test binary one of the processes that it reads.
const helperVariable = "TASKITER_TEST_IS"

// init runs on the main thread, and so does TestMain if it is locked here.
func init() {
	if os.Getenv(helperVariable) != "" {
		runtime.LockOSThread()
	}
}

func TestMain(m *testing.M) {
	if role := os.Getenv(helperVariable); role != "" {
		if err := be(role); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// be takes the role, writes a line, and stays until stdin is closed.
func be(role string) error {
	var err error
	switch role {
	case "main thread exited":
		go func() {
			fmt.Println("ready")
			wait()
		}()
		_, _, _ = syscall.Syscall(syscall.SYS_EXIT, 0, 0, 0)
	case "thread apart":
		apart := make(chan error)
		go func() {
			runtime.LockOSThread()
			apart <- unix.Unshare(unix.CLONE_NEWUTS)
			select {}
		}()
		err = <-apart
	case "subreaper":
		err = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	case "resets SIGUSR2":
		signal.Ignore(syscall.SIGHUP)
		err = changeAction(syscall.SIGUSR2, saResetHand)
	case "no child wait":
		err = changeAction(syscall.SIGCHLD, saNoChildWait)
	case "awaits SIGTERM":
		go func() { _ = awaitSignal(syscall.SIGTERM) }()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", role, err)
	}
	fmt.Println("ready")
	wait()
	return nil
}

func wait() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// Flags of sigaction(2).
const (
	saNoChildWait = 0x00000002
	saResetHand   = 0x80000000
)

// changeAction adds a flag to the existing action. The kernel's structure begins with handler
// and flags on x86-64 and arm64.
func changeAction(number syscall.Signal, flag uint64) error {
	var action [4]uint64
	at := uintptr(unsafe.Pointer(&action))
	if _, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(number), 0, at, 8, 0, 0); errno != 0 {
		return errno
	}
	action[1] |= flag
	if _, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(number), at, 0, 8, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// awaitSignal blocks a signal in this thread and awaits it.
func awaitSignal(number syscall.Signal) error {
	runtime.LockOSThread()
	set := unix.Sigset_t{}
	set.Val[0] = 1 << (number - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, nil); err != nil {
		return err
	}
	for {
		_, _, errno := syscall.Syscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&set)), 0, 0, 8, 0, 0)
		if errno != 0 && errno != unix.EINTR && errno != unix.EAGAIN {
			return errno
		}
	}
}

// startAs starts the test binary in a role and waits until it has taken it.
func startAs(t *testing.T, role string) int {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), helperVariable+"="+role)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%s: got %q, %v", role, line, err)
	}
	return cmd.Process.Pid
}

// start starts a command that ends with the test, with its process group.
func start(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

// await polls until the condition holds.
func await(t *testing.T, what string, condition func() bool) {
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
func realProc(t testing.TB) read.FS {
	t.Helper()
	proc, err := read.Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	return proc
}

// mayLoad skips the test if it provably lacks the capabilities to load BPF programs. Any other
// obstacle is a failure.
func mayLoad(t testing.TB) {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	status, err := procfs.ParseStatus(data)
	if err != nil {
		t.Fatal(err)
	}
	if rights := status.Effective.Or(0); !rights.Has(procfs.CapSysAdmin) && !(rights.Has(procfs.CapBPF) && rights.Has(procfs.CapPerfMon)) {
		t.Skip("neither CAP_SYS_ADMIN nor CAP_BPF with CAP_PERFMON: this user may load no BPF program")
	}
}

// open opens a reader that is closed with the test.
func open(t testing.TB) *Reader { return openFor(t, ForScans) }

// purposes are both purposes, by name.
var purposes = map[string]Purpose{"for scans": ForScans, "for surveys": ForSurveys}

func openFor(t testing.TB, purpose Purpose) *Reader {
	t.Helper()
	mayLoad(t)
	reader, err := Open(realProc(t), purpose)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := reader.Close(); err != nil {
			t.Error(err)
		}
	})
	return reader
}
