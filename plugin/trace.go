package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/docker/cli/cli/command/formatter"
	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/trace"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/plugin/tracing"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
	"github.com/docker-pidns/docker-pidns/procfs/sigtrace"
)

type traceOptions struct {
	listOptions
	all       bool
	untilExit bool
	signals   []string
	// numbers are those of signals. complete sets them.
	numbers []int
	// exitsOnly: signals cannot be traced here.
	exitsOnly bool
}

func (app *App) newTraceCommand() *cobra.Command {
	options := traceOptions{listOptions: newListOptions()}
	cmd := &cobra.Command{
		Use:   "trace [OPTIONS] [CONTAINER...]",
		Short: "Show signals to containers as they are sent, with their sender and effect",
		Long: `Show signals to containers as they are sent, with their sender and effect.

Each line is one event. It is written up to a second late (four during docker stop), so
that it can show the exit of the process, and what the engine was asked to do. Ctrl-C ends
the trace with a summary.

A trace does not show what happened before it began. It does not show which client sent a
request to the engine. It loads BPF programs into the kernel, which requires root, or CAP_BPF
and CAP_PERFMON. The kernel removes them when the trace ends. Without these rights it shows
only how main processes exit (Linux 6.15 and later). A trace must run on the engine's host: it
cannot use a helper.`,
		Example: `  docker pidns trace
  docker pidns trace --until-exit api
  docker pidns trace --signal TERM,KILL --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.runTrace(cmd.Context(), &options, args)
		},
		ValidArgsFunction: app.completeContainers(),
	}
	flags := cmd.Flags()
	options.installReading(flags)
	options.containerFilter.install(flags)
	flags.StringVar(&options.format, "format", "", "Format each event: json (one object a line), or a Go template")
	flags.BoolVarP(&options.all, "all", "a", false, "Also show forks, execs, exits, adoptions, reapings, and routine signals such as SIGCHLD, SIGPIPE and timers")
	flags.BoolVar(&options.untilExit, "until-exit", false, "Exit when the named containers have exited")
	flags.StringSliceVar(&options.signals, "signal", nil, "Show only these signals, by name or number")
	app.completeFlags(cmd)
	return cmd
}

// complete checks the options before anything is read.
func (o *traceOptions) complete(names []string) error {
	if err := o.listOptions.complete(); err != nil {
		return err
	}
	if err := checkNames(names); err != nil {
		return err
	}
	if formatter.Format(o.format).IsTable() {
		return misused("--format %s: trace writes each event as it comes; expected json or a template", o.format)
	}
	if o.untilExit && len(names) == 0 {
		return misused("--until-exit needs the names of containers")
	}
	for _, signal := range o.signals {
		n, err := procfs.ParseSignal(signal)
		if err != nil {
			return misused("--signal %q: no such signal. Names and numbers are in signal(7)", signal)
		}
		o.numbers = append(o.numbers, n)
	}
	return nil
}

func (app *App) runTrace(ctx context.Context, options *traceOptions, names []string) error {
	if err := options.complete(names); err != nil {
		return err
	}
	// Its kernel would be this host's, and its containers those of the helper's.
	if app.usesHelper(options.Where) {
		return misused("--via helper: trace runs on the engine's host only, there with --via none")
	}
	watch, err := app.openWatch(ctx, options.Where)
	if err != nil {
		return app.withHint(err)
	}
	defer func() { _ = watch.Close() }()
	host := &tracedHost{app: app, watch: watch, question: need.Trace(options.all)}
	index, err := host.Look(ctx)
	if err != nil {
		return app.withHint(err)
	}
	chosen, err := app.tracedContainers(index, options, names)
	if err != nil {
		return err
	}
	kernel, refused := tracing.OpenKernel(options.ProcRoot, sigtrace.Options{Named: len(names) > 0, Everything: options.all || wantsAny(options.numbers)})
	if refused != nil {
		refused = app.refusedTrace(refused, index)
		if kernel = openExits(options); kernel == nil {
			return refused
		}
		app.tell("%s", refused)
	}
	defer func() { _ = kernel.Close() }()
	options.exitsOnly = refused != nil
	err = app.trace(ctx, options, host, kernel, index, chosen)
	if err == nil && refused != nil {
		return exitWith(statusUnanswered)
	}
	return err
}

// openExits follows exits where signals cannot be traced. It is nil if that is not possible, or not
// what was asked for.
func openExits(options *traceOptions) tracing.Kernel {
	if options.all || len(options.numbers) > 0 {
		return nil
	}
	kernel, err := tracing.OpenExits(options.ProcRoot)
	if err != nil {
		return nil // the reason why signals are not traced is said
	}
	return kernel
}

// wantsAny reports whether signals are wanted that the kernel's programs leave out otherwise.
func wantsAny(numbers []int) bool {
	const firstRealTime, sigPipe = 32, 13
	return slices.ContainsFunc(numbers, func(n int) bool { return n >= firstRealTime || n == procfs.SIGCHLD || n == sigPipe })
}

// tracedContainers are the named containers, nil for all.
func (app *App) tracedContainers(index *inspect.Index, options *traceOptions, names []string) ([]*inspect.Container, error) {
	var chosen []*inspect.Container
	for _, name := range names {
		c, problem := index.Resolve(name)
		if problem != nil {
			return nil, &unreadError{errors.New(problem.Text)}
		}
		if options.untilExit && index.Main(c) == nil {
			return nil, &unreadError{fmt.Errorf("%s is not running, so there is no exit to wait for; try: docker %spidns explain %s", c.Name, app.global, inspect.ShellWord(c.Name))}
		}
		chosen = append(chosen, c)
	}
	return chosen, nil
}

// trace writes rows until it is interrupted, which is how it normally ends, or until the containers
// that it waits for have exited.
func (app *App) trace(ctx context.Context, options *traceOptions, host *tracedHost, kernel tracing.Kernel, index *inspect.Index, chosen []*inspect.Container) error {
	out := app.screen(&options.commonOptions).NewTrace(options.render("").Format, namesOf(chosen))
	wanted := options.wanted(host, chosen)
	teller := trace.New(trace.Options{
		Wanted: wanted, Signals: options.numbers, Everything: options.all, ExitsOnly: options.exitsOnly, Fold: !options.showsKeys(),
		UserName: userName, ParentOf: kernel.ParentOf,
	})
	events := make(chan inspect.Event, 1024)
	if notifier, ok := host.watch.(source.Notifier); ok {
		notifier.Notify(func(e inspect.Event) {
			select {
			case events <- e:
			default: // its row then names no command
			}
		})
	}
	session := tracing.Session{Host: host, Kernel: kernel, Events: events, Teller: teller, Write: out.Row, Wanted: wanted}
	said := false
	session.Failed = func(err error) {
		if !said {
			app.tell("the host could not be looked at: %s. Names of new containers may be missing", err)
		}
		said = true
	}
	var seen []trace.Row
	if options.untilExit {
		for _, c := range chosen {
			session.Until = append(session.Until, c.ID)
		}
		session.Write = func(row trace.Row) error {
			seen = append(seen[max(len(seen)-mostKept, 0):], row)
			return out.Row(row)
		}
	}
	if err := session.Begin(index); err != nil {
		return err
	}
	what := "signals"
	if options.exitsOnly {
		what = "only main process exits, not signals,"
	}
	app.tell("tracing %s of %s; Ctrl-C ends it", what, subjectOf(chosen))
	if app.Finishing != nil {
		defer app.Finishing()()
	}
	if err := session.Run(ctx); err != nil {
		return err
	}
	lost, err := kernel.Lost()
	if err != nil {
		return err
	}
	for _, line := range out.Summary(teller.Told(), lost) {
		app.tell("%s", line)
	}
	if options.untilExit && !options.showsKeys() && ctx.Err() == nil {
		if err := app.explainEnds(ctx, options, chosen, seen); err != nil {
			return err
		}
	}
	if session.Cut {
		app.tell("the last events are missing: there were too many to read when the trace was interrupted")
	}
	if lost > 0 || session.Cut {
		return exitWith(statusUnanswered)
	}
	return nil
}

// mostKept is how many rows are kept for the explanations at the end.
const mostKept = 10_000

// explainEnds explains why the containers exited, with what the trace saw of it.
func (app *App) explainEnds(ctx context.Context, options *traceOptions, ended []*inspect.Container, seen []trace.Row) error {
	for _, c := range ended {
		if c.AutoRemove {
			app.tell("%s was removed when it exited (--rm), so nothing is left to explain", c.Name)
			continue
		}
		if _, err := io.WriteString(app.out, "\n"); err != nil {
			return err
		}
		if err := app.runExplain(ctx, &options.listOptions, c.ID, explained{seen: seen}); err != nil {
			return err
		}
	}
	return nil
}

func namesOf(containers []*inspect.Container) []string {
	var names []string
	for _, c := range containers {
		names = append(names, c.Name)
	}
	return names
}

func subjectOf(chosen []*inspect.Container) string {
	if len(chosen) == 0 {
		return "all containers"
	}
	return someNames(namesOf(chosen), mostNames)
}

// wanted reports which containers are traced: those that were named, and others that are created
// under their names later; and those that the filter chooses, as the last capture that has them
// shows them.
func (o *traceOptions) wanted(host *tracedHost, chosen []*inspect.Container) func(id, name string) bool {
	if len(chosen) == 0 && o.filter.IsZero() {
		return nil
	}
	filtered := map[string]bool{}
	return func(id, name string) bool {
		if c := host.latest.Load().Container(id); c != nil {
			filtered[id] = o.filter.IsZero() || o.filter.Matches(c)
		}
		named := len(chosen) == 0 || slices.ContainsFunc(chosen, func(c *inspect.Container) bool { return c.ID == id || c.Name == name })
		return named && (o.filter.IsZero() || filtered[id])
	}
}

// userName is the name of a user of this host, "" if it has none.
func userName(uid uint32) string {
	u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10))
	if err != nil {
		return ""
	}
	return u.Username
}

// tracedHost is the host that is traced.
type tracedHost struct {
	app      *App
	watch    source.Watch
	question need.Question
	// latest is the last capture.
	latest atomic.Pointer[inspect.Index]
}

// Look captures the host.
func (h *tracedHost) Look(ctx context.Context) (*inspect.Index, error) {
	capture, err := h.watch.Capture(ctx, h.question)
	if err != nil {
		return nil, err
	}
	index := inspect.NewIndex(capture)
	h.latest.Store(index)
	return index, elsewhereError(index, h.app.there)
}

// State is whether the engine answered, and whether its events are received.
func (h *tracedHost) State() source.EngineState { return h.watch.State() }

// refusedTrace says in one line why the kernel does not trace, and what helps.
func (app *App) refusedTrace(err error, index *inspect.Index) error {
	var unsupported *bpf.UnsupportedError
	if !errors.As(err, &unsupported) {
		return &unreadError{fmt.Errorf("cannot trace signals: %w", err)}
	}
	reason := strings.TrimSpace(unsupported.Reason)
	switch {
	case unsupported.TakesRoot:
		return &unreadError{fmt.Errorf("cannot trace signals: %s; try: %s %s", reason, app.sudo(index.Capture.Engine.Endpoint), app.typed)}
	case unsupported.Remedy != "":
		return &unreadError{fmt.Errorf("cannot trace signals: %s; %s", reason, unsupported.Remedy)}
	default:
		return &unreadError{fmt.Errorf("cannot trace signals: %s", reason)}
	}
}
