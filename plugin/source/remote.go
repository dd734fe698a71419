package source

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
	"github.com/docker-pidns/docker-pidns/procfs/taskiter"
	"github.com/docker-pidns/docker-pidns/procfs/wire"
)

// Helper is a program that reads /proc on the engine's host (cmd/pidns-helper), after the engine
// has started it there.
type Helper struct {
	// Stream leads to its standard input and output. Closing it ends the helper.
	Stream io.ReadWriteCloser
	// Nonce is what it was started with.
	Nonce string
	// PID is its own PID by the engine's word (GET /containers/{id}/json, State.Pid).
	PID int
}

// Remote is the host of an engine, wherever that is, read by a helper.
type Remote struct {
	// Engine is the engine that the docker CLI is set to use.
	Engine Facts
	// Start has the engine start a helper.
	Start func(context.Context) (Helper, error)
	// Tool is the version that a capture carries.
	Tool string
	// Collector is one of Collectors; "" for /proc.
	Collector string
}

// ForeignHelperError means that the helper does not read the /proc of the engine's host.
type ForeignHelperError struct {
	// Endpoint is where the engine is reached.
	Endpoint string
	// PID is the helper's own by the engine's word, and Own what the helper says, which is 0 if
	// it has none in the /proc that it reads.
	PID, Own int
}

// Error names both numbers.
func (e *ForeignHelperError) Error() string {
	own := "has no PID in the /proc that it reads"
	if e.Own != 0 {
		own = fmt.Sprintf("has PID %d in the /proc that it reads", e.Own)
	}
	return fmt.Sprintf("the helper of the engine at %s does not read the engine's processes: it %s, and the engine says %d", e.Endpoint, own, e.PID)
}

// Capture starts a helper, reads the processes through it, and ends it.
func (r *Remote) Capture(ctx context.Context, question need.Question) (*inspect.Capture, error) {
	helper, err := r.Start(ctx)
	if err != nil {
		return nil, err
	}
	client, err := wire.Dial(ctx, helper.Stream, wire.Hello{Tool: r.Tool, Nonce: helper.Nonce, Sought: signal.Sought()})
	if err != nil {
		return nil, fmt.Errorf("read by the helper of the engine at %s: %w", r.Engine.Endpoint(), err)
	}
	capture, err := r.record(ctx, client, helper.PID, question)
	broken := client.Err()
	_ = client.Close()
	if broken != nil { // what has no error of its own was not read
		return nil, fmt.Errorf("read by the helper of the engine at %s: %w", r.Engine.Endpoint(), broken)
	}
	return capture, err
}

func (r *Remote) record(ctx context.Context, client *wire.Client, pid int, question need.Question) (*inspect.Capture, error) {
	proof, err := proveHelper(client.Welcome(), pid, r.Engine.Endpoint())
	if err != nil {
		return nil, err
	}
	far := farProc{client}
	choice := newChoice(r.Collector, far, func() (opened, error) { return openFar(ctx, client, &question) })
	defer choice.release()
	return record(ctx, &host{
		facts: asker{rationed(r.Engine)}, processes: far, choice: choice, tool: r.Tool,
		proven: &proof, peerIsHere: isOwnProc(client.Welcome()),
	}, question)
}

// proveHelper holds what the helper says of itself against what the engine says of it. The
// engine numbers processes as its host's /proc does. A helper with that number in another /proc
// would have to be there by chance, and knows the nonce that only it was started with.
func proveHelper(welcome wire.Welcome, pid int, endpoint string) (inspect.HostProof, error) {
	own := welcome.PID.Or(0)
	if own == 0 || own != pid {
		return inspect.HostProof{}, &ForeignHelperError{Endpoint: endpoint, PID: pid, Own: own}
	}
	return inspect.HostProof{
		Verdict: inspect.Yes, By: fmt.Sprintf("the helper that the engine has started is process %d of this /proc, as the engine says", pid),
	}, nil
}

// isOwnProc reports whether the helper's /proc numbers processes as this program's own does.
// Then the peer of a socket has the same number in both.
func isOwnProc(welcome wire.Welcome) bool {
	proc, err := read.Open("/proc")
	if err != nil {
		return false
	}
	bootID, namespace := proc.Host().BootID, proc.OwnNamespace(procfs.PIDNamespace)
	return bootID.Held() && namespace.Held() && bootID == welcome.BootID && namespace == welcome.PIDNamespace
}

// farProc is a helper as [Processes].
type farProc struct{ *wire.Client }

// PIDsUse reads the pids controller of the group with that folder.
func (f farProc) PIDsUse(dir string) inspect.PIDsUse {
	current, most := f.Client.PIDsUse(dir)
	return inspect.PIDsUse{Current: current, Max: most}
}

// openFar opens the kernel's iterator at the helper.
func openFar(ctx context.Context, client *wire.Client, question *need.Question) (opened, error) {
	iterator, err := client.OpenIterator(ctx, purposeOf(question) == taskiter.ForSurveys)
	var unsupported *wire.UnsupportedError
	if errors.As(err, &unsupported) {
		return opened{}, &taskiter.UnsupportedError{Reason: unsupported.Reason, Remedy: unsupported.Remedy}
	}
	if err != nil {
		return opened{}, err
	}
	return opened{iterator, func() { _ = iterator.Close() }}, nil
}
