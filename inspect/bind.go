package inspect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// HostProof says whether the /proc that was read is that of the engine's host. It is about the
// host as a whole. Each container needs a proof of its own.
type HostProof struct {
	Verdict Verdict
	// By names the evidence in a sentence.
	By string
}

// BindOutcome is the result of binding a container to a process.
type BindOutcome string

// The outcomes of binding.
const (
	// Bound: the process is proved to be the container's.
	Bound BindOutcome = "bound"
	// NoProcess: the engine names no process for the container.
	NoProcess BindOutcome = "no-process"
	// Vanished: /proc does not have the process.
	Vanished BindOutcome = "vanished"
	// Unproven: the process exists, but nothing could be read that proves or disproves that it
	// is the container's.
	Unproven BindOutcome = "unproven"
	// Contradicted: the process exists, but is not the container's.
	Contradicted BindOutcome = "contradicted"
)

// Binding joins a container to its main process.
type Binding struct {
	Outcome BindOutcome
	// By is the proof, ViaCgroup or ViaShim.
	By Via
	// Why says what failed, in words.
	Why string
	// Main and Shim are set only if Outcome is Bound; Shim only if the main
	// process's parent is one.
	Main *procfs.Process
	Shim *procfs.Process
}

// StartSlack allows for the difference of two clocks, and for the ticks in which start times are
// kept.
const StartSlack = 50 * time.Millisecond

// bind proves that the process at the container's host PID is its main process: by the
// container's ID in its cgroup path, or by the -id argument of the shim that is its parent. A
// PID alone proves nothing. If the engine is in another PID namespace, the same number is
// another process here.
//
// If the process behind the engine's socket disproves the host, the cgroup alone is not enough.
// Inside the container itself, the number can be that of an exec session, whose parent is not
// visible there.
func bind(c *Container, s *procfs.Snapshot, processes procfs.PIDTable, host Verdict) Binding {
	if c.HostPID == 0 {
		return Binding{Outcome: NoProcess, Why: "the engine names no process for it"}
	}
	p := processes.At(c.HostPID)
	if p == nil {
		return vanished(c, s)
	}
	if c.Own {
		return Binding{Outcome: Bound, By: viaOwn, Main: p}
	}
	if started := s.StartedAt(p.StartTicks); !c.AnsweredAt.IsZero() && started.After(c.AnsweredAt.Add(StartSlack)) {
		return Binding{Outcome: Contradicted, Why: fmt.Sprintf("process %d started after the engine named it", c.HostPID)}
	}
	shim := parentShim(p, c, processes)
	if saysItServes(shim, c.ID) {
		return Binding{Outcome: Bound, By: proofOf(p, c), Main: p, Shim: shim}
	}
	if InCgroupOf(p, c.ID) {
		if mainElsewhere(p, c, processes) || host == No && processes.At(p.ParentPID) == nil {
			return Binding{Outcome: Contradicted, Why: fmt.Sprintf("process %d is in its cgroup but not the first there", c.HostPID)}
		}
		return Binding{Outcome: Bound, By: ViaCgroup, Main: p, Shim: shim}
	}
	if !p.Cgroups.Held() {
		return Binding{Outcome: Unproven, Why: fmt.Sprintf("the cgroup of process %d cannot be read (%s)", c.HostPID, p.Cgroups.Absence())}
	}
	return Binding{Outcome: Contradicted, Why: fmt.Sprintf("process %d (%s) does not have the container's ID in its cgroup", c.HostPID, p.Comm)}
}

func vanished(c *Container, s *procfs.Snapshot) Binding {
	for _, m := range s.Missed {
		if m.PID == c.HostPID && m.Why != procfs.Gone {
			return Binding{Outcome: Unproven, Why: fmt.Sprintf("process %d cannot be read (%s)", c.HostPID, m.Why)}
		}
	}
	return Binding{Outcome: Vanished, Why: fmt.Sprintf("%s has no process %d", s.Root, c.HostPID)}
}

func proofOf(p *procfs.Process, c *Container) Via {
	if InCgroupOf(p, c.ID) {
		return ViaCgroup
	}
	return ViaShim
}

// mainElsewhere reports whether the parent of the process is in the container too, so that
// the process is not its main process. A PID of another PID namespace could be that of any
// later process of the container.
func mainElsewhere(p *procfs.Process, c *Container, processes procfs.PIDTable) bool {
	parent := processes.At(p.ParentPID)
	return parent != nil && InCgroupOf(parent, c.ID)
}

// CgroupIDs are the container IDs in a cgroup path, outermost first. Podman keeps conmon in a
// group named after its container, but conmon is not in the container.
func CgroupIDs(cgroupPath string) []string {
	var ids []string
	for component := range strings.SplitSeq(cgroupPath, "/") {
		if len(component) >= idLength && !strings.Contains(component, "conmon") {
			ids = appendContainerIDs(ids, component)
		}
	}
	return ids
}

// CgroupID is the innermost container ID in the process's cgroup paths, "" if
// there is none.
func CgroupID(p *procfs.Process) string {
	for _, g := range p.Cgroups.Or(nil) {
		if ids := CgroupIDs(g.Path); len(ids) > 0 {
			return ids[len(ids)-1]
		}
	}
	return ""
}

// InCgroupOf reports whether one of the process's cgroup paths has the container's ID, in any
// form that a cgroup driver uses.
func InCgroupOf(p *procfs.Process, id string) bool {
	return slices.ContainsFunc(p.Cgroups.Or(nil), func(g procfs.Cgroup) bool {
		return slices.Contains(CgroupIDs(g.Path), id)
	})
}

// HostProof is the capture's proof about the host, combined with what its containers show. If
// the main process of one container is proved, the processes are the engine's. If those of all
// containers are disproved, the processes are not the engine's.
func (ix *Index) HostProof() HostProof {
	bound, contradicted := 0, 0
	for id, b := range ix.bindings {
		if ix.Container(id).Silent {
			continue // found by its shim here, which proves nothing about the engine
		}
		switch b.Outcome {
		case Bound:
			bound++
		case Contradicted:
			contradicted++
		case Vanished:
			if !ix.HidesProcesses() {
				contradicted++
			}
		case NoProcess, Unproven:
		}
	}
	proof := ix.Capture.Proof
	switch {
	case bound > 0 && proof.Verdict == Yes:
		return HostProof{Verdict: Yes, By: fmt.Sprintf("%s. The main processes of %s carry their IDs", proof.By, Counted(bound, "container"))}
	case bound > 0:
		return HostProof{Verdict: Yes, By: fmt.Sprintf("the main processes of %s carry their IDs here", Counted(bound, "container"))}
	case contradicted > 1 && proof.Verdict == Unknown:
		return HostProof{Verdict: No, By: fmt.Sprintf("none of %d containers' main processes is here; %s", contradicted, proof.By)}
	default:
		return proof
	}
}
