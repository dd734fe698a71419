//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// scrapes is the row about docker pidns metrics, of a server that runs.
const scrapes = "scrape of metrics of 1,000 containers"

// mostSeries is how many series a container may have.
const mostSeries = 25

// scrape measures a scrape of a thousand containers beside docker inspect of them. Their
// processes are real, and their engine is not.
func (s *scene) scrape(ctx context.Context, o options) ([]result, error) {
	if !o.run.MatchString(scrapes) {
		return nil, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c, err := s.newCrowd(ctx, 1000)
	if err != nil {
		return nil, err
	}
	defer c.remove()
	url, end, err := s.metricsServer(ctx, c.socket)
	if err != nil {
		return nil, err
	}
	defer end()
	inspect := append([]string{"docker", "--host", "unix://" + c.socket, "inspect"}, c.ids...)
	series := 0
	times, err := byTurns(o.runs, func() (float64, error) {
		began := time.Now()
		text, err := scraped(ctx, url)
		took := float64(time.Since(began)) / float64(time.Millisecond)
		if series = seriesOf(text, "pidns_container_"); err == nil && !strings.Contains(text, "\npidns_up 1\n") {
			err = errors.New("a scrape had no answer of the host")
		}
		return took, err
	}, milliseconds(ctx, inspect))
	if err != nil {
		return nil, err
	}
	perContainer := float64(series) / float64(len(c.ids))
	return []result{
		{scrapes, "docker inspect of them", times, 3, "ms", nil},
		{scrapes + ", series", "", pair{[]float64{perContainer}, nil}, mostSeries, "series/container", nil},
	}, nil
}

// metricsServer runs docker pidns metrics with an engine at a socket.
func (s *scene) metricsServer(ctx context.Context, socket string) (url string, end func(), err error) {
	cmd := exec.CommandContext(ctx, s.plugin, "--host", "unix://"+socket, "metrics", "--listen", ":0")
	said, err := cmd.StderrPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	end = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	line, err := bufio.NewReader(said).ReadString('\n')
	_, address, found := strings.Cut(strings.TrimSpace(line), "metrics are served at ")
	if err != nil || !found {
		end()
		return "", nil, fmt.Errorf("no server: %q, %w", line, err)
	}
	return "http://" + address, end, nil
}

func scraped(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "120")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(response.Body)
	return string(text), errors.Join(err, response.Body.Close())
}

// seriesOf counts the series of a text whose names begin so.
func seriesOf(text, beginning string) (n int) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, beginning) {
			n++
		}
	}
	return n
}

// crowd are many containers, each with a shim and a main process in control groups of its own.
type crowd struct {
	// root is what the main processes see of the file system.
	root   string
	ids    []string
	socket string
	shims  []*exec.Cmd
	mains  []int
	groups []string
}

// groupName is the group around those of the crowd.
const groupName = "docker-pidns-bench"

// hierarchies are the control groups below which the crowd's groups are made, where they exist:
// those of cgroup v1, of v2 beside it, and of v2 alone.
var hierarchies = []string{"/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"}

func (s *scene) newCrowd(ctx context.Context, n int) (*crowd, error) {
	engine, err := newFakeEngine(ctx)
	if err != nil {
		return nil, err
	}
	program := filepath.Join(s.folder, "containerd-shim-runc-v2")
	if err := os.Link(filepath.Join(s.folder, "root", "load"), program); err != nil {
		return nil, err
	}
	root := filepath.Join(s.folder, "crowd")
	if err := withBusybox(ctx, root); err != nil {
		return nil, err
	}
	c := &crowd{root: root, socket: filepath.Join(s.folder, "engine.sock")}
	for i := range n {
		id := fmt.Sprintf("%064x", i+1)
		pid, err := c.start(ctx, program, id)
		if err == nil {
			err = errors.Join(c.putIntoGroup(id, pid), engine.add(id, fmt.Sprintf("crowd-%d", i+1), pid))
		}
		if err != nil {
			c.remove()
			return nil, err
		}
	}
	if err := engine.serve(ctx, c.socket); err != nil {
		c.remove()
		return nil, err
	}
	return c, nil
}

// withBusybox makes a folder that has a static busybox.
func withBusybox(ctx context.Context, folder string) error {
	from, err := output(ctx, "e2e/script/engine.sh", "busybox")
	if err != nil {
		return err
	}
	program, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, "busybox"), program, 0o755))
}

// start starts a container's shim, and returns the PID of its main process.
func (c *crowd) start(ctx context.Context, program, id string) (pid int, err error) {
	shim := exec.CommandContext(ctx, program, "-namespace", "moby", "-id", id, "-address", c.socket)
	shim.Dir = c.root
	shim.Env = append(os.Environ(), "GOMAXPROCS=1")
	shim.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	said, err := shim.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := shim.Start(); err != nil {
		return 0, err
	}
	c.ids, c.shims = append(c.ids, id), append(c.shims, shim)
	if _, err := fmt.Fscan(said, &pid); err != nil {
		_ = shim.Process.Kill()
		return 0, err
	}
	c.mains = append(c.mains, pid)
	return pid, nil
}

// putIntoGroup puts a main process into control groups that name its container.
func (c *crowd) putIntoGroup(id string, pid int) error {
	for _, hierarchy := range hierarchies {
		if _, err := os.Stat(filepath.Join(hierarchy, "cgroup.procs")); err != nil {
			continue
		}
		group := filepath.Join(hierarchy, groupName, id)
		if err := os.MkdirAll(group, 0o755); err != nil {
			return err
		}
		c.groups = append(c.groups, group)
		if err := os.WriteFile(filepath.Join(group, "cgroup.procs"), fmt.Append(nil, pid), 0); err != nil {
			return err
		}
	}
	return nil
}

// remove ends the processes, each reaped by its parent, and then removes their groups.
func (c *crowd) remove() {
	for _, pid := range c.mains {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	for _, shim := range c.shims {
		_ = shim.Wait()
	}
	for _, group := range c.groups {
		_ = os.Remove(group)
	}
	for _, hierarchy := range hierarchies {
		_ = os.Remove(filepath.Join(hierarchy, groupName))
	}
}
