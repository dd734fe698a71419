//go:build linux

package advice

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// trouble is a container that docker stop does not stop properly.
type trouble struct {
	name string
	spec
	// once are docker commands that are only part of the problem, and not of how the container
	// is created.
	once [][]string
	// handlers is true if its workers write when their handlers begin and end.
	handlers bool
	// forecasts are the accepted forecasts. Another one means that the case is not the intended
	// problem.
	forecasts []string
	// options are the options that the fix must have. It is nil if a script, a program or a
	// person must be changed.
	options []string
	// or is another stop signal that the fix offers as an alternative, "" for none.
	or string
	// text is the beginning of a fix that is not an option, and cured the container that was
	// created by it. cured is nil if a program must be changed.
	text  string
	cured *spec
	// hopeless is true if the fix says that no option helps, or if there is no fix.
	hopeless bool
	// lets is true if the command for now lets a process continue.
	lets  bool
	quick bool
}

// asCase is the problem as a case.
func (t trouble) asCase() Case {
	return Case{Name: t.name, Quick: t.quick, Line: t.ill().line("IMAGE"), hold: t.hold}
}

// ill is the container with the problem.
func (t trouble) ill() spec {
	s := t.spec
	s.then = slices.Concat(t.then, t.once)
	return s
}

func (t trouble) hold(ctx context.Context, r *Run) error {
	sick, err := r.start(ctx, t.ill())
	if err != nil {
		return err
	}
	f, err := r.signals(ctx, sick)
	if err != nil {
		return err
	}
	if !slices.Contains(t.forecasts, f.Forecast) {
		r.promise(false, fmt.Sprintf("the trouble: %s", strings.Join(t.forecasts, " or ")), "docker pidns signals says %s, %s", f.Forecast, f.Certainty)
	}
	if t.lets {
		return t.holdNow(ctx, r, sick, f)
	}
	sick.remove()
	switch {
	case t.hopeless:
		return t.holdHopeless(ctx, r, f)
	case t.options != nil:
		return t.holdOptions(ctx, r, f)
	default:
		return t.holdText(ctx, r, f)
	}
}

// holdOptions creates the container again with the options of the fix.
func (t trouble) holdOptions(ctx context.Context, r *Run, f forecast) error {
	told := "cure: " + strings.Join(f.CureOptions, " ")
	if !slices.Equal(f.CureOptions, t.options) {
		r.promise(false, "cure: "+strings.Join(t.options, " "), "the cure is %q, its options %v", f.Cure, f.CureOptions)
	}
	if len(f.CureOptions) == 0 || f.CureForecast == nil {
		r.promise(false, told, "the cure %q promises nothing that could be carried out", f.Cure)
		return nil
	}
	promised := fmt.Sprintf("%s: %s", told, *f.CureForecast)
	if err := t.holdCured(ctx, r, promised, *f.CureForecast, len(f.CureLost) > 0, t.with(f.CureOptions...)); err != nil {
		return err
	}
	switch offer := ". Or recreate the container with --stop-signal " + t.or + ", because "; {
	case strings.HasSuffix(f.Cure, neitherAlone):
		return t.holdNeither(ctx, r, f)
	case t.or == "":
		return nil
	case !strings.Contains(f.Cure, offer):
		r.promise(false, "cure: ... "+offer, "the cure is %q", f.Cure)
		return nil
	default:
		return t.holdCured(ctx, r, "cure: ... "+offer, "handled", false, t.with("--stop-signal", t.or))
	}
}

// neitherAlone is the end of a fix with two options that are both needed.
const neitherAlone = ". Neither helps alone"

// holdNeither tries --init alone, and the other options alone.
func (t trouble) holdNeither(ctx context.Context, r *Run, f forecast) error {
	helped, err := r.whichHelp(ctx, t.spec, t.handlers, [][]string{f.CureOptions[:1], f.CureOptions[1:]})
	if err != nil {
		return err
	}
	r.promise(len(helped) == 0, "cure: "+f.Cure, "alone these helped: %s", orNone(helped))
	return nil
}

