package plugin

import (
	"errors"
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// An engine can be reached from a machine whose processes are not those of its containers.

// there are the commands to type if the engine's processes are elsewhere: the same command on
// the engine's host, or here about a snapshot from there. For several hosts the hint about
// snapshots is written once.
func (app *App) there(endpoint string) []render.Safe {
	if app.via { // the helper's facts contradict the engine
		return []render.Safe{"or on that host: " + render.Escape(inspect.RemoteCommand(endpoint, "docker pidns "+app.typed))}
	}
	if app.command == "trace" { // no helper and no snapshot can do it
		return []render.Safe{"run it on that host: " + render.Escape(inspect.RemoteCommand(endpoint, "docker pidns "+app.typed))}
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

// viaHelper proposes the same command with a helper that reads the processes.
func (app *App) viaHelper() render.Safe {
	const how = "a temporary helper container on the engine's host can read them; try: "
	typed := app.typed
	if app.lines != nil { // typed lacks the options that name hosts
		typed += " " + app.typedHosts
	}
	return how + render.Escape("docker "+app.global+"pidns "+typed+" --via "+ViaHelper)
}

// snapshotThere are the commands to type if a snapshot was to be taken.
func (app *App) snapshotThere(endpoint string) []render.Safe {
	return []render.Safe{
		app.viaHelper(),
		"or on that host: " + render.Escape(inspect.RemoteCommand(endpoint, "docker pidns "+app.typed)) + ", and read the file here with --from",
	}
}

// elsewhereError is an error if it is proved that this /proc is not that of the engine's host.
// Its PIDs then belong to other processes. Otherwise it is nil. Each line of advice has a line
// of its own.
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

// whoElsewhere is the error of a lookup by PID. For a saved host it recommends no command.
func (app *App) whoElsewhere(a *answer) error {
	return elsewhereError(a.index, func(endpoint string) []render.Safe {
		if a.from != "" {
			return nil
		}
		return app.there(endpoint)
	})
}

// isUnproven reports whether it is unknown that the engine is on this machine. That is so if it
// is not reached by a socket of this host, or by one that may be forwarded, and none of its
// containers is found here. If the user has chosen another mount of /proc, the user knows whose
// it is.
func (a *answer) isUnproven() bool {
	return a.from == "" && isUnproven(a.index)
}

func isUnproven(ix *inspect.Index) bool {
	return ix.HostProof().Verdict == inspect.Unknown && !ix.Capture.Engine.Silent && ix.Capture.Snapshot.Root == ownProc
}

const ownProc = "/proc"

// tellUnproven writes that it is unproven, and returns the exit status. It is for commands
// whose answer is about this machine, wherever the engine is.
func (app *App) tellUnproven(ix *inspect.Index) int {
	app.tell("cannot determine whether the engine at %s is on this machine: %s", ix.Capture.Engine.Endpoint, ix.HostProof().By)
	app.tell("this answer shows the processes of this machine")
	if app.typed != "" {
		app.tell("if the engine is elsewhere, %s", app.there(ix.Capture.Engine.Endpoint)[0])
	}
	return statusUnanswered
}
