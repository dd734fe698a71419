package source

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// seen is what earlier captures of a watched host have shown. A zombie that an earlier capture
// has shown needs no second look: this capture is the second look.
type seen struct {
	// dirs are the control groups of containers.
	dirs groupDirs

	mu sync.Mutex
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

// noteZombies keeps what a capture has shown at that time. If it was about all containers, what
// it has not shown has ended.
func (s *seen) noteZombies(zombies []procfs.Key, at time.Time, all bool) {
	s.zombies = firstSeen(s.zombies, zombies, at, all)
	s.looked = s.looked || all
}

// noteUnserved keeps the containers that a capture with a listing has shown.
func (s *seen) noteUnserved(unserved []shim.Unserved, at time.Time) {
	keys := make([]unservedKey, len(unserved))
	for i := range unserved {
		keys[i] = keyOfUnserved(&unserved[i])
	}
	s.unserved = firstSeen(s.unserved, keys, at, true)
}

// noteSeen keeps what this capture has shown first.
func (r *recording) noteSeen(zombies []procfs.Key, unserved []shim.Unserved, at time.Time) {
	r.seen.mu.Lock()
	defer r.seen.mu.Unlock()
	r.seen.noteZombies(zombies, at, r.question.IsAboutAll())
	if r.capture.Listing != nil {
		r.seen.noteUnserved(unserved, at)
	}
}

// firstSeen are the times at which each of the keys was seen first, now or before. If these are
// all keys, others are dropped.
func firstSeen[K comparable](before map[K]time.Time, keys []K, now time.Time, all bool) map[K]time.Time {
	first := make(map[K]time.Time, len(keys))
	if !all {
		maps.Copy(first, before)
	}
	for _, key := range keys {
		at, known := before[key]
		if !known {
			at = now
		}
		first[key] = at
	}
	return first
}

// since are the zombies and the containers that were seen at that time or before.
func (s *seen) since(at time.Time) (zombies map[procfs.Key]bool, unserved map[unservedKey]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return seenBefore(s.zombies, at), seenBefore(s.unserved, at)
}

func seenBefore[K comparable](first map[K]time.Time, at time.Time) map[K]bool {
	before := make(map[K]bool, len(first))
	for key, seen := range first {
		before[key] = !seen.After(at)
	}
	return before
}

// hasLooked reports whether there was a capture before.
func (s *seen) hasLooked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looked
}

// lookBack decides by earlier captures what else needs a second look. What was not seen early
// enough before is left to the next capture.
func (r *recording) lookBack(ctx context.Context, looked time.Time) error {
	zombies, unserved := r.zombies(), r.unserved()
	r.noteSeen(zombies, unserved, looked)
	if r.question.Settle <= 0 {
		return nil
	}
	settled := looked.Add(-r.question.Settle)
	isZombie, isUnserved := r.seen.since(settled)
	second := &inspect.Look{At: time.Now().UTC()}
	for i := range r.capture.Snapshot.Processes {
		if p := &r.capture.Snapshot.Processes[i]; p.IsZombie() && isZombie[p.Key] {
			second.Zombies = append(second.Zombies, procfs.ZombieSeen{Key: p.Key, ParentPID: p.ParentPID})
		}
	}
	for i := range unserved {
		u := &unserved[i]
		if isUnserved[keyOfUnserved(u)] && r.isStillUnserved(ctx, *u) {
			second.Unserved = append(second.Unserved, u.Container.ID)
		}
	}
	slices.Sort(second.Unserved)
	r.change(func(c *inspect.Capture) { c.SecondLook = second })
	return r.readListed(ctx)
}
