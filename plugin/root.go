package plugin

import (
	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/command/completion"
	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/about"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// NewCommand returns "pidns" with its commands.
func (app *App) NewCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "pidns",
		Short: about.Short,
		Long: about.Short + `.

A container's PID 1 is an ordinary process with another number on the host.
pidns shows both numbers, the parent of each process, and which process does not reap.

Look:   top, trace, tree, ns, host-pid, who
Judge:  doctor, zombies, signals, limits, explain
Save:   snapshot, metrics

An engine in a VM or on another machine is read with --via helper, several engines with
--contexts A,B. Where no engine runs, containers are found by their shims.

--contexts A,B asks the engines of several docker contexts side by side. Each row
then has its host, also if only one context is named. A host that does not answer is
named on standard error, and the exit status is 1. Several snapshots, or a directory
of them, are read in the same way (--from). So are the nodes of a Swarm (--swarm).

Colours are for terminals. NO_COLOR and CLICOLOR_FORCE in the environment are obeyed.`,
		Version:          app.Version,
		Args:             oneOfItsCommands,
		TraverseChildren: true,
		RunE:             command.ShowHelp(app.CLI.Err()),
	}
	root.AddCommand(
		app.newTreeCommand(),
		app.newNSCommand(),
		app.newHostPIDCommand(),
		app.newWhoCommand(),
		app.newLimitsCommand(),
		app.newDoctorCommand(),
		app.newTopCommand(),
		app.newTraceCommand(),
		app.newZombiesCommand(),
		app.newSignalsCommand(),
		app.newExplainCommand(),
		app.newSnapshotCommand(),
		app.newMetricsCommand(),
		app.newHelperCommand(),
		app.newVersionCommand(),
		newHelpCommand(),
	)
	root.SetHelpCommand(HelpCommand(root))
	root.SetVersionTemplate("docker pidns version {{.Version}}\n")
	root.Flags().BoolP("version", "v", false, "Show only the version")
	root.PersistentFlags().Var(&app.colours, "color", "Colours: auto (on a terminal), always or never")
	_ = root.RegisterFlagCompletionFunc("color", completion.FromList(coloursKnown...))
	refuseWrongUse(root)
	app.reportLostOutputs(root)
	return root
}

// reportLostOutputs does that for all commands below one.
func (app *App) reportLostOutputs(parent *cobra.Command) {
	for _, cmd := range parent.Commands() {
		app.reportLostOutput(cmd)
		app.reportLostOutputs(cmd)
	}
}

// completeContainers offers the running containers' names.
func (app *App) completeContainers() cobra.CompletionFunc {
	return completion.ContainerNames(app.CLI, false)
}

// completeFirst offers containers for the first argument only.
func (app *App) completeFirst() cobra.CompletionFunc {
	containers := app.completeContainers()
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return containers(cmd, args, typed)
	}
}

// completeFilter offers the keys. The value follows without a blank.
func completeFilter(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var keys []string
	for _, key := range inspect.FilterKeys {
		keys = append(keys, key+"=")
	}
	return keys, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// completeFlags offers values for the flags that the command has.
func (app *App) completeFlags(cmd *cobra.Command) {
	offers := map[string]cobra.CompletionFunc{
		"format":    completion.FromList("table", "json"),
		"filter":    completeFilter,
		"from":      completion.FileNames,
		"proc":      completion.FileNames,
		"output":    completion.FileNames,
		"collector": completion.FromList(source.Collectors...),
		"via":       completion.FromList(ViaHelper, viaNone),
		"engine":    completion.FromList(source.Engines...),
	}
	if cmd.Flags().Lookup("contexts") != nil {
		_ = cmd.RegisterFlagCompletionFunc("contexts", app.completeContexts)
	}
	for name, offer := range offers {
		if cmd.Flags().Lookup(name) != nil {
			_ = cmd.RegisterFlagCompletionFunc(name, offer)
		}
	}
}
