package inspect

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect/near"
)

// ProblemKind is why a container that was asked for cannot be shown.
type ProblemKind string

// The kinds of problems.
const (
	// NoSuchContainer: the engine knows no container with that name or ID.
	NoSuchContainer ProblemKind = "no-such-container"
	// Ambiguous: several IDs begin like this.
	Ambiguous ProblemKind = "ambiguous"
	// NotRunning: the container exists and has no process.
	NotRunning ProblemKind = "not-running"
	// Ended: the container exited while it was read.
	Ended ProblemKind = "ended"
	// Elsewhere: its processes are not in the /proc that was read.
	Elsewhere ProblemKind = "elsewhere"
	// Hidden: its processes exist, but this reader may not see them.
	Hidden ProblemKind = "hidden"
	// EngineSilent: the engine did not answer about it, and /proc alone does not show which
	// container is meant.
	EngineSilent ProblemKind = "engine-silent"
	// FilteredOut: the container was named, but the filter excludes it.
	FilteredOut ProblemKind = "filtered-out"
	// Unreadable: its processes could not be read for another reason.
	Unreadable ProblemKind = "unreadable"
	// Cut: an answer was larger or slower than the limit. Ref is "", because this holds for
	// everything that was asked for.
	Cut ProblemKind = "cut"
)

// Problem is a container, or a process of one, that was asked for and cannot
// be shown.
type Problem struct {
	Kind ProblemKind
	// Ref is the container as the user or the engine named it, "" if the problem is not about
	// one container.
	Ref string
	// Text is one sentence that names the container and says what is wrong.
	Text string
	// Next is the command to type, or "".
	Next string `json:",omitzero"`
	// Meant is the name of a container that may have been meant, "" if no name is similar.
	Meant string `json:",omitzero"`
	// Endpoint is the engine on whose host the same command would help, "" if it would not help.
	Endpoint string `json:",omitzero"`
	// TakesRoot is true if the same command works as root.
	TakesRoot bool `json:",omitzero"`
}

// OfAll are the problems that do not belong to one container, whichever was asked for: parts of
// the engine's answers could not be read. A silent engine is a problem of each container.
func OfAll(all []Problem) []Problem {
	return slices.DeleteFunc(slices.Clone(all), func(p Problem) bool { return p.Ref != "" || p.Kind == EngineSilent })
}

// NoContainer is the problem of a name or ID that the engine does not know. The engine has these
// containers.
func NoContainer(ref string, all []Container) Problem {
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return Problem{Kind: NoSuchContainer, Ref: ref, Text: "no such container: " + ref, Next: "docker ps -a", Meant: near.Word(ref, names)}
}

// Error is the sentence, so that a Problem can be used as an error.
func (p Problem) Error() string { return p.Text }
