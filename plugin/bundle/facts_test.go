package bundle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// fake is a host with processes, and files as one process sees them.
type fake struct {
	world *World
	// files has the text by the PID of the process and the path, as "100 /etc/x".
	files map[string]string
	ended map[int]bool
	scans int
	read  []string
	// scanned is done in each scan.
	scanned func(context.Context) error
}

func (f *fake) Root() string { return "/proc" }

func (f *fake) Scan(ctx context.Context, _ procfs.Detail) (procfs.Snapshot, error) {
	f.scans++
	if f.scanned != nil {
		if err := f.scanned(ctx); err != nil {
			return procfs.Snapshot{}, err
		}
	}
	return f.world.Snapshot, nil
}

func (f *fake) FileUpTo(key procfs.Key, path string, most int) procfs.Opt[procfs.File] {
	f.read = append(f.read, fmt.Sprint(key.PID, " ", path))
	text, there := f.files[fmt.Sprint(key.PID, " ", path)]
	switch {
	case !there:
		return procfs.Some(procfs.File{Missing: true})
	case len(text) > most:
		return procfs.None[procfs.File](procfs.TooLong)
	default:
		return procfs.Some(procfs.File{Text: text})
	}
}

func (f *fake) Process(pid int, _ procfs.Detail) (procfs.Process, error) {
	at, there := f.world.Snapshot.Position(pid)
	if !there {
		return procfs.Process{}, errors.New("no such process")
	}
	return f.world.Snapshot.Processes[at], nil
}

func (f *fake) Lives(key procfs.Key) bool { return !f.ended[key.PID] }

func (f *fake) facts() *Facts { return New(f, "box", time.Second) }

// served is a container below a shim of containerd.
func served(w *World, shim int, namespace, id string, main ...Change) *World {
	args := Args("/usr/bin/containerd-shim-runc-v2", "-namespace", namespace, "-id", id, "-address", "/run/containerd/containerd.sock")
	return w.Process(shim, 1, "containerd-shim", args).Process(shim+1, shim, "app", append([]Change{NS(uint64(shim))}, main...)...)
}

// dockerHost is a host with a container of Docker and Docker's files about it.
func dockerHost() *fake {
	id := ID("a")
	spec := `{"process":{"args":["/sbin/docker-init","--","sleep","9"],"env":["SECRET=1"]},
		"mounts":[{"destination":"/proc","source":"proc"},{"destination":"/etc/hosts","source":"/srv/docker/containers/` + ID("e") + `/hosts"}]}`
	config := `{"ID":"` + id + `","Name":"/web","Path":"sleep","Args":["9"],"RestartCount":2,
		"State":{"Running":true,"Pid":101,"StartedAt":"2026-11-30T10:00:00.5Z","FinishedAt":"0001-01-01T00:00:00Z"},
		"Config":{"Image":"nginx:1","User":"app","StopSignal":"SIGQUIT","StopTimeout":30,"Env":["SECRET=1"],"Labels":{"a":"b"},
			"Healthcheck":{"Test":["CMD","true"],"Interval":2000000000}}}`
	host := `{"PidMode":"container:` + ID("e") + `","RestartPolicy":{"Name":"always"},"Init":true,"PidsLimit":100,"CapDrop":["ALL"]}`
	return &fake{world: served(NewWorld(), 100, "moby", id, In("a", 1)), files: map[string]string{
		"100 config.json": spec,
		"100 /srv/docker/containers/" + id + "/config.v2.json":  config,
		"100 /srv/docker/containers/" + id + "/hostconfig.json": host,
	}}
}

