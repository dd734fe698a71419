package inspect

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect/near"
)

// ProblemKind is the reason for which a container that was asked for cannot
// be shown.
type ProblemKind string

// The kinds of problems.
const (
	// NoSuchContainer: the engine knows none of that name or ID.
	NoSuchContainer ProblemKind = "no-such-container"
	// Ambiguous: more than one ID begins so.
	Ambiguous ProblemKind = "ambiguous"
	// NotRunning: it is there and has no process.
	NotRunning ProblemKind = "not-running"
	// Ended: it exited while it was read.
	Ended ProblemKind = "ended"
	// Elsewhere: its processes are not in the /proc that was read.
	Elsewhere ProblemKind = "elsewhere"
	// Hidden: its processes are there and this reader may not see them.
	Hidden ProblemKind = "hidden"
	// EngineSilent: the engine did not answer about it, and /proc alone cannot
	// tell which container is meant.
	EngineSilent ProblemKind = "engine-silent"
	// FilteredOut: it was named, and the filter excludes it.
	FilteredOut ProblemKind = "filtered-out"
	// Unreadable: its processes could not be read for another reason.
	Unreadable ProblemKind = "unreadable"
	// Cut: an answer was longer, or took longer, than is waited for and read. Ref is "":
	// it holds for all that was asked for.
	Cut ProblemKind = "cut"
)

// Problem is a container, or a process of one, that was asked for and cannot
// be shown.
type Problem struct {
	Kind ProblemKind
	// Ref is the container as the user or the engine named it; "" where the problem is
	// not one container's.
	Ref string
	// Text is one sentence that names it and says what is wrong.
	Text string
	// Next is the command to type, or "".
	Next string `json:",omitzero"`
	// Meant is the name of a container that may have been meant, "" where none is near.
	Meant string `json:",omitzero"`
	// Endpoint is where the engine is on whose host the same question is to be asked, ""
	// where that would not help.
	Endpoint string `json:",omitzero"`
	// TakesRoot: the same command of root's answers.
	TakesRoot bool `json:",omitzero"`
}

// OfAll are the problems that are not one container's, whoever was asked for: what was
// read of an engine in part. Of one that is silent each container has its own.
func OfAll(all []Problem) []Problem {
	return slices.DeleteFunc(slices.Clone(all), func(p Problem) bool { return p.Ref != "" || p.Kind == EngineSilent })
}

// NoContainer is the problem of a name or ID that the engine does not know, which has these
// containers.
func NoContainer(ref string, all []Container) Problem {
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return Problem{Kind: NoSuchContainer, Ref: ref, Text: "no such container: " + ref, Next: "docker ps -a", Meant: near.Word(ref, names)}
}

// Error is the sentence, so that a Problem can be handled as an error.
func (p Problem) Error() string { return p.Text }
