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

// Effect is what the end of one container does to another.
type Effect string

// The effects.
const (
	// EffectKilled: the kernel kills its processes.
	EffectKilled Effect = "killed"
	// EffectStale: it goes on in a namespace that is its owner's no more.
	EffectStale Effect = "stale"
	// EffectSurvives: it shares something, and goes on with it.
	EffectSurvives Effect = "survives"
	// EffectNone: the statement is about no other container.
	EffectNone Effect = "none"
)

// Statement is one sentence about a container, and how sure it is.
type Statement struct {
	Topic Topic
	// Other is the container that is affected, nil for none.
	Other  *inspect.Container
	Effect Effect
	// ExitCode is what the other would exit with, or this one did.
	ExitCode  procfs.Opt[int]
	Certainty inspect.Certainty
	Text      string
}

func state(topic Topic, certainty inspect.Certainty, format string, args ...any) Statement {
	return Statement{Topic: topic, Effect: EffectNone, ExitCode: procfs.None[int](procfs.NotHeld), Certainty: certainty, Text: fmt.Sprintf(format, args...)}
}

// Running says in plain words what a running container's main process is, who
// its parent is, who adopts and reaps, what signals do to it, and what it shares.
// The forecast is the container's.
func Running(ix *inspect.Index, f *signal.Forecast) []Statement {
	c := f.Container
	list := append([]Statement{explainProcess(ix, f)}, explainHistory(ix, c)...)
	list = append(list, explainParent(ix, f))
	list = append(list, explainOrphans(ix, f)...)
	list = append(list, explainKill(f)...)
	list = append(list, explainStop(f)...)
	return append(list, explainSharing(ix, c)...)
}

func explainProcess(ix *inspect.Index, f *signal.Forecast) Statement {
	main := f.Process
	inside := "the same number inside, as it is in the host's PID namespace"
	switch {
	case f.NSInit:
		inside = "1 inside: it is the init of the container's PID namespace"
	case len(f.ContainerPIDs) > 0 && main.Depth() > 0:
		inside = inspect.ChainString(f.ContainerPIDs) + " inside: it joined a PID namespace, and is not its init"
	}
	return state(TopicProcess, inspect.Certain, "its main process, %s, is an ordinary process of the host: %d there, %s", main.Comm, main.PID, inside)
}

func explainParent(ix *inspect.Index, f *signal.Forecast) Statement {
	parent := ix.Parent(f.Process)
	if parent == nil {
		return state(TopicParent, inspect.Uncertain, "its parent is process %d, which could not be read", f.Process.ParentPID)
	}
	line := lineOf(ix, f.Process)
	if !ix.IsShim(parent) {
		return state(TopicParent, inspect.Certain, "on the host it descends from %s", line)
	}
	how := "a child subreaper (prctl(2), since Linux 3.4)"
	switch subreaper, known := ix.Subreaper(parent).Get(); {
	case known && subreaper:
		how = "a child subreaper (" + inspect.FromKernel + "; prctl(2), since Linux 3.4)"
	case known:
		how = "no child subreaper now (" + inspect.FromKernel + ")"
	}
	runtime := runtimeName(f.Container)
	return state(TopicParent, inspect.Certain, "on the host it descends from %s; the shim started %s, which started it and exited, and the shim, %s, is the parent that remains", line, runtime, how)
}

// runtimeName is the OCI runtime in words: "runc" where it is that, else as much as the
// engine says.
func runtimeName(c *inspect.Container) string {
	switch c.Runtime {
	case "runc", "io.containerd.runc.v2":
		return "runc"
	case "", "oci": // podman's word, whatever it is
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
	adopter := "the shim, as it uses the host's PID namespace"
	if f.Process.Depth() > 0 {
		adopter = "the init of its PID namespace, which cannot be told"
		if f.Init != nil {
			owner := ix.OwnerOf(f.Init).Container
			adopter = fmt.Sprintf("%s (%d)", f.Init.Comm, f.Init.PID)
			if f.NSInit {
				adopter = "PID 1 (" + f.Init.Comm + ")"
			} else if owner != nil {
				adopter = "PID 1 of " + owner.Name
			}
		}
	}
	list := []Statement{state(TopicOrphans, inspect.Certain, "a process whose parent ends before it goes to %s", adopter)}
	switch f.Reaps {
	case inspect.Yes:
		list = append(list, state(TopicOrphans, inspect.Likely, "that one waits for them: %s", f.ReapsWhy))
	case inspect.No:
		list = append(list, state(TopicOrphans, inspect.Likely, "that one does not wait for them, so they stay zombies and keep their PIDs: %s", f.ReapsWhy))
	default:
		list = append(list, state(TopicOrphans, inspect.Uncertain, "whether that one waits for them cannot be told: %s", f.ReapsWhy))
	}
	return list
}

func explainKill(f *signal.Forecast) []Statement {
	return []Statement{state(TopicKill, f.Comeback.Certainty, "%s", f.KillFromHost), state(TopicKill, inspect.Certain, "%s", f.KillFromInside)}
}

func explainStop(f *signal.Forecast) []Statement {
	list := []Statement{state(TopicStop, f.Certainty, "%s: %s", f.Sentence(), strings.Join(f.Evidence, "; "))}
	if lost := f.Lost.Words(); lost != "" {
		list = append(list, state(TopicStop, inspect.Likely, "%s", lost))
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
	if len(list) == 0 {
		list = append(list, state(TopicSharing, sharingCertainty(ix, c), "its pid, uts, ipc, net and mnt namespaces are its own, and no other container's"))
	}
	for _, r := range namespace.NestedRemarks(ix, c) {
		list = append(list, state(TopicSharing, inspect.Certain, "%s", r.Text))
	}
	return list
}

// sharingWords are what is remarked of a namespace, or with whom it is shared; "" for
// one that is shared with nobody.
func sharingWords(ix *inspect.Index, m *namespace.Membership) string {
	others := inspect.ContainerNames(m.Others())
	r, remarked := namespace.RemarkOn(ix, *m)
	switch {
	case remarked && (r.Kind == namespace.RemarkStale || r.Kind == namespace.RemarkOwnerGone):
		return "it " + r.Text
	case remarked && r.Kind == namespace.RemarkHost && m.Mode == namespace.ModeHost:
		return fmt.Sprintf("its %s namespace is the host's (%s)", m.Type, r.Text)
	case remarked:
		return r.Text
	case m.Type == procfs.UserNamespace || m.Type == procfs.TimeNamespace || m.Type == procfs.CgroupNamespace:
		return ""
	case m.Mode == namespace.ModeHost:
		return fmt.Sprintf("its %s namespace is the host's", m.Type)
	case m.Mode == namespace.ModeShared && m.Owner != nil:
		return fmt.Sprintf("its %s namespace is that of %s", m.Type, m.Owner.Name)
	case m.Mode == namespace.ModeOwn && others != "":
		return fmt.Sprintf("its %s namespace is its own, and %s joined it", m.Type, others)
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
