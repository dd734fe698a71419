package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/cli/cli"
	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

func (app *App) newWhoCommand() *cobra.Command {
	options := newListOptions()
	var field int
	cmd := &cobra.Command{
		Use:   "who [OPTIONS] PID [PID...] | who [OPTIONS] -",
		Short: "Show whose process a host PID is",
		Long: `Show whose process a host PID is: its container, its PID inside, and what it is
there. Threads, zombies, host processes and kernel threads are told as such.

With "-", lines are read from standard input and come back unchanged, with a
first column CONTAINER. Which number of a line is the PID: pid=N, else the
column headed PID, else a line that is a number alone, else --field N; never
just any number.`,
		Example: `  docker pidns who 8152
  docker pidns who -q 8152
  ps aux | docker pidns who -
  docker pidns who $(pgrep node)`,
		Args: cli.RequiresMinArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Equal(args, []string{"-"}) {
				return app.runWhoLines(cmd.Context(), &options, field)
			}
			return app.runWho(cmd.Context(), &options, args)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	options.install(cmd.Flags(), "Only the containers' names")
	cmd.Flags().IntVar(&field, "field", 0, "With \"-\": which blank-separated field of a line is the PID, from 1")
	completeFlags(cmd)
	return cmd
}

func (app *App) runWho(ctx context.Context, options *listOptions, args []string) error {
	var numbers []int
	for _, arg := range args {
		n, err := strconv.Atoi(arg)
		if err != nil || n <= 0 {
			return fmt.Errorf("%q is not a host PID: want a number above 0", arg)
		}
		numbers = append(numbers, n)
	}
	l, err := app.look(ctx, options, source.Request{Numbers: numbers, Execs: true})
	if err != nil {
		return err
	}
	identities, none := whoIs(l.index, numbers)
	if err := app.screen().Who(identities, options.render(l.host())); err != nil {
		return err
	}
	l.problems = nil // containers that cannot be shown were not asked for
	app.report(l, "who "+strings.Join(args, " "))
	if none {
		return exitWith(statusUnanswered)
	}
	return nil
}

// whoIs looks the numbers up, and reports whether one of them is nobody's.
func whoIs(ix *inspect.Index, numbers []int) (identities []inspect.Identity, none bool) {
	for _, n := range numbers {
		w := ix.Who(n)
		identities = append(identities, w)
		none = none || w.Role == inspect.WhoNone || w.Role == inspect.WhoUnknown
	}
	return identities, none
}

var errNoPIDs = errors.New("no PID in the input: want lines with pid=N, a column headed PID, a number alone, or --field N")
