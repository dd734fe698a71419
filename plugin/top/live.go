package top

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/overview"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// Settle is the time after which a zombie that is still there is counted.
const Settle = time.Second

// selection says which containers are shown.
type selection struct {
	filter inspect.Filter
	names  []string
}

func (s *selection) isAll() bool { return s.filter.IsZero() && len(s.names) == 0 }

// Rows is that of [Feed].
func (s *selection) Rows(ix *inspect.Index, judged *overview.Judged) []overview.Row {
	return overview.Rows(ix, s.names, s.filter, judged)
}

// Verdicts is that of [Feed].
func (s *selection) Verdicts(ix *inspect.Index) *overview.Judged {
	chosen, _ := ix.Choose(s.names, s.filter)
	return overview.Judge(ix, chosen, s.isAll() && ix.Capture.Only == nil)
}

// Live takes frames from a watched host.
type Live struct {
	selection
	watch  source.Watch
	looked atomic.Bool
}

// NewLive returns a feed of the containers that are named, or that the filter selects.
func NewLive(watch source.Watch, names []string, filter inspect.Filter) *Live {
	return &Live{selection: selection{filter, names}, watch: watch}
}

// Pages is that of [Feed].
func (l *Live) Pages() int { return 0 }

// Page is that of [Feed].
func (l *Live) Page(context.Context, int) Frame { return Frame{} }

// Look is that of [Feed].
func (l *Live) Look(ctx context.Context, whole bool) Frame {
	question := need.Overview(Settle)
	switch {
	case whole:
		question = need.Snapshot(Settle)
	case !l.looked.Load(): // it comes at once, and the next one is its second look
		question = need.Overview(0)
	}
	ix, err := l.capture(ctx, question)
	if err != nil {
		return Frame{Err: err}
	}
	l.looked.Store(true)
	state := l.watch.State()
	return Frame{Index: ix, Whole: whole, Silent: state.Err, Since: state.Since}
}

// Judge is that of [Feed].
func (l *Live) Judge(ctx context.Context) (*overview.Judged, error) {
	ix, err := l.capture(ctx, need.Doctor(nil, Settle))
	if err != nil {
		return nil, err
	}
	return l.Verdicts(ix), nil
}

// capture asks about all containers that the filter selects. A second look needs all.
func (l *Live) capture(ctx context.Context, question need.Question) (*inspect.Index, error) {
	c, err := l.watch.Capture(ctx, question.Matching(l.filter, true))
	if err != nil {
		return nil, err
	}
	return inspect.NewIndex(c), nil
}

// questions are what the views need of one container.
var questions = map[View]func(names []string) need.Question{
	ViewTree:       need.Tree,
	ViewZombies:    func(names []string) need.Question { return need.Zombies(names, Settle) },
	ViewNamespaces: need.Namespaces,
	ViewSignals:    func(names []string) need.Question { return need.Signals(names, Settle, false) },
	ViewLimits:     need.Limits,
	ViewExplain:    func(names []string) need.Question { return need.Explain(names[0]) },
	ViewDoctor:     func(names []string) need.Question { return need.Doctor(names, Settle) },
}

// Detail is that of [Feed].
func (l *Live) Detail(ctx context.Context, view View, id string) (*inspect.Index, error) {
	c, err := l.watch.Capture(ctx, questions[view]([]string{id}))
	if err != nil {
		return nil, err
	}
	return inspect.NewIndex(c), nil
}