// holdText creates the container as the text of the fix says.
func (t trouble) holdText(ctx context.Context, r *Run, f forecast) error {
	if f.Cure != t.text || len(f.CureOptions) > 0 || t.cured == nil {
		r.promise(false, "cure: "+t.text, "the cure is %q, its options %v", f.Cure, f.CureOptions)
		return nil
	}
	lost := len(f.CureLost) > 0
	if f.CureForecast == nil {
		return t.holdCured(ctx, r, "cure: "+t.text, "", lost, *t.cured)
	}
	return t.holdCured(ctx, r, fmt.Sprintf("cure: %s: %s", t.text, *f.CureForecast), *f.CureForecast, lost, *t.cured)
}

// holdCured asks about the fixed container and then stops it. A fix without a promised forecast
// must work too.
func (t trouble) holdCured(ctx context.Context, r *Run, told, promised string, lost bool, s spec) error {
	b, err := r.start(ctx, s)
	if err != nil {
		return fmt.Errorf("the cured container: %w", err)
	}
	if err := holdVerdict(ctx, r, told, promised, lost, b); err != nil {
		return err
	}
	o, err := stop(ctx, b)
	if err != nil {
		return err
	}
	r.promise((promised == "handled" || promised == "") && !o.killed, told, "docker stop took %.1f s, exit code %d", o.seconds, o.exit)
	if t.handlers {
		heard := realhost.HearingIn(b.log(ctx))
		r.promise(lost == heard.Lost(), told+wordsOfLost(lost), "the handlers: %s", heard)
	}
	return nil
}

func wordsOfLost(lost bool) string {
	if lost {
		return ", and handlers are lost"
	}
	return ", and no handler is lost"
}

// aboutStops are the rules that would reject a fix of docker stop.
const aboutStops = "stop-ignored,stop-delayed,stop-signal-mismatch,workers-killed-unheard,init-without-right"

// holdVerdict checks that the plugin finds nothing wrong with the fixed container. If it
// promised no forecast, its forecast may be unknown.
func holdVerdict(ctx context.Context, r *Run, told, promised string, lost bool, b *box) error {
	f, err := r.signals(ctx, b)
	if err != nil {
		return err
	}
	r.promise(f.Forecast == "handled" || f.Forecast == "unknown" && promised == "", told, "docker pidns signals says then: %s, %s", f.Forecast, f.Certainty)
	rules := aboutStops
	if lost {
		rules = strings.ReplaceAll(rules, "workers-killed-unheard,", "")
	}
	list, err := r.findings(ctx, rules, b)
	if err != nil {
		return err
	}
	var found []string
	for _, f := range list {
		found = append(found, f.Rule+" ("+f.Evidence[0]+")")
	}
	if len(found) > 0 {
		r.promise(false, told, "docker pidns doctor finds then: %s", strings.Join(found, "; "))
	}
	return nil
}

// holdNow runs the command that lets the process continue, and stops the container.
func (t trouble) holdNow(ctx context.Context, r *Run, b *box, f forecast) error {
	if f.Now == "" {
		r.promise(false, "now: something that lets it go on", "nothing is told")
		return nil
	}
	told := "now: " + f.Now
	_, err := carryOut(ctx, f.Now)
	r.promise(err == nil, told, "it ran: %v", orFine(err))
	if err := b.settle(ctx); err != nil {
		return err
	}
	if err := holdVerdict(ctx, r, told, "handled", false, b); err != nil {
		return err
	}
	o, err := stop(ctx, b)
	if err != nil {
		return err
	}
	r.promise(!o.killed, told, "docker stop took %.1f s, exit code %d", o.seconds, o.exit)
	return nil
}

func orFine(err error) string {
	if err == nil {
		return "without an error"
	}
	return err.Error()
}

// others are the stop signals that a user would try.
var others = []string{"", "TERM", "INT", "QUIT", "HUP"}

