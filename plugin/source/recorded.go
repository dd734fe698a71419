package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/wire"
)

// Recorded is a host that cannot be asked. A helper there (cmd/pidns-helper --once) has recorded
// everything at one time.
type Recorded struct {
	// Recording is what the helper has written.
	Recording *Recording
	// ContainerID is that of the helper's container, by the engine's word.
	ContainerID string
	// Without makes what tells of the containers, because no engine can be asked.
	Without func(*Recording) Facts
	// Tool is the version that a capture carries.
	Tool string
	// proven is set after the first capture.
	proven *inspect.HostProof
}

// Recording is what a helper has written, as [Processes].
type Recording struct{ *wire.Recorded }

// RecordingOrder is the argument of the helper's option --once. The helper returns the nonce. It
// looks a second time after settle, 0 for once.
func RecordingOrder(tool, nonce string, settle time.Duration) string {
	return wire.Order{Hello: wire.Hello{Tool: tool, Nonce: nonce, Sought: signal.Sought()}, Settle: settle}.Word()
}

// ReadRecording reads what a helper has written that got an order with the nonce. The error says
// what is wrong with it.
func ReadRecording(from io.Reader, nonce string) (*Recording, error) {
	r, err := wire.ReadRecorded(from, nonce)
	if err != nil {
		return nil, err
	}
	return &Recording{r}, nil
}

// ProcID is the same for recordings of one /proc, and for no others: the boot and the PID
// namespace that it shows. It is "" if they are not known.
func (r *Recording) ProcID() string {
	welcome := r.Welcome()
	boot, inode := welcome.BootID.Or(""), welcome.PIDNamespace.Or(0)
	if boot == "" || inode == 0 {
		return ""
	}
	return fmt.Sprintf("%s %d", boot, inode)
}

// PIDsUse reads the pids controller of the group with that folder.
func (r *Recording) PIDsUse(dir string) inspect.PIDsUse {
	current, most := r.Recorded.PIDsUse(dir)
	return inspect.PIDsUse{Current: current, Max: most}
}

// recordedLook is the time that a second look waits for, because it was recorded with the first.
const recordedLook = time.Nanosecond

// Capture answers a question with everything that was recorded.
func (r *Recorded) Capture(ctx context.Context, question need.Question) (*inspect.Capture, error) {
	proof, err := r.prove()
	if err != nil {
		return nil, err
	}
	capture, err := record(ctx, &host{
		facts: asker{rationed(r.Without(r.Recording))}, processes: r.Recording, tool: r.Tool, proven: &proof,
		choice: newChoice(CollectorProc, r.Recording, nil),
	}, r.answered(question))
	if err != nil {
		return nil, err
	}
	capture.Engine.Absent = true
	if capture.SecondLook != nil {
		capture.SecondLook.At = capture.Snapshot.TakenAt.Add(r.Recording.SecondLook())
	}
	return capture, nil
}

// answered is the question as far as a recording can answer it: about the whole host, because
// that was recorded, and without TIDs, because these were not.
func (r *Recorded) answered(question need.Question) need.Question {
	question.Processes.Reach, question.Processes.Suffices, question.Processes.Threads = need.Host, nil, false
	question.Processes.Namespaces = procfs.NamespaceTypes
	question.Settle = min(question.Settle, recordedLook)
	if r.Recording.SecondLook() <= 0 {
		question.Settle = 0
	}
	return question
}

// ErrForeignRecording means that the helper has read a /proc in which it is not the process that
// its engine has started.
var ErrForeignRecording = errors.New("the helper has read another /proc than its engine's, or its engine reports another container")

// prove holds what the helper says of itself against what the engine says of its container. The
// helper is in the /proc that it has read, and its parent there is the shim of that container. The
// helper and its shim are then left out, because they were there only for the question.
func (r *Recorded) prove() (inspect.HostProof, error) {
	if r.proven != nil {
		return *r.proven, nil
	}
	own, known := r.Recording.Welcome().PID.Get()
	self, err := r.Recording.Process(own, procfs.Detail{})
	if !known || err != nil {
		return inspect.HostProof{}, ErrForeignRecording
	}
	shim, err := r.Recording.Process(self.ParentPID, procfs.Detail{})
	if err != nil || inspect.ShimName(&shim) == "" || inspect.Argument(&shim, "-id") != r.ContainerID {
		return inspect.HostProof{}, ErrForeignRecording
	}
	r.Recording.Hide(own, shim.PID)
	r.proven = &inspect.HostProof{
		Verdict: inspect.Yes, By: fmt.Sprintf("the helper is process %d of this /proc, and its parent is the shim of the container that the engine has started", own),
	}
	return *r.proven, nil
}
