//go:build linux

// Command forecast compares docker pidns signals with reality. It starts real programs as PID
// 1, records the forecasts, runs docker stop and leaves orphans, and prints each forecast with
// its outcome. It exits with status 1 if the forecasts are not as good as promised.
//
// It needs root, a Docker engine on this host, a C compiler and mmdebstrap. Its image of Debian
// packages stays for the next run. --clean removes it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

type options struct {
	run          *regexp.Regexp
	list, clean  bool
	measure      bool
	facts        bool
	json         string
	dockerConfig string
	collector    string
	parallel     int
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	options, err := parse(os.Args[1:])
	if err == nil {
		err = run(ctx, options)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "forecast:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("forecast", flag.ContinueOnError)
	expression := flags.String("run", "", "only the programs whose name matches this `regexp`")
	flags.BoolVar(&o.list, "list", false, "print how each program is started by hand, and start none")
	flags.BoolVar(&o.measure, "measure", false, "outcomes only, without any forecast")
	flags.StringVar(&o.json, "json", "", "write all that was seen, with evidence, to this `file`")
	flags.BoolVar(&o.facts, "facts", false, "with --json: what the kernel said of each process before the stop")
	flags.StringVar(&o.dockerConfig, "docker-config", "", "the DOCKER_CONFIG `folder` that has the plugin (default: build it from here)")
	flags.StringVar(&o.collector, "collector", "proc", "what docker pidns reads processes with: proc or bpf")
	flags.IntVar(&o.parallel, "parallel", 3, "how many programs at a time")
	flags.BoolVar(&o.clean, "clean", false, "remove the images, and containers that an interrupted run has left")
	if err := flags.Parse(args); err != nil {
		return o, flag.ErrHelp
	}
	if flags.NArg() > 0 || o.parallel < 1 {
		return o, errors.New("no arguments, and --parallel at least 1 (see --help)")
	}
	var err error
	o.run, err = regexp.Compile(*expression)
	return o, err
}

func run(ctx context.Context, o options) error {
	chosen := choose(o.run)
	if o.list {
		return list(ctx, chosen)
	}
	if os.Geteuid() != 0 {
		return errors.New("the forecast promises most to root: run this as root")
	}
	if _, err := docker(ctx, "version"); err != nil {
		return fmt.Errorf("no engine answers (e2e/script/engine.sh up): %w", err)
	}
	if o.clean {
		return errors.Join(realhost.Clean(ctx, label), realhost.CleanImages(ctx))
	}
	if len(chosen) == 0 {
		return errors.New("no program has such a name (see --list)")
	}
	return hold(ctx, o, chosen)
}

func choose(expression *regexp.Regexp) []program {
	var chosen []program
	for _, p := range programs() {
		if expression.MatchString(p.name) {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

func list(ctx context.Context, chosen []program) error {
	image, err := realhost.ImageName(ctx)
	if err != nil {
		return err
	}
	for _, p := range chosen {
		fmt.Printf("%-24s %s\n", p.name, p.line(image))
	}
	return nil
}

// hold tries the programs and prints the report. It is an error if a criterion is not met.
func hold(ctx context.Context, o options, chosen []program) error {
	image, err := realhost.MakeImage(ctx)
	if err != nil {
		return err
	}
	t := trier{image: image, facts: o.facts}
	if !o.measure {
		var remove func()
		t.collector = o.collector
		if t.environment, remove, err = realhost.Plugin(ctx, o.dockerConfig); err != nil {
			return err
		}
		defer remove()
	}
	report := newReport(os.Stdout, o.measure)
	trials := t.all(ctx, chosen, o.parallel, report.row)
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.json != "" {
		if err := write(o.json, trials); err != nil {
			return err
		}
	}
	return report.close()
}

func write(file string, trials []trial) error {
	text, err := json.MarshalIndent(trials, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
