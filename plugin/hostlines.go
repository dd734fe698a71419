package plugin

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// What is told on standard error about several hosts has their names in front, and what holds
// for several is told once.

// hostLine is a line with the hosts for which it holds.
type hostLine struct {
	text  render.Safe
	hosts []string
}

// hostLines are kept until all hosts have been reported on.
type hostLines struct {
	// now is the host that is reported on, nil for none: lines are then written at once.
	now   *place
	lines []hostLine
}

// keep keeps the line where a host is being reported on.
func (l *hostLines) keep(text render.Safe) bool {
	if l == nil || l.now == nil {
		return false
	}
	l.add(hostLine{text, []string{l.now.host.Name}})
	return true
}

// add puts the hosts of an equal line together.
func (l *hostLines) add(line hostLine) {
	if i := slices.IndexFunc(l.lines, func(known hostLine) bool { return known.text == line.text }); i >= 0 {
		for _, host := range line.hosts {
			if !slices.Contains(l.lines[i].hosts, host) {
				l.lines[i].hosts = append(l.lines[i].hosts, host)
			}
		}
		return
	}
	l.lines = append(l.lines, line)
}

// context is the docker context that commands need to be about the host that is reported on,
// "" for the current one.
func (l *hostLines) context() string {
	if l == nil || l.now == nil {
		return ""
	}
	return l.now.host.Context
}

// reportAll reports on each host, and tells more about it where there is more. At the end are
// the hosts that did not answer.
func (app *App) reportAll(all *answers, more func(a *answer)) {
	for _, a := range all.of {
		if all.many {
			app.lines.now = &a.place
		}
		app.report(a)
		if more != nil {
			more(a)
		}
	}
	if !all.many {
		return
	}
	app.tellHosts(all.failures)
	if all.elsewhere > 0 {
		app.tell("%s", app.saveEach(all.elsewhere))
	}
}

// tellHosts writes what was kept, and behind it lines that nobody has reported yet.
func (app *App) tellHosts(behind []hostLine) {
	lines := app.lines
	lines.now = nil
	for _, line := range behind {
		lines.add(line)
	}
	for _, line := range lines.lines {
		app.tell("%s: %s", someNames(line.hosts, mostNames), line.text)
	}
	lines.lines = nil
}

// here is the command about the host that is reported on.
func (app *App) here(command string) string { return render.InContext(app.lines.context(), command) }

// saveEach is what to type where the processes of engines are elsewhere and many hosts are
// asked: a snapshot of each answers as the hosts would.
func (app *App) saveEach(hosts int) render.Safe {
	each := render.Safe("there")
	if hosts > 1 {
		each = render.Say("on each of these %d hosts", hosts)
	}
	return render.Say("or take a snapshot %s (docker pidns snapshot -o HOST.json), put the files into a directory, and read them here: docker pidns %s --from DIRECTORY", each, app.typedOfFile)
}
