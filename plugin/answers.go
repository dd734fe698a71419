package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// answers are the answers of the hosts of a command, one or several.
type answers struct {
	// of are the answers of the hosts that answered, in the order of their places.
	of []*answer
	// many is true if the command is about several hosts, or names them.
	many bool
	// failed is how many hosts did not answer, and failures say why.
	failed   int
	failures []hostLine
	// elsewhere is the number of hosts whose engine's processes are not on this machine.
	elsewhere int
}

// beginSeveral makes proposed commands name one of several hosts.
func (app *App) beginSeveral() {
	app.lines, app.typed = &hostLines{}, app.typedOfOne
}

// answers captures the hosts that the options name, and chooses the containers of each. If
// there are several, the failure of one is not an error.
func (app *App) answers(ctx context.Context, options *listOptions, question need.Question) (*answers, error) {
	if err := options.complete(); err != nil {
		return nil, err
	}
	if !options.isMany() {
		a, err := app.answer(ctx, options, question)
		if err != nil {
			return nil, err
		}
		return &answers{of: []*answer{a}}, nil
	}
	if err := checkNames(question.Containers); err != nil {
		return nil, err
	}
	places, err := app.places(ctx, &options.commonOptions, question.Settle)
	if err != nil {
		return nil, err
	}
	app.beginSeveral()
	all := &answers{many: true}
	hosts, err := app.captureAll(ctx, places, question.Matching(options.filter, options.showsKeys()))
	if err != nil {
		return nil, err
	}
	for i := range hosts {
		h := &hosts[i]
		a := app.answerOf(h, options, question)
		err, elsewhere := app.whyUnanswered(h, a)
		if err == nil {
			all.of = append(all.of, a)
			continue
		}
		all.fail(h.host.Name, err)
		if elsewhere {
			all.elsewhere++
		}
	}
	all.forgiveUnknown(question.Containers)
	app.tellSnapshots(options, all)
	return all, nil
}

// answerOf is the answer of a captured host, nil if the host was not captured.
func (app *App) answerOf(h *captured, options *listOptions, question need.Question) *answer {
	if h.err != nil {
		return nil
	}
	a := app.understood(h.index, options, question)
	a.place, a.from = h.place, h.host.From
	a.viaHelper = a.viaHelper || options.swarm
	return a
}

// whyUnanswered is the failure of a host: it could not be captured, or its processes are
// elsewhere. The commands to type follow it, one on each line.
func (app *App) whyUnanswered(h *captured, a *answer) (err error, elsewhere bool) {
	if h.err != nil {
		var not *source.ElsewhereError
		return app.withMeant(app.withHint(h.err), h.host.Context), errors.As(h.err, &not)
	}
	advice := func(endpoint string) []render.Safe { return app.there(endpoint)[:1] }
	if h.host.From != "" {
		advice = func(string) []render.Safe { return nil }
	}
	if err := elsewhereError(h.index, advice); err != nil {
		return err, true
	}
	isOther := func(p inspect.Problem) bool { return p.Kind != inspect.Elsewhere }
	if len(a.chosen) > 0 || len(a.problems) == 0 || slices.ContainsFunc(a.problems, isOther) {
		return nil, false
	}
	text := a.problems[0].Text
	if len(a.problems) > 1 {
		text = inspect.Counted(len(a.problems), "container") + " cannot be shown. The first: " + text
	}
	for _, line := range advice(a.problems[0].Endpoint) {
		text += "\n" + string(line)
	}
	return errors.New(text), true
}

// withMeant adds a suggestion to the failure of an unknown context: the context that may have
// been meant.
func (app *App) withMeant(err error, context string) error {
	known, unlisted := app.contextNames()
	if context == "" || unlisted != nil || slices.Contains(known, context) {
		return err
	}
	return fmt.Errorf("%w%s", err, orNearest(context, known))
}

// fail records that a host did not answer.
func (all *answers) fail(host string, why error) {
	all.failed++
	for line := range strings.SplitSeq(why.Error(), "\n") {
		all.failures = append(all.failures, hostLine{render.Escape(line), []string{host}})
	}
}

// leaveOut removes the answers that lack what the command shows, and records them as failures
// of their hosts. If there is only one host, it returns the error.
func (all *answers) leaveOut(lacks func(*answer) bool, why error) error {
	if !all.many {
		if lacks(all.of[0]) {
			return why
		}
		return nil
	}
	for _, a := range all.of {
		if lacks(a) {
			all.fail(a.place.host.Name, why)
		}
	}
	all.of = slices.DeleteFunc(all.of, lacks)
	return nil
}

