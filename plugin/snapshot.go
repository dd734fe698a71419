package plugin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docker/cli/cli"
	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

type snapshotOptions struct {
	commonOptions
	settleOption
	output string
}

func (app *App) newSnapshotCommand() *cobra.Command {
	var options snapshotOptions
	cmd := &cobra.Command{
		Use:   "snapshot [OPTIONS]",
		Short: "Save what the engine and /proc show now, for --from",
		Long: `Save what the engine and /proc show now, for --from.

The file holds the command lines of the host's processes and the scripts of
containers' shells, which can hold passwords, and is readable by its owner
alone. It never holds environments.`,
		Example: `  docker pidns snapshot -o host.json
  docker pidns tree --from host.json`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return app.runSnapshot(cmd.Context(), &options)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags := cmd.Flags()
	options.commonOptions.install(flags)
	flags.StringVarP(&options.output, "output", "o", "", "Write to a file instead of standard output")
	options.settleOption.install(flags, settleHelp)
	completeFlags(cmd)
	cmd.AddCommand(app.newSnapshotDiffCommand())
	return cmd
}

func (app *App) runSnapshot(ctx context.Context, options *snapshotOptions) error {
	if err := options.settleOption.check(); err != nil {
		return err
	}
	if options.output == "" && app.CLI.Out().IsTerminal() {
		return misused("a snapshot is not for a terminal: use -o FILE, or redirect the output")
	}
	capture, err := app.capture(ctx, &options.commonOptions, need.Snapshot(options.settle))
	if err != nil {
		return err
	}
	index := inspect.NewIndex(capture)
	if err := elsewhereError(index, app.snapshotThere); err != nil { // it would be of two hosts
		return err
	}
	name := options.output
	if name == "" {
		name, err = "standard output", capture.Encode(app.out)
	} else {
		err = writeFile(name, capture)
	}
	if err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	app.tell("%s: %s, %d processes. It holds command lines, which can hold passwords. Check it before you share it.",
		name, containerNumbers(capture.Containers), len(capture.Snapshot.Processes))
	status := app.tellOfAll(capture)
	if isUnproven(index) {
		status = app.tellUnproven(index)
	}
	return exitWith(status)
}

// containerNumbers is "3 containers running, 2 not".
func containerNumbers(list []inspect.Container) string {
	running := 0
	for i := range list {
		if list[i].IsRunning() {
			running++
		}
	}
	return fmt.Sprintf("%d containers running, %d not", running, len(list)-running)
}

// writeFile writes beside the file and renames, so that a snapshot is there
// whole or not at all. os.CreateTemp gives mode 0600. What is no regular file,
// such as a device or a FIFO, is written to and never replaced.
func writeFile(path string, capture *inspect.Capture) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return writeInto(path, capture)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	default:
		return replaceFile(path, capture)
	}
}

func writeInto(path string, capture *inspect.Capture) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(capture.Encode(file), file.Close())
}

func replaceFile(path string, capture *inspect.Capture) (err error) {
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".docker-pidns-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if err := errors.Join(capture.Encode(file), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
