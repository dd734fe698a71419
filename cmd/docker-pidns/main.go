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
	// A reader that has seen enough (tree | head) is no error. Without this the
	// program would be killed in mid-write, and docker would report 255.
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
	app.RemoveHelper = removerOfHelpers(dockerCLI)
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

// opener opens a saved capture, or the local host with the engine of a context, or of the one
// that the docker CLI is set to use. It is late: nothing is connected before a command runs.
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

// localHost is the host that this program runs on, with what tells of containers where no engine
// does. Where several engines were named, one that is not there has no containers.
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

// hostName is what stands for the engine's name where none is asked.
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
		cmd.DisableFlagsInUseLine = true // docker's root does it for plugins
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

// goodOrder is how long an interrupted command may take to stop in good order.
const goodOrder = 300 * time.Millisecond

// watchSignals ends the command's context at an interrupt, so that it stops in good
// order. What cannot be interrupted, such as a file that nobody answers for, is
// abandoned soon; a second interrupt kills at once.
func watchSignals(cmd *cobra.Command) {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop()
		time.AfterFunc(goodOrder, func() { os.Exit(plugin.ExitStatus(context.Canceled)) })
	})
	cmd.SetContext(ctx)
}
