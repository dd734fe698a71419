package explain

import (
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/pattern"
	"github.com/docker-pidns/docker-pidns/inspect/trace"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Ended says why a container exited, as far as its state, the engine's events, the kernel
// log and the exits of other containers show, whether it is restarted, and which of its
// processes still run. What a trace has seen of its end is better evidence than all of these.
func Ended(ix *inspect.Index, c *inspect.Container, seen ...trace.Row) []Statement {
	if c.FinishedAt.IsZero() {
		return neverStarted(ix, c)
	}
	list := []Statement{exitCodeWords(ix, c)}
	if c.Error != "" {
		list = append(list, state(TopicEnd, inspect.Certain, "It could not be started again: %s", sentence(withNames(ix, c.Error))))
		list = append(list, fullGroups(ix, c)...)
	}
	if words, _ := c.NeverExecuted(); words != "" {
		list = append(list, state(TopicEnd, inspect.Likely, "Its program was never executed. The runtime wrote to its log: %q", words))
	} else if rows := seenBy(c, seen); rows != nil {
		list = append(list, statedSeen(rows)...)
		if rows[len(rows)-1].Sender == trace.UnknownSender {
			list = append(list, causeOfExit(ix, c)...)
		}
	} else {
		if len(seen) > 0 {
			list = append(list, state(TopicEnd, inspect.Certain, "The trace does not show its exit."))
		}
		list = append(list, causeOfExit(ix, c)...)
	}
	list = append(list, restartWords(ix, c)...)
	list = append(list, runsAlready(c)...)
	if n := len(ix.ProcessesOf(c)); n > 0 {
		s := state(TopicLeftovers, inspect.Certain, "%s of it still running.", inspect.Counted(n, "process"))
		s.Then = fmt.Sprintf("docker pidns who %d", ix.ProcessesOf(c)[0].PID)
		list = append(list, s)
	}
	return list
}

func neverStarted(ix *inspect.Index, c *inspect.Container) []Statement {
	list := []Statement{state(TopicEnd, inspect.Certain, "It has never run.")}
	if c.Error != "" {
		list = append(list, state(TopicEnd, inspect.Certain, "It could not be started: %s", sentence(withNames(ix, c.Error))))
		list = append(list, fullGroups(ix, c)...)
	}
	return list
}

// tasksOfStart is how many tasks the engine needs for a moment to start a container. With runc
// 1.1.5 a start fails if 4 are left in the group, and works if 6 are left.
const tasksOfStart = 8

// fullGroups explains a failed start if the control groups in which it forks have no room for
// it now. The engine's own message of such a failure does not name the limit ("can't get final
// child's PID from pipe: EOF").
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
			list = append(list, state(TopicEnd, inspect.Likely, "Too few PIDs were left for its start: %s of %s used (pids.max) in control group %s.", inspect.Count(used), inspect.Count(most), path))
		}
	}
	return list
}

// withNames replaces the IDs of containers by their names.
func withNames(ix *inspect.Index, text string) string {
	return wholeIDs().ReplaceAllStringFunc(text, ix.NameOfRef)
}

// wholeIDs finds the IDs of containers in a sentence.
var wholeIDs = pattern.Lazy(`\b[0-9a-f]{64}\b`)

// exitCodes are the meanings of exit codes for docker and for shells. A program may exit with
// any code, and one that exits on a signal may report success.
var exitCodes = map[int]string{
	0:   "the main process reported success.",
	1:   "the main process reported an error.",
	2:   "set by the program, usually for a usage error. A Go program that is PID 1 also exits with 2 on SIGTERM.",
	125: "set by the program, usually because it could not start another one.",
	126: "set by the program, usually for a command that was found but could not be executed.",
	127: "set by the program, usually for a command that was not found.",
	128: "set by the program, usually for an invalid argument of exit.",
	255: "set by the program, or Docker lost the real one.",
}

// engineCodes are the exit codes that the engine assigns to a failed start.
var engineCodes = []int{126, 127, 128}

func exitCodeWords(ix *inspect.Index, c *inspect.Container) Statement {
	words, known := exitCodes[c.ExitCode]
	if c.Error != "" && slices.Contains(engineCodes, c.ExitCode) {
		words = "set by Docker for a failed start."
	}
	if n := c.ExitCode - 128; !known && n > 0 && n <= procfs.MaxSignal {
		words, known = fmt.Sprintf("%s terminated the main process, or the program set this code.", procfs.SignalName(n)), true
	}
	if !known {
		words = "set by the program."
	}
	if never, _ := c.NeverExecuted(); never != "" {
		words = "set by the runtime, which could not execute the program."
	}
	s := state(TopicEnd, inspect.Certain, "Exit code %d, %s: %s", c.ExitCode, inspect.Ago(ix.Capture.Snapshot.TakenAt, c.FinishedAt), words)
	s.ExitCode = procfs.Some(c.ExitCode)
	return s
}