// holdHopeless tries the usual options if the plugin says that none helps.
func (t trouble) holdHopeless(ctx context.Context, r *Run, f forecast) error {
	told := fmt.Sprintf("cure: %q", f.Cure)
	if len(f.CureOptions) > 0 || !strings.Contains(f.Cure, t.text) {
		r.promise(false, "cure: "+t.text, "the cure is %q, its options %v", f.Cure, f.CureOptions)
		return nil
	}
	var attempts [][]string
	for _, init := range [][]string{nil, {"--init"}} {
		for _, signal := range others {
			options := slices.Clone(init)
			if signal != "" {
				options = append(options, "--stop-signal", signal)
			}
			if len(options) > 0 {
				attempts = append(attempts, options)
			}
		}
	}
	helped, err := r.whichHelp(ctx, t.spec, t.handlers, attempts)
	if err != nil {
		return err
	}
	r.promise(len(helped) == 0, told, "of %d attempts these helped: %s", len(attempts), orNone(helped))
	return nil
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// whichHelp stops a container with each of the options. It returns the options with which the
// container exits in time, and its handlers finish.
func (r *Run) whichHelp(ctx context.Context, s spec, handlers bool, attempts [][]string) ([]string, error) {
	outcomes, errs := make([]outcome, len(attempts)), make([]error, len(attempts))
	var group sync.WaitGroup
	slots := make(chan struct{}, 3)
	for i, options := range attempts {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			b, err := r.start(ctx, s.with(options...))
			if err != nil {
				errs[i] = fmt.Errorf("with %s: %w", strings.Join(options, " "), err)
				return
			}
			outcomes[i], errs[i] = stop(ctx, b)
			outcomes[i].lost = handlers && realhost.HearingIn(b.log(ctx)).Lost()
		})
	}
	group.Wait()
	var helped []string
	for i, options := range attempts {
		if errs[i] != nil {
			return nil, errs[i]
		}
		if !outcomes[i].killed && !outcomes[i].lost {
			helped = append(helped, fmt.Sprintf("%s (%.1f s, exit code %d)", strings.Join(options, " "), outcomes[i].seconds, outcomes[i].exit))
		}
	}
	return helped, nil
}

// outcome is what docker stop did.
type outcome struct {
	killed bool
	// lost is true if handlers did not finish.
	lost    bool
	seconds float64
	exit    int
}

// longestStop is the maximum time for a stop with an unlimited grace period.
const longestStop = 40 * time.Second

// stop runs docker stop and measures it.
func stop(ctx context.Context, b *box) (outcome, error) {
	if !b.runs(ctx) {
		return outcome{}, fmt.Errorf("%s has ended by itself (%s): %s", b.name, b.state(ctx), b.log(ctx))
	}
	limited, cancel := context.WithTimeout(ctx, longestStop)
	defer cancel()
	waits := b.gracePeriod(ctx)
	began := time.Now()
	_, err := realhost.Docker(limited, "stop", b.id)
	taken := time.Since(began)
	if limited.Err() != nil && ctx.Err() == nil {
		return outcome{killed: true, seconds: taken.Seconds(), exit: -1}, nil
	}
	if err != nil {
		return outcome{}, err
	}
	text, err := b.inspect(ctx, "{{.State.ExitCode}}")
	if err != nil {
		return outcome{}, err
	}
	exit, err := strconv.Atoi(text)
	// An exit code of 137 alone proves nothing, because the stop signal may be SIGKILL. The
	// engine assigns 255 to a process that it could not wait for.
	killed := waits >= 0 && taken >= waits && slices.Contains([]int{137, 255}, exit)
	return outcome{killed: killed, seconds: taken.Seconds(), exit: exit}, err
}

// gracePeriod is how long docker stop waits. It is negative if it is unlimited.
func (b *box) gracePeriod(ctx context.Context) time.Duration {
	text, _ := b.inspect(ctx, "{{.Config.StopTimeout}}")
	seconds, err := strconv.Atoi(text)
	if err != nil {
		return grace
	}
	return time.Duration(seconds) * time.Second
}
