package plugin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/docker/cli/cli"
	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/config/configfile"
	"github.com/docker/go-units"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// ViaHelper is the value of --via with which a helper is run on the engine's host.
const ViaHelper = "helper"

// viaNone is the value of --via with which no helper is run, whatever config.json says.
const viaNone = "none"

// HelperRun is what is about to be run on an engine's host.
type HelperRun struct {
	// CommandLine is the docker command that does the same.
	CommandLine string
	// Image is the image's tag. Imported is true if it has just been sent to the engine.
	// ImageBytes is its size.
	Image      string
	Imported   bool
	ImageBytes int64
}

// RemovedHelper has what helpers had left with an engine: IDs of services, containers and images.
type RemovedHelper struct {
	Services, Containers, Running, Images []string
}

// installVia adds the option that runs a helper.
func (o *commonOptions) installVia(flags *pflag.FlagSet) {
	flags.StringVar(&o.Via, "via", "", "helper: run a temporary container on the engine's host that reads its processes (config.json: plugins.pidns.via); none: do not")
}

// The option of docker's config.json that is used instead of --via: plugins.pidns.via.
const (
	pluginName = "pidns"
	viaSetting = "via"
)

// open opens the hosts.
func (app *App) open(where Where) ([]source.Source, error) {
	typed := where.Via == ViaHelper
	where.Announce = func(run HelperRun) { app.announce(run, typed) }
	return app.Open(where)
}

// ViaSetting is how the engine host's /proc is read if --via was not typed, by docker's
// config.json (plugins.pidns.via). It is ViaHelper or "".
func ViaSetting(config *configfile.ConfigFile, where Where) (string, error) {
	if config == nil || where.Via != "" || where.From != "" || where.ProcRoot != defaultProc || where.Engine == source.EngineNone {
		return "", nil
	}
	via, _ := config.PluginConfig(pluginName, viaSetting)
	if via != "" && via != ViaHelper {
		return "", fmt.Errorf("config.json: plugins.%s.%s is %q, expected %s", pluginName, viaSetting, via, ViaHelper)
	}
	return via, nil
}

// kept are the options that the next command needs too, as they were typed, with a blank before
// each.
func (o *commonOptions) kept() string {
	words := ""
	if o.Engine == source.EngineNone {
		words += " --engine " + source.EngineNone
	}
	if o.Via == ViaHelper {
		words += " --via " + ViaHelper
	}
	return words
}

// untilGivenUp limits the time of an answer through a helper, because the program at the other
// end may never answer.
func (app *App) untilGivenUp(ctx context.Context, where Where, settle time.Duration) (context.Context, context.CancelFunc) {
	if !app.usesHelper(where) {
		return ctx, func() {}
	}
	most := hostDeadlines*where.Timeout + settle
	return context.WithTimeoutCause(ctx, most, fmt.Errorf("no answer through the helper in %s (%d times --timeout)", most, hostDeadlines))
}

// usesHelper reports whether a helper reads the processes.
func (app *App) usesHelper(where Where) bool {
	if app.CLI == nil {
		return false
	}
	via, err := ViaSetting(app.CLI.ConfigFile(), where)
	return where.Via == ViaHelper || err == nil && via != ""
}

// announce writes which command is about to be run on the engine's host. If --via was not typed
// and config.json requires a helper, it is written only when the image is new there.
func (app *App) announce(run HelperRun, typed bool) {
	if run.Imported {
		app.tell("helper: imported the image %s (%s), which is kept for later runs; docker pidns helper rm removes it", run.Image, units.HumanSize(float64(run.ImageBytes)))
	}
	if typed || run.Imported {
		app.tell("helper: %s", run.CommandLine)
	}
}

// checkVia refuses invalid combinations of options.
func (o *commonOptions) checkVia() error {
	switch {
	case o.Via == "":
		return nil
	case o.Via == viaNone:
		return nil
	case o.Via != ViaHelper:
		return misused("--via %q: expected %s or %s", o.Via, ViaHelper, viaNone)
	case o.isSaved():
		return misused("--from and --via cannot be used together: a snapshot needs no helper")
	case o.Collector == source.CollectorBPF:
		return misused("--collector bpf and --via cannot be used together: the helper reads only /proc")
	case o.ProcRoot != defaultProc:
		return misused("--proc and --via cannot be used together: the helper reads the engine host's /proc")
	case o.Engine == source.EngineNone:
		return misused("--engine none and --via cannot be used together: the engine runs the helper")
	default:
		return nil
	}
}

// newHelperCommand returns the command "helper" with its subcommand.
func (app *App) newHelperCommand() *cobra.Command {
	parent := &cobra.Command{
		Use:   "helper",
		Short: "Remove what helpers left on an engine, and save or load their image",
		Long: `Remove what helpers left on an engine, and save or load their image.

--via helper and --swarm leave the helper's image on the engine for later runs. They remove
their containers and services when the command ends or is interrupted. helper rm removes
images, containers and services of all users. helper image saves or loads the image: each
node of a Swarm needs it before --swarm is used.`,
		Args: cli.NoArgs,
		RunE: command.ShowHelp(app.CLI.Err()),
	}
	options := commonOptions{}
	remove := &cobra.Command{
		Use:   "rm",
		Short: "Remove the helpers' images and containers, including running ones",
		Args:  cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return app.runHelperRemove(cmd.Context(), &options)
		},
	}
	remove.Flags().DurationVar(&options.Timeout, "timeout", defaultTimeout, "Deadline of each request to the engine")
	parent.AddCommand(remove, app.newHelperImageCommand())
	return parent
}

// runHelperRemove removes what helpers have left, and writes the IDs.
func (app *App) runHelperRemove(ctx context.Context, options *commonOptions) error {
	if options.Timeout <= 0 {
		return misused("--timeout %s: must be above 0", options.Timeout)
	}
	removed, err := app.RemoveHelper(ctx, options.Where)
	screen := app.screen(options)
	for _, of := range []struct {
		noun string
		ids  []string
	}{{"service", removed.Services}, {"container", removed.Containers}, {"image", removed.Images}} {
		for _, id := range of.ids {
			screen.Line(render.Say("removed %s %s", render.Escape(of.noun), render.Escape(shortID(id))))
		}
	}
	if len(removed.Running) > 0 {
		app.tell("%d of these helpers were in use: the docker pidns commands that use them will fail", len(removed.Running))
	}
	if err != nil {
		return app.withHint(err)
	}
	if len(removed.Services)+len(removed.Containers)+len(removed.Images) == 0 {
		screen.Line("Nothing to remove: the engine has no images or containers of helpers.")
	}
	return nil
}

// shortID is the beginning of an ID, without the name of its hash.
func shortID(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(len(id), 12)]
}
