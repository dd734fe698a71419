package plugin

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/docker/cli/cli/command/completion"
	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

type doctorOptions struct {
	listOptions
	settleOption
	watchFor         time.Duration
	notes, all, list bool
	verbose          bool
	rules, skip      []string
	failOn           []string
}

func (app *App) newDoctorCommand() *cobra.Command {
	options := doctorOptions{listOptions: newListOptions()}
	cmd := &cobra.Command{
		Use:   "doctor [OPTIONS] [CONTAINER...]",
		Short: "Find what is wrong with containers, why, and what to do",
		Long: `Find what is wrong with containers, why, and what to do.

An error is broken now. A warning hurts at the next stop, restart or fork. A note is
worth knowing (--notes). A container's label ` + rule.SkipLabel + `=RULE,...
silences rules for it. --watch-for uses --collector auto unless you name another.
Contexts that reach the same engine are checked once (--contexts).`,
		Example: `  docker pidns doctor
  docker pidns doctor --watch-for 30s api
  docker pidns doctor --list
  docker pidns doctor --contexts all

  # In CI, when the containers are up: 3 is "found", 4 "could not be read"
  docker pidns doctor --filter project=shop --fail-on error,stop-ignored

  # In root's crontab, which mails what is printed: the containers with errors
  */10 * * * * docker pidns doctor --quiet --fail-on error`,
		RunE: func(cmd *cobra.Command, args []string) error {
			// A slow command may use the slower collector, which knows more.
			if options.watchFor > 0 && !cmd.Flags().Changed("collector") {
				options.Collector = source.CollectorAuto
			}
			return app.runDoctor(cmd.Context(), &options, args)
		},
		ValidArgsFunction: app.completeContainers(),
	}
	flags := cmd.Flags()
	options.listOptions.install(flags, "Show only the names of containers with errors or warnings, or with what --fail-on names")
	options.settleOption.install(flags, settleHelp)
	flags.DurationVar(&options.watchFor, "watch-for", 0, "Look twice, with this time in between, and show what grows")
	flags.BoolVar(&options.notes, "notes", false, "Show notes too")
	flags.BoolVar(&options.all, "all", false, "Show every finding, not only five of a rule")
	flags.BoolVar(&options.verbose, "verbose", false, "Show the evidence of each finding")
	flags.BoolVar(&options.list, "list", false, "Show what each rule means, why it matters, how it is proved and fixed")
	flags.StringSliceVar(&options.rules, "rule", nil, "Check only these rules")
	flags.StringSliceVar(&options.skip, "skip", nil, "Skip these rules")
	flags.StringSliceVar(&options.failOn, "fail-on", nil, "Exit 3 on findings of these severities (or worse) or rules, 4 if that could not be determined")
	app.completeFlags(cmd)
	for _, name := range []string{"rule", "skip"} {
		_ = cmd.RegisterFlagCompletionFunc(name, completion.FromList(rule.IDs()...))
	}
	_ = cmd.RegisterFlagCompletionFunc("fail-on", completion.FromList(append([]string{"error", "warning", "note"}, rule.IDs()...)...))
	return cmd
}

func (app *App) runDoctor(ctx context.Context, options *doctorOptions, names []string) error {
	ids, err := options.chosenRules()
	if err != nil {
		return err
	}
	if options.list {
		app.screen(&options.commonOptions).Rules(slices.DeleteFunc(rule.All(), func(r rule.Rule) bool { return !slices.Contains(ids, r.ID) }))
		return nil
	}
	all, before, err := app.answerTwice(ctx, options, names)
	if err != nil && len(options.failOn) > 0 {
		return cannotTell(err)
	}
	if err != nil {
		return err
	}
	twins := all.withoutTwins()
	screen := app.screenOf(&options.commonOptions, all)
	if all.saysNothing(&options.listOptions) {
		screen.Line(all.nothing(&options.listOptions))
	}
	reports, processes := make([]render.DoctorReport, len(all.of)), 0
	shown, nameless := make([]render.DoctorReport, len(all.of)), map[*answer][]string{}
	for i, a := range all.of {
		look := rule.NewLook(a.index, before[a.place.host.Name], a.chosen, a.isAboutAll(names, &options.listOptions))
		reports[i] = render.DoctorReport{Report: rule.Check(look, ids), Host: a.hostName(), Collector: a.index.Capture.ReadBy()}
		a.put(screen, reports[i].Findings)
		processes += countProcesses(a)
		shown[i] = reports[i]
		if options.quiet {
			shown[i].Findings, nameless[a] = options.toName(reports[i].Findings)
		}
	}
	err = screen.Doctor(shown, render.DoctorOptions{
		ListOptions: options.render(all.host()), Notes: options.notes || options.quiet && len(options.failOn) > 0, All: options.all, Verbose: options.verbose, Incomplete: all.judgedInPart(),
		Containers: all.chosen(), Processes: processes,
	})
	if err != nil {
		return err
	}
	all.failures = append(twins, all.failures...)
	app.reportAll(all, func(a *answer) {
		if len(nameless[a]) > 0 {
			app.tell("processes are also left of containers that Docker no longer knows: %s", someNames(nameless[a], mostNames))
		}
		if report := &reports[slices.Index(all.of, a)]; report.Blind > 0 && len(a.chosen) > 0 {
			app.tell("a full check needs %s", a.moreRights(app.typed))
		}
	})
	return exitWith(options.status(reports, all))
}

