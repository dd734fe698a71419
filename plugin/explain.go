package plugin

import (
	"context"
	"strings"

	"github.com/docker/cli/cli"
	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

func (app *App) newExplainCommand() *cobra.Command {
	options := newListOptions()
	var ifStopped bool
	cmd := &cobra.Command{
		Use:   "explain [OPTIONS] CONTAINER",
		Short: "Explain a container's PID 1, or why the container exited",
		Example: `  docker pidns explain demo
  docker pidns explain --if-stopped vpn`,
		Args: cli.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.runExplain(cmd.Context(), &options, args[0], ifStopped)
		},
		ValidArgsFunction: app.completeFirst(),
	}
	flags := cmd.Flags()
	options.commonOptions.install(flags)
	flags.StringVar(&options.format, "format", "", formatHelp)
	flags.BoolVar(&ifStopped, "if-stopped", false, "Only what a stop of it does to other containers")
	completeFlags(cmd)
	return cmd
}

func (app *App) runExplain(ctx context.Context, options *listOptions, name string, ifStopped bool) error {
	a, err := app.answer(ctx, options, need.Explain(name))
	if err != nil {
		return err
	}
	c, statements := a.explain(name, ifStopped)
	if c == nil {
		app.report(a)
		return exitWith(statusUnanswered)
	}
	next, meaning := a.next(c, ifStopped)
	err = app.screen(&options.commonOptions).Explain(c, statements, render.ExplainOptions{ListOptions: options.render(a.host()), Next: next, NextMeaning: meaning})
	if err != nil {
		return err
	}
	a.problems = inspect.OfAll(a.problems) // that it does not run is explained
	app.report(a)
	if !a.mayTrace() {
		app.tell("a full answer needs %s", a.moreRights(app.typed))
	}
	return exitWith(a.status())
}

// next is the command to type after an explanation: what is wrong with a container
// that runs, and how to get one back that does not.
func (a *answer) next(c *inspect.Container, ifStopped bool) (command, meaning string) {
	switch {
	case ifStopped:
		return "", ""
	case len(a.chosen) == 0:
		return explain.Next(a.index, c)
	}
	counts := map[inspect.Severity]int{}
	for _, f := range rule.Check(a.judged, rule.IDs()).Findings {
		counts[f.Severity]++
	}
	var found []string
	for _, severity := range []inspect.Severity{inspect.SeverityError, inspect.SeverityWarning} {
		if n := counts[severity]; n > 0 {
			found = append(found, inspect.Counted(n, string(severity)))
		}
	}
	if len(found) == 0 {
		return "", ""
	}
	return "docker pidns doctor " + c.Name, "it finds " + strings.Join(found, " and ")
}

// explain is nil where the container is not known or its processes cannot be
// told.
func (a *answer) explain(name string, ifStopped bool) (*inspect.Container, []explain.Statement) {
	if len(a.chosen) == 0 {
		c, problem := a.index.Resolve(name)
		if problem != nil || c.IsRunning() && c.Status != "restarting" || ifStopped {
			return nil, nil
		}
		return c, explain.Ended(a.index, c)
	}
	c := a.chosen[0]
	if ifStopped {
		return c, explain.IfStopped(a.index, c)
	}
	return c, append(explain.Running(a.index, a.judged.Forecast(c)), explain.IfStopped(a.index, c)...)
}
