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
	app.completeFlags(cmd)
	return cmd
}

func (app *App) runTree(ctx context.Context, options *listOptions, names []string) error {
	all, err := app.answers(ctx, options, need.Tree(names))
	if err != nil {
		return err
	}
	var trees []render.TreeBlock
	for _, a := range all.of {
		trees = append(trees, a.trees()...)
	}
	screen := app.screenOf(&options.commonOptions, all)
	if all.saysNothing(options) {
		screen.Line(all.nothing(options))
	}
	if err := screen.Tree(trees, options.render(all.host())); err != nil {
		return err
	}
	isWhole := len(names) == 0 && options.filters.Value().Len() == 0 && options.format == "" && !options.quiet
	if empty := all.empty(); isWhole && len(trees) > 0 && len(empty) > 0 {
		screen.Line(render.Say("\nNo running containers on %s.", someNames(empty, mostNames)))
	}
	app.reportAll(all, nil)
	return exitWith(all.status())
}

// trees are the blocks of the containers to show.
func (a *answer) trees() []render.TreeBlock {
	a.showsExits = true
	blocks := make([]render.TreeBlock, len(a.chosen))
	for i, c := range a.chosen {
		blocks[i] = render.TreeBlock{Tree: a.index.Tree(c), Sharing: namespace.Joinable(a.index, c)}
		origin.Mark(a.index, &blocks[i].Tree)
	}
	return blocks
}
