package plugin

import (
	"cmp"
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
)

// answer is one host's answer to a command: what was found, and what was not.
type answer struct {
	index *inspect.Index
	// chosen are the containers to show, sorted by name.
	chosen []*inspect.Container
	// problems are the containers that cannot be shown.
	problems []inspect.Problem
	// resting are containers without a process at the moment, if all running containers were
	// asked for. They are mentioned, and are not a failure.
	resting []inspect.Problem
	// showsExits is true if the command shows how zombies exited.
	showsExits bool
	// judged is the host as the rules look at it. Facts that several rules or the command use
	// are found once.
	judged *rule.Look
	// place is the place of the host among several. It has no name if there is only one host.
	place place
	// from is the snapshot that was read, "" for none. For a saved host no commands are
	// recommended that need the live one.
	from string
	// orHelper receives the command that a helper could answer too, if the answer has said that
	// it needs more rights. It is nil if no helper is proposed.
	orHelper *string
	// viaHelper is true if a helper has read the processes.
	viaHelper bool
	// sudo is the beginning of a command line that runs as root. Arguments of the plugin follow
	// it.
	sudo string
}

// answer captures the host and chooses the containers.
func (app *App) answer(ctx context.Context, options *listOptions, question need.Question) (*answer, error) {
	if err := options.complete(); err != nil {
		return nil, err
	}
	if err := checkNames(question.Containers); err != nil {
		return nil, err
	}
	capture, err := app.capture(ctx, &options.commonOptions, question.Matching(options.filter, options.showsKeys()))
	if err != nil {
		return nil, err
	}
	app.tellFile(options, capture)
	return app.understood(inspect.NewIndex(capture), options, question), nil
}

// understood interprets a captured host and chooses its containers.
func (app *App) understood(index *inspect.Index, options *listOptions, question need.Question) *answer {
	a := &answer{index: index, from: options.From, sudo: app.sudo(index.Capture.Engine.Endpoint), orHelper: &app.orHelper, viaHelper: app.usesHelper(options.Where)}
	a.chosen, a.problems = index.Choose(question.Containers, options.filter)
	if len(question.Containers) == 0 {
		a.resting = index.Resting(options.filter)
	}
	a.judged = rule.NewLook(index, nil, a.chosen, false)
	return a
}

// checkNames refuses an empty name, such as that of an unset variable in a script.
func checkNames(names []string) error {
	if (&need.Question{Containers: names}).NamesNobody() {
		return misused("the name of a container is empty: is a variable of the script unset?")
	}
	return nil
}

// tellFile writes once, above an answer for people, that it is from a file, with the host and
// the time.
func (app *App) tellFile(options *listOptions, capture *inspect.Capture) {
	if options.From == "" || options.format != "" || options.quiet || app.fileTold {
		return
	}
	app.fileTold = true
	alone := ""
	if capture.Only != nil {
		alone = ", of " + inspect.Counted(len(capture.Only), "container") + " alone"
	}
	app.tell("from snapshot %s, %s%s", capture.Engine.Name, capture.Snapshot.TakenAt.UTC().Format("2006-01-02 15:04:05 MST"), alone)
}

// capture asks the source of one host.
func (app *App) capture(ctx context.Context, options *commonOptions, question need.Question) (*inspect.Capture, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	sources, err := app.open(options.Where)
	if err != nil {
		return nil, err
	}
	end := app.signOfLife(ctx, whatIsRead(options.From, question.Settle))
	app.via = app.usesHelper(options.Where)
	within, cancel := app.untilGivenUp(ctx, options.Where, question.Settle)
	capture, err := sources[0].Capture(within, question)
	if cause := context.Cause(within); err != nil && cause != nil && ctx.Err() == nil {
		err = cause
	}
	cancel()
	end()
	if err != nil {
		return nil, &unreadError{app.withHint(err)}
	}
	app.inside = isOwn(capture)
	return capture, nil
}

// isOwn reports whether the capture is of the container that this program is in.
func isOwn(c *inspect.Capture) bool {
	return slices.ContainsFunc(c.Containers, func(c inspect.Container) bool { return c.Own })
}

// host is the engine's name, which is in every row.
func (a *answer) host() string { return a.index.Capture.Engine.Name }

// hostName is the name of the host. If there are several, it is the name of the context or the
// file.
func (a *answer) hostName() string { return cmp.Or(a.place.host.Name, a.host()) }

// incomplete reports whether something that was asked for could not be read.
func (a *answer) incomplete() bool {
	return len(a.problems) > 0 || a.unread()
}

// unread reports whether a part of what was looked at could not be read.
func (a *answer) unread() bool {
	return a.index.Capture.Engine.Silent || len(a.index.Capture.Snapshot.Unreadable()) > 0 || a.index.Capture.Snapshot.Unfinished
}

// status is 1 if a question stayed open, else 0.
func (a *answer) status() int {
	if len(a.problems) > 0 {
		return statusUnanswered
	}
	return 0
}

// findings are what the rules of a command find about the containers to show.
func (a *answer) findings(command string) []rule.Finding {
	return rule.Findings(a.judged, command)
}

// saysNothing reports whether there is nothing to list, nothing went wrong, and the reader is
// not a program.
func (a *answer) saysNothing(options *listOptions) bool {
	return len(a.chosen) == 0 && len(a.problems) == 0 && len(a.resting) == 0 && options.format == "" && !options.quiet
}
