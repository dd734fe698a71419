//go:build e2e && linux

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Who shares nothing is not asked for; who shares anything is named all the same,
// whichever namespace it is.
func TestSharersAreNamedAmongMany(t *testing.T) {
	t.Parallel()
	demo := run(t, "--ipc", "shareable")
	apart := run(t)
	for option, word := range map[string]string{"--pid": "pid namespace own, joined by", "--network": "net joined by", "--ipc": "ipc joined by"} {
		member := runJoined(t, option, "container:"+demo.name)
		pidns(t, "tree", demo.name).wantStatus(t, 0).want(t, word, member.name)
	}
	if a := pidns(t, "tree", demo.name); strings.Contains(a.stdout, apart.name) {
		t.Errorf("%s shares nothing\n%s", apart.name, a)
	}
}

// Two others that share a namespace with each other are no reason to look again.
func TestOthersThatShareAreAskedOnce(t *testing.T) {
	t.Parallel()
	demo, owner := run(t), run(t)
	runJoined(t, "--pid", "container:"+owner.name)
	var mutex sync.Mutex
	asked := 0
	socket := serve(t, func(client io.ReadWriteCloser) {
		engine, err := net.Dial("unix", strings.TrimPrefix(suite.endpoint, "unix://"))
		if err != nil {
			t.Error(err)
			return
		}
		go func() { _, _ = io.Copy(client, engine); _ = client.Close() }()
		for requests := bufio.NewReader(client); ; {
			line, err := requests.ReadString('\n')
			_, _ = io.WriteString(engine, line)
			mutex.Lock()
			if strings.Contains(line, "/containers/"+demo.name+"/json ") {
				asked++
			}
			mutex.Unlock()
			if err != nil {
				_ = engine.Close()
				return
			}
		}
	})
	call{env: []string{"DOCKER_HOST=unix://" + socket}}.run(t, "tree", "--timeout", "30s", demo.name).wantStatus(t, 0)
	mutex.Lock()
	defer mutex.Unlock()
	if asked != 1 {
		t.Errorf("the engine was asked about %s %d times, want once", demo.name, asked)
	}
}

// A process of a container that shares nothing can still have come into another's
// PID namespace: it is its own container's there.
func TestStrangerInAPIDNamespace(t *testing.T) {
	t.Parallel()
	demo, stranger := run(t), run(t)
	group := groupOf(t, stranger)
	// What the shell inside leaves behind, the init of that namespace adopts.
	script := fmt.Sprintf("echo $$ > %s/cgroup.procs; exec nsenter -t %d -p sh -c 'setsid sleep 4712 &'", group, demo.pid())
	if err := exec.Command("sh", "-c", script).Run(); err != nil {
		t.Fatal(err)
	}
	var entered process
	eventually(t, "it is adopted", func() bool {
		for _, p := range stranger.processes() {
			if strings.Join(p.args, " ") == "sleep 4712" && p.ppid == demo.pid() {
				entered = p
			}
		}
		return entered.pid != 0
	})
	row := rowOf(t, askRows(t, "tree", "--format", "json", demo.name, stranger.name), entered.pid)
	if row.Container != stranger.name {
		t.Errorf("got %v, want it to be of %s", row, stranger.name)
	}
	pidns(t, "tree", demo.name).wantStatus(t, 0).want(t, "1 child process of "+stranger.name)
}

// groupOf is the folder of the container's control group.
func groupOf(t *testing.T, b *box) string {
	t.Helper()
	for _, pattern := range []string{"/sys/fs/cgroup/pids/docker/%s", "/sys/fs/cgroup/docker/%s", "/sys/fs/cgroup/system.slice/docker-%s.scope"} {
		folder := fmt.Sprintf(pattern, b.id)
		if _, err := os.Stat(filepath.Join(folder, "cgroup.procs")); err == nil {
			return folder
		}
	}
	t.Fatal("no control group of " + b.name)
	return ""
}
