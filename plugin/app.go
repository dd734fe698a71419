package plugin

import (
	"os"

	"github.com/docker/cli/cli/command"

	"github.com/docker-pidns/docker-pidns/plugin/engine"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// App is what the commands have in common.
type App struct {
	// CLI is docker's: its streams, contexts and configuration.
	CLI command.Cli
	// Version is ours.
	Version string
	// out is standard output, which remembers its first error.
	out *sink
	// Open returns the hosts to look at. A test puts its own here.
	Open func(*App, *commonOptions) ([]source.Source, error)
}

// NewApp returns the App of a program.
func NewApp(cli command.Cli, version string) *App {
	return &App{CLI: cli, Version: version, out: &sink{to: cli.Out()}, Open: openSources}
}

// openSources is a saved capture, or the local host with the engine that the
// docker CLI is set to use.
func openSources(app *App, options *commonOptions) ([]source.Source, error) {
	if options.from != "" {
		return []source.Source{source.File{Path: options.from, In: app.CLI.In()}}, nil
	}
	client, err := engine.Connect(app.CLI, options.timeout)
	if err != nil {
		return nil, err
	}
	return []source.Source{&source.Local{Engine: client, ProcRoot: options.procRoot, Tool: app.Version}}, nil
}

// screen is standard output as it is: a terminal with its width, or not.
func (app *App) screen() render.Screen {
	out := app.CLI.Out()
	width := 0
	if out.IsTerminal() {
		if _, columns := out.GetTtySize(); columns > 0 {
			width = int(columns)
		}
	}
	return render.NewScreen(app.out, width, os.Getenv)
}
