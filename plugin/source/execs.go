package source

import (
	"context"
	"slices"
	"sync"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// askExecs fills in the exec sessions: those that the containers name, and
// where zombies want an origin those that the events still tell of. What the
// engine has forgotten is left out.
func (s *session) askExecs(ctx context.Context) {
	wanted := map[string]inspect.Exec{}
	for i := range s.capture.Containers {
		c := &s.capture.Containers[i]
		if !slices.Contains(s.selected, c.ID) && !s.request.Host {
			continue
		}
		for _, id := range c.ExecIDs {
			wanted[id] = inspect.Exec{ID: id, ContainerID: c.ID}
		}
	}
	if s.request.Origins {
		for _, e := range s.pastExecs(ctx) {
			wanted[e.ID] = e
		}
	}
	s.capture.Execs = s.inspectExecs(ctx, wanted)
}

// pastExecs are the exec sessions in the events of containers with zombies.
func (s *session) pastExecs(ctx context.Context) []inspect.Exec {
	withZombies := s.containersWithZombies()
	if len(withZombies) == 0 {
		return nil
	}
	all, err := s.local.Engine.ExecEvents(ctx)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(all, func(e inspect.Exec) bool { return !withZombies[e.ContainerID] })
}

func (s *session) containersWithZombies() map[string]bool {
	ids := map[string]bool{}
	for i := range s.capture.Snapshot.Processes {
		p := &s.capture.Snapshot.Processes[i]
		if !p.IsZombie() {
			continue
		}
		if c := s.indexed().OwnerOf(p).Container; c != nil {
			ids[c.ID] = true
		}
	}
	return ids
}

// inspectExecs asks for the host PID of each session.
func (s *session) inspectExecs(ctx context.Context, wanted map[string]inspect.Exec) []inspect.Exec {
	var mutex sync.Mutex
	var found []inspect.Exec
	var group sync.WaitGroup
	slots := make(chan struct{}, inspecting)
	for id, known := range wanted {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			e, err := s.local.Engine.Exec(ctx, id)
			if err != nil {
				return
			}
			e.Command, e.StartedAt = known.Command, known.StartedAt
			mutex.Lock()
			defer mutex.Unlock()
			found = append(found, e)
		})
	}
	group.Wait()
	slices.SortFunc(found, func(a, b inspect.Exec) int { return a.HostPID - b.HostPID })
	return found
}
