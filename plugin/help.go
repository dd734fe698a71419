package plugin

import (
	"fmt"

	"github.com/spf13/cobra"
)

// newHelpCommand is "help" for docker, which has none for plugins, and for the program by
// itself.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		// Nothing is connected for it.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, args []string) error {
			about, err := commandAt(cmd.Parent(), args)
			if err != nil {
				return wrongUse(err)
			}
			about.InitDefaultHelpFlag() // which also gives it the options of those above
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

// commandAt is the command that the words name, each below the one before.
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

// HelpCommand is the "help" below the root, which another must not take the place of.
func HelpCommand(root *cobra.Command) *cobra.Command { return commandBelow(root, "help") }
