package engine

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/client"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// fake is an engine that gives recorded answers to the real Docker client.
type fake struct {
	answers map[string]string // path after the version -> JSON body
	server  string            // its name (HTTP Server), "" for none
	status  map[string]int
	hang    map[string]bool
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if strings.HasPrefix(path, "/v1.") {
		path = path[strings.Index(path[1:], "/")+1:]
	}
	if f.server != "" {
		w.Header().Set("Server", f.server)
	}
	if f.hang[path] {
		<-r.Context().Done()
		return
	}
	if path == "/_ping" {
		w.Header().Set("Api-Version", "1.41")
		return
	}
	body, ok := f.answers[path]
	status := http.StatusOK
	if s := f.status[path]; s != 0 {
		status = s
	} else if !ok {
		status, body = http.StatusNotFound, `{"message":"not found"}`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

func connect(t *testing.T, f *fake, timeout time.Duration) *Client {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	api, err := client.NewClientWithOpts(client.WithHost("tcp://"+server.Listener.Addr().String()), client.WithAPIVersionNegotiation(), withBounds)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	return New(api, api.DaemonHost(), timeout)
}

const recordedInspect = `{
 "Id":"` + demoID + `","Name":"/demo","Path":"sleep","Args":["900"],"ExecIDs":["e1","e2"],
 "State":{"Status":"running","Running":true,"Pid":8090,"ExitCode":0,"StartedAt":"2026-03-01T11:46:00.123456789Z","FinishedAt":"0001-01-01T00:00:00Z",
   "Health":{"Status":"healthy","Log":[{"Start":"2026-03-01T12:00:00+01:00","End":"2026-03-01T12:00:01+01:00","ExitCode":1},null,
    {"Start":"2026-03-01T12:00:06+01:00","End":"2026-03-01T12:00:07+01:00","ExitCode":-1,"Output":"Health check exceeded timeout (1s): x"}]}},
 "HostConfig":{"PidMode":"container:other","Init":true,"AutoRemove":true,"PidsLimit":4096,"CgroupParent":"/batch"},
 "Config":{"Image":"busybox:1","Labels":{"a":"b"},"StopTimeout":3,"Healthcheck":{"Test":["CMD-SHELL","curl x"],"Interval":5000000000}}}`

const demoID = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// Both the list and the container have the container's addresses and the ports that the host
// forwards to it, one entry for each version of IP.
func TestNetwork(t *testing.T) {
	const networks = `"Networks":{"b":{"IPAddress":"172.18.0.2","GlobalIPv6Address":""},"a":{"IPAddress":"172.17.0.4","GlobalIPv6Address":"fd00::4"},"none":null}`
	c := connect(t, &fake{answers: map[string]string{
		"/containers/json":      `[{"Id":"` + demoID + `","NetworkSettings":{` + networks + `},"Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"IP":"::","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"PrivatePort":81,"Type":"tcp"}]}]`,
		"/containers/demo/json": `{"Id":"` + demoID + `","NetworkSettings":{` + networks + `,"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"}],"81/tcp":null,"82/udp":[{"HostPort":"x"}]}}}`,
	}}, time.Minute)
	list, err := c.List(context.Background(), false)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %d containers", err, len(list))
	}
	one, err := c.Inspect(context.Background(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []inspect.Container{list[0], one} {
		if strings.Join(got.Addresses, " ") != "172.17.0.4 172.18.0.2 fd00::4" || !reflect.DeepEqual(got.Published, []inspect.Published{{Protocol: "tcp", Port: 80, HostPort: 8080}}) {
			t.Errorf("got %v, %v", got.Addresses, got.Published)
		}
	}
}

func TestInspect(t *testing.T) {
	c := connect(t, &fake{answers: map[string]string{"/containers/demo/json": recordedInspect}}, time.Minute)
	got, err := c.Inspect(context.Background(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	if got.AnsweredAt.IsZero() {
		t.Error("the answer has no time")
	}
	at := time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC)
	want := inspect.Container{
		ID: demoID, Name: "demo", Image: "busybox:1", Status: "running", HostPID: 8090, AnsweredAt: got.AnsweredAt,
		StartedAt: time.Date(2026, 3, 1, 11, 46, 0, 123456789, time.UTC), Path: "sleep", Args: []string{"900"},
		Labels: map[string]string{"a": "b"}, PIDMode: "container:other", Init: true, AutoRemove: true, PIDsLimit: got.PIDsLimit, CgroupParent: "/batch",
		StopTimeout: 3 * time.Second, ExecIDs: []string{"e1", "e2"},
		Health: &inspect.HealthCheck{
			Command: []string{"/bin/sh", "-c", "curl x"}, Interval: 5 * time.Second, Timeout: 30 * time.Second,
			Log: []inspect.Probe{{Start: at, End: at.Add(time.Second), ExitCode: 1}, {Start: at.Add(6 * time.Second), End: at.Add(7 * time.Second), ExitCode: -1, TimedOut: true}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if limit, ok := got.PIDsLimit.Get(); !ok || limit != 4096 {
		t.Errorf("pids limit %d, %v", limit, ok)
	}
}

// An engine may leave out any key.
func TestInspectOfNothing(t *testing.T) {
	for _, body := range []string{`{}`, `{"Id":"x","State":null,"HostConfig":null,"Config":null}`, `{"Id":"x","State":{},"Config":{"Healthcheck":{"Test":["NONE"]}}}`} {
		c := connect(t, &fake{answers: map[string]string{"/containers/x/json": body}}, time.Minute)
		got, err := c.Inspect(context.Background(), "x")
		if err != nil {
			t.Fatal(err)
		}
		if got.HostPID != 0 || got.Health != nil || got.PIDsLimit.Held() || got.StopTimeout != 10*time.Second {
			t.Errorf("%s: got %+v", body, got)
		}
	}
}

func TestHealthCheckCommand(t *testing.T) {
	for test, want := range map[string][]string{
		`["CMD","curl","x"]`: {"curl", "x"}, `["CMD-SHELL","curl x"]`: {"/bin/ash", "-c", "curl x"}, `["NONE"]`: nil, `[]`: nil,
	} {
		body := `{"Id":"x","Config":{"Shell":["/bin/ash","-c"],"Healthcheck":{"Test":` + test + `}}}`
		c := connect(t, &fake{answers: map[string]string{"/containers/x/json": body}}, time.Minute)
		got, err := c.Inspect(context.Background(), "x")
		if err != nil {
			t.Fatal(err)
		}
		var command []string
		if got.Health != nil {
			command = got.Health.Command
		}
		if !reflect.DeepEqual(command, want) {
			t.Errorf("%s: got %q, want %q", test, command, want)
		}
	}
}

func TestList(t *testing.T) {
	body := `[{"Id":"` + demoID + `","Names":["/linked/alias","/demo"],"Image":"busybox","State":"paused","Labels":{"a":"b"}},{"Id":"` + strings.Repeat("b", 64) + `","Names":null,"State":"running"}]`
	c := connect(t, &fake{answers: map[string]string{"/containers/json": body}}, time.Minute)
	got, err := c.List(context.Background(), false)
	if err != nil || len(got) != 2 {
		t.Fatalf("got %v, %v", got, err)
	}
	if got[0].Name != "demo" || got[0].Status != "paused" || !got[0].Silent || got[0].Labels["a"] != "b" {
		t.Errorf("got %+v", got[0])
	}
	if got[1].Name != "bbbbbbbbbbbb" {
		t.Errorf("a container without a name is called %q, want its short ID", got[1].Name)
	}
}

func TestExecs(t *testing.T) {
	message := func(action, id string, nano int64) string {
		b, err := json.Marshal(map[string]any{"Type": "container", "Action": action, "Actor": map[string]any{"ID": demoID, "Attributes": map[string]string{"execID": id}}, "timeNano": nano})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	c := connect(t, &fake{answers: map[string]string{
		"/exec/e1/json": `{"ID":"e1","ContainerID":"` + demoID + `","Running":false,"Pid":77}`,
		"/events":       message("exec_create: sh -c x: y", "e1", 1e9) + message("exec_start: sh -c x: y", "e1", 2e9) + message("start", "", 3e9),
	}}, time.Minute)
	e, err := c.Exec(context.Background(), "e1")
	if err != nil || e != (inspect.Exec{ID: "e1", ContainerID: demoID, HostPID: 77}) {
		t.Errorf("got %+v, %v", e, err)
	}
	for opens, want := range map[string]procfs.Opt[bool]{
		`,"OpenStdout":false,"OpenStderr":false`: procfs.Some(true),
		`,"OpenStdout":true,"OpenStderr":true`:   procfs.Some(false),
		`,"OpenStdout":true,"OpenStderr":false`:  procfs.Some(false),
		``:                                       procfs.None[bool](procfs.Unread),
	} {
		running := connect(t, &fake{answers: map[string]string{"/exec/e2/json": `{"ID":"e2","Running":true,"Pid":78` + opens + `}`}}, time.Minute)
		if e, err := running.Exec(context.Background(), "e2"); err != nil || e.Detached != want || e.HostPID != 78 {
			t.Errorf("%s: got %+v, %v", opens, e, err)
		}
	}
	past, err := c.ExecEvents(context.Background())
	want := []inspect.Exec{{ID: "e1", ContainerID: demoID, Command: "sh -c x: y", StartedAt: time.Unix(2, 0).UTC()}}
	if err != nil || !reflect.DeepEqual(past, want) {
		t.Errorf("got %+v, %v; want %+v", past, err, want)
	}
}

func TestErrors(t *testing.T) {
	f := &fake{hang: map[string]bool{"/containers/slow/json": true}, answers: map[string]string{"/containers/odd/json": `{"message":"odd"}`}, status: map[string]int{"/containers/odd/json": 500}}
	c := connect(t, f, 200*time.Millisecond)
	if _, err := c.Inspect(context.Background(), "nope"); !errors.Is(err, source.ErrNoSuchContainer) {
		t.Errorf("unknown: got %v", err)
	}
	if _, err := c.Inspect(context.Background(), "slow"); !errors.Is(err, source.ErrSilent) {
		t.Errorf("silent: got %v", err)
	}
	if _, err := c.Inspect(context.Background(), "odd"); err == nil || errors.Is(err, source.ErrSilent) || errors.Is(err, source.ErrNoSuchContainer) {
		t.Errorf("refused: got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Inspect(ctx, "slow"); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: got %v, want context.Canceled", err)
	}
}

func TestNobodyThere(t *testing.T) {
	socket := "unix://" + filepath.Join(t.TempDir(), "none.sock")
	api, err := client.NewClientWithOpts(client.WithHost(socket), withBounds)
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(api, socket, time.Minute).List(context.Background(), false)
	var unreachable *source.UnreachableError
	if !errors.As(err, &unreachable) || !strings.Contains(err.Error(), socket) {
		t.Errorf("got %v, want an error that names %s", err, socket)
	}
}

// An engine that accepts the connection and never answers.
func TestSilentSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	api, err := client.NewClientWithOpts(client.WithHost("unix://"+path), client.WithAPIVersionNegotiation(), withBounds)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(api, "unix://"+path, 200*time.Millisecond).List(context.Background(), false); !errors.Is(err, source.ErrSilent) {
		t.Errorf("got %v, want source.ErrSilent", err)
	}
}

// The first component names the engine of the events. If an engine reports no component, its
// events are not complete.
func TestEventsSayWhose(t *testing.T) {
	event := `{"Type":"container","Action":"kill","Actor":{"ID":"` + demoID + `","Attributes":{"signal":"1"}},"timeNano":1000000000}`
	for version, want := range map[string]struct {
		product  string
		promised bool
	}{
		`{"Components":[{"Name":"Engine"},{"Name":"containerd"}]}`:    {"Engine", true},
		`{"Components":[{"Name":"Podman Engine"},{"Name":"Conmon"}]}`: {"Podman Engine", false},
		`{}`: {"", false},
		``:   {"", false},
	} {
		f := &fake{answers: map[string]string{"/events": event, "/version": version}}
		if version == "" {
			f.status = map[string]int{"/version": 500}
		}
		log, err := connect(t, f, time.Minute).Events(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if log.Product != want.product || log.IsPromised() != want.promised || len(log.Events) != 1 || log.Events[0].Signal != 1 {
			t.Errorf("%q: got %+v", version, log)
		}
	}
}

// An engine reports its default grace period when its configuration is reloaded, if it can be
// configured. The last event counts.
func TestEventsOfReloads(t *testing.T) {
	reload := func(attributes string) string {
		return `{"Type":"daemon","Action":"reload","Actor":{"ID":"x","Attributes":{` + attributes + `}},"timeNano":1000000000}`
	}
	for name, test := range map[string]struct {
		events string
		want   procfs.Opt[time.Duration]
	}{
		"29.7":            {reload(`"default-stop-timeout":"25","shutdown-timeout":"15"`), procfs.Some(25 * time.Second)},
		"twice":           {reload(`"default-stop-timeout":"25"`) + reload(`"default-stop-timeout":"0"`), procfs.Some[time.Duration](0)},
		"before 29.7":     {reload(`"shutdown-timeout":"15"`), procfs.None[time.Duration](procfs.NotHeld)},
		"no number":       {reload(`"default-stop-timeout":"soon"`), procfs.None[time.Duration](procfs.Malformed)},
		"a container's":   {strings.Replace(reload(`"default-stop-timeout":"25"`), `"daemon"`, `"container"`, 1), procfs.Opt[time.Duration]{}},
		"another event's": {strings.Replace(reload(`"default-stop-timeout":"25"`), `"reload"`, `"start"`, 1), procfs.Opt[time.Duration]{}},
	} {
		log, err := connect(t, &fake{answers: map[string]string{"/events": test.events, "/version": `{}`}}, time.Minute).Events(t.Context())
		if err != nil || log.DefaultGrace != test.want {
			t.Errorf("%s: got %v, %v", name, log.DefaultGrace, err)
		}
	}
}

// A new engine reports its containerd in its description.
func TestDescribe(t *testing.T) {
	for name, test := range map[string]struct{ info, name, address, namespace string }{
		"20.10": {`{"Name":"vm"}`, "vm", "", ""},
		"null":  {`{"Name":"vm","Containerd":null}`, "vm", "", ""},
		"29":    {`{"Name":"vm","Containerd":{"Address":"/run/docker/containerd/containerd.sock","Namespaces":{"Containers":"moby-1.2","Plugins":"plugins.moby"}}}`, "vm", "/run/docker/containerd/containerd.sock", "moby-1.2"},
	} {
		c := connect(t, &fake{answers: map[string]string{"/version": `{"Version":"29.7.2","ApiVersion":"1.55"}`, "/info": test.info}}, time.Minute)
		got, err := c.Describe(t.Context())
		if err != nil || got.Name != test.name || got.Containerd != test.address || got.ContainerdNamespace != test.namespace || got.Version != "29.7.2" {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}