// A container of Docker is described by its files as the engine would have described it.
func TestContainerOfDocker(t *testing.T) {
	list, err := dockerHost().facts().List(t.Context(), false)
	if err != nil || len(list) != 1 {
		t.Fatalf("got %+v, %v", list, err)
	}
	c := list[0]
	if c.Name != "web" || c.Image != "nginx:1" || c.HostPID != 101 || c.Status != "running" || c.Silent || c.Client != "" {
		t.Errorf("got %+v", c)
	}
	if c.StopSignal != "SIGQUIT" || c.StopTimeout != 30*time.Second || c.GraceAssumed || c.User != "app" || c.Labels["a"] != "b" {
		t.Errorf("its settings: got %+v", c)
	}
	if c.PIDMode != "container:"+ID("e") || c.RestartPolicy != "always" || c.RestartCount != 2 || !c.Init || c.PIDsLimit.Or(0) != 100 || !slices.Equal(c.CapDrop, []string{"ALL"}) {
		t.Errorf("its host configuration: got %+v", c)
	}
	if c.Health == nil || c.Health.Interval != 2*time.Second || c.StartedAt.Format(time.TimeOnly) != "10:00:00" {
		t.Errorf("its health check and start: got %+v, %s", c.Health, c.StartedAt)
	}
	if strings.Contains(fmt.Sprintf("%+v", c), "SECRET") {
		t.Error("it has the environment")
	}
}

// A name that is known otherwise is used, and its labels are added to those of the files.
func TestNamedContainer(t *testing.T) {
	host := dockerHost()
	before, err := host.facts().List(t.Context(), false)
	if err != nil || len(before) != 1 {
		t.Fatalf("got %+v, %v", before, err)
	}
	facts := host.facts().Named(map[string]Given{before[0].ID: {Name: "web.1", Labels: map[string]string{"service": "web"}}})
	list, err := facts.List(t.Context(), false)
	if err != nil || len(list) != 1 || list[0].Name != "web.1" || list[0].Labels["service"] != "web" || list[0].Labels["a"] != "b" {
		t.Errorf("got %+v, %v", list, err)
	}
	if c, err := facts.Inspect(t.Context(), "web.1"); err != nil || c.ID != before[0].ID {
		t.Errorf("got %+v, %v", c, err)
	}
}

// Facts that Docker's files do not have are not invented, and facts about an earlier run are
// not used for this one.
func TestContainerOfDockerInPart(t *testing.T) {
	id := ID("a")
	const folder = "100 /srv/docker/containers/"
	for name, test := range map[string]struct {
		change func(*fake)
		want   string
	}{
		"as written":               {func(*fake) {}, "web nginx:1 silent false"},
		"no host configuration":    {func(f *fake) { delete(f.files, folder+id+"/hostconfig.json") }, id[:12] + "  silent true"},
		"of another container":     {func(f *fake) { f.files[folder+id+"/config.v2.json"] = `{"ID":"` + ID("b") + `","Name":"/x"}` }, id[:12] + "  silent true"},
		"broken":                   {func(f *fake) { f.files[folder+id+"/config.v2.json"] = "{" }, id[:12] + "  silent true"},
		"longer than is read":      {func(f *fake) { f.files[folder+id+"/config.v2.json"] += strings.Repeat(" ", mostConfig) }, id[:12] + "  silent true"},
		"no bundle":                {func(f *fake) { f.files = nil }, id[:12] + "  silent true"},
		"a bundle that is no JSON": {func(f *fake) { f.files["100 config.json"] = "[]" }, id[:12] + "  silent true"},
		"written before its start": {func(f *fake) {
			f.files[folder+id+"/config.v2.json"] = `{"ID":"` + id + `","Name":"/web","State":{"Running":false,"Pid":0},"Config":{"Image":"nginx:1"}}`
		}, "web nginx:1 silent false"},
	} {
		f := dockerHost()
		test.change(f)
		list, err := f.facts().List(t.Context(), false)
		if err != nil || len(list) != 1 {
			t.Errorf("%s: got %+v, %v", name, list, err)
			continue
		}
		c := list[0]
		if got := fmt.Sprintf("%s %s silent %t", c.Name, c.Image, c.Silent); got != test.want || c.HostPID != 101 || c.Status != "running" || c.StartedAt.IsZero() {
			t.Errorf("%s: got %s, %+v", name, got, c)
		}
	}
}

