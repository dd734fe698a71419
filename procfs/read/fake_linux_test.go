package read

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// fakeProc is a folder that looks like a /proc.
type fakeProc struct {
	t    testing.TB
	root string
}

func newFakeProc(t testing.TB) fakeProc {
	f := fakeProc{t: t, root: t.TempDir()}
	f.write("uptime", "1000.00 2000.00\n")
	f.write("thread-self/children", "")
	f.write("self/mountinfo", "")
	return f
}

func (f fakeProc) open() FS {
	f.t.Helper()
	proc, err := Open(f.root)
	if err != nil {
		f.t.Fatal(err)
	}
	return proc
}

func (f fakeProc) path(name string) string { return filepath.Join(f.root, name) }

func (f fakeProc) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f fakeProc) write(name, text string) {
	f.t.Helper()
	f.must(os.MkdirAll(filepath.Dir(f.path(name)), 0o755))
	f.must(os.WriteFile(f.path(name), []byte(text), 0o644))
}

func (f fakeProc) remove(name string) {
	f.t.Helper()
	f.must(os.RemoveAll(f.path(name)))
}

// deny removes all rights of its owner to a file or folder. After likeAnOrdinaryUser they also
// apply to root.
func (f fakeProc) deny(name string) {
	f.t.Helper()
	f.must(os.Chmod(f.path(name), 0))
	f.t.Cleanup(func() { _ = os.Chmod(f.path(name), 0o755) })
}

func (f fakeProc) link(name, target string) {
	f.t.Helper()
	f.must(os.MkdirAll(filepath.Dir(f.path(name)), 0o755))
	_ = os.Remove(f.path(name))
	f.must(os.Symlink(target, f.path(name)))
}

// add adds a process with every file that is read, and with its children.
func (f fakeProc) add(s procfs.Stat, children ...int) {
	f.t.Helper()
	dir := strconv.Itoa(s.PID)
	f.write(dir+"/stat", procfstest.StatLine(s))
	f.write(dir+"/status", procfstest.StatusText(s.Comm, procfs.Status{TGID: s.PID, NSPIDs: []int{s.PID, 5}, NSSIDs: []int{1, 0}}))
	f.write(dir+"/cmdline", s.Comm+"\x00-x\x00")
	f.write(dir+"/cgroup", "4:pids:/docker/abc\n0::/docker/abc\n")
	f.write(dir+"/uid_map", procfstest.RootlessMap)
	for i, namespace := range procfs.NamespaceTypes {
		f.link(dir+"/ns/"+string(namespace), fmt.Sprintf("%s:[%d]", namespace, 100+i))
	}
	f.children(s.PID, s.PID, children...)
}

// children writes those of one thread.
func (f fakeProc) children(pid, tid int, children ...int) {
	f.t.Helper()
	var text strings.Builder
	for _, child := range children {
		fmt.Fprintf(&text, "%d ", child)
	}
	f.write(fmt.Sprintf("%d/task/%d/children", pid, tid), text.String())
}

// serve makes each read of a file return the next text, and all later reads the last one. The
// file is a pipe that is replaced as soon as it is opened.
func (f fakeProc) serve(name string, texts ...string) {
	f.t.Helper()
	f.must(f.place(name, texts))
	stop, stopped := make(chan bool), make(chan bool)
	f.t.Cleanup(func() { close(stop); <-stopped })
	go func() {
		defer close(stopped)
		for ; len(texts) > 1; texts = texts[1:] {
			pipe := f.openedPipe(name, stop)
			if pipe == nil {
				return
			}
			if err := f.place(name, texts[1:]); err != nil {
				f.t.Error(err)
			}
			_, _ = pipe.WriteString(texts[0])
			_ = pipe.Close()
		}
	}()
}

// place creates a pipe if more than one text is to come, else a plain file.
func (f fakeProc) place(name string, texts []string) error {
	next := f.path(name + ".next")
	err := os.WriteFile(next, []byte(texts[0]), 0o644)
	if len(texts) > 1 {
		err = errors.Join(os.Remove(next), unix.Mkfifo(next, 0o644))
	}
	return errors.Join(err, os.Rename(next, f.path(name)))
}

// openedPipe waits until the pipe has been opened for reading.
func (f fakeProc) openedPipe(name string, stop <-chan bool) *os.File {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if pipe, err := os.OpenFile(f.path(name), os.O_WRONLY|unix.O_NONBLOCK, 0); err == nil {
			return pipe
		}
		select {
		case <-tick.C:
		case <-stop:
			return nil
		}
	}
}

// living is the stat of an ordinary process.
func living(pid int) procfs.Stat {
	return procfs.Stat{PID: pid, Comm: "sleep", State: "S", ParentPID: 1, PGID: pid, SID: 1, Threads: 1, StartTicks: 500}
}

// likeAnOrdinaryUser removes the capabilities from the thread of the test until its end, so that
// permissions apply to root too.
func likeAnOrdinaryUser(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var held [2]unix.CapUserData
	if err := unix.Capget(&header, &held[0]); err != nil {
		t.Fatal(err)
	}
	dropped := held
	dropped[0].Effective, dropped[1].Effective = 0, 0
	if err := unix.Capset(&header, &dropped[0]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Capset(&header, &held[0]); err != nil {
			t.Errorf("give the capabilities back: %v", err)
		}
		runtime.UnlockOSThread()
	})
}
