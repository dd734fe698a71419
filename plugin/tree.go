package plugin

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/origin"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

func (app *App) newTreeCommand() *cobra.Command {
	options := newListOptions()
	cmd := &cobra.Command{
		Use:   "tree [OPTIONS] [CONTAINER...]",
		Short: "Show each container's processes from the shim down, with host and container PIDs",
		Example: `  docker pidns tree demo
  docker pidns tree --filter project=shop
  docker pidns tree --format '{{.HostPID}} {{.ContainerPID}} {{.Command}}' demo`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.runTree(cmd.Context(), &options, args)
		},
		ValidArgsFunction: app.completeContainers(),
	}
	options.install(cmd.Flags(), "Show only host PIDs")
	completeFlags(cmd)
	return cmd
}

func (app *App) runTree(ctx context.Context, options *listOptions, names []string) error {
	a, err := app.answer(ctx, options, need.Tree(names))
	if err != nil {
		return err
	}
	trees := make([]render.TreeBlock, len(a.chosen))
	for i, c := range a.chosen {
		trees[i] = render.TreeBlock{Tree: a.index.Tree(c), Sharing: namespace.Joinable(a.index, c)}
		origin.Mark(a.index, &trees[i].Tree)
	}
	screen := app.screen(&options.commonOptions)
	if a.saysNothing(options) {
		screen.Line(a.nothing(options))
	}
	if err := screen.Tree(trees, options.render(a.host())); err != nil {
		return err
	}
	a.showsExits = true
	app.report(a)
	return exitWith(a.status())
}