// Each engine and runtime names its containers in its own way.
func TestContainersOfOthers(t *testing.T) {
	const state = "/run/containerd/io.containerd.runtime.v2.task/"
	w := served(NewWorld(), 100, "default", "redis-with-a-long-name", func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/default/redis-with-a-long-name"}})
	})
	w = served(w, 110, "default", ID("b"), In("b", 1))
	w = served(w, 120, "k8s.io", ID("c"), In("c", 1)).Process(125, 120, "app", In("d", 2), NS(125)).Process(126, 120, "sh", In("d", 3), NS(125))
	w.Process(130, 1, "conmon", Args("/usr/bin/conmon", "-c", ID("e"), "-n", "db", "-b", "/var/lib/containers/userdata"), InGroups("/libpod-conmon-"+ID("e"))).
		Process(131, 130, "app", In("e", 1), NS(131)).
		Process(140, 1, "conmon", Args("/usr/bin/conmon", "-c", ID("e"), "-e"), InGroups("/libpod-conmon-"+ID("e"))).
		Process(141, 140, "sh", In("e", 9), NS(131))
	pod := `"io.kubernetes.cri.sandbox-name":"dns-1","io.kubernetes.cri.sandbox-namespace":"kube-system"`
	f := &fake{world: w, files: map[string]string{
		"110 config.json": `{"annotations":{"nerdctl/name":"cache","nerdctl/auto-remove":"true"}}`,
		"120 config.json": `{"annotations":{` + pod + `,"io.kubernetes.cri.container-type":"sandbox"}}`,
		"120 " + state + "k8s.io/" + ID("d") + "/config.json": `{"annotations":{` + pod + `,"io.kubernetes.cri.container-name":"dns","io.kubernetes.cri.image-name":"dns:2"},
			"linux":{"resources":{"pids":{"limit":50}},"namespaces":[{"type":"pid"},{"type":"network","path":"/proc/121/ns/net"},{"type":"ipc","path":"/run/x"}]}}`,
		"130 /var/lib/containers/userdata/config.json": `{"annotations":{"org.opencontainers.image.stopSignal":"3","io.podman.annotations.autoremove":"TRUE","io.podman.annotations.init":"TRUE"}}`,
	}}
	list, err := f.facts().List(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]inspect.Container{}
	var lines []string
	for _, c := range list {
		got[c.Name] = c
		lines = append(lines, fmt.Sprintf("%s %d %q", c.Name, c.HostPID, c.Client))
		grace := usualGrace
		if c.Client == "crictl" {
			grace = usualPodGrace
		}
		if !c.Silent || !c.Unasked || c.StopTimeout != grace {
			t.Errorf("%s: its settings are taken for known: %+v", c.Name, c)
		}
	}
	want := []string{`redis-with-a-long-name 101 "ctr -n default"`, `cache 111 "nerdctl -n default"`, `dns-1/sandbox 121 "crictl"`, `dns-1/dns 125 "crictl"`, `db 131 "podman"`}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	dns := got["dns-1/dns"]
	if dns.Image != "dns:2" || dns.PIDsLimit.Or(0) != 50 || dns.Labels[podLabel] != "dns-1" || dns.Labels[spaceLabel] != "kube-system" {
		t.Errorf("a container of a pod: got %+v", dns)
	}
	if dns.NetworkMode != "container:"+ID("c") || dns.IPCMode != "" || dns.UTSMode != "host" || dns.PIDMode != "" {
		t.Errorf("its namespaces: net %q, ipc %q, uts %q, pid %q", dns.NetworkMode, dns.IPCMode, dns.UTSMode, dns.PIDMode)
	}
	if !got["cache"].AutoRemove || dns.AutoRemove {
		t.Errorf("removed when they exit: got %t, %t", got["cache"].AutoRemove, dns.AutoRemove)
	}
	if db := got["db"]; db.StopSignal != "3" || !db.AutoRemove || !db.Init {
		t.Errorf("of podman: got %+v", db)
	}
}

