// Package manage finds the manager of a container, and writes commands as they are typed for
// that manager. A manager undoes or repeats changes that are made with docker alone.
package manage

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// Kind is what has made a container, and makes it anew.
type Kind string

// The managers. Nobody else is known to undo what is done to a container by docker alone.
const (
	ByNobody     Kind = ""
	ByCompose    Kind = "compose"
	BySwarm      Kind = "swarm"
	ByKubernetes Kind = "kubernetes"
	BySystemd    Kind = "systemd"
)

// Labels that managers put on their containers.
const (
	composeOneOff    = "com.docker.compose.oneoff"
	composeVersion   = "com.docker.compose.version"
	composeDir       = "com.docker.compose.project.working_dir"
	composeFiles     = "com.docker.compose.project.config_files"
	composeDepends   = "com.docker.compose.depends_on"
	swarmService     = "com.docker.swarm.service.name"
	swarmStack       = "com.docker.stack.namespace"
	kubernetesPod    = "io.kubernetes.pod.name"
	kubernetesSpace  = "io.kubernetes.pod.namespace"
	podmanSystemUnit = "PODMAN_SYSTEMD_UNIT"
)

// Manager is who manages a container, by its labels (Config.Labels), which its image or
// whoever created it can have set as well, or by the client that runs it from a unit of
// systemd.
type Manager struct {
	Kind Kind
	// Name is the service's, the pod's or the unit's.
	Name string
	// Group is the compose project, the stack of a Swarm service, the pod's namespace, the
	// UID of the user whose unit it is; "" for none.
	Group string
	// Client is the process by which the unit runs it, nil where a label says so.
	Client *inspect.Unit
	// Dir and Files are where the compose project is described, as far as it was said.
	Dir   string
	Files []string
	// ByCommand: it is docker-compose, and not docker compose, that made it.
	ByCommand bool
}

// Of is who manages the container.
func Of(c *inspect.Container) Manager {
	l := c.Labels
	switch {
	case l[swarmService] != "":
		return Manager{Kind: BySwarm, Name: l[swarmService], Group: l[swarmStack]}
	case l[kubernetesPod] != "":
		return Manager{Kind: ByKubernetes, Name: l[kubernetesPod], Group: l[kubernetesSpace]}
	case l[podmanSystemUnit] != "":
		return Manager{Kind: BySystemd, Name: l[podmanSystemUnit]}
	case c.ComposeService() != "" && l[inspect.ComposeProject] != "" && !strings.EqualFold(l[composeOneOff], "true"):
		m := Manager{Kind: ByCompose, Name: c.ComposeService(), Group: l[inspect.ComposeProject], Dir: l[composeDir]}
		m.ByCommand = strings.HasPrefix(l[composeVersion], "1.")
		if files := l[composeFiles]; files != "" {
			m.Files = strings.Split(files, ",")
		}
		return m
	case c.Unit != nil:
		m := Manager{Kind: BySystemd, Name: c.Unit.Name, Client: c.Unit}
		if uid, ofUser := c.Unit.UID.Get(); ofUser {
			m.Group = strconv.Itoa(uid)
		}
		return m
	default:
		return Manager{}
	}
}

// MakesAnew reports whether the manager makes the container anew, and not only starts the one
// that there is, as a unit does that has docker start in it.
func (m Manager) MakesAnew() bool {
	return m.Kind != ByNobody && (m.Client == nil || m.Client.Command == commandRun)
}

// RunsAgain says who may run the container again after an end though docker does not: a unit
// can have a restart policy of its own, which is not read. It is "" where docker has one, and
// where no unit runs the container.
func RunsAgain(c *inspect.Container) string {
	m := Of(c)
	if m.Kind != BySystemd || c.RestartPolicy != "" && c.RestartPolicy != "no" {
		return ""
	}
	return "With Restart=, " + m.Title() + " may run it again"
}

// DependsOn are the services of its own project that docker compose starts before the
// container, as it was told or because it joins their namespaces.
func DependsOn(c *inspect.Container) []string {
	var services []string
	for _, word := range strings.Split(c.Labels[composeDepends], ",") {
		if service, _, _ := strings.Cut(word, ":"); service != "" {
			services = append(services, service)
		}
	}
	return services
}

// RestartWith is what makes docker compose restart the member with the owner whose
// namespace it has joined; "" where it does so already, or where the two are not of one
// project.
func RestartWith(member, owner *inspect.Container) string {
	of, m := Of(owner), Of(member)
	if of.Kind != ByCompose || m.Kind != ByCompose || of.Group != m.Group {
		return ""
	}
	for _, word := range strings.Split(member.Labels[composeDepends], ",") {
		if fields := strings.Split(word, ":"); len(fields) == 3 && fields[0] == of.Name && fields[2] == "true" {
			return ""
		}
	}
	return fmt.Sprintf("set depends_on: {%s: {condition: service_started, restart: true}} in service %s, so that docker compose restarts both.", of.Name, m.Name)
}

