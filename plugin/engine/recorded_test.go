package engine

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// recorded is an engine that answers as a real one did, or as documented (testdata/README.md).
func recorded(t *testing.T, name, server string) *Client {
	t.Helper()
	f := &fake{server: server, answers: map[string]string{}, status: map[string]int{"/containers/none/json": 404}}
	for path, file := range map[string]string{
		"/version": "version", "/info": "info", "/containers/json": "list", "/containers/demo/json": "demo", "/containers/gone/json": "gone",
		"/containers/none/json": "none", "/events": "events", "/exec/" + strings.Repeat("e", 64) + "/json": "exec",
	} {
		data, err := os.ReadFile(filepath.Join("testdata", name, file+".json"))
		if err == nil {
			f.answers[path] = string(data)
		} else if !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return connect(t, f, time.Minute)
}

// podman's answers are not interpreted as Docker's. Its kill events have no signal, its stop is
// no event, and its default grace period may have been configured.
func TestPodman(t *testing.T) {
	c := recorded(t, "podman-4.3.1", "Libpod/4.3.1 (linux)")
	list, err := c.List(t.Context(), false)
	if err != nil || len(list) != 1 || list[0].Name != "demo" || list[0].Status != "running" || !list[0].Silent {
		t.Errorf("got %+v, %v", list, err)
	}
	demo, err := c.Inspect(t.Context(), "demo")
	if err != nil || demo.HostPID != 3965 || demo.Name != "demo" || demo.StopTimeout != 3*time.Second || demo.GraceAssumed || demo.StopSignalNumber() != 15 {
		t.Errorf("got %+v, %v", demo, err)
	}
	if demo.Health != nil || demo.PIDMode != "private" || demo.NetworkMode != "none" || demo.JoinedID() != "" || demo.Labels["app"] != "web" {
		t.Errorf("got %+v", demo)
	}
	gone, err := c.Inspect(t.Context(), "gone")
	if err != nil || gone.IsRunning() || gone.HostPID != 0 || gone.ExitCode != 137 || gone.FinishedAt.IsZero() || gone.Health == nil {
		t.Errorf("got %+v, %v", gone, err)
	}
	if _, err := c.Inspect(t.Context(), "none"); !errors.Is(err, source.ErrNoSuchContainer) {
		t.Errorf("of a container that it does not know: %v", err)
	}
	session, err := c.Exec(t.Context(), demo.ExecIDs[0])
	if err != nil || session.HostPID != 4009 || !session.Running || session.ContainerID != demo.ID {
		t.Errorf("got %+v, %v", session, err)
	}
	e, err := c.Describe(t.Context())
	if err != nil || e.Name != "host" || e.Version != "4.3.1" || e.APIVersion != "1.41" || e.Containerd != "" {
		t.Errorf("got %+v, %v", e, err)
	}
	log, err := c.Events(t.Context())
	if err != nil || log.Product != "Podman Engine" || log.IsPromised() || log.DefaultGrace.Held() {
		t.Errorf("got %+v, %v", log, err)
	}
	told := map[string]int{}
	for _, event := range log.Events {
		told[event.Action]++
		if event.Signal != 0 || event.Action == "die" && event.ExitCode != 137 || event.Action != "die" && event.ExitCode != -1 {
			t.Errorf("got %+v", event)
		}
	}
	if told["kill"] != 2 || told["die"] != 1 || told["stop"] != 0 {
		t.Errorf("got %v", told)
	}
}

// Engine 29 reports its containerd and, when it is reloaded, its default grace period. Its
// events have fewer keys.
func TestEngine29(t *testing.T) {
	c := recorded(t, "engine-29", "Docker/29.8.0 (linux)")
	list, err := c.List(t.Context(), false)
	if err != nil || len(list) != 1 || list[0].Name != "demo" || len(list[0].Addresses) != 0 {
		t.Errorf("got %+v, %v", list, err)
	}
	demo, err := c.Inspect(t.Context(), "demo")
	if err != nil || demo.HostPID != 28242 || demo.StopTimeout != 10*time.Second || !demo.GraceAssumed || demo.Init || demo.PIDsLimit.Held() {
		t.Errorf("got %+v, %v", demo, err)
	}
	e, err := c.Describe(t.Context())
	if err != nil || e.Version != "29.8.0" || e.APIVersion != "1.56" || e.Containerd != "/run/docker/containerd/containerd.sock" || e.ContainerdNamespace != "moby" {
		t.Errorf("got %+v, %v", e, err)
	}
	log, err := c.Events(t.Context())
	if err != nil || !log.IsPromised() || log.DefaultGrace.Or(0) != 25*time.Second || len(log.Events) != 3 {
		t.Fatalf("got %+v, %v", log, err)
	}
	if kill := log.Events[2]; kill.ContainerID != demo.ID || kill.Action != "kill" || kill.Signal != 1 {
		t.Errorf("got %+v", kill)
	}
}

// The files of engine 29 about a container describe it as its API does.
func TestFilesOfEngine29(t *testing.T) {
	asked, err := recorded(t, "engine-29", "Docker/29.8.0 (linux)").Inspect(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	var files [2][]byte
	for i, name := range []string{"config.v2.json", "hostconfig.json"} {
		if files[i], err = os.ReadFile(filepath.Join("testdata", "engine-29", name)); err != nil {
			t.Fatal(err)
		}
	}
	onDisk, err := FromDisk(files[0], files[1], asked.AnsweredAt)
	if err != nil || !reflect.DeepEqual(onDisk, asked) {
		t.Errorf("got  %+v, %v\nwant %+v", onDisk, err, asked)
	}
}
