package plugin

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// runLimits runs limits on the saved host with one difference, as if it were live.
func runLimits(t *testing.T, change func(*inspect.Capture), args ...string) left {
	t.Helper()
	return run(t, func(c *inspect.Capture) {
		saved, err := source.File{Path: savedLimits}.Capture(context.Background(), need.Question{})
		if err != nil {
			t.Fatal(err)
		}
		*c = *saved
		change(c)
	}, append([]string{"limits"}, args...)...)
}

func unchanged(*inspect.Capture) {}

// For a live host the next command is written, but for a saved one no command that changes the
// host.
func TestLimitsSayWhatToType(t *testing.T) {
	for name, want := range map[string]string{
		"demo":      "Nearest limit: pids.max, 8 of 10 used. 3 forks have already failed.\nFix now: docker update --pids-limit 40 demo\nCheck: docker pidns limits demo\n",
		"demo-init": "demo-init has no pids limit of its own.\nNearest limit: NPROC (33), 4 of 5 used.\nFix: recreate the container with --ulimit nproc=40 or with another --user\n",
		"demo-x":    "demo-x has no pids limit of its own.\nNearest limit: pids.max of /docker, 20 of 1,000 used.\n",
	} {
		got := runLimits(t, unchanged, name)
		if !strings.HasSuffix(got.out, "\n"+want) || got.err != "" || got.status != 0 {
			t.Errorf("%s: got %+v\nwant at the end %q", name, got, want)
		}
	}
	if got := run(t, nil, "limits", "--from", savedLimits, "demo"); strings.Contains(got.out, "docker update") {
		t.Errorf("for a saved host: %s", got.out)
	}
	zombies := func(c *inspect.Capture) {
		for i := range c.Snapshot.Processes {
			if p := &c.Snapshot.Processes[i]; p.UIDs.Real == 33 {
				p.State = procfs.StateZombie
				lines := slices.Clone(p.Cgroups.Or(nil)) // a zombie is in the root groups of cgroup v1
				for i := range lines {
					if !lines[i].Unified() {
						lines[i].Path = "/"
					}
				}
				p.Cgroups = procfs.Some(lines)
			}
		}
	}
	if got := runLimits(t, zombies, "demo"); !strings.HasSuffix(got.out, "8 of 10 used. All but 3 are held by zombies. 3 forks have already failed.\nNext: docker pidns zombies demo\n") {
		t.Errorf("zombies: %s", got.out)
	}
}

// What cannot be read is a question mark, a note with what is needed, and no certain verdict.
func TestLimitsAsAnOrdinaryUser(t *testing.T) {
	ordinary := func(c *inspect.Capture) {
		c.Host.EUID = 1000
		for i := range c.Snapshot.Processes {
			c.Snapshot.Processes[i].Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{
				procfs.UserNamespace: procfs.None[uint64](procfs.Denied), procfs.PIDNamespace: procfs.None[uint64](procfs.Denied),
			}
		}
	}
	got := runLimits(t, ordinary, "demo-init")
	if !strings.Contains(got.out, "Nearest limit that could be read: pids.max of /docker, 20 of 1,000 used. NPROC (33) could not be read and may be nearer.") || got.status != 0 ||
		got.err != "? = could not be read. That needs root: sudo docker pidns limits demo-init\nor, without root: docker pidns limits demo-init --via helper\n" {
		t.Errorf("got %+v", got)
	}
	got = runLimits(t, ordinary, "--format", "{{.Limit}} {{.UID}} {{.Used}} {{.Processes}} {{.Absent.Used}}", "demo-init")
	if !strings.Contains(got.out, "nproc 33 <no value> <no value> denied\n") {
		t.Errorf("got %s", got.out)
	}
	// demo's own limit is so near that no RLIMIT_NPROC can be nearer.
	got = runLimits(t, ordinary, "--format", "{{if .First}}{{.Limit}} {{.Left}} {{.FirstCertainty}}{{end}}", "demo")
	if strings.TrimSpace(got.out) != "pids.max 2 certain" {
		t.Errorf("got %q", got.out)
	}
	if got = runLimits(t, ordinary); !strings.Contains(got.out, "pids.max?") || !strings.Contains(got.err, "needs root") {
		t.Errorf("got %+v", got)
	}
}

// Many containers far from their limits are counted, and of many near their limits only some are
// listed.
func TestLimitsOfMany(t *testing.T) {
	many := func(left int) func(*inspect.Capture) {
		return func(c *inspect.Capture) {
			demo, process := c.Containers[3], c.Snapshot.Processes[3]
			c.Containers, c.Snapshot.Processes = nil, c.Snapshot.Processes[:1]
			for i := range 30 {
				id := strings.Repeat(string(rune('0'+i/10))+string(rune('0'+i%10)), 32)
				demo.ID, demo.Name, demo.HostPID = id, "web-"+id[:2], 5000+i
				process.PID, process.NSPIDs, process.ParentPID = 5000+i, []int{5000 + i, 1}, 1
				path := "/docker/" + id
				process.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 8, Controllers: []string{"pids"}, Path: path}})
				c.Containers, c.Snapshot.Processes = append(c.Containers, demo), append(c.Snapshot.Processes, process)
				c.Limits.Groups = append(c.Limits.Groups, procfs.PIDsGroup{Path: path, Current: procfs.Some(100 - left), Max: procfs.Some(100)})
			}
		}
	}
	got := runLimits(t, many(60))
	if !strings.Contains(got.out, "30 containers are not near any limit. List all with --all.\n") || strings.Count(got.out, "\n") != 8 ||
		!strings.HasSuffix(got.out, "No limit is near in 30 containers. Nearest: pids.max of web-00, 60 left.\nNext: docker pidns limits web-00\n") {
		t.Errorf("got %+v", got)
	}
	for _, args := range [][]string{{"--all"}, {"--format", "table"}, {"--format", "json"}, {"-q"}} {
		if got := runLimits(t, many(60), args...); !strings.Contains(got.out, "web-29") {
			t.Errorf("%v: got %s", args, got.out)
		}
	}
	got = runLimits(t, many(5))
	if strings.Count(got.out, "95 of 100 used") != 10 || !strings.Contains(got.out, "20 other containers are near a limit.\nNext: docker pidns limits --format json\n") {
		t.Errorf("got %s", got.out)
	}
}

