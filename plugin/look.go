package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// look is one host's answer to a command: what was asked for, found and not.
type look struct {
	index *inspect.Index
	// chosen are the containers to show, sorted by name.
	chosen []*inspect.Container
	// problems are those that cannot be shown.
	problems []inspect.Problem
	// resting are those of all running that have no process at the moment,
	// which is worth a word but no failure.
	resting []inspect.Problem
	// showsExits: the command shows how zombies ended.
	showsExits bool
	// from is the snapshot that was read, "" for none: of a saved host, what to type
	// about the living one is beside the point.
	from string
}

// look captures the host and chooses the containers.
func (app *App) look(ctx context.Context, options *listOptions, question need.Question) (*look, error) {
	if err := options.complete(); err != nil {
		return nil, err
	}
	if question.NamesNobody() {
		return nil, errors.New("a container's name is empty: is a variable of the script unset?")
	}
	capture, err := app.capture(ctx, &options.commonOptions, question.Matching(options.filter, options.showsKeys()))
	if err != nil {
		return nil, err
	}
	index := inspect.NewIndex(capture)
	l := &look{index: index, from: options.From}
	l.chosen, l.problems = index.Choose(question.Containers, options.filter)
	if len(question.Containers) == 0 {
		l.resting = index.Resting(options.filter)
	}
	return l, nil
}

// capture asks the sources. There is one for now: a remote host's processes
// are not read yet, which its engine's containers then say one by one.
func (app *App) capture(ctx context.Context, options *commonOptions, question need.Question) (*inspect.Capture, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	sources, err := app.Open(options.Where)
	if err != nil {
		return nil, err
	}
	capture, err := sources[0].Capture(ctx, question)
	if errors.Is(err, source.ErrEngineElsewhere) {
		return nil, fmt.Errorf("%w\nrun docker pidns on the engine's host, or take a snapshot there and read it with --from", err)
	}
	var refused *source.CollectorError
	if errors.As(err, &refused) {
		return nil, refusedCollector(refused)
	}
	return capture, err
}

// refusedCollector names what is in the way and what helps, in one line.
func refusedCollector(e *source.CollectorError) error {
	remedy := "--collector proc"
	if e.Remedy != "" {
		remedy = e.Remedy + ", or " + remedy
	}
	return fmt.Errorf("--collector bpf: %s; try: %s", e.Reason, remedy)
}

// host is the engine's name, which begins every row.
func (l *look) host() string { return l.index.Capture.Engine.Name }

// incomplete reports whether something that was asked for could not be read.
func (l *look) incomplete() bool {
	return len(l.problems) > 0 || l.unread()
}

// unread reports whether of what was looked at something could not be read.
func (l *look) unread() bool {
	return l.index.Capture.Engine.Silent || len(l.index.Capture.Snapshot.Unreadable()) > 0 || l.index.Capture.Snapshot.Unfinished
}

// status is 1 where a question stayed open, else 0.
func (l *look) status() int {
	if len(l.problems) > 0 {
		return statusUnanswered
	}
	return 0
}

// nothing is the line that stands for an empty list.
func (l *look) nothing(options *listOptions) string {
	if options.filters.Value().Len() > 0 {
		return "No running container matches the filter."
	}
	return "No running containers."
}

// findings are what the rules of a command find about the containers to show.
func (l *look) findings(command string) []rule.Finding {
	return rule.Findings(rule.NewLook(l.index, nil, l.chosen, false), command)
}

// saysNothing: there is nothing to list, nothing went wrong, and the reader is
// not a program.
func (l *look) saysNothing(options *listOptions) bool {
	return len(l.chosen) == 0 && len(l.problems) == 0 && len(l.resting) == 0 && options.format == "" && !options.quiet
}
