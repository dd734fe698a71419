package plugin

import (
	"slices"
	"strings"
	"time"

	"github.com/docker/cli/cli/command/formatter"
	"github.com/docker/cli/opts"
	"github.com/spf13/pflag"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// commonOptions say which host is looked at, or which hosts. Every command has them.
type commonOptions struct {
	Where
	several
	// maxSnapshot is FromMost as an option.
	maxSnapshot opts.MemBytes
}

const (
	defaultProc      = "/proc"
	defaultCollector = source.CollectorProc
	defaultTimeout   = 5 * time.Second
)

func (o *commonOptions) install(flags *pflag.FlagSet) {
	flags.StringVar(&o.From, "from", "", "Read a saved snapshot instead of the engine and /proc (\"-\": standard input)")
	o.installReading(flags)
}

// installReading adds the options without those that name hosts.
func (o *commonOptions) installReading(flags *pflag.FlagSet) {
	o.installMaxSnapshot(flags)
	flags.StringVar(&o.Engine, "engine", source.EngineAuto, "auto: ask the engine, and if its socket is missing or refuses, find containers by their shims. none: always find them so")
	o.installVia(flags)
	flags.StringVar(&o.ProcRoot, "proc", defaultProc, "Mount of the engine host's /proc")
	flags.StringVar(&o.Collector, "collector", defaultCollector, "Read processes from /proc (proc), from the kernel's iterator (bpf), or from the iterator if possible (auto)")
	flags.DurationVar(&o.Timeout, "timeout", defaultTimeout, "Deadline of each request to the engine; all together have 12 times as long")
}

func (o *commonOptions) installMaxSnapshot(flags *pflag.FlagSet) {
	o.maxSnapshot = inspect.MostCapture
	flags.Var(&o.maxSnapshot, "max-snapshot", "Longest saved snapshot that is read")
}

// check reports invalid values.
func (o *commonOptions) check() error {
	o.FromMost = o.maxSnapshot.Value()
	if err := o.checkSeveral(); err != nil {
		return err
	}
	if err := o.checkSwarm(); err != nil {
		return err
	}
	switch {
	case o.FromMost <= 0:
		return misused("--max-snapshot %s: must be above 0", o.maxSnapshot.String())
	case o.Timeout <= 0:
		return misused("--timeout %s: must be above 0", o.Timeout)
	case o.isSaved() && o.ProcRoot != defaultProc:
		return misused("--from and --proc cannot be used together: a snapshot needs no /proc")
	case o.checkVia() != nil:
		return o.checkVia()
	case o.Engine != "" && !slices.Contains(source.Engines, o.Engine):
		return misused("--engine %q: expected %s", o.Engine, strings.Join(source.Engines, ", "))
	case o.Engine == source.EngineNone && len(o.contexts) > 0:
		return misused("--engine none and --contexts cannot be used together: a context names an engine")
	case o.isSaved() && o.Engine == source.EngineNone:
		return misused("--from and --engine cannot be used together: a snapshot needs no engine")
	case !slices.Contains(source.Collectors, o.Collector):
		return misused("--collector %q: expected %s", o.Collector, strings.Join(source.Collectors, ", "))
	case o.isSaved() && o.Collector != defaultCollector:
		return misused("--from and --collector cannot be used together: a snapshot holds what was read")
	default:
		return nil
	}
}

// listOptions are the options of a command that lists something.
type listOptions struct {
	commonOptions
	format  string
	quiet   bool
	noTrunc bool
	containerFilter
}

func newListOptions() listOptions { return listOptions{containerFilter: newContainerFilter()} }

// containerFilter is the option --filter.
type containerFilter struct {
	filters opts.FilterOpt
	// filter is the typed value. complete sets it.
	filter inspect.Filter
}

func newContainerFilter() containerFilter { return containerFilter{filters: opts.NewFilterOpt()} }

func (o *containerFilter) install(flags *pflag.FlagSet) {
	flags.VarP(&o.filters, "filter", "f", "Choose containers: name=, label=, project= or service= (compose)")
}

// complete parses the typed value.
func (o *containerFilter) complete() error {
	o.filter = inspect.Filter{}
	values := o.filters.Value()
	for _, key := range values.Keys() {
		for _, value := range values.Get(key) {
			if err := o.filter.Add(key, value); err != nil {
				return wrongUse(err)
			}
		}
	}
	return nil
}

const formatHelp = `Format the rows:
"table":           Default columns only
"table TEMPLATE":  Go template, with headings
"json":            One JSON object a line
"TEMPLATE":        Go template`

func (o *listOptions) install(flags *pflag.FlagSet, quietHelp string) {
	o.installMany(flags)
	o.installOutput(flags, quietHelp)
	o.containerFilter.install(flags)
}

// installOutput adds the options about output.
func (o *listOptions) installOutput(flags *pflag.FlagSet, quietHelp string) {
	flags.StringVar(&o.format, "format", "", formatHelp)
	flags.BoolVarP(&o.quiet, "quiet", "q", false, quietHelp)
	flags.BoolVar(&o.noTrunc, "no-trunc", false, "Do not cut or fold the output")
}

// complete checks the options before anything is read.
func (o *listOptions) complete() error {
	if err := o.check(); err != nil {
		return err
	}
	if o.quiet && o.showsKeys() {
		return misused("--quiet and --format cannot be used together")
	}
	if err := o.containerFilter.complete(); err != nil {
		return err
	}
	return wrongUse(render.Format(o.format).Check())
}

// showsKeys reports whether the output has the published keys, which include the name of the
// engine.
func (o *listOptions) showsKeys() bool {
	return o.format != "" && o.format != formatter.TableFormatKey
}

func (o *listOptions) render(host string) render.ListOptions {
	return render.ListOptions{Format: render.Format(strings.TrimSpace(o.format)), Quiet: o.quiet, NoTrunc: o.noTrunc, Host: host}
}

// settleOption is --settle of the commands that look at zombies twice.
type settleOption struct{ settle time.Duration }

// settleHelp is for commands that show more than zombies.
const settleHelp = "Wait, then look at zombies again (0: look once)"

func (o *settleOption) install(flags *pflag.FlagSet, help string) {
	flags.DurationVar(&o.settle, "settle", time.Second, help)
}

func (o *settleOption) check() error { return checkNotNegative("settle", o.settle) }

func checkNotNegative(option string, value time.Duration) error {
	if value < 0 {
		return misused("--%s %s: must be 0 or more", option, value)
	}
	return nil
}
