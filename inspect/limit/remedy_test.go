package limit_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// below is the folder of the limit's control group.
func below(dir string) func(*limit.Limit) { return func(l *limit.Limit) { l.Dir = dir } }

// of8MiB is a process whose threads have stacks of 8 MiB.
func of8MiB(l *limit.Limit) {
	l.Process, l.Stack = &procfs.Process{Key: procfs.Key{PID: 4506}, Comm: "python3"}, 8<<20
}

// remedyOf is the remedy for the first limit.
func remedyOf(limits ...*limit.Limit) limit.Remedy {
	set := limit.Set{Container: limits[0].Container}
	for _, l := range limits {
		set.Limits = append(set.Limits, *l)
	}
	return set.Next(&set.Limits[0])
}

// What raises a limit is in the words of its manager, and is enough for what is used and for
// more room.
func TestRaise(t *testing.T) {
	own := func(used, most int) *limit.Limit { return limited(limit.PIDs, limit.ScopeContainer, used, most) }
	folder := below("/sys/fs/cgroup/pids/batch")
	for name, test := range map[string]struct {
		limit *limit.Limit
		want  string
	}{
		"far":                             {own(50, 100), ""},
		"near":                            {own(90, 100), "docker update --pids-limit 200 api"},
		"full, and small":                 {own(20, 20), "docker update --pids-limit 60 api"},
		"lowered below what is used":      {own(41, 3), "docker update --pids-limit 80 api"},
		"lowered far below what is used":  {own(4100, 100), "docker update --pids-limit 6500 api"},
		"a limit of 0":                    {own(1, 0), "docker update --pids-limit 40 api"},
		"filled by zombies":               {limited(limit.PIDs, limit.ScopeContainer, 91, 100, filledBy(1, 0, 90)), "docker pidns zombies api"},
		"a parent's, filled by zombies":   {limited(limit.PIDs, limit.ScopeParent, 91, 100, filledBy(1, 0, 90)), "docker pidns zombies"},
		"inside":                          {limited(limit.PIDs, limit.ScopeInside, 90, 100), "docker pidns tree api"},
		"a parent's":                      {limited(limit.PIDs, limit.ScopeParent, 90, 100, folder), "echo 200 > /sys/fs/cgroup/pids/batch/pids.max"},
		"a parent's, lowered":             {limited(limit.PIDs, limit.ScopeParent, 400, 100, folder), "echo 600 > /sys/fs/cgroup/pids/batch/pids.max"},
		"a unit's of systemd":             {limited(limit.PIDs, limit.ScopeParent, 90, 100, at("/a.slice/batch.slice")), "systemctl set-property batch.slice TasksMax=200"},
		"the engine's":                    {limited(limit.PIDs, limit.ScopeEngine, 90, 100, at("/system.slice/docker.service"), of8MiB), "systemctl set-property docker.service TasksMax=200"},
		"a user's":                        {limited(limit.User, limit.ScopeUser, 90, 100), "   (recreate the container with --ulimit nproc=200 or with another --user.)"},
		"a user's, mostly held by others": {limited(limit.User, limit.ScopeUser, 900, 10), "   (recreate the container with --ulimit nproc=1350 or with another --user.)"},
		"a neighbour's":                   {limited(limit.User, limit.ScopeNeighbour, 90, 100), "   (recreate the container with --user and a UID that no user on the host has.)"},
		"numbers":                         {limited(limit.Numbers, limit.ScopeHost, 30000, 32768), "sysctl -w kernel.pid_max=65536"},
		"numbers, nearly all there are":   {limited(limit.Numbers, limit.ScopeHost, 3900000, 4000000), "sysctl -w kernel.pid_max=4194304"},
		"numbers, all there are":          {limited(limit.Numbers, limit.ScopeHost, 4000000, 4<<20), "   (impossible: the kernel allows at most 4,194,304.)"},
		"tasks":                           {limited(limit.Tasks, limit.ScopeHost, 90, 100, filledBy(0, 0, 90)), "sysctl -w kernel.threads-max=200"},
		"tasks, all there are":            {limited(limit.Tasks, limit.ScopeHost, 0x3fffffff, 0x3fffffff), "   (impossible: the kernel allows at most 1,073,741,823.)"},
		"mappings":                        {limited(limit.Mappings, limit.ScopeProcess, 65530, 65530, of8MiB), "sysctl -w vm.max_map_count=131060"},
		"an address space":                {limited(limit.AddressSpace, limit.ScopeProcess, 509693952, 512000000, of8MiB), "prlimit --pid 4506 --as=1024000000   (raise its ulimit -v.)"},
		"an address space without room for a stack": {limited(limit.AddressSpace, limit.ScopeProcess, 22<<20, 27<<20, of8MiB),
			"prlimit --pid 4506 --as=300000000   (raise its ulimit -v.)"},
	} {
		r := remedyOf(test.limit)
		got := r.Command
		if r.Lasting != "" {
			got += "   (" + r.Lasting + ")"
		}
		if got != test.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// After the raise, the limit is no longer near, for every limit and every use.
func TestRaiseSuffices(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		most := 1 + random.IntN(1<<random.IntN(20))
		used := most - most/5 + random.IntN(10*most)
		for _, kind := range []limit.Kind{limit.PIDs, limit.User, limit.Numbers, limit.Tasks} {
			l := limited(kind, limit.ScopeUser, used, most)
			if kind == limit.PIDs {
				l.Scope = limit.ScopeContainer
			}
			raised := lastNumber(t, remedyOf(l).Command+remedyOf(l).Lasting)
			if now := limited(kind, l.Scope, used, raised); raised != 4<<20 && (now.IsNear() || raised <= used) {
				t.Fatalf("%s, %d of %d: %d is near", kind, used, most, raised)
			}
		}
	}
}

// lastNumber is what the limit is raised to.
func lastNumber(t *testing.T, command string) int {
	t.Helper()
	digits := strings.FieldsFunc(command, func(r rune) bool { return r < '0' || r > '9' })
	n, err := strconv.Atoi(digits[len(digits)-1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// If another limit would make a raise useless, it is raised too. The limit that is reached next,
// before the room is used, is named.
func TestRaiseBesideOthers(t *testing.T) {
	full := func() *limit.Limit { return limited(limit.PIDs, limit.ScopeContainer, 20, 20) }
	parent := func(used, most int) *limit.Limit {
		return limited(limit.PIDs, limit.ScopeParent, used, most, below("/sys/fs/cgroup/pids/batch"))
	}
	user := func(used, most int) *limit.Limit {
		return limited(limit.User, limit.ScopeUser, used, most, of(procfs.Some(1000), 1000))
	}
	const update, raised = "docker update --pids-limit 60 api", " && echo 200 > /sys/fs/cgroup/pids/batch/pids.max"
	for name, test := range map[string]struct {
		others          []*limit.Limit
		command, effect string
	}{
		"alone":                      {nil, update, ""},
		"a parent with room":         {[]*limit.Limit{parent(20, 60)}, update, ""},
		"a parent with less room":    {[]*limit.Limit{parent(20, 50)}, update, "then the nearest limit is pids.max of /batch: 30 left"},
		"a parent that is near":      {[]*limit.Limit{parent(98, 100)}, update + raised, ""},
		"and another with less room": {[]*limit.Limit{parent(98, 100), limited(limit.Tasks, limit.ScopeHost, 70, 100)}, update + raised, "then the nearest limit is threads-max: 30 left"},
		"a user who is near":         {[]*limit.Limit{user(9, 10)}, update, "then the nearest limit is NPROC (1000): 1 left"},
		"inside, and near": {[]*limit.Limit{limited(limit.PIDs, limit.ScopeInside, 9, 10, at("/docker/"+ID("a")+"/sub"))}, update,
			"then the nearest limit is pids.max of its /sub: 1 left"},
		"one that is not held":        {[]*limit.Limit{limited(limit.User, limit.ScopeUser, 9, 10, exempt)}, update, ""},
		"one that was not read":       {[]*limit.Limit{limited(limit.PIDs, limit.ScopeParent, 9, 10, func(l *limit.Limit) { l.Used = procfs.None[int](procfs.Denied) })}, update, ""},
		"the engine's, which is near": {[]*limit.Limit{limited(limit.PIDs, limit.ScopeEngine, 10, 10, of8MiB)}, update, ""},
	} {
		got := remedyOf(append([]*limit.Limit{full()}, test.others...)...)
		if got.Command != test.command || got.Effect != test.effect {
			t.Errorf("%s:\n got %q, %q\nwant %q, %q", name, got.Command, got.Effect, test.command, test.effect)
		}
	}
}

// A limit that a manager sets is raised in the manager's words. docker update would be lost, or
// would change only one of several tasks.
func TestRaiseOfAManagedContainer(t *testing.T) {
	compose := []string{"com.docker.compose.project", "shop", "com.docker.compose.service", "web"}
	swarm := []string{"com.docker.swarm.service.name", "web"}
	pod := []string{"io.kubernetes.pod.name", "web-0"}
	for _, test := range []struct {
		kind           limit.Kind
		scope          limit.Scope
		labels         []string
		command, lasts string
	}{
		{limit.PIDs, limit.ScopeContainer, compose, "docker update --pids-limit 200 api", "set pids_limit: 200 in service web. docker update lasts only until the container is recreated."},
		{limit.PIDs, limit.ScopeContainer, swarm, "docker service update --limit-pids 200 web", ""},
		{limit.PIDs, limit.ScopeContainer, pod, "", "set podPidsLimit: 200 (kubelet) in pod web-0."},
		{limit.User, limit.ScopeUser, compose, "", "set ulimits: {nproc: 200} in service web."},
		{limit.User, limit.ScopeUser, swarm, "docker service update --ulimit-add nproc=200 web", ""},
	} {
		l := limited(test.kind, test.scope, 90, 100)
		c := *l.Container
		c.Labels = map[string]string{}
		for i := 0; i < len(test.labels); i += 2 {
			c.Labels[test.labels[i]] = test.labels[i+1]
		}
		l.Container = &c
		if r := remedyOf(l); r.Command != test.command || r.Lasting != test.lasts {
			t.Errorf("%s of %s:\n got %q, %q\nwant %q, %q", test.kind, test.labels[0], r.Command, r.Lasting, test.command, test.lasts)
		}
	}
}

// A unit that starts an existing container keeps what docker update changes. A unit that runs a
// container creates it anew.
func TestRaiseOfAContainerOfAUnit(t *testing.T) {
	const update = "docker update --pids-limit 200 api"
	for command, want := range map[string]string{
		"run":   "set --pids-limit 200 in ExecStart of unit web.service. docker update lasts only until the container is recreated.",
		"start": "",
	} {
		l := limited(limit.PIDs, limit.ScopeContainer, 90, 100)
		c := *l.Container
		c.Unit = &inspect.Unit{Name: "web.service", Command: command}
		l.Container = &c
		if r := remedyOf(l); r.Command != update || r.Lasting != want {
			t.Errorf("%s: got %q, %q", command, r.Command, r.Lasting)
		}
	}
}
