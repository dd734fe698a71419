package plugin

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/docker/cli/cli"
	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/inspect/trace"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

func (app *App) newExplainCommand() *cobra.Command {
	options := newListOptions()
	var ifStopped bool
	var seen string
	cmd := &cobra.Command{
		Use:   "explain [OPTIONS] CONTAINER",
		Short: "Explain what docker stop does to a container and its PID 1, or why the container exited",
		Example: `  docker pidns explain demo
  docker pidns explain --if-stopped vpn
  docker pidns explain --trace trace.json demo`,
		Args: cli.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.runExplain(cmd.Context(), &options, args[0], explained{ifStopped: ifStopped, traceFile: seen})
		},
		ValidArgsFunction: app.completeFirst(),
	}
	flags := cmd.Flags()
	options.commonOptions.install(flags)
	options.installSwarm(flags)
	flags.StringVar(&options.format, "format", "", formatHelp)
	flags.StringVar(&seen, "trace", "", "Use a recorded trace of the exit: a file written by trace --format json (\"-\": standard input)")
	flags.BoolVar(&ifStopped, "if-stopped", false, "Show only how its exit affects other containers")
	app.completeFlags(cmd)
	return cmd
}

// explained is how a container is explained.
type explained struct {
	// ifStopped: only how its exit affects other containers.
	ifStopped bool
	// traceFile is a file of trace's rows, "" for none. seen are rows that are already there.
	traceFile string
	seen      []trace.Row
}

func (app *App) runExplain(ctx context.Context, options *listOptions, name string, how explained) error {
	if how.ifStopped && how.traceFile != "" {
		return misused("--if-stopped and --trace cannot be used together: a trace shows why a container exited")
	}
	all, err := app.answers(ctx, options, need.Explain(name))
	if err != nil {
		return err
	}
	a, err := all.having(name)
	if err != nil {
		return err
	}
	if a == nil { // no node has it, or none answers
		app.reportAll(all, nil)
		return exitWith(statusUnanswered)
	}
	if how.traceFile != "" {
		if how.seen, err = app.readTrace(how.traceFile, a, name); err != nil {
			return err
		}
	}
	c, statements := a.explain(name, how)
	if c == nil {
		app.reportAll(all, nil)
		return exitWith(statusUnanswered)
	}
	view := render.ExplainOptions{ListOptions: options.render(a.host())}
	if !how.ifStopped {
		view.Verdict, view.Next, view.NextMeaning = a.verdict(c)
	}
	err = app.screenOf(&options.commonOptions, all).Explain(c, statements, view)
	if err != nil {
		return err
	}
	a.problems = inspect.OfAll(a.problems) // explain also answers about stopped containers
	app.reportAll(all, func(told *answer) {
		if told == a && !a.mayTrace() {
			app.tell("a full answer needs %s", a.moreRights(app.typed))
		}
	})
	return exitWith(all.status())
}

// readTrace reads what a trace saw of a container.
func (app *App) readTrace(path string, a *answer, name string) ([]trace.Row, error) {
	c, problem := a.index.Resolve(name)
	if problem != nil {
		return nil, nil // which is reported
	}
	in := io.Reader(app.CLI.In())
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, &unreadError{fmt.Errorf("--trace: %w", err)}
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	rows, err := trace.Decode(in, c.ID)
	if err != nil {
		return nil, &unreadError{fmt.Errorf("--trace %s: %w", path, err)}
	}
	if len(rows) == 0 {
		app.tell("--trace %s has no event of container %s", path, c.Name)
	}
	return rows, nil
}

// having is the answer of the host that has the container, nil if no host has it. If there is only
// one host, it is that host's.
func (all *answers) having(name string) (*answer, error) {
	if !all.many {
		return all.of[0], nil
	}
	var found []*answer
	for _, a := range all.of {
		if len(a.chosen) > 0 {
			found = append(found, a)
		}
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	default:
		return nil, misused("%s is on %s and %s: name one of them by its ID (docker pidns host-pid --swarm --no-trunc --format '{{.Host}} {{.ContainerID}}')", name, found[0].hostName(), found[1].hostName())
	}
}

// verdict is what is wrong with a running container, and the command to type next. For a
// container that does not run it is only the command, and what that shows or needs.
func (a *answer) verdict(c *inspect.Container) (verdict, command, meaning string) {
	if len(a.chosen) == 0 {
		command, meaning = explain.Next(a.index, c)
		return "", command, meaning
	}
	report := rule.Check(a.judged, rule.IDs())
	var found []string
	for _, severity := range []inspect.Severity{inspect.SeverityError, inspect.SeverityWarning} {
		var rules []string
		for _, f := range report.Findings {
			if f.Severity == severity {
				rules = append(rules, f.Rule)
			}
		}
		if n := len(rules); n > 0 {
			slices.Sort(rules)
			found = append(found, fmt.Sprintf("%s (%s)", inspect.Counted(n, string(severity)), strings.Join(slices.Compact(rules), ", ")))
		}
	}
	switch {
	case len(found) > 0:
		return "doctor finds " + strings.Join(found, " and ") + ".", "docker pidns doctor " + c.Name, ""
	case len(report.Unasked) > 0:
		return fmt.Sprintf("doctor finds no errors or warnings. %s could not be checked, because no engine answered.", inspect.Counted(len(report.Unasked), "rule")), "", ""
	case report.Blind > 0:
		return fmt.Sprintf("doctor finds no errors or warnings. %d of %s could be checked only partly.", report.Blind, inspect.Counted(report.Rules, "rule")), "", ""
	default:
		return "doctor finds no errors or warnings.", "", ""
	}
}

// explain returns nil if the container is not known or its processes cannot be determined.
func (a *answer) explain(name string, how explained) (*inspect.Container, []explain.Statement) {
	if len(a.chosen) == 0 {
		leftOut := func(p inspect.Problem) bool { return p.Kind == inspect.FilteredOut }
		c, problem := a.index.Resolve(name)
		if problem != nil || slices.ContainsFunc(a.problems, leftOut) || c.IsRunning() && c.Status != "restarting" || how.ifStopped {
			return nil, nil
		}
		return c, explain.Ended(a.index, c, how.seen...)
	}
	c := a.chosen[0]
	if how.ifStopped {
		return c, explain.IfStopped(a.index, c)
	}
	return c, explain.Running(a.index, a.judged.Forecast(c))
}
