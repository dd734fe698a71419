package rule

import (
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
)

var shimHung = Rule{
	ID:      "shim-hung",
	Worst:   inspect.SeverityError,
	Title:   "the container's shim hangs",
	Means:   "The process through which the engine starts, watches and stops the container is held by a tracer (gdb, strace), is in a frozen control group, or is in uninterruptible sleep; or the engine does not answer about this container, while it does about others.",
	Matters: "docker exec, top and stop of this container hang, after the first of them docker inspect too, and its exit would not be noticed.",
	Proof:   "Every thread of the shim is in state t or D at two looks (/proc/PID/task/TID/stat), the freezer by its wait channel. Where it seems to be well and GET /containers/ID/json alone went unanswered, that is a warning: what hangs cannot be told. A shim that hangs with all its threads in ordinary sleep, and about which nobody has asked, is not found.",
	Mend:    "Let the tracer go or the group thaw. To end a tracer can end what it traces (PTRACE_O_EXITKILL), and a container ends with its shim.",
	check:   checkHungShims,
}

func checkHungShims(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		h, hangs := shim.HangOf(l.Index, c)
		if !hangs {
			continue
		}
		f := Finding{Severity: inspect.SeverityError, Container: c, Process: h.Shim, Merge: string(h.How) + commOf(h.Tracer)}
		f.Evidence, f.Now, f.Cure = hungShim(&h)
		if h.How == shim.Silent {
			f.Severity, f.Verdict = inspect.SeverityWarning, inspect.Unknown
		}
		list = append(list, f)
	}
	return list
}

func hungShim(h *shim.Hang) (evidence []string, now, cure string) {
	const effect = "docker exec, top and stop hang"
	pid := h.Shim.PID
	switch h.How {
	case shim.Traced:
		tracer := fmt.Sprint(h.TracerPID) // the number of a thread, maybe
		if h.Tracer != nil {
			tracer = fmt.Sprintf("%s (%d)", h.Tracer.Comm, h.TracerPID)
		}
		return []string{fmt.Sprintf("%s traces its shim (%d) and does not let it run, so %s", tracer, pid, effect)},
			fmt.Sprintf("docker pidns who %d", h.TracerPID), "Let the tracer detach"
	case shim.Frozen:
		return []string{fmt.Sprintf("Its shim (%d) is in a frozen control group, so %s", pid, effect)},
			fmt.Sprintf("cat /proc/%d/cgroup", pid), "Thaw that group (cgroup.freeze or freezer.state)"
	case shim.Uninterruptible:
		evidence := []string{fmt.Sprintf("Every thread of its shim (%d) is in uninterruptible sleep (State D), so %s", pid, effect)}
		if h.Channel != "" {
			evidence = append(evidence, "It sleeps in "+h.Channel)
		}
		return evidence, fmt.Sprintf("cat /proc/%d/stack", pid), ""
	default:
		return []string{
			"Docker does not answer about it, but answers about other containers",
			fmt.Sprintf("Its shim (%d) is in state %s, its threads in %s. What hangs cannot be determined", pid, h.Shim.State, strings.Join(h.States, ", ")),
		}, fmt.Sprintf("ps -L -o lwp,stat,wchan:20 -p %d", pid), ""
	}
}
