package plugin

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

type zombiesOptions struct {
	listOptions
	settleOption
	exitCode bool
	all      bool
}

func (app *App) newZombiesCommand() *cobra.Command {
	options := zombiesOptions{listOptions: newListOptions()}
	cmd := &cobra.Command{
		Use:   "zombies [OPTIONS] [CONTAINER...]",
		Short: "Show zombies, which process has not reaped them, and how to fix that",
		Example: `  docker pidns zombies
  docker pidns zombies demo
  docker pidns zombies --exit-code --quiet
  docker pidns zombies --contexts web-1,web-2`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.runZombies(cmd.Context(), &options, args)
		},
		ValidArgsFunction: app.completeContainers(),
	}
	flags := cmd.Flags()
	options.listOptions.install(flags, "Show only host PIDs")
	options.settleOption.install(flags, "Wait, look again, and hide zombies reaped in between (0: look once)")
	flags.BoolVar(&options.exitCode, "exit-code", false, "Exit 3 if there are zombies, 4 if that could not be determined")
	flags.BoolVar(&options.all, "all", false, "Show every verdict, not only the ten worst")
	app.completeFlags(cmd)
	return cmd
}

func (app *App) runZombies(ctx context.Context, options *zombiesOptions, names []string) error {
	if err := options.settleOption.check(); err != nil {
		return err
	}
	all, err := app.answers(ctx, &options.listOptions, need.Zombies(names, options.settle))
	if err != nil && options.exitCode {
		return cannotTell(err)
	}
	if err != nil {
		return err
	}
	report := all.zombies()
	screen := app.screenOf(&options.commonOptions, all)
	if all.saysNothing(&options.listOptions) {
		screen.Line(all.nothing(&options.listOptions))
		app.reportAll(all, nil)
		if options.exitCode && options.filters.Value().Len() > 0 {
			return exitWith(statusCannotTell) // a filter that matches nothing looks at nothing
		}
		return exitWith(zombiesStatus(options.exitCode, false, all))
	}
	err = screen.Zombies(report, render.ZombieOptions{
		ListOptions: options.render(all.host()), All: options.all, Incomplete: all.unread(),
	})
	if err != nil {
		return err
	}
	app.reportAll(all, nil)
	return exitWith(zombiesStatus(options.exitCode, len(report.Zombies) > 0, all))
}

// zombies are the zombies of all hosts, by host, and the total number of what was looked at.
func (all *answers) zombies() zombie.Report {
	var sum zombie.Report
	for _, a := range all.of {
		a.showsExits = true
		one := zombie.Find(a.index, a.chosen)
		sum.Zombies, sum.Culprits = append(sum.Zombies, one.Zombies...), append(sum.Culprits, one.Culprits...)
		sum.Passing += one.Passing
		sum.Containers += one.Containers
		sum.Processes += one.Processes
	}
	return sum
}

// zombiesStatus is the exit status. With --exit-code, a zombie that was found takes precedence
// over what was not read.
func zombiesStatus(wanted, found bool, all *answers) int {
	switch {
	case wanted && found:
		return statusFound
	case wanted && all.incomplete():
		return statusCannotTell
	default:
		return all.status()
	}
}
