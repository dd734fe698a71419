package plugin

import (
	"context"
	"os"
	"time"

	"github.com/docker/cli/cli/command"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/about"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// App has what the commands have in common.
type App struct {
	// CLI is the docker CLI with its streams, contexts and configuration.
	CLI command.Cli
	// Version is the version of this program.
	Version string
	// Binary is the path of this program, "" if it is not known.
	Binary string
	// out is standard output, which remembers its first error.
	out *sink
	// typed is the command line after "docker pidns".
	typed string
	// global are the options before "docker pidns" that name the engine, with a blank at the
	// end.
	global string
	// command is the name of the command that runs.
	command string
	// typedOfFile is typed without the options that --from excludes. typedOfOne is typed
	// without the options that name hosts, and typedHosts has only these.
	typedOfFile, typedOfOne, typedHosts string
	// lines are the lines on standard error about several hosts, nil if there is one.
	lines *hostLines
	// contextNames returns the names of the contexts that docker knows.
	contextNames func() ([]string, error)
	// colours is --color.
	colours colours
	// via is true if a helper reads the processes.
	via bool
	// inside is true if the container that this program is in was read.
	inside bool
	// orHelper is a command that needs more rights than this reader has, and that a helper can
	// answer. It is "" if there is none.
	orHelper string
	// fileTold is true if it was written that the answer is from a file.
	fileTold bool
	// Open returns the host to look at. The program sets it, and tests set their own. Several
	// hosts are opened separately and at the same time.
	Open func(Where) ([]source.Source, error)
	// OpenSwarm runs a helper on every node of the Swarm that the engine manages, and returns the
	// nodes by name. The helpers look a second time after settle, 0 for once. The program sets
	// it.
	OpenSwarm func(ctx context.Context, where Where, settle time.Duration) ([]SwarmHost, error)
	// Finishing begins what an interrupted command must finish, in some seconds. The function that
	// it returns ends it. The program sets it. nil means that nothing ends a command early.
	Finishing func() (end func())
	// RemoveHelper removes what helpers have left with the engine. The program sets it.
	RemoveHelper func(context.Context, Where) (RemovedHelper, error)
	// HelperImage is the helper's image for an architecture (amd64, arm64), and LoadHelper loads
	// the one that fits the engine. The program sets them.
	HelperImage func(architecture string) (HelperImage, error)
	LoadHelper  func(context.Context, Where) (LoadedImage, error)
}

// Where says which host is to be looked at.
type Where struct {
	// From is the path of a saved capture, "-" for standard input, "" for none.
	From string
	// Context is the docker context whose engine is asked, "" for the current one of the docker
	// CLI.
	Context string
	// FromMost is the maximum size of the saved capture in bytes.
	FromMost int64
	// Engine is how containers are found, one of source.Engines. "" means by the engine only.
	Engine string
	// Via is how the engine host's /proc is read, ViaHelper or "" for this host's.
	Via string
	// Announce is called before a helper is run on the engine's host. It may be nil.
	Announce func(HelperRun)
	// ProcRoot is the mount of the engine host's /proc.
	ProcRoot string
	// Collector is the way in which processes are read, one of source.Collectors.
	Collector string
	// Timeout is the maximum time of each request to the engine.
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
	screen.Documents = about.Plugin().URL + "/blob/main/docs/"
	screen.From, screen.Inside = options.From, &app.inside
	screen.More, screen.Program = options.kept(), inspect.ShellWord(app.Binary)
	return screen
}
