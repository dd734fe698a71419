//go:build e2e && linux

// Package e2e holds the real docker pidns against what others say: docker
// inspect, ps, the kernel's /proc read by the tests themselves, and what
// processes in containers write of themselves. It needs root, a Docker engine
// on this host (engine.sh finds or makes one) and, but for packages that are
// missing, no network.
//
// Whatever the tests make carries the label docker-pidns.e2e. An interrupted run
// leaves some: docker rm -f $(docker ps -aq --filter label=docker-pidns.e2e)
// It may also leave a user e2e-SOMETHING, with an engine of its own.
package e2e

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

// suite is what all tests share.
var suite struct {
	// dockerConfig is the DOCKER_CONFIG in which the plugin is installed, and
	// plugin its binary.
	dockerConfig, plugin string
	// endpoint is the engine's, as the docker CLI's context has it.
	endpoint string
	// image holds busybox under all its names, and the workload program.
	image string
	// busybox is a static one of this host.
	busybox string
}

// label marks whatever these tests make.
const label = "docker-pidns.e2e"

func TestMain(m *testing.M) {
	status, err := prepareAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	os.Exit(status)
}

func prepareAndRun(m *testing.M) (status int, err error) {
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
	defer func() { _, _ = command("docker", "image", "rm", "-f", suite.image) }()
	return m.Run(), nil
}

// findEngine fails where no engine answers: a skipped test proves nothing.
func findEngine() error {
	endpoint, err := command("docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
	if err != nil {
		return err
	}
	suite.endpoint = endpoint
	if _, err := command("docker", "version"); err != nil {
		return fmt.Errorf("no engine answers at %s (e2e/engine.sh up): %w", endpoint, err)
	}
	return nil
}

// installPlugin makes every docker of the suite use the plugin that is tested: one
// that its user has installed must neither help a test nor hinder it.
func installPlugin(dir string) error {
	suite.dockerConfig = filepath.Join(dir, "docker")
	suite.plugin = filepath.Join(suite.dockerConfig, "cli-plugins", "docker-pidns")
	if err := build(suite.plugin, "../cmd/docker-pidns"); err != nil {
		return err
	}
	return errors.Join(os.Setenv("DOCKER_CONFIG", suite.dockerConfig), os.Setenv("DOCKER_HOST", suite.endpoint), os.Unsetenv("DOCKER_CONTEXT"))
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
	busybox, err := command("./engine.sh", "busybox")
	if err != nil {
		return err
	}
	suite.busybox = busybox
	archive, err := rootFS(busybox, workload)
	if err != nil {
		return err
	}
	suite.image = "docker-pidns-e2e:" + random()
	cmd := exec.Command("docker", "import", "--change", "LABEL "+label+"=image", "-", suite.image)
	cmd.Stdin = archive
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("docker import: %w\n%s", err, out)
	}
	return nil
}

func rootFS(busybox, workload string) (io.Reader, error) {
	names, err := command(busybox, "--list")
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

// command runs a program to its end and returns its output, trimmed.
func command(name string, args ...string) (string, error) {
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
