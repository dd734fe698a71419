package plugin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// report writes on standard error what could not be answered and why, once
// each: first the containers, then what holds for all of them.
func (app *App) report(a *answer) {
	written := map[string]bool{}
	problems, likewise := sayOnce(slices.Concat(a.problems, a.resting))
	for _, p := range problems {
		app.tellProblem(p, written, a.from != "")
	}
	if len(likewise) > 0 {
		app.tell("%d more likewise: %s", len(likewise), strings.Join(likewise, ", "))
	}
	for _, note := range a.notes(app.typed) {
		app.tell("%s", note)
	}
}

// sayOnce keeps the first of the containers whose processes are elsewhere, and
// names the others: one reason holds for all.
func sayOnce(all []inspect.Problem) (problems []inspect.Problem, likewise []string) {
	said := false
	for _, p := range all {
		if p.Kind == inspect.Elsewhere && said {
			likewise = append(likewise, p.Ref)
			continue
		}
		said = said || p.Kind == inspect.Elsewhere
		problems = append(problems, p)
	}
	return problems, likewise
}

// tell writes one line on standard error; what others chose in it is escaped.
func (app *App) tell(format render.Safe, args ...any) {
	_, _ = fmt.Fprintln(app.CLI.Err(), render.Say(format, args...))
}

func (app *App) tellProblem(p inspect.Problem, written map[string]bool, fromFile bool) {
	line := render.Escape(p.Text)
	if p.Next != "" && !written[p.Next] && !fromFile {
		line += "; try: " + render.Escape(p.Next)
		written[p.Next] = true
	}
	app.tell("%s", line)
}

// notes are what the reader must know of the answer as a whole.
func (a *answer) notes(command string) []render.Safe {
	var notes []render.Safe
	capture := a.index.Capture
	if capture.Engine.Silent {
		notes = append(notes, "the engine did not answer in time: from /proc alone, found by their IDs in shims and cgroups")
	}
	for _, c := range a.chosen {
		if c.Silent && !capture.Engine.Silent {
			notes = append(notes, render.Say("the engine did not answer about %s: its process was found by its shim", c.Name))
		}
	}
	if n := len(capture.Snapshot.Unreadable()); n > 0 {
		first := capture.Snapshot.Unreadable()[0]
		why := string(first.Why)
		if first.Why == procfs.Malformed {
			why = first.Detail
		}
		notes = append(notes, render.Say("%s could not be read (the first: %d, %s)", inspect.Counted(n, "process"), first.PID, why))
	}
	if capture.Snapshot.Unfinished {
		notes = append(notes, "processes came faster than they could be read: some may be missing")
	}
	if a.showsExits && a.lacksExitCodes() {
		notes = append(notes, render.Say("exit codes need %s", a.moreRights(command)))
	}
	return notes
}

// here is the command, about the snapshot if one was read.
func (a *answer) here(command string) string {
	return command + string(render.AboutFile(a.from))
}

// moreRights says what it takes to read other users' processes: root, and for
// a root without the capability, as in a container, that one. What a snapshot does not
// hold, no right brings back.
func (a *answer) moreRights(command string) string {
	if a.from != "" {
		return "a snapshot that was taken with the right to trace: sudo docker pidns snapshot"
	}
	if a.index.Capture.Host.EUID == 0 {
		return "CAP_SYS_PTRACE: docker run --cap-add SYS_PTRACE"
	}
	return "root: sudo docker pidns " + command
}

// lacksExitCodes: a zombie is shown whose wait status the kernel keeps from
// this reader.
func (a *answer) lacksExitCodes() bool {
	for _, c := range a.chosen {
		for _, p := range a.index.ProcessesOf(c) {
			if p.IsZombie() && p.WaitStatus.Absence() == procfs.Denied {
				return true
			}
		}
	}
	return false
}
