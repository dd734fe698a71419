package plugin

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/docker/cli/cli"
	"github.com/docker/cli/cli/command/completion"
	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/measure"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/metrics"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

type metricsOptions struct {
	commonOptions
	settleOption
	containerFilter
	output    string
	format    string
	listen    string
	webConfig string
}

func (app *App) newMetricsCommand() *cobra.Command {
	options := metricsOptions{containerFilter: newContainerFilter()}
	cmd := &cobra.Command{
		Use:   "metrics [OPTIONS]",
		Short: "Write or serve metrics of containers for Prometheus",
		Long: `Write or serve metrics of containers for Prometheus.

It writes the metrics once to standard output and exits. With --output it replaces a file
atomically, for node_exporter's textfile collector. With --listen it serves /metrics, and
looks at the host at each scrape. A number that could not be read has no series. A series of
pidns_container_unread says so instead. If the host cannot be looked at, pidns_up is 0, and
there are no other numbers about the host. --listen uses --collector auto unless you name
another.`,
		Example: `  docker pidns metrics
  docker pidns metrics -o /var/lib/node_exporter/pidns.prom
  docker pidns metrics --listen 127.0.0.1:9714
  docker pidns metrics --listen 0.0.0.0:9714 --web-config web.yml`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := options.check(); err != nil {
				return err
			}
			// A server may load a program into the kernel, which then reads more for less.
			if options.listen != "" && !cmd.Flags().Changed("collector") {
				options.Collector = source.CollectorAuto
			}
			return app.runMetrics(cmd.Context(), &options)
		},
	}
	flags := cmd.Flags()
	options.commonOptions.install(flags)
	options.settleOption.install(flags, "Wait, look again, and leave out zombies reaped in between")
	options.containerFilter.install(flags)
	flags.StringVarP(&options.output, "output", "o", "", "Replace this file atomically, in Prometheus' text format unless --format says otherwise")
	flags.StringVar(&options.format, "format", "", "Format: openmetrics, or text for Prometheus' own (default openmetrics, with --output text)")
	flags.StringVar(&options.listen, "listen", "", "Serve metrics at HOST:PORT until interrupted; HOST is 127.0.0.1 if left out")
	flags.StringVar(&options.webConfig, "web-config", "", "TLS and passwords for --listen, as for Prometheus' exporters (web.config.file)")
	app.completeFlags(cmd)
	_ = cmd.RegisterFlagCompletionFunc("format", completion.FromList(metrics.Formats...))
	_ = cmd.RegisterFlagCompletionFunc("web-config", completion.FileNames)
	return cmd
}

func (app *App) runMetrics(ctx context.Context, options *metricsOptions) error {
	exporter := &metrics.Exporter{Host: &measured{app, options}, Filter: options.filter, Version: app.Version}
	if options.listen != "" {
		return app.serveMetrics(ctx, exporter, options)
	}
	families, failed := exporter.Measure(ctx, ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := app.writeMetrics(families, options); err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	if failed != nil {
		return &unreadError{app.withHint(failed)}
	}
	return nil
}

// check reports invalid values.
func (o *metricsOptions) check() error {
	if err := cmp.Or(o.commonOptions.check(), o.settleOption.check(), o.containerFilter.complete()); err != nil {
		return err
	}
	address, unusable := metrics.Address(o.listen)
	switch {
	case o.settle == 0:
		return misused("--settle 0: must be above 0, because a zombie that was seen once may be reaped a moment later")
	case o.format != "" && !slices.Contains(metrics.Formats, o.format):
		return misused("--format %q: expected %s", o.format, strings.Join(metrics.Formats, ", "))
	case o.listen == "" && o.webConfig != "":
		return misused("--web-config needs --listen: the file says who may connect")
	case o.listen != "" && o.output != "":
		return misused("--listen and --output cannot be used together: a server writes no file")
	case o.listen != "" && o.format != "":
		return misused("--listen and --format cannot be used together: each scrape asks for its format")
	case o.listen != "" && o.isSaved():
		return misused("--listen and --from cannot be used together: a snapshot shows one moment")
	case o.listen != "" && unusable != nil:
		return misused("--listen %q: %s", o.listen, unusable)
	case o.listen != "":
		o.listen = address
	}
	return nil
}

// writeMetrics writes to standard output or, at once, to the file. The file can be read by all
// users, because node_exporter seldom runs as the user who writes it.
func (app *App) writeMetrics(families []measure.Family, options *metricsOptions) error {
	if options.output == "" {
		return metrics.Write(app.out, families, metrics.Format(cmp.Or(options.format, string(metrics.OpenMetrics))))
	}
	format := metrics.Format(cmp.Or(options.format, string(metrics.Text)))
	return writeFile(options.output, 0o644, func(to io.Writer, _ string) error {
		return metrics.Write(to, families, format)
	})
}

// serveMetrics serves until it is interrupted, which is how it normally ends.
func (app *App) serveMetrics(ctx context.Context, exporter *metrics.Exporter, options *metricsOptions) error {
	exporter.Failed = func(err error) {
		if err == nil {
			app.tell("the host can be looked at again")
			return
		}
		for line := range strings.SplitSeq("no metrics: "+app.withHint(err).Error(), "\n") {
			app.tell("%s", line)
		}
	}
	watched := &watchedHost{measured: measured{app, options}, life: ctx}
	defer watched.forget()
	exporter.Host = watched
	server, err := metrics.Listen(ctx, exporter, options.listen, options.webConfig)
	if err != nil {
		return err
	}
	app.tell("metrics are served at %s/metrics", server.Address())
	if server.IsOpen() {
		app.tell("anyone who can connect there can read names and images of containers, and what is wrong with them; --web-config sets TLS and passwords")
	}
	return server.Serve()
}

// measured is the host that metrics are about.
type measured struct {
	app     *App
	options *metricsOptions
}

// Look captures the host.
func (m *measured) Look(ctx context.Context) (*inspect.Index, error) {
	index, err := m.app.captureAt(ctx, place{where: m.options.Where}, m.question())
	if err != nil {
		return nil, err
	}
	return index, elsewhereError(index, m.app.there)
}

func (m *measured) question() need.Question {
	return need.Metrics(m.options.settle).Matching(m.options.filter, false)
}

// watchedHost is that host while it is measured again and again. What looks have in common is
// kept between them.
type watchedHost struct {
	measured
	// life is the context of what is kept. watch is nil before the first look, and after one
	// that failed.
	life  context.Context
	watch source.Watch
}

// Look captures the host. An engine that does not answer is asked as if nothing were kept, so that
// no number is about containers that are only remembered.
func (w *watchedHost) Look(ctx context.Context) (*inspect.Index, error) {
	if err := w.open(); err != nil {
		return nil, err
	}
	capture, err := w.watch.Capture(ctx, w.question())
	if err != nil || w.watch.State().Err != nil {
		w.forget()
	}
	switch {
	case err != nil:
		return nil, err
	case w.watch == nil:
		return w.measured.Look(ctx)
	}
	index := inspect.NewIndex(capture)
	return index, elsewhereError(index, w.app.there)
}

// open begins to watch the host, unless it is watched.
func (w *watchedHost) open() (err error) {
	if w.watch == nil {
		w.watch, err = w.app.openWatch(w.life, w.options.Where)
	}
	return err
}

// forget drops what is kept.
func (w *watchedHost) forget() {
	if w.watch != nil {
		_ = w.watch.Close()
		w.watch = nil
	}
}

var _, _ metrics.Host = (*measured)(nil), (*watchedHost)(nil)
