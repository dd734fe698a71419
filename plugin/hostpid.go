package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func (app *App) newHostPIDCommand() *cobra.Command {
	options := newListOptions()
	cmd := &cobra.Command{
		Use:   "host-pid [OPTIONS] [CONTAINER [CONTAINER-PID...]]",
		Short: "Show the host PID of a container's main process, or of any PID inside it",
		Example: `  docker pidns host-pid demo
  docker pidns host-pid demo 9 12
  docker pidns host-pid demo '9>3>1'
  docker pidns host-pid`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.runHostPID(cmd.Context(), &options, args)
		},
		ValidArgsFunction: app.completeFirst(),
	}
	options.install(cmd.Flags(), "Show only host PIDs")
	app.completeFlags(cmd)
	return cmd
}

func (app *App) runHostPID(ctx context.Context, options *listOptions, args []string) error {
	switch len(args) {
	case 0:
		return app.runHostPIDTable(ctx, options)
	case 1:
		return app.runMainHostPID(ctx, options, args[0])
	default:
		if err := checkPIDs(args[1:]); err != nil {
			return err
		}
		return app.runHostPIDOf(ctx, options, args[0], args[1:])
	}
}

// checkPIDs refuses the words after the container if none of them is a PID, such as a second
// container. If one is a PID, it is answered and the others are reported.
func checkPIDs(words []string) error {
	var first error
	for _, word := range words {
		_, err := inspect.ParseContainerPID(word)
		if err == nil {
			return nil
		}
		first = cmp.Or(first, err)
	}
	return misused("host-pid takes one container, and PIDs inside it: %w\nall containers: docker pidns host-pid", first)
}

// runHostPIDTable shows a row for every running container.
func (app *App) runHostPIDTable(ctx context.Context, options *listOptions) error {
	all, err := app.answers(ctx, options, need.HostPIDs())
	if err != nil {
		return err
	}
	var rows []render.HostPIDRow
	for _, a := range all.of {
		listed := zombie.ListedIn(a.index.Capture)
		for _, c := range a.chosen {
			rows = append(rows, countedRow(a.index, c, listed[c.ID]))
		}
	}
	screen := app.screenOf(&options.commonOptions, all)
	switch {
	case all.saysNothing(options):
		screen.Line(all.nothing(options))
	case len(rows) > 0 || all.status() == 0:
		if err := screen.HostPIDTable(rows, options.render(all.host())); err != nil {
			return err
		}
	}
	app.reportAll(all, nil)
	return exitWith(all.status())
}

// countedRow is the main process with how many processes its container has. Some of these are
// listed and were not read.
func countedRow(ix *inspect.Index, c *inspect.Container, listed int) render.HostPIDRow {
	row, processes := mainRow(ix, c), ix.ProcessesOf(c)
	row.Processes, row.Zombies = procfs.Some(len(processes)+listed), procfs.Some(countZombies(processes))
	return row
}

func countZombies(processes []*procfs.Process) int {
	n := 0
	for _, p := range processes {
		if p.IsZombie() {
			n++
		}
	}
	return n
}

func mainRow(ix *inspect.Index, c *inspect.Container) render.HostPIDRow {
	return render.HostPIDRow{Row: ix.RowOf(c, ix.Binding(c).Main), StartedBy: c}
}

// runMainHostPID prints only the host PID of the main process. For several hosts it prints a
// row for each that has the container.
func (app *App) runMainHostPID(ctx context.Context, options *listOptions, name string) error {
	all, err := app.answers(ctx, options, need.MainPID(name, options.showsRows()))
	if err = cmp.Or(err, app.refusedInside()); err != nil {
		return err
	}
	var rows []render.HostPIDRow
	for _, a := range all.of {
		for _, c := range a.chosen {
			rows = append(rows, mainRow(a.index, c))
		}
	}
	if err := app.screenOf(&options.commonOptions, all).HostPIDs(rows, options.render(all.host())); err != nil {
		return err
	}
	app.reportAll(all, nil)
	return exitWith(all.status())
}

// refusedInside is the error if a host PID is asked for inside the container itself.
func (app *App) refusedInside() error {
	if !app.inside {
		return nil
	}
	return &unreadError{errors.New("host PIDs cannot be determined from inside a container")}
}

// showsRows reports whether rows are wanted, and not only numbers.
func (o *listOptions) showsRows() bool { return o.format != "" && !o.quiet }