// Replaces reports whether another container takes the place of one that has ended,
// whatever its restart policy is.
func (m Manager) Replaces() bool {
	return m.Kind == BySwarm || m.Kind == ByKubernetes
}

// Title is who manages it, in words: "service web of project shop (compose)".
func (m Manager) Title() string {
	group := map[Kind]string{ByCompose: " of project ", BySwarm: " of stack ", ByKubernetes: " of namespace ", BySystemd: " of user "}[m.Kind]
	if m.Group == "" {
		group = ""
	} else {
		group += m.Group
	}
	switch m.Kind {
	case ByCompose:
		return "service " + m.Name + group + " (compose)"
	case BySwarm:
		return "service " + m.Name + group + " (Swarm)"
	case ByKubernetes:
		return "pod " + m.Name + group + " (Kubernetes)"
	case BySystemd:
		return "unit " + m.Name + group + " (systemd)"
	default:
		return ""
	}
}

// CLI is the command that takes docker's words for this container: docker, podman or nerdctl,
// with its options. It is "" where none does: crictl and ctr have words of their own, and in a
// container there is none.
func CLI(c *inspect.Container) string {
	switch name, _, _ := strings.Cut(c.Client, " "); name {
	case "":
		return "docker"
	case "podman", "nerdctl":
		return c.Client
	default:
		return ""
	}
}

// command does something with the container, "" where no command takes docker's words.
func command(c *inspect.Container, verb string) string {
	if CLI(c) == "" {
		return ""
	}
	return CLI(c) + " " + verb + " " + c.Name
}

// Restart ends the container's processes and starts them again, in the way in which
// that is neither undone nor doubled; "" where no command does that.
func Restart(c *inspect.Container) string {
	switch m := Of(c); m.Kind {
	case ByNobody, ByCompose:
		return command(c, "restart")
	case BySystemd:
		return m.systemctl("restart")
	default:
		return m.renew()
	}
}

// RestartIf is the effect of [Restart], with what it takes where a unit's client runs the
// container: without an ExecStop systemd tells the client alone to end, by SIGTERM, which
// passes that on, and kills it when the unit's time is over, which leaves the container.
func RestartIf(c *inspect.Container, effect string) string {
	if m := Of(c); m.Client != nil {
		return effect + ", if SIGTERM stops it or the unit has an ExecStop that does"
	}
	return effect
}

// Start starts the container again that has ended; where another takes its place it
// shows what became of that.
func Start(c *inspect.Container) string {
	switch m := Of(c); m.Kind {
	case BySwarm:
		return "docker service ps --no-trunc " + inspect.ShellWord(m.Name)
	case ByKubernetes:
		return "kubectl" + m.inNamespace() + " describe pod " + inspect.ShellWord(m.Name)
	case BySystemd:
		return m.systemctl("start")
	default:
		return command(c, "start")
	}
}

// Recreate makes the container anew, "" where it is not known how it was made.
func Recreate(c *inspect.Container) string { return Of(c).renew() }

// renew makes the container anew as its manager does it.
func (m Manager) renew() string {
	switch m.Kind {
	case ByCompose:
		return m.compose() + " up -d --force-recreate " + inspect.ShellWord(m.Name)
	case BySwarm:
		return "docker service update --force " + inspect.ShellWord(m.Name)
	case ByKubernetes:
		return "kubectl" + m.inNamespace() + " delete pod " + inspect.ShellWord(m.Name)
	case BySystemd:
		if m.MakesAnew() {
			return m.systemctl("restart")
		}
	}
	return ""
}

// systemctl does something with the unit: one of a user's is told by that user.
func (m Manager) systemctl(verb string) string {
	words := "systemctl "
	if m.Group != "" {
		words += "--user "
	}
	return words + verb + " " + inspect.ShellWord(m.Name)
}

func (m Manager) inNamespace() string {
	if m.Group == "" {
		return ""
	}
	return " -n " + inspect.ShellWord(m.Group)
}

// compose is the command with what tells it from any folder which project is meant: the
// project's name is that of the folder of its first file, unless it was said.
func (m Manager) compose() string {
	words := []string{"docker", "compose"}
	if m.ByCommand {
		words = []string{"docker-compose"}
	}
	dir := m.Dir
	if len(m.Files) > 0 && path.IsAbs(m.Files[0]) && (dir == "" || path.Dir(m.Files[0]) == path.Clean(dir)) {
		dir = path.Dir(m.Files[0])
	}
	if dir == "" || normalized(path.Base(dir)) != m.Group {
		words = append(words, "-p", inspect.ShellWord(m.Group))
	}
	switch {
	case len(m.Files) > 0 && !slices.ContainsFunc(m.Files, func(file string) bool { return !path.IsAbs(file) }):
		for _, file := range m.Files {
			words = append(words, "-f", inspect.ShellWord(file))
		}
	case m.Dir != "":
		words = append(words, "--project-directory", inspect.ShellWord(m.Dir))
	}
	return strings.Join(words, " ")
}

