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

// Kind is the kind of manager that has created a container and can recreate it.
type Kind string

// The managers. Only these are known to undo what is done to a container by docker alone.
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

// Manager is what manages a container. It is known by the container's labels (Config.Labels) or
// by the client that runs it from a unit of systemd. Labels can also be set by the image or the
// user.
type Manager struct {
	Kind Kind
	// Name is the name of the service, the pod or the unit.
	Name string
	// Group is the compose project, the stack of a Swarm service, the pod's namespace, or the
	// UID of the user whose unit it is. It is "" if there is none.
	Group string
	// Client is the process by which the unit runs it, nil if a label names the manager.
	Client *inspect.Unit
	// Dir and Files are the folder and the files of the compose project, as far as labels name
	// them.
	Dir   string
	Files []string
	// ByCommand is true if docker-compose has created it, and not docker compose.
	ByCommand bool
}

// Of is the manager of the container.
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

// MakesAnew reports whether the manager recreates the container. A unit that runs docker start
// only starts the existing one.
func (m Manager) MakesAnew() bool {
	return m.Kind != ByNobody && (m.Client == nil || m.Client.Command == commandRun)
}

// RunsAgain says which unit may run the container again after its exit, although docker does
// not. A unit can have a restart policy of its own, which is not read. It is "" if docker has a
// restart policy for the container, or if no unit runs it.
func RunsAgain(c *inspect.Container) string {
	m := Of(c)
	if m.Kind != BySystemd || c.RestartPolicy != "" && c.RestartPolicy != "no" {
		return ""
	}
	return "With Restart=, " + m.Title() + " may run it again"
}

// DependsOn are the services of its project that docker compose starts before the container,
// because of depends_on or because the container joins their namespaces.
func DependsOn(c *inspect.Container) []string {
	var services []string
	for _, word := range strings.Split(c.Labels[composeDepends], ",") {
		if service, _, _ := strings.Cut(word, ":"); service != "" {
			services = append(services, service)
		}
	}
	return services
}

// RestartWith is the setting that makes docker compose restart the member together with the
// owner of the namespace that it has joined. It is "" if that is set already, or if the two are
// not in one project.
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

// Replaces reports whether the manager replaces a container that has exited by another,
// whatever its restart policy is.
func (m Manager) Replaces() bool {
	return m.Kind == BySwarm || m.Kind == ByKubernetes
}

// Title describes the manager: "service web of project shop (compose)".
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

// CLI is the command that accepts docker's subcommands for this container: docker, podman or
// nerdctl, with its options. It is "" if there is none: crictl and ctr have other subcommands,
// and inside a container there is no client.
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

// command is the command line for a subcommand of docker with the container, "" if no client
// accepts it.
func command(c *inspect.Container, verb string) string {
	if CLI(c) == "" {
		return ""
	}
	return CLI(c) + " " + verb + " " + c.Name
}

// Restart is the command that restarts the container so that its manager neither undoes nor
// repeats it. It is "" if there is none. It also restarts a container that SIGTERM does not stop.
func Restart(c *inspect.Container) string {
	switch m := Of(c); m.Kind {
	case ByNobody, ByCompose:
		return command(c, "restart")
	case BySystemd:
		return m.restartUnit(c)
	default:
		return m.renew(c)
	}
}

// RestartByTerm is [Restart] of a container that SIGTERM stops.
func RestartByTerm(c *inspect.Container) string {
	if m := Of(c); m.Client != nil {
		return m.systemctl("restart")
	}
	return Restart(c)
}

// restartUnit restarts the container's unit. Without an ExecStop, systemd sends SIGTERM only to
// the unit's client, which forwards it. If that does not stop the container, systemd kills the
// client after the unit's timeout. The container keeps running, and its name is in use when the
// unit starts it again. So docker stops it while systemd waits for the client.
func (m Manager) restartUnit(c *inspect.Container) string {
	stop := command(c, "stop")
	if m.Client == nil || stop == "" {
		return m.systemctl("restart")
	}
	return m.systemctl("restart --no-block") + " && " + stop
}

// Start is the command that starts an exited container again. If the manager replaces the
// container, it is the command that shows the replacement.
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

// Recreate is the command that recreates the container, "" if it is not known how it was
// created.
func Recreate(c *inspect.Container) string { return Of(c).renew(c) }

// renew is the command by which the manager recreates the container.
func (m Manager) renew(c *inspect.Container) string {
	switch m.Kind {
	case ByCompose:
		return m.compose() + " up -d --force-recreate " + inspect.ShellWord(m.Name)
	case BySwarm:
		return "docker service update --force " + inspect.ShellWord(m.Name)
	case ByKubernetes:
		return "kubectl" + m.inNamespace() + " delete pod " + inspect.ShellWord(m.Name)
	case BySystemd:
		if m.MakesAnew() {
			return m.restartUnit(c)
		}
	}
	return ""
}

// systemctl is a command line for the unit. For a unit of a user, that user runs it.
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

// compose is the command with the options that select the project from any folder. The project
// has the name of the folder of its first file, unless another name was given.
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

// normalized is the project name that compose derives from a folder's name
// (loader.NormalizeProjectName of compose-go).
func normalized(folder string) string {
	kept := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return -1
	}, strings.ToLower(folder))
	return strings.TrimLeft(kept, "_-")
}

// Setting is a setting for creating a container, in the form that each manager takes. A field
// is "" if that manager does not have the setting.
type Setting struct {
	// Option is that of docker run, Compose the line in a compose file, Update the option
	// of docker service update, and Pod the field of a pod.
	Option, Compose, Update, Pod string
	// SaysCompose is true if the compose line is named even if no manager of the container is
	// known.
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

// Settings are settings for creating a container in the form that its manager takes: options of
// docker run, lines of a compose file, or a command.
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

// Do is an instruction to create the container with these settings. It has no capital letter
// and no full stop: "recreate the container with --init (compose: init: true)".
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
