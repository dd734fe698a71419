//go:build amd64 || arm64

package sigtrace

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// opened is a tracer. Without the rights for it the test is skipped, as for any user but root.
func opened(t *testing.T, options Options) *Tracer {
	t.Helper()
	proc, err := read.Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	tracer, err := Open(proc, options)
	var unsupported *bpf.UnsupportedError
	if errors.As(err, &unsupported) && unsupported.TakesRoot {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tracer.Close() })
	time.AfterFunc(20*time.Second, func() { _ = tracer.Close() }) // an event that never comes fails the test
	return tracer
}

// inNamespace starts a shell as PID 1 of a PID namespace of its own. It says when it is ready.
func inNamespace(t *testing.T, script string) (pid int, in io.Writer) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script+"\nread line")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	lines := bufio.NewReader(out)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	return cmd.Process.Pid, in
}

// next is the next event that is about this process and of that kind.
func next(t *testing.T, tracer *Tracer, kind procfs.KernelEventKind, wanted func(*procfs.KernelEvent) bool) procfs.KernelEvent {
	t.Helper()
	for {
		event, err := tracer.Read()
		if err != nil {
			t.Fatalf("no such event: %v", err)
		}
		if event.Kind == kind && wanted(&event) {
			return event
		}
	}
}

func about(pid int) func(*procfs.KernelEvent) bool {
	return func(event *procfs.KernelEvent) bool { return event.Subject.PID == pid }
}

func TestSignals(t *testing.T) {
	tracer := opened(t, Options{})
	pid, _ := inNamespace(t, "trap : USR1; echo ready; while ! read line; do :; done")
	must(t, syscall.Kill(pid, syscall.SIGTERM))
	dropped := next(t, tracer, procfs.SignalGenerated, about(pid))
	if s := dropped.Signal; s.Number != 15 || s.Result != procfs.SignalIgnored || s.Handler != procfs.HandlerDefault || !s.Unkillable || s.Source != procfs.SourceInfo || s.Code != 0 || !s.ToProcess {
		t.Errorf("got %+v, want SIGTERM that is dropped", *s)
	}
	if got := dropped.Actor; got.PID != os.Getpid() || got.Comm == "" || got.UID != uint32(os.Getuid()) {
		t.Errorf("got %+v, want this program", got)
	}
	if got := dropped.Ancestors; len(got) == 0 || got[0].PID != os.Getppid() {
		t.Errorf("got %+v, want the parent of this program first", got)
	}
	if n := len(dropped.Subject.PIDs); n < 2 || dropped.Subject.PIDs[n-1] != 1 {
		t.Errorf("got PIDs %v, want PID 1 at the end", dropped.Subject.PIDs)
	}
	if since := time.Since(dropped.Time); since < 0 || since > time.Minute {
		t.Errorf("it was %s ago", since)
	}
	must(t, syscall.Kill(pid, syscall.SIGUSR1))
	if s := next(t, tracer, procfs.SignalGenerated, about(pid)).Signal; s.Number != 10 || s.Handler != procfs.HandlerCaught || s.Result != procfs.SignalDelivered {
		t.Errorf("got %+v, want SIGUSR1 that is delivered to a handler", *s)
	}
	must(t, syscall.Kill(pid, syscall.SIGKILL))
	if s := next(t, tracer, procfs.SignalGenerated, about(pid)).Signal; s.Number != 9 || s.Result != procfs.SignalDelivered {
		t.Errorf("got %+v, want SIGKILL that is delivered", *s)
	}
	if got := next(t, tracer, procfs.ProcessExited, about(pid)).Status; got.Signal() != 9 {
		t.Errorf("got %s, want SIGKILL", got)
	}
	if lost, err := tracer.Lost(); lost != 0 || err != nil {
		t.Errorf("lost %d, %v", lost, err)
	}
}

// The key is that of /proc.
func TestKey(t *testing.T) {
	tracer := opened(t, Options{})
	pid, _ := inNamespace(t, "echo ready")
	proc, err := read.Open("/proc")
	must(t, err)
	must(t, syscall.Kill(pid, syscall.SIGTERM))
	key := next(t, tracer, procfs.SignalGenerated, about(pid)).Subject.Key
	if !proc.Lives(key) {
		t.Errorf("%+v is not the process in /proc", key)
	}
}

// The end of a PID namespace kills the processes in it.
func TestNamespaceEnd(t *testing.T) {
	tracer := opened(t, Options{})
	pid, _ := inNamespace(t, "sleep 1000 & echo ready")
	must(t, syscall.Kill(pid, syscall.SIGKILL))
	event := next(t, tracer, procfs.SignalGenerated, func(e *procfs.KernelEvent) bool { return e.Actor.PID == pid && e.Subject.PID != pid })
	if s := event.Signal; s.Number != 9 || s.Source != procfs.SourceKernel || !event.Actor.Exiting || !event.Actor.IsInitOf(&event.Subject) {
		t.Errorf("got %+v by %+v", *s, event.Actor)
	}
}

// Signals to processes outside of what is watched are not reported.
func TestNamed(t *testing.T) {
	tracer := opened(t, Options{Named: true})
	other, _ := inNamespace(t, "echo ready")
	named, _ := inNamespace(t, "echo ready")
	namespace, err := os.Stat(fmt.Sprintf("/proc/%d/ns/pid", named))
	must(t, err)
	must(t, tracer.Watch([]uint64{namespace.Sys().(*syscall.Stat_t).Ino}, nil))
	must(t, syscall.Kill(other, syscall.SIGTERM))
	must(t, syscall.Kill(named, syscall.SIGTERM))
	if event := next(t, tracer, procfs.SignalGenerated, func(*procfs.KernelEvent) bool { return true }); event.Subject.PID != named {
		t.Errorf("got %+v, want an event of %d", event.Subject, named)
	}
}

// A process's whole life, to the end of its zombie.
func TestEverything(t *testing.T) {
	tracer := opened(t, Options{Everything: true})
	pid, in := inNamespace(t, "echo ready; read line; /bin/true")
	_, err := io.WriteString(in, "go\n")
	must(t, err)
	child := next(t, tracer, procfs.ProcessForked, func(e *procfs.KernelEvent) bool { return e.Actor.PID == pid }).Subject
	is := about(child.PID)
	if got := next(t, tracer, procfs.ProcessExecuted, is).Subject; got.Comm != "true" || got.Key != child.Key {
		t.Errorf("got %+v, want true", got)
	}
	if got := next(t, tracer, procfs.ProcessExited, is); got.Status != 0 || got.Subject.Key != child.Key {
		t.Errorf("got %s of %+v", got.Status, got.Subject)
	}
	if got := next(t, tracer, procfs.ProcessFreed, is); got.ReaperPID != pid || got.Subject.Key != child.Key {
		t.Errorf("%+v was reaped by %d, want %d", got.Subject, got.ReaperPID, pid)
	}
}

// A closed tracer ends whoever reads, and leaves no descriptor.
func TestClose(t *testing.T) {
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		must(t, err)
		return len(entries)
	}
	_ = opened(t, Options{}).Close() // the first one opens what the library keeps
	before := count()
	tracer := opened(t, Options{Everything: true})
	ended := make(chan error)
	go func() {
		for {
			if _, err := tracer.Read(); err != nil {
				ended <- err
				return
			}
		}
	}()
	must(t, tracer.Close())
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v, want that it is closed", err)
	}
	if after := count(); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
