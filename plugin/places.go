package plugin

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/docker/cli/cli/context/store"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// A command can be about several hosts: the engines of several docker contexts, or several
// snapshot files.

// place is one of these hosts.
type place struct {
	host  render.Host
	where Where
	// source is the host itself, if it has been opened already.
	source source.Source
	// told is a line about it for standard error, "" for none.
	told render.Safe
}

// allContexts is the value that means every context that docker knows.
const allContexts = "all"

// several are the options that name more than one host.
type several struct {
	contexts []string
	files    pathList
	// areFiles is true if there is more than one file, or a directory of files.
	areFiles bool
	// swarm is true for all nodes of a Swarm.
	swarm bool
}

// pathList is the value of an option that can be given several times. A path may have a comma.
type pathList []string

// String is how help shows the default. There is none.
func (l *pathList) String() string { return strings.Join(*l, ",") }

// Set adds a path.
func (l *pathList) Set(path string) error {
	*l = append(*l, path)
	return nil
}

// Type is docker's name for such values in help.
func (l *pathList) Type() string { return "list" }

// isMany reports whether each row of the answer has a host. This is also so for one context and
// for one directory, so that the form that a script reads does not depend on the number of
// hosts.
func (s *several) isMany() bool { return len(s.contexts) > 0 || s.areFiles || s.swarm }

// installMany is install for a command that can be about several hosts.
func (o *commonOptions) installMany(flags *pflag.FlagSet) {
	flags.Var(&o.files, "from", "Read a saved snapshot instead of the engine and /proc (\"-\": standard input). Repeat it, or name a directory, for several hosts")
	flags.StringSliceVar(&o.contexts, "contexts", nil, "Ask the engines of these docker contexts at the same time (all: every context), and add a HOST column")
	o.installSwarm(flags)
	o.installReading(flags)
}

// checkSeveral sorts the values of --from, and refuses invalid ones.
func (o *commonOptions) checkSeveral() error {
	if len(o.files) == 1 && !isDirectory(o.files[0]) {
		o.From = o.files[0]
	}
	o.areFiles = len(o.files) > 0 && o.From == ""
	switch {
	case len(o.contexts) > 0 && len(o.files) > 0:
		return misused("--from and --contexts cannot be used together: a snapshot needs no engine")
	case o.contexts != nil && len(o.contexts) == 0, slices.Contains(o.contexts, ""):
		return misused("--contexts: the name of a context is empty: is a variable of the script unset?")
	case slices.Contains(o.files, ""):
		return misused("--from: the name of a file is empty: is a variable of the script unset?")
	case len(o.contexts) > 1 && slices.Contains(o.contexts, allContexts):
		return misused("--contexts %s cannot be combined with other names: it has every context", allContexts)
	default:
		return nil
	}
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isSaved reports whether snapshots are read, and not a live host.
func (o *commonOptions) isSaved() bool { return o.From != "" || len(o.files) > 0 }

// places are the hosts that the options name, each once. Contexts have the order in which they
// were typed, or are sorted by name for "all". Files in a directory are sorted by name. The nodes
// of a Swarm are read here, all at once, and a second time after settle.
func (app *App) places(ctx context.Context, o *commonOptions, settle time.Duration) ([]place, error) {
	switch {
	case !o.isMany():
		return []place{{where: o.Where}}, nil
	case o.swarm && app.OpenSwarm == nil:
		return nil, errNoSwarm
	case o.swarm:
		return app.swarmPlaces(ctx, o, settle)
	}
	if o.areFiles {
		return o.filePlaces()
	}
	names := o.contexts
	if slices.Equal(names, []string{allContexts}) {
		var err error
		if names, err = app.contextNames(); err != nil {
			return nil, fmt.Errorf("list docker contexts: %w", err)
		}
		names = slices.Sorted(slices.Values(names))
	}
	var list []place
	for _, name := range names {
		if slices.ContainsFunc(list, func(p place) bool { return p.host.Context == name }) {
			continue
		}
		where := o.Where
		where.Context = name
		list = append(list, place{host: render.Host{Name: name, Context: name}, where: where})
	}
	return list, nil
}

// knownContexts are the names of the contexts in docker's store, "default" among them.
func (app *App) knownContexts() ([]string, error) {
	known := app.CLI.ContextStore()
	if known == nil { // docker's configuration could not be read
		return nil, nil
	}
	return store.Names(known)
}

// filePlaces are the snapshots with the names of their files, or with their paths if two have
// the same name.
func (o *commonOptions) filePlaces() ([]place, error) {
	var paths []string
	for _, path := range o.files {
		if !isDirectory(path) {
			paths = append(paths, path)
			continue
		}
		found, err := snapshotsIn(path)
		if err != nil {
			return nil, err
		}
		paths = append(paths, found...)
	}
	times := map[string]int{}
	for _, path := range paths {
		times[snapshotName(path)]++
	}
	var list []place
	for _, path := range paths {
		name := snapshotName(path)
		if times[name] > 1 {
			name = path
		}
		if slices.ContainsFunc(list, func(p place) bool { return p.host.From == path }) {
			continue
		}
		where := o.Where
		where.From = path
		list = append(list, place{host: render.Host{Name: name, From: path}, where: where})
	}
	return list, nil
}

// snapshotEndings are the endings of the snapshot files that are read in a directory.
var snapshotEndings = []string{".json.gz", ".json"}

// snapshotName is the name of the host whose snapshot the file is.
func snapshotName(path string) string {
	name := filepath.Base(path)
	for _, ending := range snapshotEndings {
		if begin, is := strings.CutSuffix(name, ending); is && begin != "" {
			return begin
		}
	}
	return name
}

// snapshotsIn are the paths of the snapshots in a directory, by name.
func snapshotsIn(directory string) ([]string, error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, &unreadError{fmt.Errorf("read snapshots: %w", err)}
	}
	var paths []string
	for _, entry := range entries {
		name := entry.Name()
		isSnapshot := slices.ContainsFunc(snapshotEndings, func(ending string) bool { return strings.HasSuffix(name, ending) })
		path := filepath.Join(directory, name)
		if isSnapshot && !strings.HasPrefix(name, ".") && isRegular(path) {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return nil, &unreadError{fmt.Errorf("no snapshots (*%s) in %s: docker pidns snapshot --contexts all -o %s writes some", strings.Join(snapshotEndings, ", *"), directory, inspect.ShellWord(directory))}
	}
	return paths, nil
}

// isRegular reports whether the path leads to a regular file. Reading another kind of file may
// never end.
func isRegular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// completeContexts offers the contexts, after those that are typed already.
func (app *App) completeContexts(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	names, _ := app.contextNames()
	before := typed[:strings.LastIndex(typed, ",")+1]
	offers := []string{}
	if before == "" {
		offers = append(offers, allContexts)
	}
	for _, name := range names {
		if !slices.Contains(strings.Split(before, ","), name) {
			offers = append(offers, before+name)
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