// chosenRules are the IDs of the rules to check.
func (o *doctorOptions) chosenRules() ([]string, error) {
	known := rule.IDs()
	severities := []string{string(inspect.SeverityError), string(inspect.SeverityWarning), string(inspect.SeverityNote)}
	for _, id := range slices.Concat(o.rules, o.skip) {
		if !slices.Contains(known, id) {
			return nil, misused("no rule %q%s; try: docker pidns doctor --list", id, orNearest(id, known))
		}
	}
	for _, word := range o.failOn {
		if !slices.Contains(known, word) && !slices.Contains(severities, word) {
			return nil, misused("--fail-on %q is not a severity (%s) and not a rule%s; try: docker pidns doctor --list",
				word, strings.Join(severities, ", "), orNearest(word, slices.Concat(severities, known)))
		}
	}
	if err := cmp.Or(o.settleOption.check(), checkNotNegative("watch-for", o.watchFor)); err != nil {
		return nil, err
	}
	if o.watchFor > 0 && (o.From != "" || len(o.files) > 0) {
		return nil, misused("--watch-for and --from cannot be used together: a snapshot shows one moment")
	}
	chosen := slices.DeleteFunc(known, func(id string) bool {
		return len(o.rules) > 0 && !slices.Contains(o.rules, id) || slices.Contains(o.skip, id)
	})
	if len(chosen) == 0 {
		return nil, misused("--rule and --skip leave no rule to check")
	}
	return chosen, nil
}

// answerTwice looks at all hosts at the same time, and with --watch-for does so twice. before
// has the first looks by the names of hosts. A single host has the name "".
func (app *App) answerTwice(ctx context.Context, options *doctorOptions, names []string) (all *answers, before map[string]*inspect.Index, err error) {
	question := need.Doctor(names, options.settle)
	all, err = app.answers(ctx, &options.listOptions, question)
	if err != nil || options.watchFor == 0 {
		return all, nil, err
	}
	before = map[string]*inspect.Index{}
	for _, a := range all.of {
		before[a.place.host.Name] = a.index
	}
	if err := app.watch(ctx, options.watchFor); err != nil {
		return nil, nil, err
	}
	all, err = app.answers(ctx, &options.listOptions, question)
	return all, before, err
}

// watch waits between two looks.
func (app *App) watch(ctx context.Context, between time.Duration) error {
	defer app.signOfLife(ctx, whatIsWatched(between))()
	select {
	case <-time.After(between):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// isAboutAll reports whether every container of the host was asked for, and so the host itself.
func (a *answer) isAboutAll(names []string, options *listOptions) bool {
	return len(names) == 0 && options.filters.Value().Len() == 0 && a.index.Capture.Only == nil
}

// judgedInPart reports whether something could not be read, or the engine did not report the
// configuration of a container, such as its stop signal.
func (a *answer) judgedInPart() bool {
	return a.incomplete() || slices.ContainsFunc(a.chosen, func(c *inspect.Container) bool { return c.Silent })
}

// judgedInPart reports whether that is true for one of the hosts, or one did not answer.
func (all *answers) judgedInPart() bool {
	return all.failed > 0 || all.anyOf((*answer).judgedInPart)
}

func countProcesses(a *answer) int {
	n := 0
	for _, c := range a.chosen {
		n += len(a.index.ProcessesOf(c))
	}
	return n
}

// status is the exit status. With --fail-on, a finding takes precedence over what could not be
// read.
func (o *doctorOptions) status(reports []render.DoctorReport, all *answers) int {
	if len(o.failOn) == 0 {
		return all.status()
	}
	isIn := func(is func(rule.Finding) bool) bool {
		return slices.ContainsFunc(reports, func(r render.DoctorReport) bool { return slices.ContainsFunc(r.Findings, is) })
	}
	if isIn(o.failsOn) {
		return statusFound
	}
	relevant := func(r rule.Rule) bool {
		return o.failsOn(rule.Finding{Rule: r.ID, Severity: r.Worst, Verdict: inspect.Yes})
	}
	blind := func(r render.DoctorReport) bool {
		return slices.ContainsFunc(slices.Concat(r.BlindRules, r.Unasked), relevant)
	}
	if isIn(o.leavesOpen) || slices.ContainsFunc(reports, blind) || all.judgedInPart() {
		return statusCannotTell
	}
	return 0
}

// toName are the findings whose containers --quiet names. With --fail-on they are those that
// make the command fail. Containers that the engine no longer knows are left out, because no
// other command accepts their names. These are returned as nameless.
func (o *doctorOptions) toName(findings []rule.Finding) (named []rule.Finding, nameless []string) {
	for _, f := range findings {
		switch {
		case len(o.failOn) > 0 && !o.failsOn(f):
		case f.Container.Status != "":
			named = append(named, f)
		case !slices.Contains(nameless, f.Container.Name):
			nameless = append(nameless, f.Container.Name)
		}
	}
	return named, nameless
}

// leavesOpen reports whether the finding is uncertain, and would fail if it were true.
func (o *doctorOptions) leavesOpen(f rule.Finding) bool {
	open := f.Verdict == inspect.Unknown
	f.Verdict = inspect.Yes
	return open && o.failsOn(f)
}

func (o *doctorOptions) failsOn(f rule.Finding) bool {
	return f.Verdict == inspect.Yes && slices.ContainsFunc(o.failOn, func(word string) bool {
		return word == f.Rule || !slices.Contains(rule.IDs(), word) && rule.AtLeast(f.Severity, inspect.Severity(word))
	})
}
