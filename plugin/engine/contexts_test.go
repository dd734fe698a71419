package engine

import (
	"bytes"
	"context"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
	"github.com/docker/cli/cli/flags"
)

// contextCLI is a docker CLI with these contexts, whose current one is "default".
func contextCLI(t *testing.T, hosts map[string]string, authority map[string][]byte) command.Cli {
	t.Helper()
	before := config.Dir()
	t.Cleanup(func() { config.SetDir(before) })
	config.SetDir(t.TempDir())
	t.Setenv("DOCKER_HOST", "unix:///current.sock")
	cli, err := command.NewDockerCli(command.WithCombinedStreams(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	if err := cli.Initialize(flags.NewClientOptions()); err != nil {
		t.Fatal(err)
	}
	for name, host := range hosts {
		meta := store.Metadata{
			Name: name, Metadata: command.DockerContext{}, Endpoints: map[string]any{docker.DockerEndpoint: docker.EndpointMeta{Host: host}},
		}
		if err := cli.ContextStore().CreateOrUpdate(meta); err != nil {
			t.Fatal(err)
		}
	}
	for name, ca := range authority {
		data := store.ContextTLSData{Endpoints: map[string]store.EndpointTLSData{docker.DockerEndpoint: {Files: map[string][]byte{"ca.pem": ca}}}}
		if err := cli.ContextStore().ResetTLSMaterial(name, &data); err != nil {
			t.Fatal(err)
		}
	}
	return cli
}

// versioned answers as an engine of this version.
func versioned(version string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		switch {
		case strings.HasSuffix(r.URL.Path, "/version"):
			_, _ = io.WriteString(w, `{"Version":"`+version+`","ApiVersion":"1.41"}`)
		case strings.HasSuffix(r.URL.Path, "/info"):
			_, _ = io.WriteString(w, `{"Name":"box"}`)
		}
	})
}

// A context leads to its own engine, by a unix socket and by TCP with the TLS of the context,
// whichever context is the current one.
func TestConnectToContexts(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "e.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	local := &httptest.Server{Listener: listener, Config: &http.Server{Handler: versioned("1"), ReadHeaderTimeout: time.Minute}}
	local.Start()
	defer local.Close()
	secure := httptest.NewTLSServer(versioned("2"))
	defer secure.Close()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	tcp := "tcp://" + secure.Listener.Addr().String()
	cli := contextCLI(t, map[string]string{"local": "unix://" + socket, "secure": tcp, "remote": "ssh://root@prod"}, map[string][]byte{"secure": bytes.TrimSpace(authority)})
	for name, want := range map[string]struct{ endpoint, version string }{
		"local": {"unix://" + socket, "1"}, "secure": {tcp, "2"}, "remote": {"ssh://root@prod", ""}, "": {"unix:///current.sock", ""}, "default": {"unix:///current.sock", ""},
	} {
		client, err := Connect(cli, name, 10*time.Second)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if client.Endpoint() != want.endpoint {
			t.Errorf("%s: got %s, want %s", name, client.Endpoint(), want.endpoint)
		}
		if want.version == "" {
			continue
		}
		if engine, err := client.Describe(context.Background()); err != nil || engine.Version != want.version {
			t.Errorf("%s: got %+v, %v", name, engine, err)
		}
	}
	_, err = Connect(cli, "nope", time.Second)
	if want := "docker has no context nope; try: docker context ls"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
