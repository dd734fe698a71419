package plugin

import (
	"fmt"

	"github.com/spf13/cobra"
)

// newHelpCommand is the command "help". docker has none for plugins.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		// It connects to nothing.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, args []string) error {
			about, err := commandAt(cmd.Parent(), args)
			if err != nil {
				return wrongUse(err)
			}
			about.InitDefaultHelpFlag() // this also adds the options of its parents
			about.HelpFunc()(about, nil)
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			above, err := commandAt(cmd.Parent(), args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return namesBelow(above), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// commandAt is the command that the words name, each word a subcommand of the one before.
func commandAt(cmd *cobra.Command, words []string) (*cobra.Command, error) {
	for _, word := range words {
		below := commandBelow(cmd, word)
		if below == nil {
			return nil, fmt.Errorf("no help for %q%s: no such command", word, orNearest(word, namesBelow(cmd)))
		}
		cmd = below
	}
	return cmd, nil
}

func commandBelow(cmd *cobra.Command, name string) *cobra.Command {
	for _, below := range cmd.Commands() {
		if below.Name() == name {
			return below
		}
	}
	return nil
}

// HelpCommand is the command "help" below the root. It must not be replaced by another.
func HelpCommand(root *cobra.Command) *cobra.Command { return commandBelow(root, "help") }
