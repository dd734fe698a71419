package explain

import (
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Topic is what a statement is about.
type Topic string

// The topics.
const (
	TopicProcess   Topic = "process"
	TopicHistory   Topic = "history"
	TopicParent    Topic = "parent"
	TopicOrphans   Topic = "orphans"
	TopicKill      Topic = "kill"
	TopicStop      Topic = "stop"
	TopicSharing   Topic = "sharing"
	TopicIfStopped Topic = "if-stopped"
	TopicEnd       Topic = "end"
	TopicRestart   Topic = "restart"
	TopicLeftovers Topic = "leftovers"
)

// Effect is what the exit of one container does to another.
type Effect string

// The effects.
const (
	// EffectKilled: the kernel kills its processes.
	EffectKilled Effect = "killed"
	// EffectStale: it keeps running in a namespace that its owner no longer uses.
	EffectStale Effect = "stale"
	// EffectSurvives: it shares something and keeps running with it.
	EffectSurvives Effect = "survives"
	// EffectNone: the statement affects no other container.
	EffectNone Effect = "none"
)

// Statement is one fact about a container, in sentences, and how sure it is.
type Statement struct {
	Topic Topic
	// Other is the container that is affected, nil for none.
	Other  *inspect.Container
	Effect Effect
	// ExitCode is the exit code that the other container would have, or that this one had.
	ExitCode  procfs.Opt[int]
	Certainty inspect.Certainty
	Text      string
	// Then is the command to type once this has happened, "" for none.
	Then string
}

func state(topic Topic, certainty inspect.Certainty, format string, args ...any) Statement {
	return Statement{Topic: topic, Effect: EffectNone, ExitCode: procfs.None[int](procfs.NotHeld), Certainty: certainty, Text: fmt.Sprintf(format, args...)}
}

// sentence is a text from another package as a sentence, with one full stop.
func sentence(text string) string {
	return strings.TrimRight(text, ".") + "."
}

// Running explains a running container. The order is that in which users ask: what docker stop
// does, which other containers its exit affects, what has happened to it, what it shares, which
// process reaps orphans, what its main process and the parent of that are, and what kill -9
// does. The forecast is the container's.
func Running(ix *inspect.Index, f *signal.Forecast) []Statement {
	c := f.Container
	list := append(explainStop(f), IfStopped(ix, c)...)
	list = append(list, explainHistory(ix, c)...)
	list = append(list, explainSharing(ix, c)...)
	list = append(list, explainOrphans(ix, f)...)
	list = append(list, explainProcess(f))
	list = append(list, explainParent(ix, f)...)
	return append(list, explainKill(f)...)
}

func explainProcess(f *signal.Forecast) Statement {
	main := f.Process
	lead := fmt.Sprintf("The main process %s is PID %d on the host", main.Comm, main.PID)
	switch {
	case f.Container.Own:
		return state(TopicProcess, inspect.Certain, "The main process %s is PID 1 in the container. Its PID on the host cannot be determined from inside.", main.Comm)
	case f.NSInit:
		return state(TopicProcess, inspect.Certain, "%s and PID 1 in the container.", lead)
	case len(f.ContainerPIDs) > 0 && main.Depth() > 0:
		return state(TopicProcess, inspect.Certain, "%s and PID %s in the container. It joined a PID namespace and is not its init.", lead, inspect.ChainString(f.ContainerPIDs))
	default:
		return state(TopicProcess, inspect.Certain, "%s and in the container, which uses the host's PID namespace.", lead)
	}
}

func explainParent(ix *inspect.Index, f *signal.Forecast) []Statement {
	parent := ix.Parent(f.Process)
	if f.Container.Own {
		return []Statement{state(TopicParent, inspect.Certain, "The parent is outside of the PID namespace and cannot be determined from inside.")}
	}
	if parent == nil {
		return []Statement{state(TopicParent, inspect.Uncertain, "The parent, process %d, could not be read.", f.Process.ParentPID)}
	}
	list := []Statement{state(TopicParent, inspect.Certain, "Ancestors on the host: %s.", lineOf(ix, f.Process))}
	if !ix.IsShim(parent) {
		return list
	}
	return append(list, state(TopicParent, inspect.Certain, "The shim started %s, which started %s and exited. The shim became the parent%s.", runtimeName(f.Container), f.Process.Comm, asSubreaper(ix, parent)))
}

// asSubreaper says whether a shim is a child subreaper, if the kernel was asked.
func asSubreaper(ix *inspect.Index, shim *procfs.Process) string {
	switch subreaper, known := ix.Subreaper(shim).Get(); {
	case known && subreaper:
		return " (child subreaper, prctl(2), " + signal.FromKernel + ")"
	case known:
		return " and is not a child subreaper now (" + signal.FromKernel + ")"
	default:
		return " (child subreaper, prctl(2))"
	}
}

// runtimeName is the OCI runtime in words: "runc", or what the engine calls another.
func runtimeName(c *inspect.Container) string {
	switch c.Runtime {
	case "runc", "io.containerd.runc.v2":
		return "runc"
	case "", "oci": // podman always says this, whatever the runtime is
		return "the OCI runtime"
	default:
		return "the OCI runtime (" + c.Runtime + ")"
	}
}

// lineOf names the ancestors down to the process: "host PID 1 -> shim (7) -> x (9)".
func lineOf(ix *inspect.Index, p *procfs.Process) string {
	var names []string
	for range len(ix.Processes()) {
		if p == nil {
			break
		}
		name := fmt.Sprintf("%s (%d)", p.Comm, p.PID)
		if p.PID == 1 {
			name = "host PID 1"
		}
		names = append([]string{name}, names...)
		p = ix.Parent(p)
	}
	return strings.Join(names, " -> ")
}

func explainOrphans(ix *inspect.Index, f *signal.Forecast) []Statement {
	adopter, reaper := adopterOf(ix, f)
	list := []Statement{state(TopicOrphans, inspect.Certain, "Orphaned processes are reparented to %s.", adopter)}
	switch {
	case f.Process.Depth() == 0:
		list = append(list, state(TopicOrphans, inspect.Likely, "%s reaps them.", reaper))
	case f.Reaps == inspect.Yes:
		list = append(list, state(TopicOrphans, inspect.Likely, "%s reaps them. %s", reaper, sentence(f.ReapsWhy)))
	case f.Reaps == inspect.No:
		list = append(list, state(TopicOrphans, inspect.Likely, "%s does not reap them. %s Orphans that exit stay zombies and keep their PIDs.", reaper, sentence(f.ReapsWhy)))
	default:
		list = append(list, state(TopicOrphans, inspect.Uncertain, "Whether %s reaps them cannot be determined. %s", reaper, sentence(f.ReapsWhy)))
	}
	return list
}

// adopterOf is the full and the short name of the process to which the container's orphans are
// reparented.
func adopterOf(ix *inspect.Index, f *signal.Forecast) (whole, short string) {
	switch {
	case f.Process.Depth() == 0:
		return "the shim, because the container uses the host's PID namespace", "The shim"
	case f.Init == nil:
		return "the init of the container's PID namespace, which could not be read", "that init"
	case f.NSInit:
		return "PID 1 (" + f.Init.Comm + ")", f.Init.Comm
	}
	if owner := ix.OwnerOf(f.Init).Container; owner != nil {
		return "PID 1 of " + owner.Name, "PID 1 of " + owner.Name
	}
	return fmt.Sprintf("%s (%d)", f.Init.Comm, f.Init.PID), f.Init.Comm
}

func explainKill(f *signal.Forecast) []Statement {
	return []Statement{
		state(TopicKill, f.Comeback.Certainty, "%s", sentence(f.KillFromHost)),
		state(TopicKill, inspect.Certain, "%s", sentence(f.KillFromInside)),
	}
}

// explainStop says what docker stop does, and then why: each piece of evidence is a
// sentence.
func explainStop(f *signal.Forecast) []Statement {
	text := sentence(f.Sentence())
	for _, why := range f.Evidence {
		text += " " + sentence(why)
	}
	list := []Statement{state(TopicStop, f.Certainty, "%s", text)}
	if lost := f.Lost.Words(); lost != "" {
		list = append(list, state(TopicStop, inspect.Likely, "%s", sentence(lost)))
	}
	return list
}

func explainSharing(ix *inspect.Index, c *inspect.Container) []Statement {
	var list []Statement
	for _, m := range namespace.Table(ix, []*inspect.Container{c})[0] {
		certainty := inspect.Certain
		if m.Verdict == namespace.DeclaredOnly {
			certainty = inspect.Likely
		}
		if text := sharingWords(ix, &m); text != "" {
			list = append(list, state(TopicSharing, certainty, "%s", text))
		}
	}
	switch {
	case len(list) == 0 && c.Silent && !ix.InodeOf(c, procfs.NetNamespace).Held():
		list = append(list, state(TopicSharing, inspect.Uncertain, "Neither its namespaces nor how it was configured could be read."))
	case c.Own:
		list = append(list, state(TopicSharing, inspect.Uncertain, "Which containers use its namespaces cannot be determined from inside."))
	case len(list) == 0:
		list = append(list, state(TopicSharing, sharingCertainty(ix, c), "Its pid, uts, ipc, net and mnt namespaces are its own. No other container uses them."))
	}
	for _, r := range namespace.NestedRemarks(ix, c) {
		list = append(list, state(TopicSharing, inspect.Certain, "%s", sentence(r.Text)))
	}
	return list
}

// sharingWords are the remark on a namespace, or the containers that share it; "" for a
// namespace that is not shared.
func sharingWords(ix *inspect.Index, m *namespace.Membership) string {
	others := inspect.ContainerNames(m.Others())
	r, remarked := namespace.RemarkOn(ix, *m)
	switch {
	case remarked:
		return sentence(r.Text)
	case m.Type == procfs.UserNamespace || m.Type == procfs.TimeNamespace || m.Type == procfs.CgroupNamespace:
		return ""
	case m.Mode == namespace.ModeHost:
		return fmt.Sprintf("Its %s namespace is the host's.", m.Type)
	case m.Mode == namespace.ModeShared && m.Owner != nil:
		return fmt.Sprintf("Its %s namespace is that of %s.", m.Type, m.Owner.Name)
	case m.Mode == namespace.ModeOwn && others != "":
		return fmt.Sprintf("Its %s namespace is its own. %s joined it.", m.Type, others)
	default:
		return ""
	}
}

func sharingCertainty(ix *inspect.Index, c *inspect.Container) inspect.Certainty {
	if ix.InodeOf(c, procfs.NetNamespace).Held() && !ix.Capture.OthersUnread {
		return inspect.Certain
	}
	return inspect.Likely
}
