package source

import (
	"errors"
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// proveHost says whether the processes of this /proc are those of the engine's host, by the
// process that serves the engine's socket. Host name and kernel prove nothing, because an engine
// in another PID namespace shares both.
//
// This is about the host only. That a PID is a container's is proved for each container
// (inspect.Index.Binding).
func proveHost(pid int, err error, facts Facts, processes Processes) inspect.HostProof {
	switch {
	case errors.Is(err, ErrOwnProc):
		return inspect.HostProof{Verdict: inspect.Yes, By: "the containers were found in it"}
	case errors.Is(err, ErrNoPeer):
		return inspect.HostProof{Verdict: inspect.Unknown, By: facts.Endpoint() + " is not a unix socket of this host"}
	case err != nil:
		return inspect.HostProof{Verdict: inspect.Unknown, By: "its socket does not show which process serves it"}
	case processes.Root() != "/proc":
		return inspect.HostProof{Verdict: inspect.Unknown, By: processes.Root() + " is not this program's own /proc"}
	case pid == 0:
		return inspect.HostProof{Verdict: inspect.No, By: "the engine's socket is served from a PID namespace that this one does not see"}
	}
	server, err := processes.Process(pid, procfs.Detail{})
	if err != nil {
		return inspect.HostProof{Verdict: inspect.Unknown, By: fmt.Sprintf("process %d, which serves the engine's socket, cannot be read", pid)}
	}
	return judgeServer(&server)
}

// servers are the programs that serve the API themselves, or pass their socket to the engine on
// the same host. Any other program could forward the connection to an engine anywhere.
var servers = []string{dockerdName, "podman", systemdName}

func judgeServer(p *procfs.Process) inspect.HostProof {
	switch {
	case p.Depth() > 0:
		return inspect.HostProof{Verdict: inspect.No, By: fmt.Sprintf("the engine (%s, process %d here) runs in a PID namespace of its own, where it is %d", p.Comm, p.PID, p.InnermostPID())}
	case !slices.Contains(servers, p.Comm):
		return inspect.HostProof{Verdict: inspect.Unknown, By: fmt.Sprintf("the socket is served by %s (process %d), which may pass it on", p.Comm, p.PID)}
	default:
		return inspect.HostProof{Verdict: inspect.Yes, By: fmt.Sprintf("%s (process %d) serves the engine's socket and is in the PID namespace of this /proc", p.Comm, p.PID)}
	}
}
