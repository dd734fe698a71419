package main

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docker/cli/cli/command"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/docker-pidns/docker-pidns/plugin"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// host is the snapshot over which commands are run for the documents.
const host = "plugin/testdata/readme.json"

// newApp returns the commands as they are over the snapshot, which looks like the living
// host. A command that names another snapshot reads that.
func newApp(root string, options ...command.CLIOption) (*cobra.Command, error) {
	docker, err := command.NewDockerCli(options...)
	if err != nil {
		return nil, err
	}
	open := func(where plugin.Where) ([]source.Source, error) {
		file := filepath.Join(root, filepath.FromSlash(host))
		return []source.Source{source.File{Path: cmp.Or(where.From, file), Most: where.FromMost}}, nil
	}
	app := plugin.NewApp(docker, "dev", open).NewCommand()
	app.SilenceErrors, app.SilenceUsage = true, true
	return app, nil
}

// documented is a command and what its documents say of it.
type documented struct {
	*cobra.Command
	// path is what is typed behind docker: "pidns", "pidns tree".
	path string
}

// commandsOf are pidns and the commands below it, by path.
func commandsOf(root string) ([]documented, error) {
	app, err := newApp(root)
	if err != nil {
		return nil, err
	}
	return below(app, nil), nil
}

func below(cmd *cobra.Command, list []documented) []documented {
	cmd.DisableFlagsInUseLine = true // "[OPTIONS]" stands in Use, as docker has it
	list = append(list, documented{cmd, cmd.CommandPath()})
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			list = below(child, list)
		}
	}
	return list
}

// usage is the line to type.
func (c documented) usage() string {
	line := "docker " + c.UseLine()
	if !c.HasParent() {
		line += " COMMAND"
	}
	return line
}

// file is the name of the command's page, without its ending.
func (c documented) file() string { return strings.ReplaceAll(c.path, " ", "_") }

// about is the description: the long one, without its first sentence where that is the
// short one, which stands alone as the first line.
func (c documented) about() string {
	about := strings.TrimSpace(c.Long)
	return strings.TrimSpace(strings.TrimPrefix(about, strings.TrimSuffix(c.Short, ".")+"."))
}

// option is an option of a command.
type option struct {
	// names are those that are typed, with the kind of the value: "-f, --filter filter".
	names   string
	meaning string
	// byDefault is the value without the option, "" for none.
	byDefault string
}

// options are the options of the command by name, and then those of the commands above it.
func (c documented) options() []option {
	var list []option
	add := func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" {
			list = append(list, optionOf(f))
		}
	}
	c.LocalFlags().VisitAll(add)
	c.InheritedFlags().VisitAll(add)
	return list
}

func optionOf(f *pflag.Flag) option {
	kind, meaning := pflag.UnquoteUsage(f)
	o := option{names: "--" + f.Name, meaning: meaning}
	if f.Shorthand != "" {
		o.names = "-" + f.Shorthand + ", " + o.names
	}
	if kind != "" {
		o.names += " " + kind
	}
	if !slices.Contains([]string{"", "[]", "false", "0", "0s"}, f.DefValue) {
		o.byDefault = f.DefValue
	}
	return o
}

// examples are the command lines of the command's example.
func (c documented) examples() []string {
	var lines []string
	for line := range strings.Lines(c.Example) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// statuses are the exit statuses that the command can have.
func (c documented) statuses() []plugin.ExitMeaning {
	return slices.DeleteFunc(plugin.ExitMeanings(), func(m plugin.ExitMeaning) bool {
		return len(m.Options) > 0 && len(c.having(m.Options)) == 0
	})
}

// having are those of the options that the command has, as they are typed.
func (c documented) having(options []string) []string {
	var typed []string
	for _, name := range options {
		if c.Flags().Lookup(name) != nil {
			typed = append(typed, "--"+name)
		}
	}
	return typed
}
