//go:build linux

// Command bench measures docker pidns beside its peers: on a real engine, with
// thousands of processes in another container, ours and theirs by turns in one run.
// It prints medians and ratios with the promised ones, and ends with status 1 where
// one is missed by more than noise.
//
// It needs root, a Docker engine on this host, ps, lsns, pstree, strace and a static
// busybox.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
)

type options struct {
	run    *regexp.Regexp
	runs   int
	many   int
	growth int
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
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	expression := flags.String("run", "", "only the rows whose name matches this `regexp`")
	flags.IntVar(&o.runs, "runs", 21, "how often each command is run")
	flags.IntVar(&o.many, "many", 5000, "how many further processes the host has")
	flags.IntVar(&o.growth, "growth", 50000, "how many it has in the end, to see how costs grow (0: do not look)")
	if err := flags.Parse(args); err != nil {
		return o, flag.ErrHelp
	}
	if flags.NArg() > 0 || o.runs < 3 || o.many < few {
		return o, fmt.Errorf("no arguments, --runs at least 3, --many at least %d (see --help)", few)
	}
	var err error
	o.run, err = regexp.Compile(*expression)
	return o, err
}

// few is how many further processes a small host has.
const few = 100

func run(ctx context.Context, o options) error {
	if os.Geteuid() != 0 {
		return errors.New("what others' processes cost can only be seen by root: run this as root")
	}
	s, err := newScene(ctx)
	if err != nil {
		return err
	}
	defer s.remove()
	fmt.Println(machine(ctx))
	results, err := s.measure(ctx, o)
	return errors.Join(err, report(os.Stdout, results))
}
