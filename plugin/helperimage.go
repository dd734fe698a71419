package plugin

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/docker/cli/cli"
	"github.com/docker/cli/cli/command"
	"github.com/docker/go-units"
	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// HelperImage is the helper's image for an architecture.
type HelperImage struct {
	// Tag is its name.
	Tag string
	// Archive is the image as docker load reads it, compressed by gzip.
	Archive []byte
}

// LoadedImage is the helper's image on an engine. Bytes is how much was sent for it, 0 if it was
// there.
type LoadedImage struct {
	Tag, ID string
	Bytes   int64
}

// newHelperImageCommand returns the command "helper image" with its subcommands.
func (app *App) newHelperImageCommand() *cobra.Command {
	parent := &cobra.Command{
		Use:   "image",
		Short: "Write the helper's image to a file, or load it into an engine",
		Long: `Write the helper's image to a file, or load it into an engine.

--swarm runs the helper on every node of a Swarm. Swarm does not send images to nodes, so each
node has to have the image. It has the same ID everywhere, and no registry is needed.`,
		Args: cli.NoArgs,
		RunE: command.ShowHelp(app.CLI.Err()),
	}
	parent.AddCommand(app.newHelperImageSaveCommand(), app.newHelperImageLoadCommand())
	return parent
}

func (app *App) newHelperImageSaveCommand() *cobra.Command {
	var output, architecture string
	cmd := &cobra.Command{
		Use:   "save [OPTIONS]",
		Short: "Write the helper's image in the format of docker image load",
		Example: `  docker pidns helper image save | ssh node2 docker image load
  docker pidns helper image save --architecture arm64 -o helper.tar.gz`,
		Args: cli.NoArgs,
		RunE: func(*cobra.Command, []string) error { return app.runHelperImageSave(output, architecture) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "Write to a file instead of standard output")
	cmd.Flags().StringVar(&architecture, "architecture", runtime.GOARCH, "Processor of the nodes, amd64 or arm64 (default: this machine's)")
	cmd.Flags().Lookup("architecture").DefValue = "" // another one on another machine
	app.completeFlags(cmd)
	return cmd
}

// runHelperImageSave writes the image.
func (app *App) runHelperImageSave(output, architecture string) error {
	if output == "" && app.CLI.Out().IsTerminal() {
		return misused("cannot write an image to a terminal: use -o FILE, or redirect the output")
	}
	image, err := app.HelperImage(architecture)
	if err != nil {
		return err
	}
	name := output
	if output == "" {
		name = "standard output"
		_, err = app.out.Write(image.Archive)
	} else {
		err = os.WriteFile(output, image.Archive, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write the helper's image: %w", err)
	}
	app.tell("%s: %s for %s (%s)", name, image.Tag, architecture, units.HumanSize(float64(len(image.Archive))))
	return nil
}

func (app *App) newHelperImageLoadCommand() *cobra.Command {
	options := commonOptions{}
	cmd := &cobra.Command{
		Use:     "load [OPTIONS]",
		Short:   "Load the helper's image into the engine",
		Example: `  docker --context node2 pidns helper image load`,
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return app.runHelperImageLoad(cmd.Context(), &options)
		},
	}
	cmd.Flags().DurationVar(&options.Timeout, "timeout", defaultTimeout, "Deadline of each request to the engine")
	return cmd
}

// runHelperImageLoad loads the image that fits the engine's processor.
func (app *App) runHelperImageLoad(ctx context.Context, options *commonOptions) error {
	if options.Timeout <= 0 {
		return misused("--timeout %s: must be above 0", options.Timeout)
	}
	loaded, err := app.LoadHelper(ctx, options.Where)
	if err != nil {
		return app.withHint(err)
	}
	what := render.Safe("loaded")
	if loaded.Bytes == 0 {
		what = "already loaded:"
	}
	app.screen(options).Line(what + render.Say(" %s (%s)", loaded.Tag, shortID(loaded.ID)))
	return nil
}
