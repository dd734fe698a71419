//go:build linux

package realhost

import (
	"context"
	"os"
	"path/filepath"
)

const module = "github.com/docker-pidns/docker-pidns"

// Plugin is the environment in which docker finds the plugin, and a function that removes it.
// If no folder is given, the plugin is built from this source.
func Plugin(ctx context.Context, folder string) (environment []string, remove func(), err error) {
	// Another configuration has other contexts, so the endpoint is given.
	endpoint, err := Docker(ctx, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
	if err != nil {
		return nil, nil, err
	}
	remove = func() {}
	if folder == "" {
		if folder, err = os.MkdirTemp("", "pidns-"); err != nil {
			return nil, nil, err
		}
		remove = func() { _ = os.RemoveAll(folder) }
		if err := build(ctx, filepath.Join(folder, "cli-plugins", "docker-pidns"), module+"/cmd/docker-pidns"); err != nil {
			remove()
			return nil, nil, err
		}
	}
	return []string{"DOCKER_CONFIG=" + folder, "DOCKER_HOST=" + endpoint}, remove, nil
}

func build(ctx context.Context, binary, pkg string) error {
	_, err := Command(ctx, []string{"CGO_ENABLED=0"}, "go", "build", "-buildvcs=false", "-o", binary, pkg)
	return err
}
