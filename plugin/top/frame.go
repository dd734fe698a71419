package top

import (
	"context"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/overview"
)

// View is what is shown: all containers, or one command's answer about one of them.
type View string

// The views. All but the first have the names of commands.
const (
	ViewAll        View = ""
	ViewTree       View = "tree"
	ViewZombies    View = "zombies"
	ViewNamespaces View = "ns"
	ViewSignals    View = "signals"
	ViewLimits     View = "limits"
	ViewExplain    View = "explain"
	ViewDoctor     View = "doctor"
)

// Frame is one look at a host.
type Frame struct {
	// Index is the capture with its index. If Whole is true, it answers every view and can be
	// saved. Otherwise it has only what the rows need.
	Index *inspect.Index
	Whole bool
	// Silent is why the engine did not answer, and Since when that began. Names and settings are
	// then from before. Silent is nil if it did.
	Silent error
	Since  time.Time
	// Title is the name of the file that the frame is from, "" for a live host.
	Title string
	// Err is why there is no look. Then Index is nil.
	Err error
}

// Feed takes looks at a host. Its methods may be called by several goroutines.
type Feed interface {
	// Look takes the next look. A whole one answers every view.
	Look(ctx context.Context, whole bool) Frame
	// Judge takes a thorough look, and finds what is wrong.
	Judge(ctx context.Context) (*overview.Judged, error)
	// Detail is a capture that answers the view of a container.
	Detail(ctx context.Context, view View, id string) (*inspect.Index, error)
	// Rows are the containers of an index, with the verdicts, which are nil before the first.
	Rows(ix *inspect.Index, judged *overview.Judged) []overview.Row
	// Verdicts are those of an index that answers every view.
	Verdicts(ix *inspect.Index) *overview.Judged
	// Pages is how many saved frames there are, 0 for a live host. Page reads one, from 0 on.
	Pages() int
	Page(ctx context.Context, number int) Frame
}

// at is when the frame was taken.
func (f *Frame) at() time.Time {
	if f.Index == nil {
		return time.Time{}
	}
	return f.Index.Capture.Snapshot.TakenAt
}
