package plugin

import (
	"errors"
	"fmt"
	"slices"

	"github.com/docker/cli/cli"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/docker-pidns/docker-pidns/inspect/near"
)

// Every usage error has the same exit status, which docker has for an unknown option, and is
// reported before anything is read.

// wrongUse makes an error a usage error, which does not depend on the host. It is nil for nil.
func wrongUse(err error) error {
	if err == nil {
		return nil
	}
	return cli.StatusError{StatusCode: statusWrongUse, Cause: err}
}

// misused is a usage error with this sentence.
func misused(format string, args ...any) error { return wrongUse(fmt.Errorf(format, args...)) }

// orNearest is a question that suggests a known word for an unknown one. It is "" if no known
// word is similar.
func orNearest(typed string, known []string) string {
	if meant := near.Word(typed, known); meant != "" {
		return " (did you mean " + meant + "?)"
	}
	return ""
}

// refuseWrongUse makes wrong arguments and options of the command and its subcommands usage
// errors.
func refuseWrongUse(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(flagError)
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error { return wrongUse(check(cmd, args)) }
	}
	for _, below := range cmd.Commands() {
		refuseWrongUse(below)
	}
}

// flagError is docker's error for an option, with a suggestion.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		name := unknown.GetSpecifiedName()
		if below := whichHas(cmd, name); below != nil {
			err = fmt.Errorf("%w (write it after the command: %s --%s)", err, below.CommandPath(), name)
		} else if meant := near.Word(name, flagNames(cmd)); meant != "" {
			err = fmt.Errorf("%w (did you mean --%s?)", err, meant)
		}
	}
	return cli.FlagErrorFunc(cmd, err)
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
	return names
}

// whichHas is the first command below that has the option, nil if none has.
func whichHas(cmd *cobra.Command, name string) *cobra.Command {
	for _, below := range cmd.Commands() {
		if below.LocalFlags().Lookup(name) != nil {
			return below
		}
	}
	return nil
}

// Refusal is the error of a command line. If docker refused an option before the command, the
// error has not been written yet.
func Refusal(root *cobra.Command, err error) error {
	if isFlagError(err) {
		return flagError(root, err)
	}
	return err
}

// isFlagError reports whether an option before a command was refused. It is not yet a usage
// error of a command.
func isFlagError(err error) bool {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	return errors.As(err, &unknown) || errors.As(err, &missing) || errors.As(err, &invalid) || errors.As(err, &syntax)
}

// oneOfItsCommands refuses the arguments of a command that only has subcommands.
func oneOfItsCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("unknown command: %s %s%s\n\nUsage:  %s COMMAND\n\nRun '%s --help' for more information",
		cmd.CommandPath(), args[0], orNearest(args[0], namesBelow(cmd)), cmd.CommandPath(), cmd.CommandPath())
}

// namesBelow are the names of the subcommands.
func namesBelow(cmd *cobra.Command) []string {
	var names []string
	for _, below := range cmd.Commands() {
		if !below.Hidden {
			names = append(names, below.Name())
		}
	}
	return slices.Compact(names)
}
