package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/swarm"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// swarmOptions read everything that the nodes have written.
func swarmOptions(most time.Duration) (SwarmOptions, func(node string) string) {
	var mu sync.Mutex
	read := map[string]string{}
	options := SwarmOptions{Version: "v1", Arguments: []string{"--once", "order"}, Most: most, Read: func(node SwarmNode, log io.Reader) error {
		text, err := io.ReadAll(log)
		mu.Lock()
		defer mu.Unlock()
		read[node.ID] = string(text)
		return err
	}}
	return options, func(node string) string { mu.Lock(); defer mu.Unlock(); return read[node] }
}

func (f *fakeSwarm) run(t *testing.T, most time.Duration) ([]SwarmAnswer, func(string) string, error) {
	t.Helper()
	archive, err := swarmProgram(t).Archive()
	if err != nil {
		t.Fatal(err)
	}
	f.loaded.ConfigID = archive.ConfigID
	options, read := swarmOptions(most)
	answers, err := f.client(time.Minute).RunOnSwarm(t.Context(), picks(swarmProgram(t)), options)
	return answers, read, err
}

// Every node that can run the helper answers. Each other one is named with the reason and what to
// do, and nothing is left.
func TestNodesOfASwarm(t *testing.T) {
	f := newFakeSwarm(t)
	f.node("good")
	f.node("down", `"ready"`, `"down","Message":"heartbeat failure"`)
	f.node("lost", `"ready"`, `"unknown"`)
	f.node("drained", `"active"`, `"drain"`)
	f.node("paused", `"active"`, `"pause"`)
	f.node("windows", `"linux"`, `"windows"`)
	f.node("mainframe", `"x86_64"`, `"s390x"`)
	for id, status := range map[string]string{
		"bare": "rejected: No such image: sha256:abc", "refusing": "rejected: invalid mount config:\n/proc", "failing": "failed: task: non-zero exit (1)",
		"deaf": "complete", "slow": "",
	} {
		f.node(id)
		f.status[id] = status
	}
	f.logs["failing"] = frame(frameStderr, "pidns-helper: read --proc: denied\n")
	f.logs["deaf"] = "HTTP/1.1 200 OK, and no frames"
	answers, read, err := f.run(t, 300*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		obstacle source.NodeObstacle
		text     string
	}{
		"good":      {"", ""},
		"down":      {source.NodeDown, "the node is down: heartbeat failure; try: start its engine, then: docker node ls"},
		"lost":      {source.NodeDown, "no connection to the node (unknown); try: docker node ls"},
		"drained":   {source.NodeClosed, "drained, so Swarm starts no task there; try: docker node update --availability active drained"},
		"paused":    {source.NodeClosed, "paused, so Swarm starts no task there; try: docker node update --availability active paused"},
		"windows":   {source.NodeNotLinux, `the helper needs Linux, but the node runs "windows"`},
		"mainframe": {source.NodeNoArchitecture, `processor ("s390x"), only for x86_64 and aarch64; try: run docker pidns on the node`},
		"bare":      {source.NodeNoImage, "does not have the helper's image docker-pidns-helper:" + swarmProgram(t).Digest[:12] + "; try: docker pidns helper image save --architecture amd64 | ssh host-bare docker image load"},
		"refusing":  {source.NodeRefused, "did not run the helper: invalid mount config: /proc"},
		"failing":   {source.NodeFailed, "the helper failed: pidns-helper: read --proc: denied"},
		"deaf":      {source.NodeGarbled, "a frame begins with"},
		"slow":      {source.NodeSlow, "no answer in 300ms"},
	}
	if len(answers) != len(want) {
		t.Fatalf("%d answers", len(answers))
	}
	for i, a := range answers {
		w := want[a.Node.ID]
		var why *source.NodeError
		switch {
		case a.Node.Name != "host-"+a.Node.ID || i > 0 && answers[i-1].Node.Name >= a.Node.Name:
			t.Errorf("answer %d is of %q", i, a.Node.Name)
		case w.obstacle == "":
			if a.Err != nil || a.ContainerID != "container-good" || read("good") != "of good" {
				t.Errorf("%s: %+v, %q", a.Node.ID, a, read("good"))
			}
		case !errors.As(a.Err, &why) || why.Obstacle != w.obstacle || !strings.Contains(a.Err.Error(), w.text) || strings.Contains(a.Err.Error(), "\n"):
			t.Errorf("%s: got %v, want %s", a.Node.ID, a.Err, w.text)
		}
	}
	if f.left() != 0 || f.made != 1 {
		t.Errorf("%d services of %d are left", f.left(), f.made)
	}
}

