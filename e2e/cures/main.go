//go:build linux

// Command cures compares the advice of docker pidns with reality. It creates problems on a real
// engine, applies the immediate and the lasting fixes that the plugin recommends, and prints
// each promise with its outcome. It exits with status 1 if a promise is not met.
//
// It needs root, a Docker engine on this host, a C compiler and mmdebstrap. Its image is that
// of make forecast and stays for the next run. --clean removes what an interrupted run has
// left.
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
	"strings"
	"syscall"

	"github.com/docker-pidns/docker-pidns/e2e/internal/advice"
	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// label marks the containers of this command.
const label = "docker-pidns.cures"

type options struct {
	run          *regexp.Regexp
	list, clean  bool
	json         string
	dockerConfig string
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
		fmt.Fprintln(os.Stderr, "cures:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("cures", flag.ContinueOnError)
	expression := flags.String("run", "", "only the cases whose name matches this `regexp`")
	flags.BoolVar(&o.list, "list", false, "print the cases, and try none")
	flags.StringVar(&o.json, "json", "", "write all promises with what came of them to this `file`")
	flags.StringVar(&o.dockerConfig, "docker-config", "", "the DOCKER_CONFIG `folder` that has the plugin (default: build it from here)")
	flags.IntVar(&o.parallel, "parallel", 3, "how many cases at a time")
	flags.BoolVar(&o.clean, "clean", false, "remove containers that an interrupted run has left")
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
		for _, c := range chosen {
			fmt.Println(strings.TrimRight(fmt.Sprintf("%-26s %s", c.Name, c.Line), " "))
		}
		return nil
	}
	if os.Geteuid() != 0 {
		return errors.New("much of the advice is for root: run this as root")
	}
	if _, err := realhost.Docker(ctx, "version"); err != nil {
		return fmt.Errorf("no engine answers (e2e/script/engine.sh up): %w", err)
	}
	if o.clean {
		return realhost.Clean(ctx, label)
	}
	if len(chosen) == 0 {
		return errors.New("no case has such a name (see --list)")
	}
	return hold(ctx, o, chosen)
}

func choose(expression *regexp.Regexp) []advice.Case {
	var chosen []advice.Case
	for _, c := range advice.Cases() {
		if expression.MatchString(c.Name) {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

// hold tries the cases and prints the report. It is an error if a promise is not met.
func hold(ctx context.Context, o options, chosen []advice.Case) error {
	image, err := realhost.MakeImage(ctx)
	if err != nil {
		return err
	}
	environment, remove, err := realhost.Plugin(ctx, o.dockerConfig)
	if err != nil {
		return err
	}
	defer remove()
	var report report
	report.begin(os.Stdout)
	results := all(ctx, advice.Place{Image: image, Environment: environment, Label: label}, chosen, o.parallel, report.row)
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.json != "" {
		text, err := json.MarshalIndent(results, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.json, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	return report.end()
}

// all tries several cases at a time, except those that must be alone, and calls done in order.
func all(ctx context.Context, place advice.Place, chosen []advice.Case, parallel int, done func(advice.Result)) []advice.Result {
	results := make([]chan advice.Result, len(chosen))
	for i := range results {
		results[i] = make(chan advice.Result, 1)
	}
	go func() {
		slots := make(chan struct{}, parallel)
		for i, c := range chosen {
			taken := 1
			if c.Alone {
				taken = parallel
			}
			for range taken {
				slots <- struct{}{}
			}
			go func() {
				results[i] <- place.Try(ctx, c)
				for range taken {
					<-slots
				}
			}()
		}
	}()
	var list []advice.Result
	for i := range chosen {
		result := <-results[i]
		list = append(list, result)
		if ctx.Err() == nil {
			done(result)
		}
	}
	return list
}
