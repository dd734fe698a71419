package sigtrace

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// started is a process that does this, and its key.
func started(t *testing.T, script string) (end func(), process procfs.TracedProcess) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", "read line;"+script)
	in, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	end = sync.OnceFunc(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	t.Cleanup(end)
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	must(t, err)
	stat, err := procfs.ParseStat(data)
	must(t, err)
	return end, procfs.TracedProcess{Key: procfs.Key{PID: cmd.Process.Pid, StartTicks: stat.StartTicks}}
}

// newExits is an Exits. On a kernel that is too old the test is skipped.
func newExits(t *testing.T) *Exits {
	t.Helper()
	proc, err := read.Open("/proc")
	must(t, err)
	exits, err := OpenExits(proc)
	var old *bpf.UnsupportedError
	if errors.As(err, &old) {
		t.Skip(err)
	}
	must(t, err)
	t.Cleanup(func() { _ = exits.Close() })
	return exits
}

// Any user learns how a process exited.
func TestExits(t *testing.T) {
	exits := newExits(t)
	for script, want := range map[string]string{"exit 7": "exit 7", "kill -9 $$": "SIGKILL"} {
		end, process := started(t, script)
		must(t, exits.Follow(process))
		go end()
		got, err := exits.Read()
		must(t, err)
		if got.Kind != procfs.ProcessExited || got.Subject.Key != process.Key || got.Status.String() != want {
			t.Errorf("%s: got %+v", script, got)
		}
	}
}

// A number that has another owner is not followed.
func TestExitsReused(t *testing.T) {
	exits := newExits(t)
	_, process := started(t, "exit")
	process.StartTicks++
	if err := exits.Follow(process); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	process.PID = 1 << 22
	if err := exits.Follow(process); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestExitsClose(t *testing.T) {
	exits := newExits(t)
	ended := make(chan error)
	go func() {
		_, err := exits.Read()
		ended <- err
	}()
	must(t, exits.Close())
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
	must(t, exits.Close())
}
