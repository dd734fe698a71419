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

// Whatever is wrong with a command line ends with one status, that of docker's own for an
// unknown option, and before anything is read.

// wrongUse is the error of a command line that cannot be answered, whatever the host says.
// Nil stays nil.
func wrongUse(err error) error {
	if err == nil {
		return nil
	}
	return cli.StatusError{StatusCode: statusWrongUse, Cause: err}
}

// misused is wrongUse of a sentence.
func misused(format string, args ...any) error { return wrongUse(fmt.Errorf(format, args...)) }

// orNearest is the question behind an unknown word whether a known one was meant, "" where
// none is near.
func orNearest(typed string, known []string) string {
	if meant := near.Word(typed, known); meant != "" {
		return " (did you mean " + meant + "?)"
	}
	return ""
}

// refuseWrongUse gives the command and those below it the status of wrong use for wrong
// arguments and options.
func refuseWrongUse(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(flagError)
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error { return wrongUse(check(cmd, args)) }
	}
	for _, below := range cmd.Commands() {
		refuseWrongUse(below)
	}
}

// flagError is docker's error for an option, with the one that may have been meant.
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

// Refusal is what a command line came to: of an option that was refused in front of a
// command nothing has been said yet.
func Refusal(root *cobra.Command, err error) error {
	if isFlagError(err) {
		return flagError(root, err)
	}
	return err
}

// isFlagError reports whether an option in front of a command was refused: that is no
// command's error yet.
func isFlagError(err error) bool {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	return errors.As(err, &unknown) || errors.As(err, &missing) || errors.As(err, &invalid) || errors.As(err, &syntax)
}

// oneOfItsCommands refuses the arguments of a command that is there for those below it.
func oneOfItsCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("unknown command: %s %s%s\n\nUsage:  %s COMMAND\n\nRun '%s --help' for more information",
		cmd.CommandPath(), args[0], orNearest(args[0], namesBelow(cmd)), cmd.CommandPath(), cmd.CommandPath())
}

// namesBelow are the names of a command's commands.
func namesBelow(cmd *cobra.Command) []string {
	var names []string
	for _, below := range cmd.Commands() {
		if !below.Hidden {
			names = append(names, below.Name())
		}
	}
	return slices.Compact(names)
}
