//go:build e2e && linux

// Package lab has what the end-to-end tests need: containers and engines that are created for a
// test and removed after it, ways to run docker pidns, and a reader of /proc that shares no
// code with docker pidns.
package lab

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Suite is what all tests share.
var Suite struct {
	// dockerConfig is the DOCKER_CONFIG in which the plugin is installed, and
	// Plugin its binary.
	dockerConfig, Plugin string
	// Endpoint is the endpoint of the engine, by the docker CLI's context.
	Endpoint string
	// Image holds busybox under all its names, and the workload program.
	Image string
	// Busybox is a static busybox of this host.
	Busybox string
}

// Label marks everything that these tests create.
const Label = "docker-pidns.e2e"

// Main prepares what the tests share, runs them and returns their exit status.
func Main(m *testing.M) (status int, err error) {
	if os.Geteuid() != 0 {
		return 1, errors.New("exit codes and namespaces can be checked by root alone: run this as root")
	}
	// Short, because sockets are made in it, and open to the users that some
	// tests become.
	dir, err := os.MkdirTemp("/tmp", "e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil {
		return 1, err
	}
	if err := findEngine(); err != nil {
		return 1, err
	}
	if err := installPlugin(dir); err != nil {
		return 1, err
	}
	if err := makeImage(dir); err != nil {
		return 1, err
	}
	defer func() { _, _ = Command("docker", "image", "rm", "-f", Suite.Image) }()
	return m.Run(), nil
}

// findEngine fails if no engine answers, because a skipped test proves nothing.
func findEngine() error {
	endpoint, err := Command("docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
	if err != nil {
		return err
	}
	Suite.Endpoint = endpoint
	if _, err := Command("docker", "version"); err != nil {
		return fmt.Errorf("no engine answers at %s (e2e/script/engine.sh up): %w", endpoint, err)
	}
	return nil
}

// installPlugin makes every docker of the suite use the tested plugin. A plugin that the user
// has installed must not affect a test.
func installPlugin(dir string) error {
	Suite.dockerConfig = filepath.Join(dir, "docker")
	Suite.Plugin = filepath.Join(Suite.dockerConfig, "cli-plugins", "docker-pidns")
	if err := build(Suite.Plugin, "../cmd/docker-pidns"); err != nil {
		return err
	}
	return errors.Join(os.Setenv("DOCKER_CONFIG", Suite.dockerConfig), os.Setenv("DOCKER_HOST", Suite.Endpoint), os.Unsetenv("DOCKER_CONTEXT"))
}

func build(binary, pkg string) error {
	cmd := exec.Command("go", "build", "-buildvcs=false", "-tags", "e2e", "-o", binary, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// makeImage imports an image, which needs neither a registry nor a builder.
func makeImage(dir string) error {
	workload := filepath.Join(dir, "workload")
	if err := build(workload, "./workload"); err != nil {
		return err
	}
	busybox, err := Command("./script/engine.sh", "busybox")
	if err != nil {
		return err
	}
	Suite.Busybox = busybox
	archive, err := rootFS(busybox, workload)
	if err != nil {
		return err
	}
	Suite.Image = "docker-pidns-e2e:" + Random()
	cmd := exec.Command("docker", "import", "--change", "LABEL "+Label+"=image", "-", Suite.Image)
	cmd.Stdin = archive
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("docker import: %w\n%s", err, out)
	}
	return nil
}

func rootFS(busybox, workload string) (io.Reader, error) {
	names, err := Command(busybox, "--list")
	if err != nil {
		return nil, err
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, dir := range []string{"bin/", "etc/", "tmp/", "proc/"} {
		err = errors.Join(err, w.WriteHeader(&tar.Header{Name: dir, Typeflag: tar.TypeDir, Mode: 0o1777}))
	}
	passwd := "root:x:0:0:root:/:/bin/sh\nwww-data:x:33:33:www-data:/:/bin/sh\n"
	err = errors.Join(err, addFile(w, "etc/passwd", []byte(passwd)))
	for name, path := range map[string]string{"bin/busybox": busybox, "bin/workload": workload} {
		data, readErr := os.ReadFile(path)
		err = errors.Join(err, readErr, addFile(w, name, data))
	}
	for name := range strings.FieldsSeq(names) {
		if name != "busybox" {
			err = errors.Join(err, w.WriteHeader(&tar.Header{Name: "bin/" + name, Typeflag: tar.TypeSymlink, Linkname: "busybox"}))
		}
	}
	return &archive, errors.Join(err, w.Close())
}

func addFile(w *tar.Writer, name string, data []byte) error {
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}

// Command runs a program to its end and returns its output, trimmed.
func Command(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}
