package plugin

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/procfs"
)

type nsOptions struct {
	listOptions
	ids, all, host bool
}

func (app *App) newNSCommand() *cobra.Command {
	options := nsOptions{listOptions: newListOptions()}
	cmd := &cobra.Command{
		Use:   "ns [OPTIONS] [CONTAINER...]",
		Short: "Show which namespaces containers share with each other and with the host",
		Long: `Show which namespaces containers share with each other and with the host.

A cell is one of these:

  own          the container's own namespace; others may have joined it
  host         the host's namespace
  engine       that of an engine with its own namespaces, such as a rootless engine
  =NAME        the namespace of that container
  STALE =NAME  an old namespace of that container, which was restarted since
  GONE =NAME   configured to use that container's, which was stopped or removed
  LEFT =NAME   configured to use that container's, but a main process has left it
  ?            from Docker's configuration; the real namespace could not be read`,
		Example: `  docker pidns ns
  docker pidns ns --ids demo
  docker pidns ns --format '{{.Container}} {{.Type}} {{.Mode}} {{.Inode}}'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.runNS(cmd.Context(), &options, args)
		},
		ValidArgsFunction: app.completeContainers(),
	}
	options.install(cmd.Flags(), "Show only the containers' names")
	cmd.Flags().BoolVar(&options.ids, "ids", false, "Show a row for each type, with inode and members")
	cmd.Flags().BoolVar(&options.host, "host", false, "Show the host's own namespaces, and which containers are in them")
	cmd.Flags().BoolVar(&options.all, "all", false, "List containers that share nothing too")
	app.completeFlags(cmd)
	return cmd
}

func (app *App) runNS(ctx context.Context, options *nsOptions, names []string) error {
	if options.host && (len(names) > 0 || options.ids || options.quiet) {
		return misused("--host is about the host: it takes no containers, --ids or --quiet")
	}
	all, err := app.answers(ctx, &options.listOptions, need.Namespaces(names))
	if err != nil {
		return err
	}
	screen := app.screenOf(&options.commonOptions, all)
	if options.host {
		return app.runHostNS(screen, all, options)
	}
	if all.saysNothing(&options.listOptions) {
		screen.Line(all.nothing(&options.listOptions))
	}
	tables := map[*answer][][]namespace.Membership{}
	var table [][]namespace.Membership
	for _, a := range all.of {
		tables[a] = namespace.Table(a.index, a.chosen)
		table = append(table, tables[a]...)
	}
	err = screen.Namespaces(table, all.findings("ns"), render.NSOptions{ListOptions: options.render(all.host()), IDs: options.ids, All: options.all, Named: len(names) > 0})
	if err != nil {
		return err
	}
	app.reportAll(all, func(a *answer) {
		if why := a.whyDeclared(tables[a], app.typed); why != "" {
			app.tell("? = from Docker's configuration, or unknown. %s", why)
		}
	})
	return exitWith(all.status())
}

// runHostNS shows the hosts' own namespaces; containers cannot be chosen.
func (app *App) runHostNS(screen render.Screen, all *answers, options *nsOptions) error {
	var list []render.HostNamespaces
	denied := map[*answer]bool{}
	for _, a := range all.of {
		own := render.HostNamespaces{Host: a.hostName(), List: namespace.Hosts(a.index)}
		list = append(list, own)
		if len(own.List) > 0 && !own.List[0].Inode.Held() {
			denied[a] = true
		}
	}
	if err := screen.HostNamespaces(list, render.NSOptions{ListOptions: options.render(all.host())}); err != nil {
		return err
	}
	app.reportAll(all, func(a *answer) {
		if denied[a] {
			app.tell("? = could not be read. That needs %s", a.moreRights(app.typed))
		}
	})
	if len(denied) > 0 {
		return exitWith(statusUnanswered)
	}
	return exitWith(all.status())
}

// whyDeclared says why namespaces could not be read, and what is needed: a right, or a main
// process if it has just exited. It is "" if all were read.
func (a *answer) whyDeclared(table [][]namespace.Membership, command string) string {
	ended := ""
	for _, row := range table {
		for _, m := range row {
			switch {
			case m.Container.Own:
				return "Whether another container uses them cannot be determined from inside."
			case m.Inode.Absence() == procfs.Gone || m.Inode.Absence() == procfs.NotHeld:
				ended = m.Container.Name
			case m.Inode.Absence() == procfs.Denied || m.Mode == namespace.ModeUnknown:
				return "Verifying needs " + a.moreRights(command)
			}
		}
	}
	if ended == "" {
		return ""
	}
	return "The main process of " + ended + " has exited."
}