// A process inside a container that calls itself a shim does not serve a container of this
// host.
func TestNoContainerOfAForgedShim(t *testing.T) {
	w := dockerHost().world.Process(140, 101, "evil", Args("containerd-shim-runc-v2", "-namespace", "moby", "-id", ID("b")), In("a", 30)).
		Process(141, 140, "sh", In("b", 31))
	if list, _ := (&fake{world: w}).facts().List(t.Context(), false); len(list) != 1 || list[0].ID != ID("a") {
		t.Errorf("got %+v", list)
	}
}

// If the asked engine does not answer, containers of another running engine are not shown as
// its own. Those of podman are shown only if no container of Docker remains.
func TestContainersOfNoEngine(t *testing.T) {
	podman := func(w *World) *World {
		return w.Process(130, 1, "conmon", Args("/usr/bin/conmon", "-c", ID("e"), "-n", "db"), InGroups("/libpod-conmon-"+ID("e"))).Process(131, 130, "app", In("e", 1), NS(131))
	}
	dockerd := func(w *World, address string) *World {
		return w.Process(50, 1, "dockerd", Args("dockerd", "--containerd="+address))
	}
	host := func() *World { return podman(served(NewWorld(), 100, "moby", ID("a"), In("a", 1))) }
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"no engine runs":          {host(), ID("a")},
		"theirs runs":             {dockerd(host(), "/run/containerd/containerd.sock"), ID("e")},
		"another runs":            {dockerd(host(), "/run/other/containerd.sock"), ID("a")},
		"another, in a container": {host().Process(50, 1, "dockerd", In("c"), Args("dockerd", "--containerd=/run/containerd/containerd.sock")), ID("a")},
	} {
		facts := (&fake{world: test.world}).facts().OfNoEngine()
		list, err := facts.List(t.Context(), false)
		if err != nil || len(list) != 1 || list[0].ID != test.want {
			t.Errorf("%s: got %+v, %v", name, list, err)
		}
		if left := facts.LeftOut(); (left == 1) != (name == "theirs runs") {
			t.Errorf("%s: %d were left out", name, left)
		}
	}
}

// Two engines may have given two containers the same name.
func TestNamesOfTwoEngines(t *testing.T) {
	w := served(served(NewWorld(), 100, "one", ID("a"), In("a", 1)), 110, "two", ID("b"), In("b", 1))
	f := &fake{world: w, files: map[string]string{"100 config.json": `{"annotations":{"nerdctl/name":"web"}}`, "110 config.json": `{"annotations":{"nerdctl/name":"web"}}`}}
	list, _ := f.facts().List(t.Context(), false)
	if len(list) != 2 || list[0].Name != "web" || list[1].Name != "web-"+ID("b")[:12] {
		t.Errorf("got %+v", list)
	}
}

// Of the containers of one engine, others are neither read nor kept apart by name.
func TestListOfSomeContainers(t *testing.T) {
	w := served(served(NewWorld(), 100, "one", ID("a"), In("a", 1)), 110, "two", ID("b"), In("b", 1))
	f := &fake{world: w, files: map[string]string{"100 config.json": `{"annotations":{"nerdctl/name":"web"}}`, "110 config.json": `{"annotations":{"nerdctl/name":"web"}}`}}
	list, err := f.facts().ListOf(t.Context(), []string{ID("b"), ID("c")})
	if err != nil || len(list) != 1 || list[0].ID != ID("b") || list[0].Name != "web" {
		t.Errorf("got %+v, %v", list, err)
	}
	if slices.ContainsFunc(f.read, func(file string) bool { return strings.HasPrefix(file, "100 ") }) {
		t.Errorf("read %q", f.read)
	}
}