// Nodes of another kind get a service of their own, with their own image.
func TestSwarmOfTwoArchitectures(t *testing.T) {
	f := newFakeSwarm(t)
	f.node("a")
	f.node("b", `"x86_64"`, `"aarch64"`)
	var specs []swarm.ServiceSpec
	f.instead["POST /services/create"] = func(_ http.ResponseWriter, r *http.Request) bool {
		var spec swarm.ServiceSpec
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &spec)
		specs = append(specs, spec)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		return false
	}
	archive, _ := swarmProgram(t).Archive()
	f.loaded.ConfigID = archive.ConfigID
	other := aProgram(t, "helper for arm64")
	other.Architecture = "arm64"
	pick := func(architecture string) (HelperProgram, error) {
		if architecture == "arm64" {
			return other, nil
		}
		return swarmProgram(t), nil
	}
	options, read := swarmOptions(time.Minute)
	answers, err := f.client(time.Minute).RunOnSwarm(t.Context(), pick, options)
	if err != nil || len(answers) != 2 || read("a") == "" || read("b") == "" || len(specs) != 2 {
		t.Fatalf("got %+v, %v, %d services", answers, err, len(specs))
	}
	otherArchive, _ := other.Archive()
	for i, want := range []struct{ image, platform string }{{archive.ConfigID, "x86_64"}, {otherArchive.ConfigID, "aarch64"}} {
		got := specs[i].TaskTemplate
		if got.ContainerSpec.Image != want.image || !reflect.DeepEqual(got.Placement.Constraints, []string{"node.platform.arch==" + want.platform}) || specs[i].Name == specs[1-i].Name {
			t.Errorf("got %+v", specs[i])
		}
	}
	if f.left() != 0 {
		t.Error("services are left")
	}
}

// The names of tasks are those of docker service ps.
func TestTasksOfANode(t *testing.T) {
	f := newFakeSwarm(t)
	f.node("a")
	f.services["s1"] = swarm.Service{ID: "s1", Spec: swarm.ServiceSpec{Annotations: swarm.Annotations{Name: "web"}}}
	task := `{"ID":"t","ServiceID":%q,"Slot":%d,"NodeID":%q,"Status":{"ContainerStatus":{"ContainerID":%q}}}`
	f.running = []string{
		fmt.Sprintf(task, "s1", 3, "a", "c1"), fmt.Sprintf(task, "s1", 0, "a", "c2"), fmt.Sprintf(task, "unknown", 1, "a", "c3"),
		fmt.Sprintf(task, "s1", 1, "other", "c4"), fmt.Sprintf(task, "s1", 2, "a", ""),
	}
	answers, _, err := f.run(t, time.Minute)
	want := map[string]SwarmTask{"c1": {"web.3", "web"}, "c2": {"web.a", "web"}}
	if err != nil || len(answers) != 1 || !reflect.DeepEqual(answers[0].Tasks, want) || answers[0].TasksUnknown != nil {
		t.Errorf("got %+v, %v", answers, err)
	}
	delete(f.services, "s1")
	f.instead["GET /tasks"] = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.RawQuery, "node") {
			return false
		}
		refuse(w, http.StatusInternalServerError, "rpc error")
		return true
	}
	if answers, _, err = f.run(t, time.Minute); err != nil || answers[0].Err != nil || answers[0].TasksUnknown == nil {
		t.Errorf("got %+v, %v", answers, err)
	}
}

// An engine that is not a manager is told from one that is, and managers are named.
func TestEnginesThatAreNoManagers(t *testing.T) {
	for name, test := range map[string]struct {
		swarm    string
		obstacle source.SwarmObstacle
		text     string
	}{
		"none":      {`{"LocalNodeState":"inactive"}`, source.NotASwarm, "is not in a Swarm; leave out --swarm"},
		"podman":    {`null`, source.NotASwarm, "is not in a Swarm"},
		"worker":    {`{"LocalNodeState":"active","RemoteManagers":[{"Addr":"10.0.0.1:2377"},{"Addr":"[fd00::1]:2377"}]}`, source.NotAManager, "ask the engine of the manager 10.0.0.1 or fd00::1"},
		"unlocked":  {`{"LocalNodeState":"locked"}`, source.NoQuorum, "docker swarm unlock"},
		"no quorum": {`{"LocalNodeState":"active","Error":"rpc error: the swarm\ndoes not have a leader"}`, source.NoQuorum, "the swarm does not have a leader"},
	} {
		f := newFakeSwarm(t)
		f.info = `{"OSType":"linux","Architecture":"x86_64","Swarm":` + test.swarm + `}`
		answers, _, err := f.run(t, time.Minute)
		var why *source.SwarmError
		if !errors.As(err, &why) || why.Obstacle != test.obstacle || !strings.Contains(err.Error(), test.text) || strings.Contains(err.Error(), "\n") || answers != nil || f.made > 0 {
			t.Errorf("%s: got %v, %v", name, answers, err)
		}
	}
}

