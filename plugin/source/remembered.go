package source

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// Follower is Facts that also report when they change. Package engine implements it.
type Follower interface {
	Facts
	// Follow calls begun when the engine has begun to report events, and then outdated for every
	// event, until the stream of events ends. It returns why it ended. begun may be called just before an
	// engine's refusal is returned. The two functions are
	// called by one goroutine at a time.
	Follow(ctx context.Context, begun func(), outdated func(Outdated)) error
	// Ping asks only whether the engine answers (GET /_ping).
	Ping(context.Context) error
	// ReportsAll reports whether the engine is known to report everything that happens to its
	// containers as events, as Docker's does.
	ReportsAll(context.Context) bool
	// Renew lets another capture read as much of the engine's answers as the first one.
	Renew()
}

// Outdated is what an event of an engine says: which earlier answers may no longer be true.
type Outdated struct {
	// ContainerID is the container that the event is about. It is "" for the engine itself.
	ContainerID string
	// Lists is true if the lists of containers may differ: one was created, removed or renamed,
	// or its state has changed.
	Lists bool
	// Event is the event itself, with the name of the container in every case. It has no action
	// if it is not about a container.
	Event inspect.Event
}

// mostAge is how long an answer is used without an event. An engine drops events if nobody reads
// them in time, and an event that is missed must not be missed for ever.
const mostAge = time.Minute

// remembered is an engine that is asked again only after something has happened. While its events
// are not received, it is asked each time.
type remembered struct {
	Follower
	// now is the time, a monotonic one.
	now func() time.Time

	mu sync.Mutex
	// trusted is true while events are received and the engine reports everything by them.
	trusted bool
	// changes counts the events. An answer to a question that was asked before an event is not
	// kept.
	changes int
	lists   map[bool]answered[[]inspect.Container]
	// containers are by ID. unknown are the references that the engine did not know.
	containers map[string]answered[inspect.Container]
	unknown    map[string]answered[error]
	execs      map[string]answered[inspect.Exec]
	past       answered[[]inspect.Exec]
	log        answered[inspect.EventLog]
	words      map[string]answered[[]string]
	engine     answered[inspect.Engine]
	peer       answered[int]
}

// answered is an answer and when it was given. The zero value is none.
type answered[T any] struct {
	value T
	at    time.Time
}

func newRemembered(f Follower) *remembered {
	r := &remembered{Follower: f, now: time.Now}
	r.forgetAll()
	return r
}

// forgetAll removes every answer. The caller holds mu, or is the only user.
func (r *remembered) forgetAll() {
	r.changes++
	r.lists = map[bool]answered[[]inspect.Container]{}
	r.containers, r.unknown = map[string]answered[inspect.Container]{}, map[string]answered[error]{}
	r.execs, r.words = map[string]answered[inspect.Exec]{}, map[string]answered[[]string]{}
	r.past, r.log = answered[[]inspect.Exec]{}, answered[inspect.EventLog]{}
	r.engine, r.peer = answered[inspect.Engine]{}, answered[int]{}
}

// setTrusted is called when the stream of events begins or ends. What was answered before cannot
// be relied on in either case.
func (r *remembered) setTrusted(trusted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgetAll()
	r.trusted = trusted
}

// change removes the answers that an event makes doubtful.
func (r *remembered) change(c Outdated) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.ContainerID == "" {
		r.forgetAll()
		return
	}
	r.changes++
	r.forget(c.ContainerID)
	r.past, r.log = answered[[]inspect.Exec]{}, answered[inspect.EventLog]{}
	if c.Lists {
		r.lists = map[bool]answered[[]inspect.Container]{}
		r.unknown = map[string]answered[error]{}
	}
}

// forget removes the answers about one container. The caller holds mu.
func (r *remembered) forget(id string) {
	delete(r.containers, id)
	delete(r.words, id)
	for session, e := range r.execs {
		if e.value.ContainerID == id {
			delete(r.execs, session)
		}
	}
}

// doubt removes what was answered about containers that /proc contradicts.
func (r *remembered) doubt(ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(ids) == 0 {
		return
	}
	r.changes++
	for _, id := range ids {
		r.forget(id)
	}
	r.lists = map[bool]answered[[]inspect.Container]{}
}

