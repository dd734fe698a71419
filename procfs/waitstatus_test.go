package procfs_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestWaitStatus(t *testing.T) {
	tests := []struct {
		status procfs.WaitStatus
		exited bool
		code   int
		signal int
		dumped bool
		text   string
	}{
		{0, true, 0, 0, false, "exit 0"},
		{1792, true, 7, 0, false, "exit 7"},
		{0xff00, true, 255, 0, false, "exit 255"},
		{9, false, -1, 9, false, "SIGKILL"},
		{15, false, -1, 15, false, "SIGTERM"},
		{0x8b, false, -1, 11, true, "SIGSEGV (core dumped)"},
		{32, false, -1, 32, false, "signal 32"},
		{34, false, -1, 34, false, "SIGRTMIN"},
		{37, false, -1, 37, false, "SIGRTMIN+3"},
		{64, false, -1, 64, false, "SIGRTMIN+30"},
	}
	for _, test := range tests {
		w := test.status
		if w.Exited() != test.exited || w.ExitCode() != test.code || w.Signal() != test.signal ||
			w.CoreDumped() != test.dumped || w.String() != test.text {
			t.Errorf("%#x: exited %t, code %d, signal %d, dumped %t, %q, want %+v",
				uint32(w), w.Exited(), w.ExitCode(), w.Signal(), w.CoreDumped(), w, test)
		}
	}
}

func TestSignalName(t *testing.T) {
	for n, want := range map[int]string{
		-1: "signal -1", 0: "signal 0", 1: "SIGHUP", procfs.SIGCHLD: "SIGCHLD", 31: "SIGSYS",
		32: "signal 32", 33: "signal 33", 34: "SIGRTMIN", 35: "SIGRTMIN+1", 64: "SIGRTMIN+30", 65: "signal 65",
	} {
		if got := procfs.SignalName(n); got != want {
			t.Errorf("signal %d: got %s, want %s", n, got, want)
		}
	}
}

func FuzzWaitStatus(f *testing.F) {
	for _, seed := range []uint32{0, 1792, 9, 0x8b, 0x7f, 0xffff, 0x80, 1<<32 - 1} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, status uint32) {
		w := procfs.WaitStatus(status)
		text := w.String()
		if w.Exited() {
			if w.Signal() != 0 || w.CoreDumped() || text != "exit "+strconv.Itoa(w.ExitCode()) {
				t.Fatalf("%#x: %q, signal %d", status, text, w.Signal())
			}
			return
		}
		if w.ExitCode() != -1 || w.Signal() == 0 || !strings.HasPrefix(text, procfs.SignalName(w.Signal())) {
			t.Fatalf("%#x: %q, code %d, signal %d", status, text, w.ExitCode(), w.Signal())
		}
	})
}