// A command that is interrupted removes its services, also one of which nobody knows whether it
// was created.
func TestInterruptedSwarmLeavesNothing(t *testing.T) {
	for name, when := range map[string]string{"while nodes work": "GET /tasks", "while it is created": "POST /services/create"} {
		f := newFakeSwarm(t)
		f.node("a")
		f.status["a"] = ""
		archive, _ := swarmProgram(t).Archive()
		f.loaded.ConfigID = archive.ConfigID
		ctx, cancel := context.WithCancel(t.Context())
		f.instead[when] = func(w http.ResponseWriter, r *http.Request) bool {
			if when == "POST /services/create" {
				f.mu.Lock()
				f.create(w, r)
				f.mu.Unlock()
				cancel()
				<-r.Context().Done()
				return true
			}
			cancel()
			return false
		}
		options, _ := swarmOptions(time.Hour)
		_, err := f.client(time.Minute).RunOnSwarm(ctx, picks(swarmProgram(t)), options)
		if !errors.Is(err, context.Canceled) || f.left() != 0 || f.made != 1 {
			t.Errorf("%s: got %v, %d services of %d are left", name, err, f.left(), f.made)
		}
		cancel()
	}
}

// What a killed command has left, the next one removes, once whoever ran it must have given up.
func TestSwarmSweepsWhatIsLeft(t *testing.T) {
	f := newFakeSwarm(t)
	f.node("a")
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for id, s := range map[string]struct {
		age    time.Duration
		labels map[string]string
	}{
		"left":    {2 * time.Minute, map[string]string{LabelHelper: "x", labelDeadline: "1m0s"}},
		"working": {30 * time.Second, map[string]string{LabelHelper: "x", labelDeadline: "1m0s"}},
		"another": {time.Hour, map[string]string{labelDeadline: "1m0s"}},
		"odd":     {time.Hour, map[string]string{LabelHelper: "x", labelDeadline: "soon"}},
	} {
		f.services[id] = swarm.Service{ID: id, Meta: swarm.Meta{CreatedAt: now.Add(-s.age)}, Spec: swarm.ServiceSpec{Annotations: swarm.Annotations{Name: id, Labels: s.labels}}}
	}
	if _, _, err := f.run(t, time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, there := f.services["left"]; there || f.left() != 3 {
		t.Errorf("left are %v", f.services)
	}
}

// A node that goes down while its task waits is not waited for.
func TestNodeThatGoesDown(t *testing.T) {
	f := newFakeSwarm(t)
	f.node("a")
	f.status["a"] = ""
	looks := 0
	f.instead["GET /nodes"] = func(w http.ResponseWriter, _ *http.Request) bool {
		if looks++; looks == 1 {
			return false
		}
		_, _ = io.WriteString(w, "["+strings.Replace(f.nodes[0], `"ready"`, `"down"`, 1)+"]")
		return true
	}
	answers, _, err := f.run(t, time.Hour)
	var why *source.NodeError
	if err != nil || !errors.As(answers[0].Err, &why) || why.Obstacle != source.NodeDown {
		t.Errorf("got %+v, %v", answers, err)
	}
}

// A log without end from one node harms no other, and ends at its bound.
func TestEndlessLogOfANode(t *testing.T) {
	f := newFakeSwarm(t)
	f.node("liar")
	f.node("good")
	f.instead["GET /tasks/logs"] = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "liar") {
			return false
		}
		piece := frame(frameStdout, strings.Repeat("x", 32<<10))
		for {
			if _, err := io.WriteString(w, piece); err != nil {
				return true
			}
		}
	}
	answers, read, err := f.run(t, time.Minute)
	if err != nil || answers[0].Err != nil || read("good") != "of good" {
		t.Fatalf("got %+v, %v", answers, err)
	}
	var tooLarge *source.TooLargeError
	if len(read("liar")) > int(ofLog.bytes) || !errors.As(answers[1].Err, &tooLarge) {
		t.Errorf("%d bytes, %v", len(read("liar")), answers[1].Err)
	}
}

func aSwarmRun() swarmRun {
	return swarmRun{
		image: "sha256:" + strings.Repeat("ab", 32), platform: "x86_64", instance: "x", version: "v1 of 'me'",
		started: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), deadline: time.Minute, arguments: []string{"--once", "order"},
	}
}

