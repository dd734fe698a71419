package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/cli/cli"
	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/diff"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
)

func (app *App) newSnapshotDiffCommand() *cobra.Command {
	options := newListOptions()
	cmd := &cobra.Command{
		Use:   "diff [OPTIONS] OLD NEW",
		Short: "Show what changed between two snapshots of a host",
		Long: `Show what changed between two snapshots of a host: containers, processes,
zombies, namespaces, and what the doctor finds. "-" is standard input. Four or more
equal processes are one row.`,
		Example: `  docker pidns snapshot -o old.json
  docker pidns snapshot diff old.json new.json`,
		Args: cli.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.runSnapshotDiff(cmd.Context(), &options, args[0], args[1])
		},
	}
	cmd.Flags().StringVar(&options.format, "format", "", formatHelp)
	cmd.Flags().BoolVar(&options.noTrunc, "no-trunc", false, "Do not cut or fold the output")
	options.installMaxSnapshot(cmd.Flags())
	app.completeFlags(cmd)
	return cmd
}

func (app *App) runSnapshotDiff(ctx context.Context, options *listOptions, older, newer string) error {
	if older == "-" && newer == "-" {
		return misused("only one of the files can be standard input")
	}
	options.Timeout, options.ProcRoot, options.Collector = defaultTimeout, defaultProc, defaultCollector
	if err := options.complete(); err != nil {
		return err
	}
	var indexes []*inspect.Index
	var reports []rule.Report
	for _, path := range []string{older, newer} {
		options.From = path
		capture, err := app.capture(ctx, &options.commonOptions, need.Question{})
		if err != nil {
			return err
		}
		ix := inspect.NewIndex(capture)
		chosen, _ := ix.Choose(nil, inspect.Filter{})
		indexes, reports = append(indexes, ix), append(reports, rule.Check(rule.NewLook(ix, nil, chosen, capture.Only == nil), rule.IDs()))
	}
	changes, err := diff.Captures(indexes[0], indexes[1])
	if err != nil {
		return fmt.Errorf("%s and %s cannot be compared: %w", older, newer, err)
	}
	changes = append(changes, diff.Findings(reports[0], reports[1])...)
	changes = slices.DeleteFunc(changes, func(c diff.Change) bool {
		return slices.ContainsFunc(indexes, func(ix *inspect.Index) bool {
			return ix.Capture.Only != nil && !slices.Contains(ix.Capture.Only, c.Container.ID)
		})
	})
	slices.SortStableFunc(changes, func(a, b diff.Change) int { return strings.Compare(a.Container.Name, b.Container.Name) })
	took := indexes[1].Capture.Snapshot.TakenAt.Sub(indexes[0].Capture.Snapshot.TakenAt)
	options.From = ""
	if took < 0 {
		app.tell("%s was taken %s after %s: put the older snapshot first", older, (-took).Round(time.Second), newer)
		took = -took
	}
	return app.screen(&options.commonOptions).Diff(changes, took, options.render(indexes[1].Capture.Engine.Name))
}
