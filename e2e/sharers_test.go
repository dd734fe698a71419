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

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// Containers that share nothing are not asked for. A container that shares any namespace is
// named all the same.
func TestSharersAreNamedAmongMany(t *testing.T) {
	t.Parallel()
	demo := Run(t, "--ipc", "shareable")
	apart := Run(t)
	for option, word := range map[string]string{"--pid": "pid namespace own, joined by", "--network": "net joined by", "--ipc": "ipc joined by"} {
		member := runJoined(t, option, "container:"+demo.Name)
		PIDNS(t, "tree", demo.Name).WantStatus(t, 0).Want(t, word, member.Name)
	}
	if a := PIDNS(t, "tree", demo.Name); strings.Contains(a.Stdout, apart.Name) {
		t.Errorf("%s shares nothing\n%s", apart.Name, a)
	}
}

// Two others that share a namespace with each other do not cause another look.
func TestOthersThatShareAreAskedOnce(t *testing.T) {
	t.Parallel()
	demo, owner := Run(t), Run(t)
	runJoined(t, "--pid", "container:"+owner.Name)
	var mutex sync.Mutex
	asked := 0
	socket := serve(t, func(client io.ReadWriteCloser) {
		engine, err := net.Dial("unix", strings.TrimPrefix(Suite.Endpoint, "unix://"))
		if err != nil {
			t.Error(err)
			return
		}
		go func() { _, _ = io.Copy(client, engine); _ = client.Close() }()
		for requests := bufio.NewReader(client); ; {
			line, err := requests.ReadString('\n')
			_, _ = io.WriteString(engine, line)
			mutex.Lock()
			if strings.Contains(line, "/containers/"+demo.Name+"/json ") {
				asked++
			}
			mutex.Unlock()
			if err != nil {
				_ = engine.Close()
				return
			}
		}
	})
	Call{Env: []string{"DOCKER_HOST=unix://" + socket}}.Run(t, "tree", "--timeout", "30s", demo.Name).WantStatus(t, 0)
	mutex.Lock()
	defer mutex.Unlock()
	if asked != 1 {
		t.Errorf("the engine was asked about %s %d times, want once", demo.Name, asked)
	}
}

// A process of a container that shares nothing can still have entered another one's PID
// namespace. There it belongs to its own container.
func TestStrangerInAPIDNamespace(t *testing.T) {
	t.Parallel()
	demo, stranger := Run(t), Run(t)
	group := groupOf(t, stranger)
	// The init of that namespace adopts the orphans of the shell inside.
	script := fmt.Sprintf("echo $$ > %s/cgroup.procs; exec nsenter -t %d -p sh -c 'setsid sleep 4712 &'", group, demo.PID())
	if err := exec.Command("sh", "-c", script).Run(); err != nil {
		t.Fatal(err)
	}
	var entered Process
	Eventually(t, "it is adopted", func() bool {
		for _, p := range stranger.Processes() {
			if strings.Join(p.Args, " ") == "sleep 4712" && p.PPID == demo.PID() {
				entered = p
			}
		}
		return entered.PID != 0
	})
	row := RowOf(t, AskRows(t, "tree", "--format", "json", demo.Name, stranger.Name), entered.PID)
	if row.Container != stranger.Name {
		t.Errorf("got %v, want it to be of %s", row, stranger.Name)
	}
	PIDNS(t, "tree", demo.Name).WantStatus(t, 0).Want(t, "1 child process of "+demo.Name+" belongs to "+stranger.Name)
}

// groupOf is the folder of the container's control group.
func groupOf(t *testing.T, b *Box) string {
	t.Helper()
	for _, pattern := range []string{"/sys/fs/cgroup/pids/docker/%s", "/sys/fs/cgroup/docker/%s", "/sys/fs/cgroup/system.slice/docker-%s.scope"} {
		folder := fmt.Sprintf(pattern, b.ID)
		if _, err := os.Stat(filepath.Join(folder, "cgroup.procs")); err == nil {
			return folder
		}
	}
	t.Fatal("no control group of " + b.Name)
	return ""
}
