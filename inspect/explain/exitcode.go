package explain

import (
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/pattern"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Ended says why a container that does not run has ended, as far as its
// state, the engine's events and other containers' ends tell, and what still
// lives of it.
func Ended(ix *inspect.Index, c *inspect.Container) []Statement {
	if c.FinishedAt.IsZero() {
		return neverStarted(ix, c)
	}
	list := []Statement{exitCodeWords(ix, c)}
	if c.Error != "" {
		list = append(list, state(TopicEnd, inspect.Certain, "it could not be started again: %s", withNames(ix, c.Error)))
		list = append(list, fullGroups(ix, c)...)
	}
	if words, _ := c.NeverExecuted(); words != "" {
		list = append(list, state(TopicEnd, inspect.Likely, "its program was never executed: the runtime wrote into its output %q", words))
	} else {
		list = append(list, whoEnded(ix, c)...)
	}
	list = append(list, restartWords(ix, c)...)
	list = append(list, runsAlready(c)...)
	if n := len(ix.ProcessesOf(c)); n > 0 {
		list = append(list, state(TopicLeftovers, inspect.Certain, "%s of it still alive: docker pidns who %d", inspect.Counted(n, "process"), ix.ProcessesOf(c)[0].PID))
	}
	return list
}

func neverStarted(ix *inspect.Index, c *inspect.Container) []Statement {
	list := []Statement{state(TopicEnd, inspect.Certain, "it has never run")}
	if c.Error != "" {
		list = append(list, state(TopicEnd, inspect.Certain, "it could not be started: %s", withNames(ix, c.Error)))
		list = append(list, fullGroups(ix, c)...)
	}
	return list
}

// tasksOfStart is how many tasks the engine takes for a moment to start a container: with
// runc 1.1.5 a start fails where 4 are left in the group, and works where 6 are.
const tasksOfStart = 8

// fullGroups tells of a start that failed where the control groups in which it forks have
// no room for it now. What the engine says of such a failure names no limit ("can't get
// final child's PID from pipe: EOF").
func fullGroups(ix *inspect.Index, c *inspect.Container) []Statement {
	if ix.Capture.Limits == nil {
		return nil
	}
	var paths []string
	for _, parent := range c.ParentGroups() {
		paths = append(paths, procfs.GroupsAbove(parent)...)
	}
	for _, pid := range ix.Capture.Limits.EnginePIDs {
		if p := ix.ProcessAt(pid); p != nil {
			if path, ok := procfs.PIDsPath(p.Cgroups.Or(nil)); ok {
				paths = append(paths, procfs.GroupsAbove(path)...)
			}
		}
	}
	slices.Sort(paths)
	var list []Statement
	for _, path := range slices.Compact(paths) {
		group, _ := ix.Capture.Limits.Group(path)
		used, okUsed := group.Current.Get()
		most, okMost := group.Max.Get()
		if okUsed && okMost && most-used < tasksOfStart {
			list = append(list, state(TopicEnd, inspect.Likely, "too few tasks were left for its start: the control group %s has used %s of %s (pids.max)", path, inspect.Count(used), inspect.Count(most)))
		}
	}
	return list
}

// withNames puts the names of containers in place of their IDs.
func withNames(ix *inspect.Index, text string) string {
	return wholeIDs().ReplaceAllStringFunc(text, ix.NameOfRef)
}

// wholeIDs finds the IDs of containers in a sentence.
var wholeIDs = pattern.Lazy(`\b[0-9a-f]{64}\b`)

// exitCodes are what docker and shells mean by them. Any program may report any
// of them, and whoever asked it to end may have had it report success.
var exitCodes = map[int]string{
	0:   "its main process reported success",
	1:   "its main process reported an error",
	2:   "its main process reported so, by custom a wrong use; a Go program ends with 2 where it is PID 1 and SIGTERM reaches it",
	125: "its main process reported so, by custom that what should start a program has failed",
	126: "its main process reported so, by custom that a command was found and could not be executed",
	127: "its main process reported so, by custom that a command was not found",
	128: "its main process reported so, by custom a wrong argument to exit",
	255: "its main process reported so, or the engine lost it",
}

// engineCodes are those that the engine gives to a start that failed.
var engineCodes = []int{126, 127, 128}

func exitCodeWords(ix *inspect.Index, c *inspect.Container) Statement {
	words, known := exitCodes[c.ExitCode]
	if c.Error != "" && slices.Contains(engineCodes, c.ExitCode) {
		words = "the engine's own, for a start that failed"
	}
	if n := c.ExitCode - 128; !known && n > 0 && n <= procfs.MaxSignal {
		words, known = fmt.Sprintf("%s ended its main process, or it reported so itself", procfs.SignalName(n)), true
	}
	if !known {
		words = "its main process reported so"
	}
	if never, _ := c.NeverExecuted(); never != "" {
		words = "the runtime reports so where it cannot execute the program"
	}
	s := state(TopicEnd, inspect.Certain, "it exited with %d, %s: %s", c.ExitCode, inspect.Ago(ix.Capture.Snapshot.TakenAt, c.FinishedAt), words)
	s.ExitCode = procfs.Some(c.ExitCode)
	return s
}
