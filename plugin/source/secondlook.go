package source

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// lookAgain waits until Settle after the first look, or until no zombie is left. It then reads
// which zombies still exist, and which containers still run without their shim or main process.
func (r *recording) lookAgain(ctx context.Context, looked time.Time) error {
	if r.seen != nil && (r.seen.hasLooked() || r.question.Settle <= 0) {
		return r.lookBack(ctx, looked)
	}
	if r.question.Settle <= 0 {
		return nil
	}
	zombies, unserved := r.zombies(), r.unserved()
	if r.seen != nil {
		r.noteSeen(zombies, unserved, looked)
	}
	var mains map[string]procfs.Key
	waits := len(zombies)+len(unserved) > 0
	if waits {
		mains = r.mains()
		r.choice.release() // while this waits, nothing stays loaded in the kernel
		var err error
		if zombies, err = r.wait(ctx, looked, zombies, len(unserved) > 0); err != nil {
			return err
		}
	}
	second := &inspect.Look{At: time.Now().UTC()}
	if len(zombies)+len(unserved) > 0 {
		second.Zombies = r.processes.StillZombies(zombies)
	}
	if waits {
		second.Ended = r.ended(mains)
	}
	for _, u := range unserved {
		if r.isStillUnserved(ctx, u) {
			second.Unserved = append(second.Unserved, u.Container.ID)
		}
	}
	r.change(func(c *inspect.Capture) { c.SecondLook = second })
	if err := r.readListed(ctx); err != nil {
		return err
	}
	return r.readNewParents(ctx)
}

// pauses are the times after the first look at which zombies are looked at before Settle is over.
// Healthy fork loops reap theirs within milliseconds, and then there is nothing to wait for.
var pauses = []time.Duration{30 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond}

// wait waits until Settle after the first look. It is over sooner if no zombie is left, unless it
// is also about others. It returns the zombies that may be left.
func (r *recording) wait(ctx context.Context, looked time.Time, zombies []procfs.Key, others bool) ([]procfs.Key, error) {
	for _, pause := range pauses {
		if others || pause >= r.question.Settle {
			break
		}
		if err := waitUntil(ctx, looked.Add(pause)); err != nil {
			return nil, err
		}
		if zombies = r.left(zombies); len(zombies) == 0 {
			return nil, nil
		}
	}
	return zombies, waitUntil(ctx, looked.Add(r.question.Settle))
}

