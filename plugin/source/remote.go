package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
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
	// ID is that of its container, which no answer names.
	ID string
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

// greetingTime is how long a helper may take to say which /proc it reads, once it was started.
const greetingTime = 15 * time.Second

// ErrSilentHelper means that a helper was started and has said nothing since.
var ErrSilentHelper = errors.New("the helper was started and does not answer")

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
	own := "it is not in it"
	if e.Own != 0 {
		own = fmt.Sprintf("it has PID %d there", e.Own)
	}
	return fmt.Sprintf("the helper of the engine at %s reads another /proc: %s, and the engine reports PID %d for it", e.Endpoint, own, e.PID)
}

// Capture starts a helper, reads the processes through it, and ends it.
func (r *Remote) Capture(ctx context.Context, question need.Question) (*inspect.Capture, error) {
	session, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	defer session.close()
	chosen := session.newChoice(ctx, r.Collector, &question)
	defer chosen.release()
	return session.capture(ctx, r.Engine, chosen, nil, question)
}

// session is a helper that has said which /proc it reads.
type session struct {
	*Remote
	helper Helper
	client *wire.Client
	cancel context.CancelCauseFunc
	proof  inspect.HostProof
	own    hidden
}

// open starts a helper and waits for its greeting. The session ends with the context.
func (r *Remote) open(ctx context.Context) (*session, error) {
	helper, err := r.Start(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	silent := time.AfterFunc(greetingTime, func() { cancel(ErrSilentHelper) })
	client, err := wire.Dial(ctx, helper.Stream, wire.Hello{Tool: r.Tool, Nonce: helper.Nonce, Sought: signal.Sought()})
	silent.Stop()
	if err != nil {
		cancel(nil)
		return nil, r.cannotRead(err)
	}
	s := &session{Remote: r, helper: helper, client: client, cancel: cancel}
	if s.proof, err = proveHelper(client.Welcome(), helper.PID, r.Engine.Endpoint()); err != nil {
		s.close()
		return nil, err
	}
	s.own = ownPIDs(client, helper.PID)
	return s, nil
}

// close ends the helper.
func (s *session) close() {
	_ = s.client.Close()
	s.cancel(nil)
}

// newChoice starts to open the collector that was asked for.
func (s *session) newChoice(ctx context.Context, wanted string, question *need.Question) *choice {
	return newChoice(wanted, farProc{s.client, s.own}, func() (opened, error) { return openFar(ctx, s.client, s.own, question) })
}

// capture takes one capture through the helper. watch is nil if it is the only one.
func (s *session) capture(ctx context.Context, engine Facts, chosen *choice, watch *remoteWatch, question need.Question) (*inspect.Capture, error) {
	h := &host{
		facts: asker{rationed(withoutHelper{engine, s.helper.ID})}, processes: farProc{s.client, s.own}, choice: chosen, tool: s.Tool,
		proven: &s.proof, peerIsHere: isOwnProc(s.client.Welcome()),
	}
	if watch != nil {
		h.watchedBy(&watch.seen, watch.follows)
	}
	capture, err := record(ctx, h, question)
	if broken := s.client.Err(); broken != nil { // what has no error of its own was not read
		return nil, s.cannotRead(broken)
	}
	return capture, err
}

// cannotRead names the engine, unless the error does so.
func (r *Remote) cannotRead(err error) error {
	var ended *HelperError
	if errors.As(err, &ended) {
		return ended
	}
	return fmt.Errorf("cannot read through the helper on the engine at %s: %w", r.Engine.Endpoint(), err)
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

// farProc is a helper as [Processes]. It does not show itself.
type farProc struct {
	*wire.Client
	own hidden
}

// Scan reads every process.
func (f farProc) Scan(ctx context.Context, detail procfs.Detail) (procfs.Snapshot, error) {
	return f.own.dropped(f.Client.Scan(ctx, detail))
}

// Family reads some processes and what belongs to them.
func (f farProc) Family(ctx context.Context, of procfs.FamilyOf, detail procfs.Detail) (procfs.Snapshot, error) {
	return f.own.dropped(f.Client.Family(ctx, of, detail))
}

// Survey reads little of every process.
func (f farProc) Survey(ctx context.Context, of procfs.SurveyOf) (procfs.Snapshot, error) {
	return f.own.dropped(f.Client.Survey(ctx, of))
}

// Outside reads these processes, and those that are in PID namespaces other than the known ones.
func (f farProc) Outside(ctx context.Context, pids []int, known []uint64, detail procfs.Detail) (procfs.Snapshot, error) {
	return f.own.dropped(f.Client.Outside(ctx, pids, known, detail))
}

// PIDsUse reads the pids controller of the group with that folder.
func (f farProc) PIDsUse(dir string) inspect.PIDsUse {
	current, most := f.Client.PIDsUse(dir)
	return inspect.PIDsUse{Current: current, Max: most}
}

// farIterator is the kernel's iterator at a helper.
type farIterator struct {
	*wire.Iterator
	own hidden
}

// Scan reads every process.
func (f farIterator) Scan(ctx context.Context, detail procfs.Detail) (procfs.Snapshot, error) {
	return f.own.dropped(f.Iterator.Scan(ctx, detail))
}

// Family reads some processes and what belongs to them.
func (f farIterator) Family(ctx context.Context, of procfs.FamilyOf, detail procfs.Detail) (procfs.Snapshot, error) {
	return f.own.dropped(f.Iterator.Family(ctx, of, detail))
}

// Survey reads little of every process.
func (f farIterator) Survey(ctx context.Context, of procfs.SurveyOf) (procfs.Snapshot, error) {
	return f.own.dropped(f.Iterator.Survey(ctx, of))
}

// openFar opens the kernel's iterator at the helper.
func openFar(ctx context.Context, client *wire.Client, own hidden, question *need.Question) (opened, error) {
	iterator, err := client.OpenIterator(ctx, purposeOf(question) == taskiter.ForSurveys)
	var unsupported *wire.UnsupportedError
	if errors.As(err, &unsupported) {
		return opened{}, &bpf.UnsupportedError{Reason: unsupported.Reason, Remedy: unsupported.Remedy}
	}
	if err != nil {
		return opened{}, err
	}
	return opened{farIterator{iterator, own}, func() { _ = iterator.Close() }}, nil
}

// hidden are the PIDs of processes that are there only for the question: the helper and its
// shim. On the engine's own host the same question has neither.
type hidden []int

// ownPIDs are those of the helper, and of its parent where that is its shim.
func ownPIDs(client *wire.Client, pid int) hidden {
	own := hidden{pid}
	if self, err := client.Process(pid, procfs.Detail{MainThread: true}); err == nil {
		if parent, err := client.Process(self.ParentPID, procfs.Detail{MainThread: true}); err == nil && inspect.ShimName(&parent) != "" {
			own = append(own, parent.PID)
		}
	}
	return own
}

// dropped is the snapshot without them.
func (h hidden) dropped(s procfs.Snapshot, err error) (procfs.Snapshot, error) {
	s.Processes = slices.DeleteFunc(s.Processes, func(p procfs.Process) bool { return slices.Contains(h, p.PID) })
	return s, err
}

// withoutHelper is an engine that does not name the container with the ID.
type withoutHelper struct {
	Facts
	id string
}

// List leaves it out.
func (w withoutHelper) List(ctx context.Context, all bool) ([]inspect.Container, error) {
	list, err := w.Facts.List(ctx, all)
	return slices.DeleteFunc(list, func(c inspect.Container) bool { return c.ID == w.id }), err
}

// Events leaves out what became of it.
func (w withoutHelper) Events(ctx context.Context) (inspect.EventLog, error) {
	log, err := w.Facts.Events(ctx)
	log.Events = slices.DeleteFunc(log.Events, func(e inspect.Event) bool { return e.ContainerID == w.id })
	return log, err
}
