package engine

import (
	"slices"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/swarm"
)

// labelDeadline is on each service of a job. Its value is how long after its creation whoever
// made it has given up.
const labelDeadline = "docker-pidns.helper.deadline"

// swarmOption is one option of docker service create, and what it is in POST /services/create.
// The command line and the request are made of the same list.
type swarmOption struct {
	words []string
	set   func(*swarm.ServiceSpec)
}

// swarmRun is a job of helpers on all nodes with one kind of processor.
type swarmRun struct {
	// image is the ID of the helper's image. An engine looks for no ID in a registry.
	image string
	// platform is the processor of its nodes, as they name it.
	platform          string
	instance, version string
	started           time.Time
	// deadline is how long the client that created it waits.
	deadline  time.Duration
	arguments []string
}

// name is the service's.
func (r swarmRun) name() string {
	return helperRepository + "-" + r.instance + "-" + r.platform
}

// options are all options of the job, in the order in which they are shown.
func (r swarmRun) options() []swarmOption {
	list := []swarmOption{
		// Docker 20.10 leaves the tasks and containers of a global job when it is removed. A
		// global service whose tasks are not started again does the same, and leaves nothing.
		{[]string{"--mode", "global"}, func(s *swarm.ServiceSpec) { s.Mode.Global = &swarm.GlobalService{} }},
		{[]string{"--name", r.name()}, func(s *swarm.ServiceSpec) { s.Name = r.name() }},
		// The image is for one kind of processor.
		{[]string{"--constraint", "node.platform.arch==" + r.platform}, func(s *swarm.ServiceSpec) {
			s.TaskTemplate.Placement = &swarm.Placement{Constraints: []string{"node.platform.arch==" + r.platform}}
		}},
		{[]string{"--restart-condition", "none"}, func(s *swarm.ServiceSpec) {
			s.TaskTemplate.RestartPolicy = &swarm.RestartPolicy{Condition: swarm.RestartPolicyConditionNone}
		}},
	}
	list = append(list, swarmRights()...)
	list = append(list, swarmModesty()...)
	for _, label := range [][2]string{
		{LabelHelper, r.instance}, {labelVersion, r.version}, {labelStarted, r.started.UTC().Format(time.RFC3339)}, {labelDeadline, r.deadline.String()},
	} {
		list = append(list, swarmLabel(label[0], label[1])...)
	}
	return list
}

// swarmRights are what the helper reaches and may do. Swarm has no option that shares the host's
// PID namespace, so the host's /proc is mounted.
func swarmRights() []swarmOption {
	list := []swarmOption{
		{[]string{"--mount", "type=bind,source=/proc,target=" + helperProc + ",readonly"}, func(s *swarm.ServiceSpec) {
			in(s).Mounts = []mount.Mount{{Type: mount.TypeBind, Source: "/proc", Target: helperProc, ReadOnly: true}}
		}},
		{[]string{"--user", "0"}, func(s *swarm.ServiceSpec) { in(s).User = "0" }},
		{[]string{"--read-only"}, func(s *swarm.ServiceSpec) { in(s).ReadOnly = true }},
		{[]string{"--cap-drop", "ALL"}, func(s *swarm.ServiceSpec) { in(s).CapabilityDrop = []string{"ALL"} }},
	}
	for _, name := range []string{"SYS_PTRACE", "DAC_READ_SEARCH", "SETUID", "SETGID"} {
		list = append(list, swarmOption{[]string{"--cap-add", name}, func(s *swarm.ServiceSpec) { in(s).CapabilityAdd = append(in(s).CapabilityAdd, "CAP_"+name) }})
	}
	// docker service create has no option for these two. An engine before Docker 26 does not
	// know them, and ignores them.
	return append(list, swarmOption{nil, func(s *swarm.ServiceSpec) {
		in(s).Privileges = &swarm.Privileges{NoNewPrivileges: true, AppArmor: &swarm.AppArmorOpts{Mode: swarm.AppArmorModeDisabled}}
	}})
}

// mostLog is how much the log of a task may hold, so that none of it is lost: more than a
// recording has.
const mostLog = "100m"

// swarmModesty is what the helper uses at most, and what an engine's configuration would add.
func swarmModesty() []swarmOption {
	logs := []struct{ key, value string }{{"max-size", mostLog}, {"max-file", "1"}, {"compress", "false"}, {"mode", "blocking"}}
	driver := []string{"--log-driver", "json-file"}
	for _, o := range logs {
		driver = append(driver, "--log-opt", o.key+"="+o.value)
	}
	limits := func(s *swarm.ServiceSpec) *swarm.Limit {
		if s.TaskTemplate.Resources == nil {
			s.TaskTemplate.Resources = &swarm.ResourceRequirements{Limits: &swarm.Limit{}}
		}
		return s.TaskTemplate.Resources.Limits
	}
	return []swarmOption{
		{[]string{"--limit-memory", strconv.Itoa(mostMemory)}, func(s *swarm.ServiceSpec) { limits(s).MemoryBytes = mostMemory }},
		{[]string{"--env", goMemoryLimit}, func(s *swarm.ServiceSpec) { in(s).Env = []string{goMemoryLimit} }},
		{[]string{"--limit-pids", strconv.Itoa(mostTasks)}, func(s *swarm.ServiceSpec) { limits(s).Pids = mostTasks }},
		{driver, func(s *swarm.ServiceSpec) {
			s.TaskTemplate.LogDriver = &swarm.Driver{Name: "json-file", Options: map[string]string{}}
			for _, o := range logs {
				s.TaskTemplate.LogDriver.Options[o.key] = o.value
			}
		}},
		{[]string{"--no-healthcheck"}, func(s *swarm.ServiceSpec) {
			in(s).Healthcheck = &container.HealthConfig{Test: []string{"NONE"}}
		}},
		{[]string{"--init=false"}, func(s *swarm.ServiceSpec) { in(s).Init = new(bool) }},
		{[]string{"--hostname", helperName}, func(s *swarm.ServiceSpec) { in(s).Hostname = helperName }},
	}
}

// swarmLabel puts a label on the service, and on its containers, which engines list by it.
func swarmLabel(key, value string) []swarmOption {
	return []swarmOption{
		{[]string{"--label", key + "=" + value}, func(s *swarm.ServiceSpec) { s.Labels[key] = value }},
		{[]string{"--container-label", key + "=" + value}, func(s *swarm.ServiceSpec) { in(s).Labels[key] = value }},
	}
}

func in(s *swarm.ServiceSpec) *swarm.ContainerSpec { return s.TaskTemplate.ContainerSpec }

// request is the body of POST /services/create.
func (r swarmRun) request() swarm.ServiceSpec {
	s := swarm.ServiceSpec{Annotations: swarm.Annotations{Labels: map[string]string{}}}
	s.TaskTemplate.ContainerSpec = &swarm.ContainerSpec{Image: r.image, Args: r.command(), Labels: map[string]string{}}
	for _, option := range r.options() {
		option.set(&s)
	}
	return s
}

// command are the arguments of the program.
func (r swarmRun) command() []string {
	return append([]string{"--proc", helperProc}, r.arguments...)
}

// words are those of docker, from service on. The order for the helper is left out, because it
// is long.
func (r swarmRun) words() []string {
	words := []string{"service", "create"}
	for _, option := range r.options() {
		words = append(words, option.words...)
	}
	shown := slices.Clone(r.command())
	for i, word := range shown {
		if len(word) > mostShown {
			shown[i] = "ORDER"
		}
	}
	return append(append(words, r.image), shown...)
}

// mostShown is the length of the longest argument that is shown, in bytes.
const mostShown = 100
