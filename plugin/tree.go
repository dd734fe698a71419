package plugin

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/need"
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
	options.install(cmd.Flags(), "Only host PIDs")
	completeFlags(cmd)
	return cmd
}

func (app *App) runTree(ctx context.Context, options *listOptions, names []string) error {
	l, err := app.look(ctx, options, need.Tree(names))
	if err != nil {
		return err
	}
	trees := make([]render.TreeBlock, len(l.chosen))
	for i, c := range l.chosen {
		trees[i] = render.TreeBlock{Tree: l.index.Tree(c), Sharing: namespace.Joinable(l.index, c)}
	}
	screen := app.screen(&options.commonOptions)
	if l.saysNothing(options) {
		screen.Line(l.nothing(options))
	}
	if err := screen.Tree(trees, options.render(l.host())); err != nil {
		return err
	}
	l.showsExits = true
	app.report(l)
	return exitWith(l.status())
}
