package source

import (
	"context"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// seen is what earlier captures of a watched host have shown. A zombie that an earlier capture
// has shown needs no second look: this capture is the second look.
type seen struct {
	// looked is true after the first capture.
	looked bool
	// zombies and unserved are when each was seen first, of those that the last capture has
	// shown.
	zombies  map[procfs.Key]time.Time
	unserved map[unservedKey]time.Time
}

// unservedKey is a container without its shim or main process, and the main process that it had.
type unservedKey struct {
	id     string
	main   procfs.Key
	parent int
}

func keyOfUnserved(u *shim.Unserved) unservedKey {
	key := unservedKey{id: u.Container.ID}
	if u.Main != nil {
		key.main, key.parent = u.Main.Key, u.Main.ParentPID
	}
	return key
}

// note keeps what a capture has shown at that time. What it has not shown has ended.
func (s *seen) note(zombies []procfs.Key, unserved []shim.Unserved, at time.Time) {
	s.zombies = firstSeen(s.zombies, zombies, at)
	keys := make([]unservedKey, len(unserved))
	for i := range unserved {
		keys[i] = keyOfUnserved(&unserved[i])
	}
	s.unserved = firstSeen(s.unserved, keys, at)
	s.looked = true
}

// firstSeen are the times at which each of the keys was seen first, now or before.
func firstSeen[K comparable](before map[K]time.Time, keys []K, now time.Time) map[K]time.Time {
	first := make(map[K]time.Time, len(keys))
	for _, key := range keys {
		at, known := before[key]
		if !known {
			at = now
		}
		first[key] = at
	}
	return first
}

// lookBack decides by earlier captures what else needs a second look. What was not seen early
// enough before is left to the next capture.
func (r *recording) lookBack(ctx context.Context, looked time.Time) {
	zombies, unserved := r.zombies(), r.unserved()
	r.seen.note(zombies, unserved, looked)
	if r.question.Settle <= 0 {
		return
	}
	settled := looked.Add(-r.question.Settle)
	isZombie := make(map[procfs.Key]bool, len(zombies))
	for _, key := range zombies {
		isZombie[key] = !r.seen.zombies[key].After(settled)
	}
	second := &inspect.Look{At: time.Now().UTC()}
	for i := range r.capture.Snapshot.Processes {
		if p := &r.capture.Snapshot.Processes[i]; isZombie[p.Key] {
			second.Zombies = append(second.Zombies, procfs.ZombieSeen{Key: p.Key, ParentPID: p.ParentPID})
		}
	}
	for i := range unserved {
		u := &unserved[i]
		if !r.seen.unserved[keyOfUnserved(u)].After(settled) && r.isStillUnserved(ctx, *u) {
			second.Unserved = append(second.Unserved, u.Container.ID)
		}
	}
	slices.Sort(second.Unserved)
	r.change(func(c *inspect.Capture) { c.SecondLook = second })
}
