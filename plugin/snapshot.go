package plugin

import (
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/part"
)

type snapshotOptions struct {
	commonOptions
	settleOption
	containerFilter
	output string
}

func (app *App) newSnapshotCommand() *cobra.Command {
	options := snapshotOptions{containerFilter: newContainerFilter()}
	cmd := &cobra.Command{
		Use:   "snapshot [OPTIONS] [CONTAINER...]",
		Short: "Save what the engine and /proc show now, for --from",
		Long: `Save what the engine and /proc show now, for --from.

The file holds the command lines of the host's processes, and the scripts of
containers' shells. Both can hold passwords, so only the owner can read the file.
It never holds environments.

With containers or --filter, it holds these, those that share namespaces with them, and
what the whole host uses. Of other containers it holds only names. Of other processes it
holds no command lines. A file whose name ends in .gz is compressed. --from reads both.

With --contexts, -o names a directory. --from reads all that is in it.`,
		Example: `  docker pidns snapshot -o host.json
  docker pidns snapshot -o api.json.gz api
  docker pidns tree --from host.json
  docker pidns snapshot --contexts all -o hosts`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.runSnapshot(cmd.Context(), &options, args)
		},
		ValidArgsFunction: app.completeContainers(),
	}
	flags := cmd.Flags()
	options.commonOptions.installMany(flags)
	flags.StringVarP(&options.output, "output", "o", "", "Write to a file instead of standard output; of several hosts, into a directory, a file each")
	options.settleOption.install(flags, settleHelp)
	options.containerFilter.install(flags)
	app.completeFlags(cmd)
	cmd.AddCommand(app.newSnapshotDiffCommand())
	return cmd
}

func (app *App) runSnapshot(ctx context.Context, options *snapshotOptions, names []string) error {
	if err := cmp.Or(options.settleOption.check(), options.containerFilter.complete(), checkNames(names)); err != nil {
		return err
	}
	if err := options.commonOptions.check(); err != nil {
		return err
	}
	if options.isMany() {
		return app.runSnapshots(ctx, options, names)
	}
	if options.output == "" && app.CLI.Out().IsTerminal() {
		return misused("cannot write a snapshot to a terminal: use -o FILE, or redirect the output")
	}
	read, err := app.capture(ctx, &options.commonOptions, need.Snapshot(options.settle))
	if err != nil {
		return err
	}
	index := inspect.NewIndex(read)
	if err := elsewhereError(index, app.snapshotThere); err != nil { // the snapshot would mix two hosts
		return err
	}
	capture, unknown := options.partOf(index, names)
	if unknown != nil {
		app.tellProblems(index.Capture, unknown)
	}
	if capture == nil {
		return exitWith(statusUnanswered)
	}
	name := options.output
	if name == "" {
		name, err = "standard output", capture.Encode(app.out)
	} else {
		err = writeCapture(name, capture)
	}
	if err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	app.tell("%s: %s, %d processes. It holds command lines, which can hold passwords. Check it before you share it.",
		name, containerNumbers(capture), len(capture.Snapshot.Processes))
	status := app.tellOfAll(capture)
	if unknown != nil {
		status = statusUnanswered
	}
	if isUnproven(index) {
		status = app.tellUnproven(index)
	}
	return exitWith(status)
}

// partOf is the capture of the named containers, or the whole capture if none is named, and the
// problems of containers that cannot be in it. It is nil if nothing is left.
func (o *snapshotOptions) partOf(ix *inspect.Index, names []string) (*inspect.Capture, []inspect.Problem) {
	if len(names) == 0 && o.filter.IsZero() {
		return ix.Capture, nil
	}
	chosen, unknown := o.chosen(ix, names)
	if len(chosen) == 0 {
		return nil, unknown
	}
	return part.Of(ix, chosen), unknown
}

// chosen are the named containers, running or not.
func (o *snapshotOptions) chosen(ix *inspect.Index, names []string) (chosen []*inspect.Container, unknown []inspect.Problem) {
	if len(names) == 0 {
		for i := range ix.Capture.Containers {
			if c := &ix.Capture.Containers[i]; o.filter.Matches(c) {
				chosen = append(chosen, c)
			}
		}
		if len(chosen) == 0 {
			unknown = append(unknown, inspect.Problem{Kind: inspect.FilteredOut, Text: "no container matches the filter"})
		}
	}
	for _, name := range names {
		c, problem := ix.Resolve(name)
		switch {
		case problem != nil:
			unknown = append(unknown, *problem)
		case !o.filter.Matches(c):
			unknown = append(unknown, inspect.Problem{Kind: inspect.FilteredOut, Ref: name, Text: name + " does not match the filter"})
		default:
			chosen = append(chosen, c)
		}
	}
	return chosen, unknown
}

// containerNumbers counts the containers of the capture: "3 containers running, 2 not".
func containerNumbers(capture *inspect.Capture) string {
	running, all := 0, 0
	for i := range capture.Containers {
		if capture.Only != nil && !slices.Contains(capture.Only, capture.Containers[i].ID) {
			continue
		}
		if all++; capture.Containers[i].IsRunning() {
			running++
		}
	}
	return fmt.Sprintf("%s running, %d not running", inspect.Counted(running, "container"), all-running)
}

// writeCapture writes a snapshot to a file that only this user can read, compressed if the name of
// the file says so.
func writeCapture(path string, capture *inspect.Capture) error {
	return writeFile(path, 0o600, func(to io.Writer, name string) error {
		if !strings.HasSuffix(name, ".gz") {
			return capture.Encode(to)
		}
		z := gzip.NewWriter(to)
		return errors.Join(capture.Encode(z), z.Close())
	})
}

// writeFile writes to a temporary file in the same folder and renames it, so that the file is
// complete or as it was. write gets the name of the file without symbolic links. A device, a
// FIFO, or another file that is not regular is written to and never replaced.
func writeFile(path string, mode fs.FileMode, write func(to io.Writer, name string) error) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return writeInto(path, write)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	default:
		return replaceFile(path, mode, write)
	}
}

func writeInto(path string, write func(to io.Writer, name string) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(file, path), file.Close())
}

func replaceFile(path string, mode fs.FileMode, write func(to io.Writer, name string) error) (err error) {
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".docker-pidns-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if err := errors.Join(write(file, path), file.Chmod(mode), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
