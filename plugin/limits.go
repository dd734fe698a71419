package plugin

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/procfs"
)

type limitsOptions struct {
	listOptions
	all bool
}

func (app *App) newLimitsCommand() *cobra.Command {
	options := limitsOptions{listOptions: newListOptions()}
	cmd := &cobra.Command{
		Use:   "limits [OPTIONS] [CONTAINER...]",
		Short: "Show the nearest limit on processes, how much of it is used, and what uses it",
		Long: `Show the nearest limit on processes, how much of it is used, and what uses it.

pids.max: of the container's control group and of every group above it.
NPROC (UID): RLIMIT_NPROC, counted for that user on the whole host. root is exempt.
pid_max and threads-max: the host's. Zombies count in all of these.
RLIMIT_AS and max_map_count: of the process with the least room for another thread.

Two more limits are shown. One is that of the engine's own control group, at which docker
exec fails. The other is NPROC of a host user whose UID a container uses too.

Without arguments, a container shows only its nearest limit and others that are near.`,
		Example: `  docker pidns limits
  docker pidns limits demo
  docker pidns limits --format '{{.Container}} {{.Limit}} {{.Left}} {{.First}}'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.runLimits(cmd.Context(), &options, args)
		},
		ValidArgsFunction: app.completeContainers(),
	}
	options.install(cmd.Flags(), "Show only the containers' names")
	cmd.Flags().BoolVar(&options.all, "all", false, "List every container, even far from its limits")
	app.completeFlags(cmd)
	return cmd
}

var errNoLimits = errors.New("the snapshot holds no limits: an older docker pidns took it; take a new one")

func (app *App) runLimits(ctx context.Context, options *limitsOptions, names []string) error {
	all, err := app.answers(ctx, &options.listOptions, need.Limits(names))
	if err != nil {
		return err
	}
	if err := all.leaveOut(func(a *answer) bool { return a.index.Capture.Limits == nil }, errNoLimits); err != nil {
		return err
	}
	screen := app.screenOf(&options.commonOptions, all)
	if all.saysNothing(&options.listOptions) {
		screen.Line(all.nothing(&options.listOptions))
	}
	limits := map[*answer][]limit.Set{}
	var list []limit.Set
	for _, a := range all.of {
		limits[a] = limit.Find(a.index, a.chosen)
		list = append(list, limits[a]...)
	}
	err = screen.Limits(list, render.LimitOptions{ListOptions: options.render(all.host()), Named: len(names) > 0, All: options.all})
	if err != nil {
		return err
	}
	app.reportAll(all, func(a *answer) { app.reportUnreadLimits(a, limits[a], len(names) > 0) })
	return exitWith(all.status())
}

// reportUnreadLimits says once what it takes to read the rest. If containers were named, the
// rest is all that is shown. Otherwise it is only what could change the answer.
func (app *App) reportUnreadLimits(a *answer, limits []limit.Set, named bool) {
	var denied, other bool
	inside := ""
	for i := range limits {
		for _, u := range limits[i].Unread {
			denied, other = denied || lacksRights(u), other || !lacksRights(u)
			if u.Kind == limit.Numbers && u.Scope == limit.ScopeInside && inside == "" {
				inside = u.Container.Name
			}
		}
		for j := range limits[i].Limits {
			denied = denied || named && lacksRights(&limits[i].Limits[j])
		}
	}
	if denied {
		app.tell("? = could not be read. That needs %s", a.moreRights(app.typed))
	}
	if other {
		app.tell("? = cannot be read from here, and may be nearer than the others.")
	}
	if inside != "" && a.from == "" && !isOwn(a.index.Capture) {
		app.tell("pid_max of a PID namespace can only be read inside it.")
		app.tell("Next: %s", app.here("docker exec "+inside+" cat /proc/sys/kernel/pid_max"))
	}
}

func lacksRights(a *limit.Limit) bool {
	return a.Used.Absence() == procfs.Denied || a.Max.Absence() == procfs.Denied
}
