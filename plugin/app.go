package plugin

import (
	"context"
	"os"
	"time"

	"github.com/docker/cli/cli/command"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// App is what the commands have in common.
type App struct {
	// CLI is docker's: its streams, contexts and configuration.
	CLI command.Cli
	// Version is ours.
	Version string
	// Binary is the path of this program, "" where that is not known.
	Binary string
	// out is standard output, which remembers its first error.
	out *sink
	// typed is the command line behind "docker pidns".
	typed string
	// global is what was typed before that to name the engine, with a blank behind it.
	global string
	// command is the name of the command that runs.
	command string
	// typedOfFile is that without the options that --from excludes, typedOfOne without those
	// that name hosts, and typedHosts these alone.
	typedOfFile, typedOfOne, typedHosts string
	// lines is what is told on standard error about several hosts, nil where there is one.
	lines *hostLines
	// contextNames returns the names of the contexts that docker knows.
	contextNames func() ([]string, error)
	// colours is --color.
	colours colours
	// via: a helper reads the processes.
	via bool
	// inside: what was read is the container that this program is in.
	inside bool
	// orHelper is a command that needs more rights than this reader has, and that a helper can
	// answer; "" for none.
	orHelper string
	// fileTold: that the answer is of a file has been said.
	fileTold bool
	// Open returns the host to look at. The program gives it, and a test its own. Of several
	// hosts each is opened by itself, at the same time as others.
	Open func(Where) ([]source.Source, error)
	// RemoveHelper removes what helpers have left with the engine. The program gives it.
	RemoveHelper func(context.Context, Where) (RemovedHelper, error)
}

// Where says which host is to be looked at.
type Where struct {
	// From is the path of a saved capture, "-" for standard input, "" for none.
	From string
	// Context is the docker context whose engine is asked, "" for the one that the docker CLI
	// is set to use.
	Context string
	// FromMost is the most that is read of it, in bytes.
	FromMost int64
	// Engine is how containers are found, one of source.Engines; "" for the engine alone.
	Engine string
	// Via is how the engine host's /proc is read, ViaHelper or "" for this host's.
	Via string
	// Announce is told what is about to be run on the engine's host; nil for no one.
	Announce func(HelperRun)
	// ProcRoot is the mount of the engine host's /proc.
	ProcRoot string
	// Collector is what the processes are read with, one of source.Collectors.
	Collector string
	// Timeout is the deadline of each question to the engine.
	Timeout time.Duration
}

// NewApp returns the App of a program.
func NewApp(cli command.Cli, version string, open func(Where) ([]source.Source, error)) *App {
	app := &App{CLI: cli, Version: version, out: &sink{to: cli.Out()}, colours: coloursAuto, Open: open}
	app.contextNames = app.knownContexts
	return app
}

// screen is standard output as it is: a terminal with its width, or not.
func (app *App) screen(options *commonOptions) render.Screen {
	out := app.CLI.Out()
	width := 0
	if out.IsTerminal() {
		if _, columns := out.GetTtySize(); columns > 0 {
			width = int(columns)
		}
	}
	screen := render.NewScreen(app.out, width, os.Getenv)
	app.colours.paint(&screen)
	screen.From, screen.Inside = options.From, &app.inside
	screen.More, screen.Program = options.kept(), inspect.ShellWord(app.Binary)
	return screen
}
