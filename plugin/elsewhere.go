package plugin

import (
	"errors"
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// An engine can be reached from a machine whose processes are not those of its containers.

// there are what to type where the engine's processes are elsewhere: the same on the engine's
// host, or here about a snapshot from there; of several hosts the snapshots are told of once.
func (app *App) there(endpoint string) []render.Safe {
	if app.via { // what it reads contradicts the engine
		return []render.Safe{"or on that host: " + render.Escape(inspect.RemoteCommand(endpoint, "docker pidns "+app.typed))}
	}
	if app.command == "snapshot" {
		return app.snapshotThere(endpoint)
	}
	const file = "host.json"
	helper := app.viaHelper()
	if app.lines != nil {
		return []render.Safe{helper}
	}
	return []render.Safe{
		helper,
		"or on that host: " + render.Escape(inspect.RemoteCommand(endpoint, "docker pidns "+app.typed)),
		"or take a snapshot there, and read it here: " +
			render.Escape(fmt.Sprintf("docker pidns snapshot -o %s; docker pidns %s --from %s", file, app.typedOfFile, file)),
	}
}

// viaHelper proposes the same command, which reads the processes through a helper.
func (app *App) viaHelper() render.Safe {
	const how = "a temporary helper container on the engine's host can read them; try: "
	typed := app.typed
	if app.lines != nil { // which leaves out what names the hosts
		typed += " " + app.typedHosts
	}
	return how + render.Escape("docker "+app.global+"pidns "+typed+" --via "+ViaHelper)
}

// snapshotThere are what to type where a snapshot was to be taken.
func (app *App) snapshotThere(endpoint string) []render.Safe {
	return []render.Safe{
		app.viaHelper(),
		"or on that host: " + render.Escape(inspect.RemoteCommand(endpoint, "docker pidns "+app.typed)) + ", and read the file here with --from",
	}
}

// elsewhereError: this /proc is proved to be another's than the engine's, so its numbers mean
// other processes; nil where it is not. The advice is a line each.
func elsewhereError(ix *inspect.Index, advice func(endpoint string) []render.Safe) error {
	proof := ix.HostProof()
	if proof.Verdict != inspect.No {
		return nil
	}
	engine := ix.Capture.Engine.Endpoint
	text := fmt.Sprintf("the processes of the engine at %s are not in this machine's %s: %s", engine, ix.Capture.Snapshot.Root, proof.By)
	for _, line := range advice(engine) {
		text += "\n" + string(line)
	}
	return errors.New(text)
}

// whoElsewhere is the error of a look-up by number; of a saved host nothing is to be typed.
func (app *App) whoElsewhere(a *answer) error {
	return elsewhereError(a.index, func(endpoint string) []render.Safe {
		if a.from != "" {
			return nil
		}
		return app.there(endpoint)
	})
}

// isUnproven reports whether it is unknown that the engine is on this machine: it is not
// reached by a socket of this host, or by one that may be passed on, and none of its
// containers is found here. Where another mount is read than this program's own, the user has
// said whose it is.
func (a *answer) isUnproven() bool {
	return a.from == "" && isUnproven(a.index)
}

func isUnproven(ix *inspect.Index) bool {
	return ix.HostProof().Verdict == inspect.Unknown && !ix.Capture.Engine.Silent && ix.Capture.Snapshot.Root == ownProc
}

const ownProc = "/proc"

// tellUnproven says so, and returns the status of a command whose answer is about this machine
// whosever the engine is.
func (app *App) tellUnproven(ix *inspect.Index) int {
	app.tell("cannot determine whether the engine at %s is on this machine: %s", ix.Capture.Engine.Endpoint, ix.HostProof().By)
	app.tell("this answer shows the processes of this machine")
	if app.typed != "" {
		app.tell("if the engine is elsewhere, %s", app.there(ix.Capture.Engine.Endpoint)[0])
	}
	return statusUnanswered
}
