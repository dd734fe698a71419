package read

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Every status that wait(2) can report about an exited process has the same meaning here as in
// package syscall.
func TestWaitStatusAgreesWithSyscall(t *testing.T) {
	for status := range uint32(1 << 16) {
		w, want := procfs.WaitStatus(status), syscall.WaitStatus(status)
		if !want.Exited() && !want.Signaled() {
			continue // stopped or continued, not exited
		}
		if w.Exited() != want.Exited() || w.ExitCode() != want.ExitStatus() || w.CoreDumped() != want.CoreDump() {
			t.Fatalf("%#x: got %s, want %d", status, w, want)
		}
		if want.Signaled() && w.Signal() != int(want.Signal()) {
			t.Fatalf("%#x: got signal %d, want %d", status, w.Signal(), want.Signal())
		}
	}
}

func TestSignalNameAgreesWithUnix(t *testing.T) {
	for n := 1; n <= 31; n++ {
		if got, want := procfs.SignalName(n), unix.SignalName(syscall.Signal(n)); got != want {
			t.Errorf("signal %d: got %s, want %s", n, got, want)
		}
	}
}