// isFresh reports whether an answer of that time may be used. The caller holds mu.
func (r *remembered) isFresh(at time.Time) bool {
	return r.trusted && !at.IsZero() && r.now().Sub(at) < mostAge
}

// recalled is the answer from memory, or the engine's, which is kept if nothing has happened
// meanwhile. An error is not kept.
func recalled[T any](r *remembered, from func() answered[T], keep func(answered[T]), ask func() (T, error)) (T, error) {
	r.mu.Lock()
	known, before := from(), r.changes
	if r.isFresh(known.at) {
		r.mu.Unlock()
		return known.value, nil
	}
	r.mu.Unlock()
	value, err := ask()
	if err != nil {
		return value, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.trusted && r.changes == before {
		keep(answered[T]{value, r.now()})
	}
	return value, nil
}

// List is that of [Facts]. A list that was cut is not kept.
func (r *remembered) List(ctx context.Context, all bool) ([]inspect.Container, error) {
	list, err := recalled(r,
		func() answered[[]inspect.Container] { return r.lists[all] },
		func(a answered[[]inspect.Container]) { r.lists[all] = a },
		func() ([]inspect.Container, error) { return r.Follower.List(ctx, all) })
	return slices.Clone(list), err
}

// Inspect is that of [Facts]. What the user typed may be a name, which can be given to another
// container. So only answers about full IDs are kept, and the references that are not known.
func (r *remembered) Inspect(ctx context.Context, ref string) (inspect.Container, error) {
	r.mu.Lock()
	unknown := r.unknown[ref]
	fresh := r.isFresh(unknown.at)
	before := r.changes
	r.mu.Unlock()
	if fresh {
		return inspect.Container{}, unknown.value
	}
	c, err := recalled(r,
		func() answered[inspect.Container] { return r.containers[ref] },
		func(a answered[inspect.Container]) {
			if a.value.ID == ref {
				r.containers[ref] = a
			}
		},
		func() (inspect.Container, error) { return r.Follower.Inspect(ctx, ref) })
	if errors.Is(err, ErrNoSuchContainer) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.trusted && r.changes == before {
			r.unknown[ref] = answered[error]{err, r.now()}
		}
	}
	return c, err
}

// Exec is that of [Facts].
func (r *remembered) Exec(ctx context.Context, id string) (inspect.Exec, error) {
	return recalled(r,
		func() answered[inspect.Exec] { return r.execs[id] },
		func(a answered[inspect.Exec]) { r.execs[id] = a },
		func() (inspect.Exec, error) { return r.Follower.Exec(ctx, id) })
}

// ExecEvents is that of [Facts].
func (r *remembered) ExecEvents(ctx context.Context) ([]inspect.Exec, error) {
	list, err := recalled(r,
		func() answered[[]inspect.Exec] { return r.past },
		func(a answered[[]inspect.Exec]) { r.past = a },
		func() ([]inspect.Exec, error) { return r.Follower.ExecEvents(ctx) })
	return slices.Clone(list), err
}

// Events is that of [Facts].
func (r *remembered) Events(ctx context.Context) (inspect.EventLog, error) {
	log, err := recalled(r,
		func() answered[inspect.EventLog] { return r.log },
		func(a answered[inspect.EventLog]) { r.log = a },
		func() (inspect.EventLog, error) { return r.Follower.Events(ctx) })
	log.Events = slices.Clone(log.Events)
	return log, err
}

// LastWords is that of [Facts]. They are read of containers whose last run was short. The next
// run is an event.
func (r *remembered) LastWords(ctx context.Context, id string) ([]string, error) {
	return recalled(r,
		func() answered[[]string] { return r.words[id] },
		func(a answered[[]string]) { r.words[id] = a },
		func() ([]string, error) { return r.Follower.LastWords(ctx, id) })
}

// Describe is that of [Facts].
func (r *remembered) Describe(ctx context.Context) (inspect.Engine, error) {
	return recalled(r,
		func() answered[inspect.Engine] { return r.engine },
		func(a answered[inspect.Engine]) { r.engine = a },
		func() (inspect.Engine, error) { return r.Follower.Describe(ctx) })
}

// PeerPID is that of [Facts].
func (r *remembered) PeerPID(ctx context.Context) (int, error) {
	return recalled(r,
		func() answered[int] { return r.peer },
		func(a answered[int]) { r.peer = a },
		func() (int, error) { return r.Follower.PeerPID(ctx) })
}
