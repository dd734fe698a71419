package source

import (
	"context"
	"errors"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Request says what a command needs to know.
type Request struct {
	// Containers are names, IDs or beginnings of IDs; none means every running
	// container.
	Containers []string
	// Filter selects among the running containers before they are read.
	Filter inspect.Filter
	// Numbers are host PIDs or TIDs whose owners are to be known; Containers is
	// empty then.
	Numbers []int
	// MainOnly: the main processes suffice.
	MainOnly bool
	// Only says of which processes more than their stat is needed, where all of the
	// host are looked at; nil for all.
	Only *need.Survey
	// Host: every process of the host is wanted, whoever owns it.
	Host bool
	// Threads: the TIDs of all processes are to be known.
	Threads bool
	// Name: the engine's name and versions are to be known.
	Name bool
	// Sharers: the other running containers are to be known, as they may share
	// namespaces.
	Sharers bool
	// SharersOnly: those of them suffice that share namespaces, where that can be
	// proved without asking for each.
	SharersOnly bool
	// Members: every process in the PID namespaces of the containers is to be
	// known, whichever container it belongs to.
	Members bool
	// Entered: so is every process that is in these namespaces without being a
	// container's, as nsenter leaves it there; no container may be left out then.
	Entered bool
	// Execs: the exec sessions that run are to be known.
	Execs bool
	// Origins: where there are zombies, the exec sessions of the past are to
	// be known as well.
	Origins bool
	// Attention is how many processes of each container are asked what signals
	// they listen to: its main process and those below it first.
	Attention int
	// Listing: every container of the engine, running or not, is to be known.
	Listing bool
	// Ended: containers that do not run are to be known as well, where none is
	// named.
	Ended bool
	// Events: what the engine remembers of containers is to be known.
	Events bool
	// Limits: what decides over fork is to be known.
	Limits bool
	// Settle is the time after which zombies are looked at again; 0 for never.
	Settle time.Duration
	// Namespaces are the types whose inodes are read.
	Namespaces []procfs.NamespaceType
}

// Source is one host that can be captured.
type Source interface {
	// Capture answers the request. What one container refuses is a problem in
	// the capture; an error means that nothing could be answered.
	Capture(ctx context.Context, request Request) (*inspect.Capture, error)
}

// ErrEngineElsewhere means that the engine's processes cannot be in this /proc.
var ErrEngineElsewhere = errors.New("the engine's processes are elsewhere")
