package plugin

import (
	"io"
	"slices"
	"strings"

	"github.com/docker/cli/opts"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// notOfFiles are the options that --from excludes. They say how a live host is read.
var notOfFiles = []string{"proc", "collector", "watch-for", "contexts", "engine", "via"}

// hostOptions are the options that name hosts.
var hostOptions = []string{"contexts", "from", "swarm"}

// commandLine is what the user typed after "docker pidns", without some options, quoted for a
// shell. It is used in hints.
func commandLine(cmd *cobra.Command, args []string, without ...string) string {
	words := append([]string{cmd.Name()}, optionWords(cmd, func(name string) bool { return !slices.Contains(without, name) })...)
	for _, arg := range args {
		words = append(words, inspect.ShellWord(arg))
	}
	return strings.Join(words, " ")
}

// optionWords are the typed options that are wanted.
func optionWords(cmd *cobra.Command, wanted func(name string) bool) (words []string) {
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Changed || !wanted(flag.Name) {
			return
		}
		switch value := flag.Value.(type) {
		case *opts.FilterOpt:
			filters := value.Value()
			for _, key := range slices.Sorted(slices.Values(filters.Keys())) {
				for _, wanted := range slices.Sorted(slices.Values(filters.Get(key))) {
					words = append(words, inspect.ShellWord("--"+flag.Name+"="+key+"="+wanted))
				}
			}
		case *pathList:
			for _, path := range *value {
				words = append(words, inspect.ShellWord("--"+flag.Name+"="+path))
			}
		case pflag.SliceValue:
			words = append(words, inspect.ShellWord("--"+flag.Name+"="+strings.Join(value.GetSlice(), ",")))
		default:
			switch value.Type() {
			case "bool":
				words = append(words, strings.TrimSuffix("--"+flag.Name+"="+value.String(), "=true"))
			case "string", "duration", "int":
				words = append(words, inspect.ShellWord("--"+flag.Name+"="+value.String()))
			}
		}
	})
	return words
}

// sink is an output that remembers its first error. So a full disk is noticed although the
// error is not checked after each line.
type sink struct {
	to  io.Writer
	err error
}

// Write writes to the output, and keeps the first error.
func (s *sink) Write(p []byte) (int, error) {
	n, err := s.to.Write(p)
	if s.err == nil {
		s.err = err
	}
	return n, err
}

// globalWords are docker's own options that name the engine, as they were typed, with a blank
// after each.
func globalWords(cmd *cobra.Command) string {
	words := ""
	for _, name := range []string{"context", "host"} {
		f := cmd.Root().Flags().Lookup(name) // docker has them on its root alone, and not as persistent flags
		if f != nil && f.Changed {
			words += "--" + name + " " + inspect.ShellWord(f.Value.String()) + " "
		}
	}
	return words
}

// reportLostOutput makes the command fail if its output was lost.
func (app *App) reportLostOutput(cmd *cobra.Command) {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		app.command, app.global = cmd.Name(), globalWords(cmd)
		app.typed, app.typedOfFile = commandLine(cmd, args), commandLine(cmd, args, notOfFiles...)
		app.typedOfOne = commandLine(cmd, args, hostOptions...)
		app.typedHosts = strings.Join(optionWords(cmd, func(name string) bool { return slices.Contains(hostOptions, name) }), " ")
		err := run(cmd, args)
		if app.orHelper != "" {
			app.tell("or, without root: docker %spidns %s --via %s", app.global, app.orHelper, ViaHelper)
		}
		if app.out.err == nil {
			return err
		}
		return app.out.err
	}
}
