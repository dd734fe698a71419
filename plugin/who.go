package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/docker/cli/cli"
	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

func (app *App) newWhoCommand() *cobra.Command {
	options := newListOptions()
	var field int
	cmd := &cobra.Command{
		Use:   "who [OPTIONS] PID...|-",
		Short: "Show whose process a host PID is",
		Long: `Show whose process a host PID is: its container, its PID inside, and its role there.
It also recognises threads, zombies, host processes and kernel threads.

With "-", lines from standard input are printed unchanged, after a first column
CONTAINER. The PID of a line is the first of these that applies:

  1. the field of --field N
  2. the column headed PID (TID, pid in csv, PID/Program name)
  3. by the shape of a line of ps, top, iotop, pidstat, lsof, netstat or nvidia-smi
  4. pid=N
  5. a line that is only a number

No other number is taken for a PID. In a log, a container's ID that the engine knows
comes before pid=N. A line about the exit of a process is not looked up by its PID,
because another process may have that PID now. The container's ID in the line decides.
If there is none, the column shows "(ended)".`,
		Example: `  docker pidns who 8152
  docker pidns who -q 8152
  ps aux | docker pidns who -
  dmesg | grep -i oom | docker pidns who -
  docker pidns who $(pgrep node)`,
		Args: cli.RequiresMinArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(args, "-") {
				if cmd.Flags().Changed("field") {
					return misused("--field is for lines from standard input: docker pidns who --field N -")
				}
				return app.runWho(cmd.Context(), &options, args)
			}
			if len(args) > 1 || options.quiet || options.format != "" || cmd.Flags().Changed("field") && field < 1 {
				return misused("\"-\" stands alone: it takes --field N (from 1), and no PIDs, --quiet or --format")
			}
			return app.runWhoLines(cmd.Context(), &options, field)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	options.commonOptions.install(cmd.Flags())
	options.installOutput(cmd.Flags(), "Show only the containers' names")
	cmd.Flags().IntVar(&field, "field", 0, "With \"-\": number of the field with the PID, from 1 (fields are separated by blanks)")
	app.completeFlags(cmd)
	return cmd
}

func (app *App) runWho(ctx context.Context, options *listOptions, args []string) error {
	numbers, wrong := hostPIDs(args)
	if len(numbers) == 0 {
		return wrongUse(errors.Join(wrong...))
	}
	a, err := app.answer(ctx, options, need.Who(numbers))
	if err != nil {
		return err
	}
	if err := app.whoElsewhere(a); err != nil {
		return err
	}
	identities, none := whoIs(a.index, numbers)
	if err := app.screen(&options.commonOptions).Who(identities, options.render(a.host())); err != nil {
		return err
	}
	a.problems, a.resting = inspect.OfAll(a.problems), nil // no containers were asked for
	app.report(a)
	for _, err := range wrong {
		app.tell("%s", err.Error())
	}
	if a.isUnproven() {
		return exitWith(app.tellUnproven(a.index))
	}
	if none || len(wrong) > 0 {
		return exitWith(statusUnanswered)
	}
	return exitWith(a.status())
}

// hostPIDs parses the arguments that are PIDs. wrong has an error for each other argument.
func hostPIDs(args []string) (numbers []int, wrong []error) {
	for _, arg := range args {
		n, err := strconv.ParseUint(arg, 10, 31)
		if err != nil || n == 0 {
			wrong = append(wrong, fmt.Errorf("%q is not a host PID: expected a number above 0", arg))
			continue
		}
		numbers = append(numbers, int(n))
	}
	return numbers, wrong
}

// whoIs looks up the PIDs, and reports whether one of them belongs to no process.
func whoIs(ix *inspect.Index, numbers []int) (identities []inspect.Identity, none bool) {
	for _, n := range numbers {
		w := ix.Who(n)
		identities = append(identities, w)
		none = none || w.Role == inspect.WhoNone || w.Role == inspect.WhoUnknown
	}
	return identities, none
}

var errNoPIDs = errors.New("no PID in the input: expected lines with pid=N, a column headed PID, a number alone, or --field N")