// A container is found by its name, its ID or the beginning of its ID. It is looked for again
// after it has exited.
func TestInspect(t *testing.T) {
	f := dockerHost()
	facts := f.facts()
	for _, ref := range []string{"web", "/web", ID("a"), ID("a")[:6]} {
		if c, err := facts.Inspect(t.Context(), ref); err != nil || c.Name != "web" {
			t.Errorf("%s: got %+v, %v", ref, c, err)
		}
	}
	if f.scans != 1 {
		t.Errorf("the host was read %d times", f.scans)
	}
	_, err := facts.Inspect(t.Context(), "other")
	if !errors.Is(err, source.ErrNotRunning) || !errors.Is(err, source.ErrNoSuchContainer) || f.scans != 2 {
		t.Errorf("an unknown one: got %v in %d looks", err, f.scans)
	}
	f.ended = map[int]bool{101: true}
	if _, err = facts.Inspect(t.Context(), "web"); err == nil || f.scans != 3 {
		t.Errorf("one that ended: got %v in %d looks", err, f.scans)
	}
}

// The deadline of a question is for engines. Only an interruption ends the reading of /proc.
func TestScanHasNoDeadline(t *testing.T) {
	f := dockerHost()
	f.scanned = func(ctx context.Context) error { return ctx.Err() }
	past, end := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer end()
	if list, err := f.facts().List(past, false); err != nil || len(list) != 1 {
		t.Errorf("past its deadline: got %+v, %v", list, err)
	}
	interrupted, interrupt := context.WithCancel(t.Context())
	f.scanned = func(ctx context.Context) error {
		interrupt()
		<-ctx.Done()
		return ctx.Err()
	}
	if _, err := f.facts().List(interrupted, false); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: got %v", err)
	}
}

// If files were not read in time, a container with an unknown name may be the one that is meant.
func TestNamesThatWereNotReadInTime(t *testing.T) {
	facts := New(dockerHost(), "box", -time.Second)
	if _, err := facts.Inspect(t.Context(), "web"); !errors.Is(err, ErrNamesUnread) || errors.Is(err, source.ErrNoSuchContainer) {
		t.Errorf("by its name: got %v", err)
	}
	if c, err := facts.Inspect(t.Context(), ID("a")); err != nil || c.Name != ID("a")[:12] || !c.Silent {
		t.Errorf("by its ID: got %+v, %v", c, err)
	}
}

