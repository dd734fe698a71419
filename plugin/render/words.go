package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// short writes a duration for a narrow column: "14s", "3m", "26h", "3d".
// units.HumanDuration is for sentences.
func short(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}

func count(n int) string { return inspect.Count(n) }

func counted(n int, noun string) string { return inspect.Counted(n, noun) }

// user writes a UID as the container has it: root for 0, else the number.
func user(uid int, known bool) string {
	switch {
	case !known:
		return "?"
	case uid == 0:
		return "root"
	default:
		return fmt.Sprint(uid)
	}
}

// command is what a process runs: its arguments, or its comm in brackets where
// it has none (as ps does), escaped.
func command(r *inspect.Row) string {
	if args, ok := r.Process.Args.Get(); ok {
		return Escape(strings.Join(args, " "))
	}
	return "[" + Escape(r.Process.Comm) + "]"
}

// exit says how a zombie ended: "exit 7", "SIGKILL"; "?" where that could not
// be read; empty for the living.
func exit(r *inspect.Row) string {
	if !r.Process.IsZombie() {
		return ""
	}
	if status, ok := r.Process.WaitStatus.Get(); ok {
		return status.String()
	}
	return "?"
}

const shortExecID = 6

// execName is "exec 4be1c0", or "exec" where its ID is not known.
func execName(id string) string {
	if id == "" {
		return "exec"
	}
	return "exec " + id[:min(len(id), shortExecID)]
}

// names writes the containers' names.
func names(containers []*inspect.Container) string {
	list := make([]string, len(containers))
	for i, c := range containers {
		list[i] = Escape(c.Name)
	}
	return strings.Join(list, ", ")
}