// normalized is the name that compose makes of a folder's (loader.NormalizeProjectName of
// compose-go).
func normalized(folder string) string {
	kept := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return -1
	}, strings.ToLower(folder))
	return strings.TrimLeft(kept, "_-")
}

// Setting is something that a container is created with, in the words of each of those who
// create one; "" where it cannot be said there.
type Setting struct {
	// Option is that of docker run, Compose the line in a compose file, Update the option
	// of docker service update, and Pod the field of a pod.
	Option, Compose, Update, Pod string
	// SaysCompose: the compose line is named even where nobody is known to manage it.
	SaysCompose bool
}

// The settings that help.
var (
	Init    = Setting{Option: "--init", Compose: "init: true", Update: "--init", SaysCompose: true}
	CapKill = Setting{Option: "--cap-add KILL", Compose: "cap_add: [KILL]", Update: "--cap-add CAP_KILL", Pod: "securityContext.capabilities.add: [KILL]", SaysCompose: true}
)

// StopSignal is the signal that docker stop sends first, by its name.
func StopSignal(name string) Setting {
	return Setting{Option: "--stop-signal " + name, Compose: "stop_signal: " + name, Update: "--stop-signal " + name}
}

// StopTimeout is the grace period, in seconds.
func StopTimeout(seconds string) Setting {
	return Setting{
		Option: "--stop-timeout " + seconds, Compose: "stop_grace_period: " + seconds + "s", Update: "--stop-grace-period " + seconds + "s",
		Pod: "terminationGracePeriodSeconds: " + seconds,
	}
}

// PIDsLimit is how many processes and threads it may have.
func PIDsLimit(n int) Setting {
	word := strconv.Itoa(n)
	return Setting{Option: "--pids-limit " + word, Compose: "pids_limit: " + word, Update: "--limit-pids " + word, Pod: "podPidsLimit: " + word + " (kubelet)"}
}

// Processes is how many processes and threads its user may have (RLIMIT_NPROC).
func Processes(n int) Setting {
	word := strconv.Itoa(n)
	return Setting{Option: "--ulimit nproc=" + word, Compose: "ulimits: {nproc: " + word + "}", Update: "--ulimit-add nproc=" + word}
}

// Settings are what a container should be created with, as its manager is told: the
// options of docker run, the lines of a compose file, or the command that does it.
func Settings(c *inspect.Container, list ...Setting) string {
	of := func(word func(Setting) string) (words []string, all bool) {
		for _, s := range list {
			if text := word(s); text != "" {
				words = append(words, text)
			}
		}
		return words, len(words) == len(list)
	}
	switch m := Of(c); m.Kind {
	case ByCompose:
		if words, all := of(func(s Setting) string { return s.Compose }); all {
			return strings.Join(words, " and ") + " in service " + m.Name
		}
	case BySwarm:
		if words, all := of(func(s Setting) string { return s.Update }); all {
			return "docker service update " + strings.Join(words, " ") + " " + inspect.ShellWord(m.Name)
		}
	case ByKubernetes:
		words, all := of(func(s Setting) string { return s.Pod })
		if !all && slices.Contains(list, Init) {
			words = append([]string{"an image that starts with an init such as tini"}, words...)
		} else if !all {
			break
		}
		return strings.Join(words, " and ") + " in pod " + m.Name
	}
	options, _ := of(func(s Setting) string { return s.Option })
	if m := Of(c); m.Kind == BySystemd && m.MakesAnew() {
		where := " in "
		if m.Client != nil {
			where = " in ExecStart of "
		}
		return strings.Join(options, " and ") + where + "unit " + m.Name
	}
	if CLI(c) == "" && slices.Contains(list, Init) {
		options = slices.DeleteFunc(options, func(option string) bool { return option == Init.Option })
		return strings.Join(append([]string{"an init such as tini in front of its program"}, options...), " and ")
	}
	if list[0].SaysCompose && c.Client == "" {
		options[0] += " (compose: " + list[0].Compose + ")"
	}
	return strings.Join(options, " and ")
}

// Do is an instruction to create the container with these settings, without a capital
// letter and a full stop: "recreate the container with --init (compose: init: true)".
func Do(c *inspect.Container, list ...Setting) string {
	settings := Settings(c, list...)
	switch m := Of(c); {
	case m.Kind == ByNobody, m.Kind == BySystemd && !m.MakesAnew():
		return "recreate the container with " + settings
	case m.Kind == BySwarm:
		return "run " + settings
	default:
		return "set " + settings
	}
}
