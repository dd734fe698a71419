//go:build linux

package realhost

import (
	"context"
	"crypto/sha256"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// repository is the name of the two images: one of packages, and one with the programs of this
// folder on top. Their tags depend on their content.
const (
	repository = "docker-pidns-forecast"
	imageLabel = "docker-pidns.forecast-image"
)

// scripts are the programs and configurations that become /forecast.
//
//go:embed testdata
var scripts embed.FS

//go:embed behave/main.go
var goBehave string

// packages are Debian's.
var packages = strings.Fields(`
	procps busybox-static
	dash bash zsh ksh93u+m mksh
	tini dumb-init catatonit s6 runit supervisor systemd openrc sysvinit-core
	nginx-light apache2 lighttpd haproxy squid varnish caddy
	redis-server memcached postgresql mariadb-server mosquitto etcd-server erlang-base
	cron openssh-server rsyslog dnsmasq-base exim4-daemon-light syncthing
	python3 gunicorn uvicorn uwsgi-core uwsgi-plugin-python3 celery python3-redis
	perl ruby ruby-webrick puma php-cli php-fpm lua5.4 tcl
	nodejs npm default-jre-headless`)

// ImageName is the name of the image of Debian's packages and the programs of testdata,
// made or not.
func ImageName(ctx context.Context) (string, error) {
	base, err := baseName(ctx)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintln(sum, base, goBehave)
	err = fs.WalkDir(scripts, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := scripts.ReadFile(path)
		fmt.Fprintf(sum, "%s\n%s\n", path, text)
		return err
	})
	return fmt.Sprintf("%s:%.6x", repository, sum.Sum(nil)), err
}

// baseName is the name of the packages' image.
func baseName(ctx context.Context) (string, error) {
	args, err := bootstrap(ctx)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(strings.Join(append(args, imageLabel), "\n")))
	return fmt.Sprintf("%s:packages-%.6x", repository, sum[:]), nil
}

// MakeImage makes the image unless it exists, and returns its name.
func MakeImage(ctx context.Context) (string, error) {
	name, err := ImageName(ctx)
	if err != nil || exists(ctx, name) {
		return name, err
	}
	base, err := baseName(ctx)
	if err != nil {
		return "", err
	}
	if !exists(ctx, base) {
		if err := importPackages(ctx, base); err != nil {
			return "", err
		}
	}
	return name, addPrograms(ctx, base, name)
}

func exists(ctx context.Context, image string) bool {
	_, err := Docker(ctx, "image", "inspect", image)
	return err == nil
}

// addPrograms commits a container with /forecast in it.
func addPrograms(ctx context.Context, base, name string) error {
	dir, err := os.MkdirTemp("", "forecast-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := compile(ctx, dir); err != nil {
		return err
	}
	// Without a label, because the image would inherit it.
	id, err := Docker(ctx, "create", base, "true")
	if err != nil {
		return err
	}
	defer func() { _, _ = Docker(context.WithoutCancel(ctx), "rm", id) }()
	if _, err := Docker(ctx, "cp", dir, id+":/forecast"); err != nil {
		return err
	}
	_, err = Docker(ctx, "commit", id, name)
	return err
}

// compile fills the folder that becomes /forecast.
func compile(ctx context.Context, dir string) error {
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	files, err := fs.Sub(scripts, "testdata")
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, files); err != nil {
		return err
	}
	// Embedded files have no mode.
	if err := executable(filepath.Join(dir, "services*", "one", "run"), filepath.Join(dir, "runit", "*")); err != nil {
		return err
	}
	if err := build(ctx, filepath.Join(dir, "go-behave"), module+"/e2e/internal/realhost/behave"); err != nil {
		return err
	}
	_, err = Command(ctx, nil, compiler(), "-static", "-O1", "-Wall", "-Wextra", "-pthread",
		"-o", filepath.Join(dir, "behave"), filepath.Join(dir, "behave.c"))
	return err
}

func executable(patterns ...string) error {
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := os.Chmod(file, 0o755); err != nil {
				return err
			}
		}
	}
	return nil
}

func compiler() string {
	if cc := os.Getenv("CC"); cc != "" {
		return cc
	}
	return "cc"
}

// importPackages lets mmdebstrap write a root file system, and imports it.
func importPackages(ctx context.Context, name string) error {
	args, err := bootstrap(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "making an image of %d Debian packages, which takes some minutes\n", len(packages))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	read, write := io.Pipe()
	var log strings.Builder
	maker := exec.CommandContext(ctx, "mmdebstrap", args...)
	maker.Stdout, maker.Stderr = write, &log
	importer := exec.CommandContext(ctx, "docker", "import", "--change", "LABEL "+imageLabel+"=1", "-", name)
	importer.Stdin = read
	err = Together(
		func() error {
			err := maker.Run()
			// After an error nothing is imported, instead of a part.
			_ = write.CloseWithError(err)
			if err != nil {
				cancel()
				return fmt.Errorf("mmdebstrap %s: %w\n%s", strings.Join(args, " "), err, log.String())
			}
			return nil
		},
		importer.Run,
	)
	return err
}