// The command that is shown makes the same service as the request that is sent, except for what
// docker has no option for.
func TestSwarmCommandLineIsTheRequest(t *testing.T) {
	docker, err := exec.LookPath("docker")
	if err != nil {
		t.Skip("the docker command is not installed")
	}
	var typed swarm.ServiceSpec
	c, _ := onSocket(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/services/create") {
			_ = json.NewDecoder(r.Body).Decode(&typed)
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = io.WriteString(w, `{"ID":"a"}`)
	}, time.Minute)
	run := aSwarmRun()
	words := run.words()
	cmd := exec.Command(docker, append([]string{"--host", c.endpoint, "service", "create", "--detach", "--no-resolve-image"}, words[2:]...)...)
	cmd.Env = append(os.Environ(), "DOCKER_CONFIG="+t.TempDir(), "DOCKER_API_VERSION=1.41")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	sent := run.request()
	sent.TaskTemplate.ContainerSpec.Privileges = nil
	clean := func(s *swarm.ServiceSpec) string {
		s.UpdateConfig, s.RollbackConfig, s.EndpointSpec = nil, nil, nil
		s.TaskTemplate.ContainerSpec.DNSConfig, s.TaskTemplate.ContainerSpec.StopGracePeriod = nil, nil
		s.TaskTemplate.Resources.Reservations, s.TaskTemplate.ForceUpdate = nil, 0
		s.TaskTemplate.RestartPolicy.Delay, s.TaskTemplate.RestartPolicy.MaxAttempts = nil, nil
		slices.Sort(s.TaskTemplate.ContainerSpec.CapabilityAdd)
		text, _ := json.MarshalIndent(s, "", " ")
		return string(text)
	}
	if got, want := clean(&sent), clean(&typed); got != want {
		t.Errorf("sent\n%s\ntyped\n%s", got, want)
	}
}

// Every option is explained to who has to allow it.
func TestSwarmOptionsAreExplained(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, option := range aSwarmRun().options() {
		if len(option.words) == 0 {
			continue
		}
		words := strings.Join(option.words, " ")
		switch option.words[0] {
		case "--name", "--constraint":
			words = option.words[0]
		case "--label", "--container-label":
			words, _, _ = strings.Cut(words, "=")
		}
		if !strings.Contains(string(text), "`"+words) {
			t.Errorf("docs/security.md does not explain %s", words)
		}
	}
}

// The archive is the same on every machine, so that all nodes know the image by one ID.
func TestHelperArchiveIsAlwaysTheSame(t *testing.T) {
	one, err := swarmProgram(t).Archive()
	two, again := swarmProgram(t).Archive()
	if err != nil || again != nil || !reflect.DeepEqual(one, two) {
		t.Errorf("%v, %v", err, again)
	}
	const config = "sha256:40e1b1b3081672b6f928299ecb4867357cc9fb9a73385b9e299694392b04a2d8"
	const manifest = "sha256:da6bc28514f9441cbdeb630c05117cdca289e924f1416409112cc0b9576deadc"
	if one.ConfigID != config || one.ManifestID != manifest || one.Tag != swarmProgram(t).tag() {
		t.Errorf("got %s, %s, %s", one.ConfigID, one.ManifestID, one.Tag)
	}
}

// All services of helpers are removed on request, and no others.
func TestRemoveHelperRemovesServices(t *testing.T) {
	f := newFakeSwarm(t)
	f.instead["GET /containers"] = func(w http.ResponseWriter, _ *http.Request) bool { say(w, http.StatusOK, []any{}); return true }
	f.instead["GET /images"] = f.instead["GET /containers"]
	f.services["a"] = swarm.Service{ID: "a", Spec: swarm.ServiceSpec{Annotations: swarm.Annotations{Name: "web"}}}
	f.services["b"] = swarm.Service{ID: "b", Spec: swarm.ServiceSpec{Annotations: swarm.Annotations{Labels: map[string]string{LabelHelper: "x"}}}}
	removed, err := f.client(time.Minute).RemoveHelper(t.Context())
	if err != nil || !reflect.DeepEqual(removed.Services, []string{"b"}) || f.left() != 1 {
		t.Errorf("got %+v, %v", removed, err)
	}
}

// An engine that is in no Swarm, or only a worker, has no services. Whether a Swarm has some that
// cannot be asked is not known, and is not silence.
func TestRemoveHelperAsksTheSwarm(t *testing.T) {
	for name, test := range map[string]struct {
		swarm string
		known bool
	}{
		"none": {`{"LocalNodeState":"inactive"}`, true}, "worker": {`{"LocalNodeState":"active","RemoteManagers":[{"Addr":"10.0.0.1:2377"}]}`, true},
		"locked": {`{"LocalNodeState":"locked"}`, false}, "no quorum": {`{"LocalNodeState":"active","Error":"no leader"}`, false},
	} {
		f := newFakeSwarm(t)
		f.info = `{"OSType":"linux","Architecture":"x86_64","Swarm":` + test.swarm + `}`
		f.instead["GET /containers"] = func(w http.ResponseWriter, _ *http.Request) bool { say(w, http.StatusOK, []any{}); return true }
		f.instead["GET /images"] = f.instead["GET /containers"]
		if removed, err := f.client(time.Minute).RemoveHelper(t.Context()); (err == nil) != test.known {
			t.Errorf("%s: got %+v, %v", name, removed, err)
		}
	}
}