func waitUntil(ctx context.Context, at time.Time) error {
	select {
	case <-time.After(time.Until(at)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// mostLooked is how many zombies are looked at first to see whether any is left.
const mostLooked = 50

// left are the zombies that may be left, none if all have been reaped. As soon as one is left, the
// others are not looked at, because they may be many.
func (r *recording) left(zombies []procfs.Key) []procfs.Key {
	for some := mostLooked; len(zombies) > 0; some *= 2 {
		n := min(some, len(zombies))
		if still := r.processes.StillZombies(zombies[:n]); len(still) > 0 {
			found := make([]procfs.Key, len(still), len(still)+len(zombies)-n)
			for i := range still {
				found[i] = still[i].Key
			}
			return append(found, zombies[n:]...)
		}
		zombies = zombies[n:]
	}
	return nil
}

// mains are the main processes that existed, of the containers that were asked for, by their
// IDs.
func (r *recording) mains() map[string]procfs.Key {
	found := map[string]procfs.Key{}
	ix := r.indexed()
	for _, id := range r.selected {
		if c := ix.Container(id); c != nil {
			if main := ix.Binding(c).Main; main != nil && !main.IsZombie() {
				found[id] = main.Key
			}
		}
	}
	return found
}

// ended are the IDs of those whose main process has exited by now.
func (r *recording) ended(mains map[string]procfs.Key) []string {
	ids := slices.Sorted(maps.Keys(mains))
	lives := make([]bool, len(ids))
	readTogether(len(ids), func(i int) { lives[i] = r.processes.Lives(mains[ids[i]]) })
	var list []string
	for i, id := range ids {
		if !lives[i] {
			list = append(list, id)
		}
	}
	return list
}

// unserved are the containers that run without their shim or main process. Only a listing can
// show that.
func (r *recording) unserved() []shim.Unserved {
	if r.capture.Listing == nil {
		return nil
	}
	return shim.FindUnserved(r.indexed())
}

// isStillUnserved reports whether the engine says that the container has run all the time,
// although its main process still has no shim, or has exited.
func (r *recording) isStillUnserved(ctx context.Context, u shim.Unserved) bool {
	now, err := r.facts.Inspect(ctx, u.Container.ID)
	if err != nil || now.Status != u.Container.Status || now.HostPID != u.Container.HostPID || !now.StartedAt.Equal(u.Container.StartedAt) {
		return false
	}
	main, err := r.processes.Process(u.Container.HostPID, procfs.Detail{})
	if u.Main == nil {
		return errors.Is(err, fs.ErrNotExist) || err == nil && main.IsZombie()
	}
	return err == nil && main.Key == u.Main.Key && main.ParentPID == u.Main.ParentPID && !main.IsZombie()
}

// zombies are the zombies that concern the containers that were asked for: their own, and those
// for which their processes, or the inits of their PID namespaces, have not waited, whichever
// container has them. The answer does not need other zombies.
func (r *recording) zombies() []procfs.Key {
	var keys []procfs.Key
	if !slices.ContainsFunc(r.capture.Snapshot.Processes, func(p procfs.Process) bool { return p.IsZombie() }) {
		return nil
	}
	ix := r.indexed()
	chosen, inits := map[*inspect.Container]bool{}, map[*procfs.Process]bool{}
	for _, id := range r.selected {
		if c := ix.Container(id); c != nil {
			chosen[c] = true
			if main := ix.Main(c); main != nil {
				inits[ix.InitOf(main)] = true
			}
		}
	}
	for _, p := range ix.Processes() {
		if !p.IsZombie() {
			continue
		}
		parent := ix.Parent(p)
		if chosen[ix.OwnerOf(p).Container] || parent != nil && (inits[parent] || chosen[ix.OwnerOf(parent).Container]) {
			keys = append(keys, p.Key)
		}
	}
	return keys
}

// readNewParents reads everything of the processes that have adopted zombies since the first
// look. What the kernel's iterator reported of them is kept, and is not read again.
func (r *recording) readNewParents(ctx context.Context) error {
	parents := map[int]bool{}
	for _, z := range r.capture.SecondLook.Zombies {
		parents[z.ParentPID] = true
	}
	told := map[procfs.Key]procfs.Opt[procfs.Internals]{}
	for i := range r.capture.Snapshot.Processes {
		if p := &r.capture.Snapshot.Processes[i]; parents[p.PID] && p.Args.Absence() == procfs.Unread {
			told[p.Key] = p.Internals
		}
	}
	err := r.processes.Complete(ctx, &r.capture.Snapshot, func(p *procfs.Process) (procfs.Detail, bool) {
		_, wanted := told[p.Key]
		return r.question.Detail(true), wanted
	})
	for i := range r.capture.Snapshot.Processes {
		if p := &r.capture.Snapshot.Processes[i]; !p.Internals.Held() {
			if internals, kept := told[p.Key]; kept {
				p.Internals = internals
			}
		}
	}
	return err
}

// readListed reads the stat of processes that are only listed, if the verdict about a zombie that
// has stayed needs more than its ancestors. If its parent exits, the init of the parent's PID
// namespace adopts it. What that init does with its own children is part of the verdict.
func (r *recording) readListed(ctx context.Context) error {
	if !r.hasOtherParents() {
		return nil
	}
	later, err := r.processes.Survey(ctx, procfs.SurveyOf{})
	if err != nil {
		return err
	}
	r.change(func(c *inspect.Capture) { c.Snapshot.Fill(later.Processes) })
	return nil
}

// hasOtherParents reports whether a zombie that has stayed has a parent that is neither an init
// nor a shim, while some processes are only listed.
func (r *recording) hasOtherParents() bool {
	if len(r.capture.Snapshot.Listed) == 0 {
		return false
	}
	ix := r.indexed()
	return slices.ContainsFunc(r.capture.SecondLook.Zombies, func(z procfs.ZombieSeen) bool {
		parent := ix.ProcessAt(z.ParentPID)
		return parent == nil || !ix.IsNSInit(parent) && !ix.IsShim(parent)
	})
}