// Zombies are mentioned before they have filled a container.
func TestLimitsHalfFullOfZombies(t *testing.T) {
	for most, want := range map[int]bool{16: true, 17: false} {
		got := runLimits(t, func(c *inspect.Capture) {
			for i := range c.Snapshot.Processes {
				if p := &c.Snapshot.Processes[i]; p.PID == 28499 || p.PID == 28505 {
					p.State = procfs.StateZombie
				}
			}
			c.Limits.Groups[0].Max = procfs.Some(most)
		}, "--filter", "name=demo$")
		if strings.Contains(got.out, "All but 3 are held by zombies") != want {
			t.Errorf("8 of %d: %s", most, got.out)
		}
	}
}

func TestLimitsOfNothing(t *testing.T) {
	got := runLimits(t, unchanged, "--filter", "name=zz")
	if got != (left{"No running container matches the filter.\n", "", 0}) {
		t.Errorf("got %+v", got)
	}
	got = runLimits(t, unchanged, "nope")
	if got.out != "" || got.status != 1 || got.err != "no such container: nope; try: docker ps -a\n" {
		t.Errorf("got %+v", got)
	}
	if got := runLimits(t, unchanged, "-q"); got.out != "demo\ndemo-init\ndemo-x\nplain\n" {
		t.Errorf("got %+v", got)
	}
}

// Limits of threads, of the engine and of the host's users have rows and lines in addition to
// those of forks, with what to type. A group of the engine is listed once for all containers.
func TestLimitsBesideForks(t *testing.T) {
	change := func(c *inspect.Capture) {
		demo := &c.Snapshot.Processes[0]
		for i := range c.Snapshot.Processes {
			p := &c.Snapshot.Processes[i]
			switch {
			case p.PID == c.Containers[0].HostPID:
				demo = p
			case strings.HasPrefix(p.Comm, "containerd-shim"):
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 8, Controllers: []string{"pids"}, Path: "/system.slice/docker.service"}})
			}
		}
		c.Limits.Groups = append(c.Limits.Groups, procfs.PIDsGroup{Path: "/system.slice/docker.service", Current: procfs.Some(95), Max: procfs.Some(100)})
		c.Limits.AddressSpaces = []procfs.AddressSpace{{Key: demo.Key, Size: procfs.Some(500 << 20), Max: procfs.Some(501 << 20), MaxStack: procfs.Some(8 << 20)}}
	}
	const engine = "pids.max        95      100        5  engine's /system.slice/docker.service"
	got := runLimits(t, change)
	for _, want := range []string{
		engine, "RLIMIT_AS", "500MiB", "501MiB", "1MiB",
		"docker exec and health checks fail when /system.slice/docker.service, the control group of its shim, is full (pids.max): 95 of 100 used.",
		"Fix now: systemctl set-property docker.service TasksMax=200\n",
		"with a stack of 8MiB can start: RLIMIT_AS has 1MiB left. Fork still works.", "Fix now: prlimit --pid ", "Check: docker pidns limits ",
	} {
		if got.err != "" || got.status != 0 || strings.Count(squeezed(got.out), squeezed(want)) == 0 {
			t.Errorf("want %q in\n%s%s", want, got.out, got.err)
		}
	}
	if n := strings.Count(got.out, "the control group of its shim"); n != 1 {
		t.Errorf("the engine's group is said %d times\n%s", n, got.out)
	}
	var names []string
	got = runLimits(t, change, "--format", "{{.Container}} {{.Limit}} {{.Scope}} {{.Stops}} {{.Unit}} {{.Left}}")
	for line := range strings.Lines(got.out) {
		if strings.Contains(line, "engine exec") || strings.Contains(line, "process thread") {
			names = append(names, line)
		}
	}
	if all := strings.Join(names, ""); !strings.Contains(all, " pids.max engine exec tasks 5\n") || !strings.Contains(all, " address-space process thread bytes 1048576\n") {
		t.Errorf("got %q", names)
	}
}

// squeezed replaces several blanks by one.
func squeezed(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' }), " ")
}

// If a container may have changed the pid_max of its PID namespace, limits says how to read it.
func TestLimitsOfAPIDNamespaceSayWhereToLook(t *testing.T) {
	change := func(c *inspect.Capture) {
		c.Host.KernelRelease = procfs.Some("6.14.0")
		for i := range c.Snapshot.Processes {
			if p := &c.Snapshot.Processes[i]; p.Depth() > 0 {
				p.Effective = procfs.Some(procfs.Capabilities(1) << procfs.CapSysAdmin)
			}
		}
	}
	const want = "pid_max of a PID namespace can only be read inside it.\nNext: docker exec plain cat /proc/sys/kernel/pid_max\n"
	if got := runLimits(t, change, "plain"); !strings.HasSuffix(got.err, want) || got.status != 0 {
		t.Errorf("got %+v", got)
	}
	if got := runLimits(t, unchanged, "plain"); got.err != "" {
		t.Errorf("got %+v", got)
	}
}
