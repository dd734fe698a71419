package render

import (
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// short writes a duration for a narrow column: "14s", "3m", "26h", "3d". For sentences there is
// units.HumanDuration.
func short(d time.Duration) Safe {
	switch {
	case d < time.Minute:
		return Say("%ds", int(d.Seconds()))
	case d < time.Hour:
		return Say("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return Say("%dh", int(d.Hours()))
	default:
		return Say("%dd", int(d.Hours()/24))
	}
}

func count(n int) Safe { return Safe(inspect.Count(n)) }

func counted(n int, noun string) Safe { return Safe(inspect.Counted(n, noun)) }

// user writes a user ID inside the container: root for 0, else the number.
func user(uid int, known bool) Safe {
	switch {
	case !known:
		return "?"
	case uid == 0:
		return "root"
	default:
		return Say("%v", uid)
	}
}

// command is what a process runs: its arguments or, if it has none, its comm in brackets as in
// ps. It is escaped.
func command(r *inspect.Row) Safe {
	if args, ok := r.Process.Args.Get(); ok {
		return join(args, " ") + cutArgs(r.Process)
	}
	return "[" + Escape(r.Process.Comm) + "]"
}

// cutArgs replaces arguments that were not read.
func cutArgs(p *procfs.Process) Safe {
	if !p.ArgsCut {
		return ""
	}
	return " [more]"
}

// exit says how a zombie exited: "exit 7", "SIGKILL", or "?" if that could not be read. It is
// empty for running processes.
func exit(r *inspect.Row) Safe {
	if !r.Process.IsZombie() {
		return ""
	}
	if status, ok := r.Process.WaitStatus.Get(); ok {
		return Safe(status.String())
	}
	return "?"
}

const shortExecID = 6

// execName is "exec 4be1c0", or "exec" if its ID is not known.
func execName(id string) Safe {
	if id == "" {
		return "exec"
	}
	return "exec " + Escape(id[:min(len(id), shortExecID)])
}

// names writes the containers' names.
func names(containers []*inspect.Container) Safe {
	list := make([]Safe, len(containers))
	for i, c := range containers {
		list[i] = Escape(c.Name)
	}
	return join(list, ", ")
}

// fullStop adds a full stop to a sentence that has none.
func fullStop(t Safe) Safe {
	if t == "" || strings.HasSuffix(string(t), ".") {
		return t
	}
	return t + "."
}

// sentences are the sentences with their full stops, one after the other.
func sentences[T ~string](list []T) Safe {
	safe := make([]Safe, len(list))
	for i, one := range list {
		safe[i] = fullStop(join([]T{one}, ""))
	}
	return join(safe, " ")
}
