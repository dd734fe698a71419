package plugin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/plugin/top"
)

type topOptions struct {
	commonOptions
	containerFilter
	interval time.Duration
}

// leastInterval is the shortest time between two looks.
const leastInterval = 200 * time.Millisecond

func (app *App) newTopCommand() *cobra.Command {
	options := topOptions{containerFilter: newContainerFilter()}
	cmd := &cobra.Command{
		Use:   "top [OPTIONS] [CONTAINER...]",
		Short: "Watch containers on a terminal: processes, zombies, limits, and what is wrong",
		Long: `Watch containers on a terminal: processes, zombies, limits, and what is wrong.

The worst container is first. Enter opens the tree of the selected container, z its zombies,
s what docker stop will do. ? explains all keys. top sends nothing to a container: it shows
the command to type, and y copies it. w writes a snapshot, which other commands read (--from).

Numbers are updated at each look. Verdicts are updated every 30 seconds, and when something
changes. top uses --collector auto unless you name another.`,
		Example: `  docker pidns top
  docker pidns top --filter project=shop --interval 5s
  docker pidns top --from monday.json.gz --from tuesday.json.gz`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("collector") && len(options.files) == 0 {
				options.Collector = source.CollectorAuto
			}
			return app.runTop(cmd.Context(), &options, args)
		},
		ValidArgsFunction: app.completeContainers(),
	}
	flags := cmd.Flags()
	flags.Var(&options.files, "from", "Show a saved snapshot instead of the engine and /proc. Repeat it, or name a directory, to page through several")
	options.installReading(flags)
	options.containerFilter.install(flags)
	flags.DurationVar(&options.interval, "interval", 2*time.Second, "Time between two looks")
	app.completeFlags(cmd)
	return cmd
}

func (app *App) runTop(ctx context.Context, options *topOptions, names []string) error {
	if err := app.checkTop(options, names); err != nil {
		return err
	}
	feed, end, err := app.feed(ctx, options, names)
	if err != nil {
		return err
	}
	defer end()
	first, err := app.firstLook(ctx, feed, options)
	if err != nil {
		return err
	}
	screen := app.screen(&options.commonOptions)
	return top.Run(ctx, top.New(ctx, top.Config{
		Feed: feed, Interval: options.interval, Screen: screen, Save: saveSnapshot,
		Draw:    app.drawn(options),
		Command: func(view top.View, name string) string { return app.topCommand(options, view, name) },
	}, first), os.Stdin, os.Stdout) // those of docker, which are a terminal
}

func (app *App) checkTop(options *topOptions, names []string) error {
	if err := options.check(); err != nil {
		return err
	}
	if err := options.containerFilter.complete(); err != nil {
		return err
	}
	if err := checkNames(names); err != nil {
		return err
	}
	if options.interval < leastInterval {
		return misused("--interval %s: must be at least %s", options.interval, leastInterval)
	}
	if options.From == "-" {
		return misused("--from -: standard input is the keyboard here. Name a file")
	}
	if !app.CLI.In().IsTerminal() || !app.CLI.Out().IsTerminal() {
		return misused("top needs a terminal. Without one: docker pidns doctor, in a loop or in watch(1)")
	}
	return nil
}

// feed takes the looks of a live host, or reads the saved ones. The function that it returns
// ends it.
func (app *App) feed(ctx context.Context, options *topOptions, names []string) (top.Feed, func(), error) {
	if options.isSaved() {
		feed, err := app.savedFeed(ctx, options, names)
		return feed, func() {}, err
	}
	app.via = app.usesHelper(options.Where)
	watch, err := app.openWatch(ctx, options.Where)
	if err != nil {
		return nil, nil, app.withHint(err)
	}
	return top.NewLive(watch, names, options.filter), func() { _ = watch.Close() }, nil
}

// openWatch begins to watch a live host.
func (app *App) openWatch(ctx context.Context, where Where) (source.Watch, error) {
	sources, err := app.open(where)
	if err != nil {
		return nil, err
	}
	watchable, ok := sources[0].(source.Watchable)
	if !ok {
		return nil, fmt.Errorf("the host cannot be watched: %T", sources[0])
	}
	return watchable.Watch(ctx)
}

