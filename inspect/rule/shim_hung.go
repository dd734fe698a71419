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
	Title:   "The shim hangs. docker exec, top and stop of the container hang too",
	Means:   "The engine starts, watches and stops the container through its shim. A tracer (gdb, strace) holds the shim, its control group is frozen, or it is in uninterruptible sleep. Or the engine does not answer about this container, but answers about others.",
	Matters: "docker exec, top and stop of this container hang. After the first of these commands docker inspect hangs too. Docker would not notice that the container exits.",
	Proof:   "Every thread of the shim has state t or D at two looks (/proc/PID/task/TID/stat). A frozen control group is recognised by the wait channel. A shim can look well while only GET /containers/ID/json goes unanswered. That is a warning, because what hangs cannot be determined. A shim can also hang with all threads in ordinary sleep. It is not found until a request about its container is made.",
	Mend:    "Detach the tracer, or thaw the control group. Killing a tracer can kill the process that it traces (PTRACE_O_EXITKILL). If the shim exits, the container exits too.",
	check:   checkHungShims,
}

func checkHungShims(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		h, hangs := shim.HangOf(l.Index, c)
		if !hangs {
			continue
		}
		f := Finding{Severity: inspect.SeverityError, Container: c, Process: h.Shim}
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
		tracer := fmt.Sprint(h.TracerPID) // this may be the number of a thread
		if h.Tracer != nil {
			tracer = fmt.Sprintf("%s (%d)", h.Tracer.Comm, h.TracerPID)
		}
		return []string{fmt.Sprintf("%s traces its shim (%d) and does not let it run, so %s", tracer, pid, effect)},
			fmt.Sprintf("docker pidns who %d", h.TracerPID), "let the tracer detach"
	case shim.Frozen:
		return []string{fmt.Sprintf("Its shim (%d) is in a frozen control group, so %s", pid, effect)},
			fmt.Sprintf("cat /proc/%d/cgroup", pid), "thaw that group (cgroup.freeze or freezer.state)"
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
