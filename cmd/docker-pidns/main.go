// Command docker-pidns is the docker pidns CLI plugin. Docker starts it as a plugin. Started
// by itself, it has the same commands, with docker's own options (--context, --host) in
// front.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/docker/cli/cli"
	"github.com/docker/cli/cli-plugins/metadata"
	dockerplugin "github.com/docker/cli/cli-plugins/plugin"
	"github.com/docker/cli/cli/command"
	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/plugin"
	"github.com/docker-pidns/docker-pidns/plugin/about"
	"github.com/docker-pidns/docker-pidns/plugin/bundle"
	"github.com/docker-pidns/docker-pidns/plugin/engine"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

func main() {
	collectLate()
	source.Prepare(os.Args[1:])
	// It is not an error if the reader of the output stops early (tree | head). Without this
	// the program would be killed while it writes, and docker would report 255.
	signal.Ignore(syscall.SIGPIPE)
	dockerCLI, err := command.NewDockerCli(command.WithUserAgent("docker-pidns/" + about.Version))
	if err == nil {
		err = run(dockerCLI)
	}
	if errors.Is(err, syscall.EPIPE) {
		err = nil
	}
	if err != nil && err.Error() != "" && !errors.Is(err, context.Canceled) {
		_, _ = fmt.Fprintln(os.Stderr, plugin.ErrorText(err))
	}
	os.Exit(plugin.ExitStatus(err))
}

func run(dockerCLI *command.DockerCli) error {
	app := plugin.NewApp(dockerCLI, about.Version, opener(dockerCLI))
	app.RemoveHelper, app.OpenSwarm = removerOfHelpers(dockerCLI), openerOfSwarm(dockerCLI)
	app.Finishing = removing.begin
	app.HelperImage, app.LoadHelper = helperImage, loaderOfHelpers(dockerCLI)
	if path, err := os.Executable(); err == nil {
		app.Binary = path
	}
	root := app.NewCommand()
	if dockerplugin.RunningStandalone() {
		return runStandalone(dockerCLI, root)
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		watchSignals(cmd)
		return dockerplugin.PersistentPreRunE(cmd, args)
	}
	err := dockerplugin.RunPlugin(dockerCLI, root, metadata.Metadata{
		SchemaVersion: about.Plugin().SchemaVersion, Vendor: about.Plugin().Vendor, Version: about.Version,
		ShortDescription: about.Short, URL: about.Plugin().URL,
	})
	return plugin.Refusal(root, err)
}

// opener returns a function that opens a saved capture, or the local host with the engine of a
// context or the current engine of the docker CLI. Nothing is connected before a command calls
// it.
func opener(dockerCLI command.Cli) func(plugin.Where) ([]source.Source, error) {
	return func(where plugin.Where) ([]source.Source, error) {
		if where.From != "" {
			return []source.Source{source.File{Path: where.From, In: dockerCLI.In(), Most: where.FromMost}}, nil
		}
		local := localHost(where)
		if where.Engine == source.EngineNone {
			return []source.Source{local}, nil
		}
		client, err := engine.Connect(dockerCLI, where.Context, where.Timeout)
		if err != nil {
			return nil, err
		}
		via, err := plugin.ViaSetting(dockerCLI.ConfigFile(), where)
		if err != nil {
			return nil, err
		}
		if cmp.Or(where.Via, via) == plugin.ViaHelper {
			return []source.Source{remoteHost(client, where)}, nil
		}
		local.Engine = client
		return []source.Source{local}, nil
	}
}

// localHost is the host that this program runs on. It can find containers without an engine. If
// several engines were named, one that does not exist has no containers.
func localHost(where plugin.Where) *source.Local {
	facts := func(which func(*bundle.Facts) *bundle.Facts) func(*source.Proc) source.Facts {
		return func(proc *source.Proc) source.Facts { return which(bundle.New(proc, hostName(), where.Timeout)) }
	}
	local := &source.Local{ProcRoot: where.ProcRoot, Tool: about.Version, Collector: where.Collector}
	if where.Engine == "" {
		return local
	}
	local.Without = facts(func(f *bundle.Facts) *bundle.Facts { return f })
	if where.Context == "" {
		local.Orphaned, local.Inside = facts((*bundle.Facts).OfNoEngine), facts((*bundle.Facts).OfOwn)
	}
	return local
}

// hostName is used as the engine's name if no engine is asked.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "this host"
	}
	return name
}

// runStandalone makes the plugin's own command the root, with docker's global
// options.
func runStandalone(dockerCLI *command.DockerCli, root *cobra.Command) error {
	root.Use, root.DisableFlagsInUseLine = "docker-pidns", true
	for _, cmd := range root.Commands() {
		cmd.DisableFlagsInUseLine = true // for plugins docker does this
	}
	refuse := root.FlagErrorFunc()
	options, flags := cli.SetupPluginRootCommand(root)
	root.SetFlagErrorFunc(refuse)
	root.SetHelpCommand(plugin.HelpCommand(root))
	root.SilenceUsage, root.SilenceErrors = true, true
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		watchSignals(cmd)
		options.SetDefaultOptions(flags)
		return dockerCLI.Initialize(options)
	}
	return plugin.Refusal(root, root.Execute())
}

// goodOrder is how long an interrupted command may take to stop normally.
const goodOrder = 300 * time.Millisecond

// watchSignals ends the command's context at an interrupt, so that the command stops normally.
// Work that cannot be interrupted, such as reading a file that never answers, is soon
// abandoned. What was started on other hosts is removed first. A second interrupt kills at once.
func watchSignals(cmd *cobra.Command) {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop()
		time.AfterFunc(goodOrder, func() {
			removing.await(mostRemoving)
			os.Exit(plugin.ExitStatus(context.Canceled))
		})
	})
	cmd.SetContext(ctx)
}
