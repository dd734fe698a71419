//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// The containers carry a label of their own; nothing else is ever removed.
const (
	label = "docker-pidns.bench=1"
	image = "docker-pidns-bench"
	small = "bench-small"
	big   = "bench-big"
)

// scene is the engine with two containers: one small, of which everything is
// asked, and one with the host's other processes in it.
type scene struct {
	folder string
	// plugin and floor are the two binaries, run directly.
	plugin, floor string
}

func newScene(ctx context.Context) (*scene, error) {
	if _, err := output(ctx, "docker", "version"); err != nil {
		return nil, fmt.Errorf("no engine answers (e2e/script/engine.sh up): %w", err)
	}
	folder, err := os.MkdirTemp("", "docker-pidns-bench-")
	if err != nil {
		return nil, err
	}
	s := &scene{folder: folder}
	if err := s.make(ctx); err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

func (s *scene) make(ctx context.Context) error {
	plugins := filepath.Join(s.folder, "config", "cli-plugins")
	s.plugin, s.floor = filepath.Join(plugins, "docker-pidns"), filepath.Join(plugins, "docker-floor")
	root := filepath.Join(s.folder, "root")
	for path, source := range map[string]string{
		s.plugin: "./cmd/docker-pidns", s.floor: "./e2e/bench/floor", filepath.Join(root, "load"): "./e2e/bench/load",
	} {
		if err := build(ctx, path, source); err != nil {
			return err
		}
	}
	// From here on docker finds the plugins that were just built, and no others.
	if err := os.Setenv("DOCKER_CONFIG", filepath.Join(s.folder, "config")); err != nil {
		return err
	}
	s.removeContainers()
	if others, err := output(ctx, "docker", "ps", "--format", "{{.Names}}"); err == nil && others != "" {
		fmt.Fprintf(os.Stderr, "bench: the figures hold what these containers cost too, and the second that their zombies are given: %s\n", strings.Join(strings.Fields(others), " "))
	}
	if err := s.writeHostileFiles(ctx, root); err != nil {
		return err
	}
	if err := importImage(ctx, root); err != nil {
		return err
	}
	_, err := output(ctx, "docker", "run", "-d", "--name", small, "--label", label, image, "/load", "3")
	return err
}

// build is how the product is built (Makefile).
func build(ctx context.Context, path, source string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w: %s", source, err, text)
	}
	return nil
}

func importImage(ctx context.Context, root string) error {
	tar := exec.CommandContext(ctx, "tar", "-C", root, "-c", ".")
	archive, err := tar.StdoutPipe()
	if err != nil {
		return err
	}
	load := exec.CommandContext(ctx, "docker", "import", "--change", "LABEL "+label, "-", image)
	load.Stdin = archive
	if err := tar.Start(); err != nil {
		return fmt.Errorf("pack the image: %w", err)
	}
	if text, err := load.CombinedOutput(); err != nil {
		_ = tar.Wait()
		return fmt.Errorf("import the image: %w: %s", err, text)
	}
	if err := tar.Wait(); err != nil {
		return fmt.Errorf("pack the image: %w", err)
	}
	return nil
}

// others makes the host's other processes that many.
func (s *scene) others(ctx context.Context, n int) error {
	_ = exec.CommandContext(ctx, "docker", "rm", "-f", big).Run()
	if _, err := output(ctx, "docker", "run", "-d", "--pids-limit", "-1", "--name", big, "--label", label, image, "/load", fmt.Sprint(n-1)); err != nil {
		return err
	}
	return awaitReady(ctx, big)
}

// hostsOthers gives the host that many other processes that are no container's. What it
// returns ends them.
func (s *scene) hostsOthers(ctx context.Context, n int) (end func(), err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(s.folder, "root", "load"), fmt.Sprint(n-1))
	// They end together, as one process group, whatever becomes of this program's.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	end = func() { _ = cmd.Cancel(); _ = cmd.Wait() }
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		end()
		return nil, fmt.Errorf("the host's own load has not got all its processes: %q", line)
	}
	return end, nil
}

// awaitReady follows the container's output until it has all its processes.
func awaitReady(ctx context.Context, name string) error {
	cmd := exec.CommandContext(ctx, "docker", "logs", "-f", name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	said := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if said = lines.Text(); said == "ready" {
			return nil
		}
	}
	return fmt.Errorf("%s has not got all its processes: %s", name, said)
}

func (s *scene) removeContainers() {
	if ids, err := exec.Command("docker", "ps", "-aq", "--filter", "label="+label).Output(); err == nil && len(ids) > 0 {
		_ = exec.Command("docker", append([]string{"rm", "-f"}, strings.Fields(string(ids))...)...).Run()
	}
}

// remove takes everything away, whatever became of the context.
func (s *scene) remove() {
	s.removeContainers()
	_ = exec.Command("docker", "image", "rm", "-f", image).Run()
	_ = os.RemoveAll(s.folder)
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(complaint.String()))
	}
	return strings.TrimSpace(string(text)), nil
}

// machine says what this was measured on.
func machine(ctx context.Context) string {
	kernel, _ := output(ctx, "uname", "-r")
	engine, _ := output(ctx, "docker", "version", "--format", "engine {{.Server.Version}}, docker CLI {{.Client.Version}}")
	ps, _ := output(ctx, "ps", "--version")
	lsns, _ := output(ctx, "lsns", "--version")
	return fmt.Sprintf("Linux %s, %d processors, %s, %s, %s", kernel, runtime.NumCPU(), engine, ps, lsns)
}
