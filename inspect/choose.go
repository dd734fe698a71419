package inspect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Choose returns the containers that were asked for, sorted by name. It also returns a problem
// for each that cannot be shown, and the problems that belong to no container. Without names it
// returns every running container, except those that exited in the meantime.
func (ix *Index) Choose(names []string, filter Filter) ([]*Container, []Problem) {
	if len(names) == 0 {
		return ix.chooseRunning(filter)
	}
	var chosen []*Container
	var problems []Problem
	for _, name := range names {
		c, problem := ix.Resolve(name)
		if problem == nil && !ix.isLeftOut(c) {
			problem = ix.whyNotShown(c)
		}
		switch {
		case problem == nil && ix.isLeftOut(c):
			problems = append(problems, Problem{Kind: FilteredOut, Ref: name, Text: name + " was left out of the snapshot"})
		case problem != nil:
			problems = append(problems, *problem)
		case !filter.Matches(c):
			problems = append(problems, Problem{Kind: FilteredOut, Ref: name, Text: name + " does not match the filter"})
		case !slices.Contains(chosen, c):
			chosen = append(chosen, c)
		}
	}
	SortByName(chosen)
	return chosen, append(problems, OfAll(ix.Capture.Problems)...)
}

func (ix *Index) chooseRunning(filter Filter) ([]*Container, []Problem) {
	if ix.Capture.Engine.Silent && !filter.IsZero() && ix.someNamesUnknown() {
		return nil, []Problem{{Kind: EngineSilent, Text: "the engine does not answer, and --filter needs its names and labels"}}
	}
	var chosen []*Container
	problems := slices.Clone(ix.Capture.Problems)
	for i := range ix.Capture.Containers {
		c := &ix.Capture.Containers[i]
		if !c.IsRunning() || ix.isLeftOut(c) || !filter.Matches(c) {
			continue
		}
		switch problem := ix.whyNotShown(c); {
		case problem == nil:
			chosen = append(chosen, c)
		case problem.Kind != NotRunning && problem.Kind != Ended:
			problems = append(problems, *problem)
		}
	}
	SortByName(chosen)
	return chosen, problems
}

// someNamesUnknown reports whether of some containers only the ID is known, because the engine
// is silent.
func (ix *Index) someNamesUnknown() bool {
	return len(ix.Capture.Containers) == 0 || slices.ContainsFunc(ix.Capture.Containers, func(c Container) bool { return c.Silent })
}

// isLeftOut reports whether the capture was taken of other containers.
func (ix *Index) isLeftOut(c *Container) bool {
	return ix.Capture.Only != nil && !slices.Contains(ix.Capture.Only, c.ID)
}

// Resting returns a problem for each running container that has no process at the moment.
// Docker waits before it restarts the container again, or the container exited while it was
// read. If no container was named, this is reported, but is not a failure.
func (ix *Index) Resting(filter Filter) []Problem {
	var list []Problem
	for i := range ix.Capture.Containers {
		c := &ix.Capture.Containers[i]
		if !c.IsRunning() || ix.isLeftOut(c) || !filter.Matches(c) {
			continue
		}
		if p := ix.whyNotShown(c); p != nil && (p.Kind == NotRunning || p.Kind == Ended) {
			list = append(list, *p)
		}
	}
	return list
}

// Resolve finds a container as docker does: by its whole ID, then its name,
// then an unambiguous beginning of its ID.
func (ix *Index) Resolve(ref string) (*Container, *Problem) {
	for i, problem := range ix.Capture.Problems {
		if problem.Ref == ref {
			return nil, &ix.Capture.Problems[i]
		}
	}
	var byPrefix []*Container
	name := strings.TrimPrefix(ref, "/")
	for i := range ix.Capture.Containers {
		c := &ix.Capture.Containers[i]
		if c.ID == ref || c.Name == name {
			return c, nil
		}
		if ref != "" && strings.HasPrefix(c.ID, ref) {
			byPrefix = append(byPrefix, c)
		}
	}
	switch len(byPrefix) {
	case 0:
		if ix.Capture.Engine.Silent && ix.someNamesUnknown() {
			return nil, &Problem{Kind: EngineSilent, Ref: ref, Text: ref + " cannot be found: the engine does not answer, and /proc shows containers only by ID", Next: "docker pidns host-pid"}
		}
		p := NoContainer(ref, ix.Capture.Containers)
		return nil, &p
	case 1:
		return byPrefix[0], nil
	default:
		return nil, AmbiguousProblem(ref, byPrefix)
	}
}

// AmbiguousProblem names the containers whose IDs begin with ref.
func AmbiguousProblem(ref string, candidates []*Container) *Problem {
	names := make([]string, len(candidates))
	for i, c := range candidates {
		names[i] = fmt.Sprintf("%s (%s)", c.Name, c.ShortID())
	}
	slices.Sort(names)
	return &Problem{Kind: Ambiguous, Ref: ref, Text: fmt.Sprintf("%s is ambiguous: %s", ref, strings.Join(names, ", "))}
}

// whyNotShown is nil for a container that is bound to its main process.
func (ix *Index) whyNotShown(c *Container) *Problem {
	if !c.IsRunning() {
		return notRunningProblem(c, ix.Capture.Snapshot.TakenAt)
	}
	switch b := ix.Binding(c); b.Outcome {
	case Bound:
		return nil
	case NoProcess:
		return ix.noProcessProblem(c)
	case Vanished:
		return ix.vanishedProblem(c, b)
	case Unproven:
		return &Problem{Kind: Hidden, Ref: c.Name, Text: fmt.Sprintf("%s cannot be distinguished from other processes: %s", c.Name, b.Why), TakesRoot: true}
	default:
		if proof := ix.Capture.Proof; proof.Verdict == No {
			return ix.elsewhereProblem(c, proof.By+"; "+b.Why)
		}
		return ix.elsewhereProblem(c, b.Why)
	}
}

