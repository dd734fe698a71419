package plugin

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/procfs"
)

type signalsOptions struct {
	listOptions
	settleOption
	table, all bool
	process    string
}

func (app *App) newSignalsCommand() *cobra.Command {
	options := signalsOptions{listOptions: newListOptions()}
	cmd := &cobra.Command{
		Use:   "signals [OPTIONS] [CONTAINER...]",
		Short: "Forecast docker stop, and show whether PID 1 reaps",
		Long: `Forecast docker stop, and show whether PID 1 reaps. No signal is sent.

certain: a rule of the kernel. likely: what programs of this kind usually do. A program
with a handler need not exit. What prevents a clean stop is shown below the table.
Name a container to see everything that is known about it.`,
		Example: `  docker pidns signals
  docker pidns signals demo
  docker pidns signals --table demo
  docker pidns signals --process 9 demo`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.runSignals(cmd.Context(), &options, args)
		},
		ValidArgsFunction: app.completeContainers(),
	}
	flags := cmd.Flags()
	options.listOptions.install(flags, "Show only the names of containers that docker stop will not stop cleanly")
	options.settleOption.install(flags, settleHelp)
	flags.BoolVar(&options.table, "table", false, "Show what each signal does to PID 1")
	flags.BoolVar(&options.all, "all", false, "Show every explanation, not only ten")
	flags.StringVar(&options.process, "process", "", "Show what each signal does to another process, by its PID inside the container")
	app.completeFlags(cmd)
	return cmd
}

func (app *App) runSignals(ctx context.Context, options *signalsOptions, names []string) error {
	if err := options.settleOption.check(); err != nil {
		return err
	}
	switch {
	case options.process != "" && len(names) != 1:
		return misused("--process is about one container: docker pidns signals --process CONTAINER-PID CONTAINER")
	case options.table && len(names) == 0:
		return misused("--table has 64 rows a container: name the containers")
	case options.quiet && (options.table || options.process != ""):
		return misused("--quiet cannot be used with --table or --process")
	}
	all, err := app.answers(ctx, &options.listOptions, need.Signals(names, options.settle, options.process != ""))
	if err != nil {
		return err
	}
	if options.table || options.process != "" {
		return app.runSignalTable(all, options)
	}
	var forecasts []signal.Forecast
	for _, a := range all.of {
		for _, c := range a.chosen {
			forecasts = append(forecasts, *a.judged.Forecast(c))
		}
	}
	screen := app.screenOf(&options.commonOptions, all)
	if all.saysNothing(&options.listOptions) {
		screen.Line(all.nothing(&options.listOptions))
	}
	err = screen.Signals(forecasts, render.SignalsOptions{
		ListOptions: options.render(all.host()), Named: len(names) > 0, All: options.all, Findings: all.findings("signals"),
	})
	if err != nil {
		return err
	}
	app.reportAll(all, func(a *answer) {
		if !a.mayTrace() && len(a.chosen) > 0 {
			app.tell("a full answer needs %s", a.moreRights(app.typed))
		}
	})
	return exitWith(all.status())
}

// runSignalTable shows every signal of one process of each container.
func (app *App) runSignalTable(all *answers, options *signalsOptions) error {
	screen, shown := app.screenOf(&options.commonOptions, all), 0
	for _, a := range all.of {
		for _, c := range a.chosen {
			p := a.index.Binding(c).Main
			if options.process != "" {
				var err error
				if p, err = a.find(c, options.process, app.typed); err != nil && !all.many {
					return err
				}
				if err != nil {
					all.fail(a.place.host.Name, err)
					continue
				}
			}
			if shown++; shown > 1 && options.format == "" {
				screen.Line("")
			}
			row := a.index.RowOf(c, p)
			judged := signal.Judge(a.index, p, c.StopSignalNumber())
			err := screen.SignalTable(&row, c.StopSignalNumber(), judged, signal.Table(a.index, p), options.render(all.host()))
			if err != nil {
				return err
			}
		}
	}
	app.reportAll(all, nil)
	return exitWith(all.status())
}

// mayTrace reports whether the facts that need the right to trace were read for every main
// process.
func (a *answer) mayTrace() bool {
	for _, c := range a.chosen {
		if signal.Table(a.index, a.index.Binding(c).Main)[0].Awaited.Absence() == procfs.Denied {
			return false
		}
	}
	return true
}
