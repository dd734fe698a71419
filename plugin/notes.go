package plugin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// report writes on standard error what could not be answered and why. The problems of
// containers come first, then those of the whole answer. Each is written once.
func (app *App) report(a *answer) {
	written := map[string]bool{}
	problems, likewise, silent := sayOnce(slices.Concat(a.problems, a.resting))
	for _, p := range problems {
		app.tellProblem(p, written, a.index.Capture, a.from != "")
	}
	if len(likewise) > 0 {
		app.tell("the same holds for %d more: %s", len(likewise), someNames(likewise, mostNames))
	}
	if len(silent) > 0 {
		app.tell("the engine did not answer about %d more: %s", len(silent), someNames(silent, mostNames))
	}
	for _, note := range a.notes(app.typed) {
		app.tell("%s", note)
	}
}

// mostNames is the maximum number of containers that one line names.
const mostNames = 50

// someNames are the first names, and the number of the others.
func someNames(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// sayOnce keeps the first of the containers whose processes are elsewhere, and names the
// others, because the reason is the same. Of the containers about which the engine did not
// answer it keeps the first few.
func sayOnce(all []inspect.Problem) (problems []inspect.Problem, likewise, silent []string) {
	said, silences := false, 0
	for _, p := range all {
		if p.Kind == inspect.EngineSilent && p.Ref != "" {
			if silences++; silences > mostSilent {
				silent = append(silent, p.Ref)
				continue
			}
		}
		if p.Kind == inspect.Elsewhere && said {
			likewise = append(likewise, p.Ref)
			continue
		}
		said = said || p.Kind == inspect.Elsewhere
		problems = append(problems, p)
	}
	return problems, likewise, silent
}

// tell writes one line on standard error. Untrusted text in it is escaped. If there are several
// hosts, their lines are collected and written together at the end.
func (app *App) tell(format render.Safe, args ...any) {
	if app.lines.keep(render.Say(format, args...)) {
		return
	}
	_, _ = fmt.Fprintln(app.CLI.Err(), render.Say(format, args...))
}

func (app *App) tellProblem(p inspect.Problem, written map[string]bool, capture *inspect.Capture, fromFile bool) {
	line := render.Escape(p.Text)
	if p.Meant != "" {
		line += render.Say(" (did you mean %s?)", p.Meant)
		p.Next = ""
	}
	if p.TakesRoot {
		p.Next = app.sudo(capture.Engine.Endpoint) + " " + app.typed
	}
	p.Next = app.here(p.Next)
	if p.Next != "" && !written[p.Next] && !fromFile {
		line += "; try: " + render.Escape(p.Next)
		written[p.Next] = true
	}
	if p.Endpoint == "" || written[p.Endpoint] || fromFile {
		app.tell("%s", line)
		return
	}
	written[p.Endpoint] = true
	there := app.there(p.Endpoint)
	app.tell("%s", line+"; "+there[0])
	for _, advice := range there[1:] {
		app.tell("%s", advice)
	}
}

// tellOfAll writes what was read only partly, whatever was asked for. It returns the exit
// status of a command that shows no containers.
func (app *App) tellOfAll(capture *inspect.Capture) int {
	problems := inspect.OfAll(capture.Problems)
	app.tellProblems(capture, problems)
	if len(problems) > 0 {
		return statusUnanswered
	}
	return 0
}

// tellProblems writes the problems.
func (app *App) tellProblems(capture *inspect.Capture, problems []inspect.Problem) {
	written := map[string]bool{}
	for _, p := range problems {
		app.tellProblem(p, written, capture, false)
	}
}

// mostSilent is the number of containers without an answer of the engine up to which each has a
// line of its own.
const mostSilent = 10

// silences are lines about the containers about which the engine did not answer.
func (a *answer) silences() []render.Safe {
	if a.index.Capture.Engine.Silent {
		how := render.Safe("from the engine's files")
		if slices.ContainsFunc(a.index.Capture.Containers, func(c inspect.Container) bool { return c.Silent }) {
			how = "their IDs"
		}
		return []render.Safe{"the engine did not answer in time: containers were found by their shims, and names are " + how}
	}
	if isOwn(a.index.Capture) {
		return []render.Safe{"no engine answers here: the answer is about the container that docker pidns runs in, named \"this\". PIDs are those inside it"}
	}
	if engine := a.index.Capture.Engine; engine.Absent && engine.AbsentBecause != "" {
		notes := []render.Safe{
			render.Say("%s", engine.AbsentBecause),
			"containers were found by their shims, and names come from files of their engines. docker commands fail until the engine runs",
		}
		if engine.LeftOut > 0 {
			notes = append(notes, render.Say("not shown, because their Docker engine runs: %s (--engine none shows them)", inspect.Counted(engine.LeftOut, "container")))
		}
		return notes
	}
	var lines []render.Safe
	var names []string
	for _, c := range a.chosen {
		if c.Silent && !c.Unasked { // a problem has reported the others
			names = append(names, c.Name)
			lines = append(lines, render.Say("the engine did not answer about %s: its process was found by its shim", c.Name))
		}
	}
	if n := len(names); n > mostSilent {
		return []render.Safe{render.Say("the engine did not answer about %d containers (%s): their processes were found by their shims", n, someNames(names, mostSilent))}
	}
	return lines
}

// notes are lines about the answer as a whole.
func (a *answer) notes(command string) []render.Safe {
	notes, capture := a.silences(), a.index.Capture
	if n := len(capture.Snapshot.Unreadable()); n > 0 {
		first := capture.Snapshot.Unreadable()[0]
		why := string(first.Why)
		if first.Why == procfs.Malformed {
			why = first.Detail
		}
		notes = append(notes, render.Say("%s could not be read (the first: %d, %s)", inspect.Counted(n, "process"), first.PID, why))
	}
	if capture.Snapshot.Unfinished {
		notes = append(notes, "processes were started faster than they could be read: some may be missing")
	}
	if a.showsExits && a.lacksExitCodes() {
		notes = append(notes, render.Say("exit codes need %s", a.moreRights(command)))
	}
	return notes
}

// here is the command, with --from if a snapshot was read.
func (a *answer) here(command string) string {
	return a.place.host.Command(command) + string(render.AboutFile(a.from))
}

// moreRights says what is needed to read other users' processes: root, or for root without the
// capability, as in a container, that capability. For a snapshot there is no advice, because no
// right adds what it lacks.
func (a *answer) moreRights(command string) string {
	if a.from != "" {
		return "a snapshot that root takes on its host, or a helper: docker pidns snapshot --via helper"
	}
	if isOwn(a.index.Capture) {
		return "root in the container, and CAP_SYS_PTRACE"
	}
	if a.viaHelper {
		return "root on the engine's host itself: " + a.sudo + " " + command
	}
	if h := a.index.Capture.Host; h.EUID == 0 {
		return rootLacks(h)
	}
	if engine := a.index.Capture.Engine; a.orHelper != nil && !engine.Absent && !engine.Silent && a.place.host.Name == "" {
		*a.orHelper = command
	}
	return "root: " + a.sudo + " " + command
}

// lacksExitCodes reports whether a zombie is shown whose wait status this reader may not read.
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
