package source

import (
	"context"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// host is what one capture is taken from: an engine, and a reader of processes that may or may
// not be those of its host.
type host struct {
	facts     asker
	processes Processes
	choice    *choice
	// without tells of containers while the engine is silent, nil where nothing does.
	without Facts
	// tool is the version that the capture carries.
	tool string
	// patience is how long the next container waits for what the processes of one listen to; 0
	// if all are asked together, as over a network.
	patience time.Duration
	// proven is set where the proof is had otherwise than by who serves the engine's socket,
	// and peerIsHere where the /proc numbers processes as this program's own does.
	proven     *inspect.HostProof
	peerIsHere bool
	// seen is what earlier captures have shown, nil if the host is not watched. doubt says that
	// /proc contradicts what is remembered of containers, nil if nothing is remembered.
	// dirs are the control groups that are known, nil if none are kept.
	seen  *seen
	dirs  *groupDirs
	doubt func(ids []string)
	// known waits for what readIdentity reads.
	known func() identity
}

// watchedBy makes this capture one of several.
func (h *host) watchedBy(earlier *seen, engine *following) {
	h.seen, h.dirs = earlier, &earlier.dirs
	if engine != nil {
		h.doubt = engine.remembered.doubt
	}
}

// identity is what the host is, whether it is the engine's, and which process serves its
// engine's socket.
type identity struct {
	host  procfs.Host
	proof inspect.HostProof
	// server is 0 if not known.
	server int
}

// begin reads what the host is while the engine is being asked.
func (h *host) begin(ctx context.Context) {
	h.known = sync.OnceValue(func() identity { return h.readIdentity(ctx) })
	go h.known()
}

func (h *host) readIdentity(ctx context.Context) identity {
	server, err := h.facts.PeerPID(ctx)
	if h.proven != nil {
		if !h.peerIsHere {
			server = 0
		}
		return identity{server: server, host: h.processes.Host(), proof: *h.proven}
	}
	return identity{server: server, host: h.processes.Host(), proof: proveHost(server, err, h.facts, h.processes)}
}

// mayBeHere reports whether the containers of a silent engine are looked for in this /proc. That
// is only done if its socket is proved to be served from here.
func (h *host) mayBeHere() bool { return h.known().proof.Verdict == inspect.Yes }

// isHosts reports whether the inode is, or may be, that of the host's PID namespace.
func (h *host) isHosts(inode uint64) bool {
	hosts, known := h.known().host.Namespaces[procfs.PIDNamespace].Get()
	return !known || inode == hosts
}
