package plugin

import (
	"io"

	"github.com/spf13/cobra"
)

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
		if err := run(cmd, args); app.out.err == nil {
			return err
		}
		return app.out.err
	}
}
