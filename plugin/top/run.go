package top

import (
	"context"
	"errors"
	"os"

	tea "charm.land/bubbletea/v2"
)

// mostFrames is how often the terminal is written to at most, per second.
const mostFrames = 20

// Run shows the model until the user quits or the context ends. The terminal is then as it was.
func Run(ctx context.Context, model Model, in, out *os.File) error {
	program := tea.NewProgram(model, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler(), tea.WithFPS(mostFrames))
	_, err := program.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, tea.ErrInterrupted):
		return nil
	default:
		return err
	}
}