// Facts that only an engine knows are unknown.
func TestNoEngine(t *testing.T) {
	facts := dockerHost().facts()
	_, exec := facts.Exec(t.Context(), "x")
	_, execs := facts.ExecEvents(t.Context())
	_, events := facts.Events(t.Context())
	_, words := facts.LastWords(t.Context(), "x")
	for _, err := range []error{exec, execs, events, words} {
		if !errors.Is(err, ErrNoEngine) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := facts.PeerPID(t.Context()); !errors.Is(err, source.ErrOwnProc) {
		t.Errorf("got %v", err)
	}
	e, err := facts.Describe(t.Context())
	if err != nil || e.Name != "box" || e.Endpoint != "/proc" || !e.Absent || facts.Timeout() != time.Second {
		t.Errorf("got %+v, %v", e, err)
	}
}

// The container that this program is in has the processes that the program sees. Its ID is in
// the paths of the files that Docker has mounted there.
func TestOwnContainer(t *testing.T) {
	host := func(change ...Change) *fake {
		return &fake{world: NewWorld().Process(1, 0, "app", append([]Change{Args("app", "-x")}, change...)...).Process(7, 1, "sh")}
	}
	mounted := func(p *procfs.Process) {
		p.EtcMounts = procfs.Some([]string{"/srv/docker/containers/" + ID("d") + "/hosts"})
	}
	for name, test := range map[string]struct {
		fake *fake
		id   string
	}{
		"nothing names it":     {host(), "this"},
		"its files name it":    {host(mounted), ID("d")},
		"its cgroups name it":  {host(In("c", 1), mounted), ID("c")},
		"a conmon's no name":   {host(InGroups("/libpod-conmon-" + ID("e"))), "this"},
		"with a shim below it": {&fake{world: served(NewWorld().Process(1, 0, "app", Args("app", "-x")), 100, "moby", ID("a"), In("a", 1))}, "this"},
	} {
		facts := test.fake.facts().OfOwn()
		list, err := facts.List(t.Context(), false)
		if err != nil || len(list) != 1 {
			t.Errorf("%s: got %+v, %v", name, list, err)
			continue
		}
		c := list[0]
		if c.ID != test.id || c.Name != "this" || c.HostPID != 1 || !c.Own || !c.Silent || c.Path != "app" || c.StartedAt.IsZero() {
			t.Errorf("%s: got %+v", name, c)
		}
		if found, err := facts.Inspect(t.Context(), "this"); err != nil || found.ID != c.ID {
			t.Errorf("%s: by name: got %+v, %v", name, found, err)
		}
	}
}

// An ordinary user's process that calls itself a shim comes after root's shims. It can take
// neither the ID nor the name of one of their containers.
func TestForgedShims(t *testing.T) {
	user := func(p *procfs.Process) { p.UIDs.Effective = 1000 }
	w := served(NewWorld(), 200, "moby", ID("a"), In("a", 1))
	w.Process(50, 1, "containerd-shim", Args("containerd-shim-runc-v2", "-namespace", "moby", "-id", ID("a")), user).
		Process(51, 50, "sh", func(p *procfs.Process) { p.NSPIDs = []int{51, 1} }, NS(51)).
		Process(60, 1, "conmon", Args("conmon", "-c", ID("b"), "-n", "web"), user).
		Process(61, 60, "sh", func(p *procfs.Process) { p.NSPIDs = []int{61, 1} }, NS(61)).
		Process(70, 1, "containerd-shim", Args("containerd-shim-runc-v2", "-namespace", "moby", "-id", "/")).
		Process(71, 70, "sh", InGroups("/")).
		Process(80, 1, "dockerd", Args("dockerd", "--containerd", "/run/containerd/containerd.sock"), user)
	f := &fake{world: w, files: map[string]string{"200 config.json": `{"annotations":{"nerdctl/name":"web"}}`}}
	list, err := f.facts().List(t.Context(), false)
	var got []string
	for _, c := range list {
		got = append(got, fmt.Sprint(c.Name, " ", c.HostPID))
	}
	if want := []string{"web 201", "web-" + ID("b")[:12] + " 61"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	// An ordinary user's process that calls itself dockerd does not hide root's containers.
	if list, _ = f.facts().OfNoEngine().List(t.Context(), false); len(list) != 1 || list[0].HostPID != 201 {
		t.Errorf("of no engine: got %+v", list)
	}
}

// The amount that is read and kept is limited, whatever the files have.
func TestFilesAreBounded(t *testing.T) {
	w, files := NewWorld(), map[string]string{}
	huge := `{"process":{"args":["a"` + strings.Repeat(`,""`, mostConfig/3-100) + `]}}`
	for i := range 100 {
		id, shim := fmt.Sprintf("c%d", i), 1000+10*i
		w = served(w, shim, "default", id, InGroups("/default/"+id))
		files[fmt.Sprint(shim, " config.json")] = huge
	}
	list, err := (&fake{world: w, files: files}).facts().List(t.Context(), false)
	if err != nil || len(list) != 100 {
		t.Fatalf("got %d, %v", len(list), err)
	}
	read := 0
	for _, c := range list {
		if len(c.Args) > mostArgs {
			t.Fatalf("%s has %d arguments", c.Name, len(c.Args))
		}
		if len(c.Args) > 1 {
			read++
		}
	}
	if most := mostFiles / len(huge); read == 0 || read > most {
		t.Errorf("%d of the files were read, at most %d may be", read, most)
	}
}
