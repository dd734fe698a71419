package engine

import (
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// The labels of what the helper leaves on an engine. A container has those of its image too.
const (
	// LabelHelper is on each container of a helper. Its value is a random word, which no
	// other run has.
	LabelHelper = "docker-pidns.helper"
	// labelVersion and labelStarted say who started it, and when by the caller's clock.
	labelVersion = "docker-pidns.helper.version"
	labelStarted = "docker-pidns.helper.started"
	// labelImage is on each image of a helper. Its value is the digest of the program.
	labelImage = "docker-pidns.helper.image"
)

const (
	// mostMemory is how much memory the helper may use, swap included. Everything about 15,000
	// processes in one answer took 257 MB: this is enough for the 32,768 that most hosts have at
	// most (/proc/sys/kernel/pid_max).
	mostMemory = 768 << 20
	// goMemoryLimit is from where on its Go runtime collects garbage more often (GOMEMLIMIT).
	goMemoryLimit = "GOMEMLIMIT=640MiB"
	// mostTasks is the limit of its tasks: a Go program has a thread for each processor, and
	// for each file that it waits for.
	mostTasks = 512
	// helperName is its host name. The engine's own choice would be the container's ID.
	helperName = "pidns-helper"
	// helperPath is the program in the image.
	helperPath = "/pidns-helper"
	// helperProc is where the engine's /proc is mounted if the PID namespace cannot be shared.
	helperProc = "/host/proc"
)

// helperOption is one option of docker run, and what it is in POST /containers/create. The
// command line and the request are made of the same list, so neither can differ.
type helperOption struct {
	words []string
	set   func(*container.Config, *container.HostConfig)
}

// way is how the helper comes to the engine's /proc.
type way int

const (
	// sharedNamespace: the container is in the engine's PID namespace (--pid host).
	sharedNamespace way = iota
	// mountedProc: the engine's /proc is mounted into the container, read-only.
	mountedProc
)

// helperRun is one run of the helper's container.
type helperRun struct {
	// image is its tag, name the container's, and instance the random word of LabelHelper.
	image, name, instance string
	version, started      string
	way                   way
	// unconfined: the engine would put the container under an AppArmor profile, which
	// denies it what ptrace(2) guards.
	unconfined bool
	bpf        bool
	others     bool
	arguments  []string
}

// options are all options of the run, in the order in which they are shown.
func (r helperRun) options() []helperOption {
	list := []helperOption{
		{[]string{"--interactive"}, func(c *container.Config, _ *container.HostConfig) {
			// It ends with its stream: the engine closes its input behind the first client.
			c.OpenStdin, c.StdinOnce = true, true
			c.AttachStdin, c.AttachStdout, c.AttachStderr = true, true, true
		}},
		{[]string{"--rm"}, func(_ *container.Config, h *container.HostConfig) { h.AutoRemove = true }},
		{[]string{"--name", r.name}, func(*container.Config, *container.HostConfig) {}}, // which the request has in its address
	}
	list = append(list, r.reach()...)
	list = append(list, r.rights()...)
	list = append(list, modesty()...)
	return append(list, label(LabelHelper, r.instance), label(labelVersion, r.version), label(labelStarted, r.started))
}

// reach is what the helper shares with the engine's host.
func (r helperRun) reach() []helperOption {
	list := []helperOption{
		// With userns-remap a container may share the host's PID namespace in the host's user
		// namespace only, where CAP_SYS_PTRACE counts for all processes.
		{[]string{"--userns", "host"}, func(_ *container.Config, h *container.HostConfig) { h.UsernsMode = "host" }},
		// In a cgroup namespace of its own it would read other groups as /../..
		{[]string{"--cgroupns", "host"}, func(_ *container.Config, h *container.HostConfig) { h.CgroupnsMode = container.CgroupnsModeHost }},
		{[]string{"--network", "none"}, func(_ *container.Config, h *container.HostConfig) { h.NetworkMode = "none" }},
	}
	if r.way == mountedProc {
		const bind = "/proc:" + helperProc + ":ro"
		return append([]helperOption{{[]string{"--volume", bind}, func(_ *container.Config, h *container.HostConfig) { h.Binds = []string{bind} }}}, list...)
	}
	return append([]helperOption{{[]string{"--pid", "host"}, func(_ *container.Config, h *container.HostConfig) { h.PidMode = "host" }}}, list...)
}

// rights are what the helper may do.
func (r helperRun) rights() []helperOption {
	list := []helperOption{
		{[]string{"--user", "0"}, func(c *container.Config, _ *container.HostConfig) { c.User = "0" }},
		{[]string{"--read-only"}, func(_ *container.Config, h *container.HostConfig) { h.ReadonlyRootfs = true }},
		{[]string{"--cap-drop", "ALL"}, func(_ *container.Config, h *container.HostConfig) { h.CapDrop = []string{"ALL"} }},
		capability("SYS_PTRACE"),
	}
	if r.others {
		list = append(list, capability("DAC_READ_SEARCH"), capability("SETUID"), capability("SETGID"))
	}
	if r.bpf {
		list = append(list, capability("BPF"), capability("PERFMON"))
	}
	list = append(list, security("no-new-privileges"))
	if r.unconfined {
		list = append(list, security("apparmor=unconfined"))
	}
	return list
}

// modesty is what the helper uses at most, and what an engine's configuration would add.
func modesty() []helperOption {
	memory, tasks := int64(mostMemory), int64(mostTasks)
	return []helperOption{
		{[]string{"--memory", strconv.FormatInt(memory, 10)}, func(_ *container.Config, h *container.HostConfig) { h.Memory = memory }},
		{[]string{"--memory-swap", strconv.FormatInt(memory, 10)}, func(_ *container.Config, h *container.HostConfig) { h.MemorySwap = memory }},
		{[]string{"--env", goMemoryLimit}, func(c *container.Config, _ *container.HostConfig) { c.Env = []string{goMemoryLimit} }},
		{[]string{"--pids-limit", strconv.FormatInt(tasks, 10)}, func(_ *container.Config, h *container.HostConfig) { h.PidsLimit = &tasks }},
		{[]string{"--restart", "no"}, func(_ *container.Config, h *container.HostConfig) {
			h.RestartPolicy.Name = container.RestartPolicyDisabled
		}},
		// The engine would keep what is sent in a log file.
		{[]string{"--log-driver", "none"}, func(_ *container.Config, h *container.HostConfig) { h.LogConfig.Type = "none" }},
		{[]string{"--no-healthcheck"}, func(c *container.Config, _ *container.HostConfig) {
			c.Healthcheck = &container.HealthConfig{Test: []string{"NONE"}}
		}},
		// With an init State.Pid would not be the helper's PID.
		{[]string{"--init=false"}, func(_ *container.Config, h *container.HostConfig) { h.Init = new(bool) }},
		{[]string{"--hostname", helperName}, func(c *container.Config, _ *container.HostConfig) { c.Hostname = helperName }},
	}
}

func capability(name string) helperOption {
	return helperOption{[]string{"--cap-add", name}, func(_ *container.Config, h *container.HostConfig) { h.CapAdd = append(h.CapAdd, name) }}
}

func security(option string) helperOption {
	return helperOption{[]string{"--security-opt", option}, func(_ *container.Config, h *container.HostConfig) { h.SecurityOpt = append(h.SecurityOpt, option) }}
}

func label(key, value string) helperOption {
	return helperOption{[]string{"--label", key + "=" + value}, func(c *container.Config, _ *container.HostConfig) {
		if c.Labels == nil {
			c.Labels = map[string]string{}
		}
		c.Labels[key] = value
	}}
}

// request is the body of POST /containers/create. The image is its ID or tag.
func (r helperRun) request(image string) (*container.Config, *container.HostConfig) {
	config, host := &container.Config{Image: image, Cmd: r.command()}, &container.HostConfig{}
	for _, option := range r.options() {
		option.set(config, host)
	}
	return config, host
}

// command are the arguments of the program.
func (r helperRun) command() []string {
	if r.way == mountedProc {
		return append([]string{"--proc", helperProc}, r.arguments...)
	}
	return slices.Clone(r.arguments)
}

// words are those of docker, from run on.
func (r helperRun) words() []string {
	words := []string{"run"}
	for _, option := range r.options() {
		words = append(words, option.words...)
	}
	return append(append(words, r.image), r.command()...)
}

// HelperCommandLine is a command of docker as a shell takes it: words are those behind docker,
// such as HelperRun.Words.
func HelperCommandLine(words []string) string {
	line := []string{"docker"}
	for _, word := range words {
		line = append(line, inspect.ShellWord(word))
	}
	return strings.Join(line, " ")
}
