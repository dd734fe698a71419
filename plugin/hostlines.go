package plugin

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// Lines on standard error about several hosts begin with the names of the hosts. A line that is
// the same for several hosts is written once.

// hostLine is a line with the hosts that it is about.
type hostLine struct {
	text  render.Safe
	hosts []string
}

// hostLines are the lines that are kept until all hosts have been reported.
type hostLines struct {
	// now is the host that is being reported. If it is nil, lines are written at once.
	now   *place
	lines []hostLine
}

// keep keeps the line if a host is being reported.
func (l *hostLines) keep(text render.Safe) bool {
	if l == nil || l.now == nil {
		return false
	}
	l.add(hostLine{text, []string{l.now.host.Name}})
	return true
}

// add adds the hosts to an equal line if there is one.
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

// reportAll reports each host, and calls more for additional lines about it. The hosts that did
// not answer follow at the end.
func (app *App) reportAll(all *answers, more func(a *answer)) {
	for _, a := range all.of {
		if all.many {
			app.lines.now = &a.place
		}
		if a.place.told != "" {
			app.tell("%s", a.place.told)
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

// tellHosts writes the kept lines, and then further lines.
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

// here is the command for the host that is being reported.
func (app *App) here(command string) string {
	if app.lines != nil && app.lines.now != nil {
		return app.lines.now.host.Command(command)
	}
	return command
}

// saveEach is the command to type if many hosts are asked whose processes are elsewhere. It
// saves a snapshot of each, which gives the same answers.
func (app *App) saveEach(hosts int) render.Safe {
	each := render.Safe("there")
	if hosts > 1 {
		each = render.Say("on each of these %d hosts", hosts)
	}
	return render.Say("or take a snapshot %s (docker pidns snapshot -o HOST.json), put the files into a directory, and read them here: docker pidns %s --from DIRECTORY", each, app.typedOfFile)
}
