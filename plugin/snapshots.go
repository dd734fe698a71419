package plugin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// Each of several hosts has a snapshot file of its own, all in one directory that --from can
// read.

// runSnapshots writes a file for each host.
func (app *App) runSnapshots(ctx context.Context, options *snapshotOptions, names []string) error {
	if options.output == "" {
		return misused("several hosts need one file each: use -o DIRECTORY")
	}
	if info, err := os.Stat(options.output); err == nil && !info.IsDir() {
		return misused("-o %s: it is not a directory, and several hosts need one file each", options.output)
	}
	places, err := app.places(ctx, &options.commonOptions, options.settle)
	if err != nil {
		return err
	}
	app.beginSeveral()
	hosts, err := app.captureAll(ctx, places, need.Snapshot(options.settle))
	if err != nil {
		return err
	}
	all := &answers{many: true}
	parts := map[*answer]*inspect.Capture{}
	for i := range hosts {
		h := &hosts[i]
		a := &answer{index: h.index, place: h.place, from: h.host.From}
		if err, elsewhere := app.whyUnanswered(h, a); err != nil {
			all.fail(h.host.Name, err)
			if elsewhere {
				all.elsewhere++
			}
			continue
		}
		parts[a], a.problems = options.partOf(a.index, names)
		all.of = append(all.of, a)
	}
	all.forgiveUnknown(names)
	return app.writeSnapshots(options.output, all, parts)
}

// writeSnapshots writes the parts that were asked for, and reports the problems of others.
func (app *App) writeSnapshots(directory string, all *answers, parts map[*answer]*inspect.Capture) error {
	if err := os.Mkdir(directory, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("write snapshots: %w", err)
	}
	written, status := 0, 0
	for _, a := range all.of {
		app.lines.now = &a.place
		app.tellProblems(a.index.Capture, a.problems)
		if len(a.problems) > 0 {
			status = statusUnanswered
		}
		if parts[a] == nil {
			continue
		}
		path, err := writeInDirectory(directory, a.place.host.Name, parts[a])
		if err != nil {
			all.fail(a.place.host.Name, fmt.Errorf("write snapshot: %w", err))
			continue
		}
		written++
		app.tell("%s: %s, %d processes", path, containerNumbers(parts[a]), len(parts[a].Snapshot.Processes))
		status = max(status, app.tellOfAll(parts[a]))
		if a.isUnproven() {
			status = app.tellUnproven(a.index)
		}
	}
	app.tellHosts(all.failures)
	if all.elsewhere > 0 {
		app.tell("%s", app.saveEach(all.elsewhere))
	}
	if written > 0 {
		app.tell("Snapshots hold command lines, which can hold passwords. Check them before you share them.")
		app.tell("Next: docker pidns doctor --from %s", inspect.ShellWord(directory))
	}
	return exitWith(max(status, all.status()))
}

// writeInDirectory writes the snapshot of a host into the file of its name. A name that is not
// a file name, such as one with a slash, is refused, because it would lead elsewhere.
func writeInDirectory(directory, host string, capture *inspect.Capture) (path string, err error) {
	if host == "" || strings.HasPrefix(host, ".") || strings.ContainsAny(host, `/\`) {
		return "", fmt.Errorf("%q cannot be the name of a file", host)
	}
	path = filepath.Join(directory, host+".json")
	return path, writeCapture(path, capture)
}

// tellSnapshots writes once, above an answer for people, that it is from files: how many, and
// when they were taken.
func (app *App) tellSnapshots(options *listOptions, all *answers) {
	if !options.areFiles || options.format != "" || options.quiet || app.fileTold || len(all.of) == 0 {
		return
	}
	app.fileTold = true
	var taken []string
	for _, a := range all.of {
		taken = append(taken, a.index.Capture.Snapshot.TakenAt.UTC().Format("2006-01-02 15:04:05 MST"))
	}
	when := render.Escape(slices.Min(taken))
	if last := slices.Max(taken); last != slices.Min(taken) {
		when += render.Say(" to %s", last)
	}
	app.tell("from %s, %s", inspect.Counted(len(all.of), "snapshot"), when)
}