// runHostPIDOf prints the host PIDs of container PIDs, in the order in which
// they were asked for.
func (app *App) runHostPIDOf(ctx context.Context, options *listOptions, name string, pids []string) error {
	question := need.ContainerPIDs(name, options.showsRows())
	all, rows, missing, err := app.lookFor(ctx, options, question, pids)
	isPart := func(a *answer) bool { return len(missing[a]) > 0 && !a.index.Capture.Snapshot.Whole }
	if err == nil && all.anyOf(isPart) {
		// A process that entered the namespace from elsewhere (nsenter) is in no container's
		// family. Only a look at the whole host can prove that there is none. A thread's number
		// is listed only with its process.
		all, rows, missing, err = app.lookFor(ctx, options, question.OnWholeHost(), pids)
	}
	if err = cmp.Or(err, app.refusedInside()); err != nil {
		return err
	}
	if err := app.screenOf(&options.commonOptions, all).HostPIDs(rows, options.render(all.host())); err != nil {
		return err
	}
	app.reportAll(all, func(a *answer) {
		for _, line := range missing[a] {
			app.tell("%s", line)
		}
	})
	if len(missing) > 0 {
		return exitWith(statusUnanswered)
	}
	return exitWith(all.status())
}

// lookFor captures and finds each of the container's PIDs. For a missing one it reports which
// PIDs there are.
func (app *App) lookFor(ctx context.Context, options *listOptions, question need.Question, pids []string) (all *answers, rows []render.HostPIDRow, missing map[*answer][]string, err error) {
	if all, err = app.answers(ctx, options, question); err != nil {
		return nil, nil, nil, err
	}
	missing = map[*answer][]string{}
	for _, a := range all.of {
		for _, c := range a.chosen {
			found, others := a.findAll(c, pids, app.typed)
			rows = append(rows, found...)
			if len(others) > 0 {
				missing[a] = others
			}
		}
	}
	return all, rows, missing, nil
}

// findAll looks up each PID. For each missing one it reports which PIDs there are.
func (a *answer) findAll(c *inspect.Container, pids []string, command string) (rows []render.HostPIDRow, missing []string) {
	ix := a.index
	for _, text := range pids {
		p, err := a.find(c, text, command)
		thread, isThread := threadIn(ix, c, text)
		switch {
		case err != nil && isThread:
			rows = append(rows, thread)
		case err != nil:
			missing = append(missing, err.Error())
		default:
			rows = append(rows, rowIn(ix, c, p))
		}
	}
	return rows, missing
}

func (a *answer) find(c *inspect.Container, text, command string) (*procfs.Process, error) {
	ix := a.index
	chain, err := inspect.ParseContainerPID(text)
	if err != nil {
		return nil, err
	}
	p, err := ix.FindContainerPID(c, chain)
	if err != nil {
		return nil, fmt.Errorf("%s of %s is ambiguous: %w", inspect.ChainString(chain), render.Escape(c.Name), err)
	}
	if p == nil && signal.EnteredUnread(ix, c) != "" {
		return nil, fmt.Errorf("%s has no known process %s (it has %s): whether one entered its namespace with that PID needs %s", render.Escape(c.Name), inspect.ChainString(chain), somePIDs(ix, c), a.moreRights(command))
	}
	if p == nil {
		return nil, fmt.Errorf("%s has no process %s (it has %s); try: %s", render.Escape(c.Name), inspect.ChainString(chain), somePIDs(ix, c), a.here("docker pidns tree "+string(render.Escape(c.Name))))
	}
	return p, nil
}

// mostPIDs is how many PIDs an error message names.
const mostPIDs = 12

func somePIDs(ix *inspect.Index, c *inspect.Container) string {
	var chains []string
	for _, p := range ix.Visible(c) {
		chains = append(chains, inspect.ChainString(ix.ContainerPIDs(c, p)))
	}
	if len(chains) > mostPIDs {
		return fmt.Sprintf("%s and %d more", strings.Join(chains[:mostPIDs], ", "), len(chains)-mostPIDs)
	}
	return strings.Join(chains, ", ")
}

// rowIn is the process with its PIDs as the container has them, and with the
// container that it really belongs to.
func rowIn(ix *inspect.Index, c *inspect.Container, p *procfs.Process) render.HostPIDRow {
	owner := ix.OwnerOf(p).Container
	if owner == nil {
		owner = c
	}
	row := ix.RowOf(owner, p)
	row.Container, row.ContainerPIDs = c, slices.Clone(ix.ContainerPIDs(c, p))
	return render.HostPIDRow{Row: row, StartedBy: owner}
}

// threadIn is the row of a thread, by its number in the container. It is false if there is
// none.
func threadIn(ix *inspect.Index, c *inspect.Container, text string) (render.HostPIDRow, bool) {
	chain, err := inspect.ParseContainerPID(text)
	if err != nil {
		return render.HostPIDRow{}, false
	}
	tid, thread, p := ix.FindContainerTID(c, chain)
	if p == nil {
		return render.HostPIDRow{}, false
	}
	row := rowIn(ix, c, p)
	outer := len(p.NSPIDs) - len(row.ContainerPIDs)
	row.Thread = &render.HostThread{TID: tid, PIDs: thread.NSPIDs, ContainerPIDs: thread.NSPIDs[min(outer, len(thread.NSPIDs)):]}
	return row, true
}