func (ix *Index) noProcessProblem(c *Container) *Problem {
	if c.Held != nil {
		return &Problem{Kind: EngineSilent, Ref: c.Name, Text: fmt.Sprintf("the engine did not answer about %s: %s", c.Name, c.Held.Text()), Next: ix.KillHeld(c)}
	}
	if c.Unasked {
		return &Problem{Kind: EngineSilent, Ref: c.Name, Text: fmt.Sprintf("the engine did not answer about %s, and /proc shows no shim for it", c.Name)}
	}
	if c.Silent {
		return &Problem{Kind: EngineSilent, Ref: c.Name, Text: fmt.Sprintf("the engine did not answer about %s, and /proc shows no shim for it", c.Name)}
	}
	if c.Status == "restarting" {
		return &Problem{Kind: NotRunning, Ref: c.Name, Text: fmt.Sprintf("%s is restarting and has no process now: it exited (%s) %s", c.Name, exitCodeWords(c), Ago(ix.Capture.Snapshot.TakenAt, c.FinishedAt)), Next: "docker pidns explain " + c.Name}
	}
	return &Problem{Kind: Elsewhere, Ref: c.Name, Text: fmt.Sprintf("the engine names no process for %s: its runtime runs it in a virtual machine", c.Name)}
}

// vanishedProblem is about a process that was not found. Without a proof about the host, the
// engine may also be on another host.
func (ix *Index) vanishedProblem(c *Container, b Binding) *Problem {
	proof := ix.HostProof()
	switch {
	case ix.hasEnded(c):
		return &Problem{Kind: Ended, Ref: c.Name, Text: fmt.Sprintf("%s exited while it was read", c.Name), Next: "docker ps -a --filter name=" + c.Name}
	case proof.Verdict == No:
		return ix.elsewhereProblem(c, proof.By)
	case ix.HidesProcesses():
		return &Problem{Kind: Hidden, Ref: c.Name, Text: fmt.Sprintf("%s: /proc hides other users' processes here (hidepid=%s)", c.Name, ix.Capture.Host.HidePID), TakesRoot: true}
	case proof.Verdict == Unknown:
		return ix.elsewhereProblem(c, b.Why)
	case ix.StillUnserved(c):
		return &Problem{Kind: Ended, Ref: c.Name, Text: fmt.Sprintf("%s has exited, but the engine still shows it as running", c.Name), Next: "docker pidns doctor"}
	default:
		return &Problem{Kind: Ended, Ref: c.Name, Text: fmt.Sprintf("%s exited while it was read", c.Name), Next: "docker ps -a --filter name=" + c.Name}
	}
}

func (ix *Index) elsewhereProblem(c *Container, why string) *Problem {
	return &Problem{
		Kind: Elsewhere, Ref: c.Name, Endpoint: ix.Capture.Engine.Endpoint,
		Text: fmt.Sprintf("%s runs on %s; its processes are not in this machine's %s: %s", c.Name, ix.Capture.Engine.Endpoint, ix.Capture.Snapshot.Root, why),
	}
}

// RemoteCommand is the command that runs on the engine's host. ssh(1) joins its words, and the
// shell there splits them again.
func RemoteCommand(endpoint, command string) string {
	if host, ok := strings.CutPrefix(endpoint, "ssh://"); ok {
		host, port := splitPort(strings.TrimSuffix(host, "/"))
		if port != "" {
			host = "-p " + port + " " + host
		}
		if strings.Contains(command, "'") {
			command = ShellWord(command)
		}
		return fmt.Sprintf("ssh %s %s", host, command)
	}
	return command + "   (on the engine's host, in its PID namespace; or --proc with that host's /proc mounted)"
}

// splitPort separates the port from a host. The host may be an IPv6 address in brackets, and
// may have a user in front. It returns the host without brackets, as ssh(1) expects it.
func splitPort(host string) (without, port string) {
	user, address, bracket := strings.Cut(host, "[")
	if !bracket {
		without, port, _ = strings.Cut(host, ":")
		return without, port
	}
	address, port, _ = strings.Cut(address, "]")
	return user + strings.ReplaceAll(address, "%25", "%"), strings.TrimPrefix(port, ":")
}

// notRunningProblem says when the container exited, and how.
func notRunningProblem(c *Container, now time.Time) *Problem {
	p := &Problem{Kind: NotRunning, Ref: c.Name, Next: "docker start " + c.Name}
	switch {
	case c.Status == "removing" || c.Status == "dead":
		p.Text, p.Next = fmt.Sprintf("%s is not running: %s", c.Name, c.Status), "docker ps -a"
	case c.Status == "created" || c.FinishedAt.IsZero():
		p.Text = fmt.Sprintf("%s is not running: it was never started", c.Name)
	default:
		p.Text = fmt.Sprintf("%s is not running: %s (%s) %s", c.Name, c.Status, exitCodeWords(c), Ago(now, c.FinishedAt))
		if c.OOMKilled {
			p.Text += ", after it ran out of memory"
		}
		p.Next = "docker pidns explain " + c.Name
	}
	return p
}

// exitCodeWords is the exit code, and the signal that a code above 128 stands for.
func exitCodeWords(c *Container) string {
	if name := signalOf(c.ExitCode); name != "" {
		return fmt.Sprintf("%d, %s", c.ExitCode, name)
	}
	return strconv.Itoa(c.ExitCode)
}
