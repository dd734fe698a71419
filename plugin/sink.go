package plugin

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commandLine is what the user typed behind "docker pidns", for hints.
func commandLine(cmd *cobra.Command, args []string) string {
	words := []string{cmd.Name()}
	cmd.LocalFlags().Visit(func(flag *pflag.Flag) {
		word := "--" + flag.Name
		if flag.Value.Type() != "bool" {
			word += "=" + flag.Value.String()
		}
		words = append(words, word)
	})
	return strings.Join(append(words, args...), " ")
}

// sink is an output that remembers its first error, so that a full disk does
// not go unnoticed although nobody asks after each line.
type sink struct {
	to  io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.to.Write(p)
	if s.err == nil {
		s.err = err
	}
	return n, err
}

// reportLostOutput makes the command fail if its output was lost.
func (app *App) reportLostOutput(cmd *cobra.Command) {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		app.typed = commandLine(cmd, args)
		if err := run(cmd, args); app.out.err == nil {
			return err
		}
		return app.out.err
	}
}