// forgiveUnknown removes the problem that a host does not know a container which another host
// has. The user may not know on which host it is.
func (all *answers) forgiveUnknown(names []string) {
	for _, name := range names {
		unknown := func(p inspect.Problem) bool { return p.Kind == inspect.NoSuchContainer && p.Ref == name }
		isKnown := func(a *answer) bool { return !slices.ContainsFunc(a.problems, unknown) }
		if !slices.ContainsFunc(all.of, isKnown) {
			continue
		}
		for _, a := range all.of {
			a.problems = slices.DeleteFunc(a.problems, unknown)
		}
	}
}

// withoutTwins keeps one of the contexts that have the same engine: the same endpoint, or a
// container in common. It returns the others, with the name of the one that is kept.
func (all *answers) withoutTwins() (twins []hostLine) {
	var kept []*answer
	for _, a := range all.of {
		place := slices.IndexFunc(kept, func(other *answer) bool { return a.isSameEngine(other) })
		if place < 0 {
			kept = append(kept, a)
			continue
		}
		twins = append(twins, hostLine{render.Say("the same engine as %s: checked once", kept[place].place.host.Name), []string{a.place.host.Name}})
	}
	all.of = kept
	return twins
}

// isSameEngine reports whether two contexts reach one engine. The IDs of containers are random
// numbers of 256 bits.
func (a *answer) isSameEngine(other *answer) bool {
	if a.place.host.Context == "" || other.place.host.Context == "" {
		return false
	}
	one, two := a.index.Capture, other.index.Capture
	if one.Engine.Endpoint != "" && one.Engine.Endpoint == two.Engine.Endpoint {
		return true
	}
	ids := map[string]bool{}
	for i := range one.Containers {
		ids[one.Containers[i].ID] = true
	}
	return slices.ContainsFunc(two.Containers, func(c inspect.Container) bool { return ids[c.ID] })
}

// screenOf is the screen that knows on which host each container is. Findings may be about
// containers that no host has any more.
func (app *App) screenOf(options *commonOptions, all *answers) render.Screen {
	screen := app.screen(options)
	if !all.many {
		return screen
	}
	screen.Hosts = &render.Hosts{Option: app.typedHosts, Saved: options.areFiles}
	for _, a := range all.of {
		containers := slices.Clone(a.chosen)
		for i := range a.index.Capture.Containers {
			containers = append(containers, &a.index.Capture.Containers[i])
		}
		screen.Hosts.Put(a.place.host, containers...)
	}
	return screen
}

// put tells the screen on which host the containers of the findings are.
func (a *answer) put(screen render.Screen, findings []rule.Finding) {
	if screen.Hosts == nil {
		return
	}
	for i := range findings {
		screen.Hosts.Put(a.place.host, findings[i].Container)
	}
}

// host is the name of the only host, for the key Host. If there are several, each row has its
// own.
func (all *answers) host() string {
	if all.many {
		return ""
	}
	return all.of[0].host()
}

// chosen is the number of containers that are shown.
func (all *answers) chosen() int {
	n := 0
	for _, a := range all.of {
		n += len(a.chosen)
	}
	return n
}

// saysNothing reports whether there is nothing to list on any host, and nothing went wrong.
func (all *answers) saysNothing(options *listOptions) bool {
	return all.failed == 0 && !slices.ContainsFunc(all.of, func(a *answer) bool { return !a.saysNothing(options) })
}

// nothing is the line that is written instead of an empty list.
func (all *answers) nothing(options *listOptions) render.Safe {
	where := render.Safe("")
	if all.many {
		where = render.Say(" on %s", inspect.Counted(len(all.of), "host"))
	}
	if options.filters.Value().Len() > 0 {
		return "No running container matches the filter" + where + "."
	}
	return "No running containers" + where + "."
}

// empty are the names of the hosts that have no container to show, if there are several hosts.
func (all *answers) empty() (names []string) {
	for _, a := range all.of {
		if all.many && len(a.chosen) == 0 && len(a.problems) == 0 {
			names = append(names, a.place.host.Name)
		}
	}
	return names
}

// status is 1 if a host did not answer or a question stayed open, else 0.
func (all *answers) status() int {
	if all.failed > 0 {
		return statusUnanswered
	}
	for _, a := range all.of {
		if status := a.status(); status != 0 {
			return status
		}
	}
	return 0
}

// anyOf reports whether a predicate holds for one of the answers.
func (all *answers) anyOf(is func(*answer) bool) bool { return slices.ContainsFunc(all.of, is) }

// incomplete reports whether a host did not answer, or something that was asked for could not
// be read.
func (all *answers) incomplete() bool { return all.failed > 0 || all.anyOf((*answer).incomplete) }

// unread reports whether a host did not answer, or a part of what was looked at could not be
// read.
func (all *answers) unread() bool { return all.failed > 0 || all.anyOf((*answer).unread) }

// findings are what the rules of a command find about the containers to show.
func (all *answers) findings(command string) []rule.Finding {
	var list []rule.Finding
	for _, a := range all.of {
		list = append(list, a.findings(command)...)
	}
	return list
}