func (app *App) savedFeed(ctx context.Context, options *topOptions, names []string) (top.Feed, error) {
	places := []place{{host: render.Host{Name: options.From}, where: options.Where}}
	if options.isMany() {
		var err error
		if places, err = app.places(ctx, &options.commonOptions, 0); err != nil {
			return nil, err
		}
	}
	var files []top.SavedFile
	for _, p := range places {
		sources, err := app.open(p.where)
		if err != nil {
			return nil, err
		}
		files = append(files, top.SavedFile{Source: sources[0], Title: p.host.Name})
	}
	return top.NewSaved(files, names, options.filter), nil
}

// firstLook is the look before the terminal is taken. What prevents every look is an error of
// the command, with its remedy.
func (app *App) firstLook(ctx context.Context, feed top.Feed, options *topOptions) (top.Frame, error) {
	defer app.signOfLife(ctx, whatIsRead(options.From, 0))()
	within, cancel := app.untilGivenUp(ctx, options.Where, 0)
	defer cancel()
	first := feed.Look(within, false)
	if first.Err != nil {
		return first, &unreadError{app.withHint(first.Err)}
	}
	app.inside = isOwn(first.Index.Capture)
	if feed.Pages() > 0 {
		return first, nil
	}
	return first, elsewhereError(first.Index, app.there)
}

// drawn writes what the command of a view writes about one container.
func (app *App) drawn(options *topOptions) func(render.Screen, top.View, *inspect.Index, *inspect.Container) {
	return func(screen render.Screen, view top.View, ix *inspect.Index, c *inspect.Container) {
		a := app.understood(ix, &listOptions{commonOptions: options.commonOptions}, need.Question{Containers: []string{c.ID}})
		if err := a.draw(screen, view); err != nil {
			screen.Line(render.Say("%s", err))
		}
	}
}

// draw writes what a command writes about the chosen containers.
func (a *answer) draw(screen render.Screen, view top.View) error {
	switch view {
	case top.ViewZombies:
		return screen.Zombies(zombie.Find(a.index, a.chosen), render.ZombieOptions{All: true, Incomplete: a.unread()})
	case top.ViewNamespaces:
		return screen.Namespaces(namespace.Table(a.index, a.chosen), a.findings("ns"), render.NSOptions{Named: true})
	case top.ViewSignals:
		var forecasts []signal.Forecast
		for _, c := range a.chosen {
			forecasts = append(forecasts, *a.judged.Forecast(c))
		}
		return screen.Signals(forecasts, render.SignalsOptions{Named: true, Findings: a.findings("signals")})
	case top.ViewLimits:
		if a.index.Capture.Limits == nil {
			return errNoLimits
		}
		return screen.Limits(limit.Find(a.index, a.chosen), render.LimitOptions{Named: true})
	case top.ViewExplain:
		c, statements := a.explain(a.chosen[0].ID, explained{})
		view := render.ExplainOptions{}
		view.Verdict, view.Next, view.NextMeaning = a.verdict(c)
		return screen.Explain(c, statements, view)
	case top.ViewDoctor:
		report := render.DoctorReport{Report: rule.Check(a.judged, rule.IDs()), Host: a.host(), Collector: a.index.Capture.ReadBy()}
		return screen.Doctor([]render.DoctorReport{report}, render.DoctorOptions{
			Notes: true, Verbose: true, Incomplete: a.judgedInPart(), Containers: len(a.chosen), Processes: countProcesses(a),
		})
	default:
		return screen.Tree(a.trees(), render.ListOptions{})
	}
}

// topCommand is the command that shows the view of a container.
func (app *App) topCommand(options *topOptions, view top.View, name string) string {
	command := "docker " + app.global + "pidns " + string(view) + " " + inspect.ShellWord(name)
	if options.From != "" {
		return command + " --from " + inspect.ShellWord(options.From)
	}
	return command + options.kept()
}

// saveSnapshot writes a capture to a new file in the working directory. Its name has the host
// and the time.
func saveSnapshot(c *inspect.Capture) (string, error) {
	host := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_", r) {
			return r
		}
		return '-'
	}, c.Engine.Name)
	path := fmt.Sprintf("pidns-%s-%s.json.gz", strings.Trim(host, ".-"), c.Snapshot.TakenAt.UTC().Format("20060102T150405Z"))
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s exists already", path)
	}
	return path, writeCapture(path, c)
}
