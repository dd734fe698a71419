package source

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/plugin/engine"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// Local is the host that this program runs on, and an engine that may or may
// not be on it: that is proved, never assumed.
type Local struct {
	// Engine is the engine that the docker CLI is set to use.
	Engine *engine.Client
	// ProcRoot is the mount of /proc to read.
	ProcRoot string
	// Tool is the version that a capture carries.
	Tool string
	// Collector is one of Collectors; "" for /proc.
	Collector string
}

// rounds is how often containers are asked for and read again if one of them
// was restarted in between.
const rounds = 3

// Capture asks the engine, reads the processes, and looks a second time.
func (l *Local) Capture(ctx context.Context, request Request) (*inspect.Capture, error) {
	proc, err := read.Open(l.ProcRoot)
	if errors.Is(err, procfs.ErrNoProc) {
		return nil, errors.Join(ErrEngineElsewhere, err)
	}
	if err != nil {
		return nil, err
	}
	c := &inspect.Capture{Tool: l.Tool, Engine: inspect.Engine{Name: l.Engine.Endpoint(), Endpoint: l.Engine.Endpoint()}}
	session := &session{
		local: l, proc: proc, open: sync.OnceValues(func() (opened, error) { return l.openCollector(proc, request) }),
		request: request, capture: c, hostRead: make(chan struct{}),
	}
	go session.readHost(ctx)
	defer session.awaitHost()
	go session.open() //nolint:errcheck // it is asked for again
	defer session.release()
	if err := session.run(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// session is the making of one capture.
type session struct {
	local *Local
	proc  read.FS
	// open opens what the processes of the snapshot are read with, once, and
	// processes is that.
	open      func() (opened, error)
	processes collector
	request   Request
	capture   *inspect.Capture
	// hostRead is closed when what readHost reads is there.
	hostRead chan struct{}
	// server is the process that serves the engine's socket, 0 if not known.
	server int
	// selected are the IDs of the containers that were asked for.
	selected []string
	// index is that of the capture as it is, nil after a change.
	index *inspect.Index
	// skipped are the containers that were not asked for, as they share nothing;
	// with everybody none is left out.
	skipped   map[string]bool
	everybody bool
	// lineage are the PIDs of the processes whose owners are wanted, and of
	// their ancestors and session leaders.
	lineage []int
}

// readHost reads what the host is, and whose, while the engine is being asked.
func (s *session) readHost(ctx context.Context) {
	defer close(s.hostRead)
	server, err := s.local.Engine.PeerPID(ctx)
	s.server, s.capture.Host = server, s.proc.Host()
	s.capture.Proof = proveHost(server, err, s.local.Engine, s.proc)
}

// awaitHost must come before the first use of what readHost reads.
func (s *session) awaitHost() { <-s.hostRead }

// indexed is the index of the capture as it is.
func (s *session) indexed() *inspect.Index {
	if s.index == nil {
		s.index = inspect.NewIndex(s.capture)
	}
	return s.index
}

// run looks, and once more if a container that was named ended, or was restarted, in
// between: then there is more to say than that.
func (s *session) run(ctx context.Context) error {
	if err := s.look(ctx); err != nil {
		return err
	}
	if second := s.capture.SecondLook; second == nil || len(second.Ended) == 0 || len(s.request.Containers) == 0 || !s.changed(ctx) {
		return nil
	}
	s.index, s.capture.SecondLook, s.capture.Attention, s.capture.Resources = nil, nil, nil, nil
	return s.look(ctx)
}

func (s *session) look(ctx context.Context) error {
	before := s.listAll(ctx)
	for left := rounds; left > 0; left-- {
		if err := s.askAll(ctx); err != nil {
			return err
		}
		if err := s.read(ctx); err != nil {
			return err
		}
		if s.namesSkipped() {
			s.everybody = true // from now on, so that this comes once
			left++
		} else if !s.changed(ctx) {
			break
		}
	}
	if len(s.request.Numbers) > 0 && !s.capture.Engine.Silent {
		s.askUnlisted(ctx)
		s.index = nil
	}
	if s.request.Threads {
		s.listThreads()
	}
	if after := s.listAll(ctx); before != nil && after != nil {
		s.capture.Listing = &inspect.Listing{Before: before, After: after, Daemon: s.server}
		s.readResources()
	}
	s.readPIDs()
	if s.request.Attention > 0 {
		s.readAttention(ctx)
	}
	if s.request.Limits {
		s.readLimits()
	}
	s.nameEngine(ctx)
	if s.request.Events && !s.capture.Engine.Silent {
		if log, err := s.local.Engine.Events(ctx); err == nil {
			s.capture.Events = &log
		}
	}
	looked := time.Now()
	if (s.request.Execs || s.request.Origins) && !s.capture.Engine.Silent {
		s.askExecs(ctx)
	}
	return s.lookAgain(ctx, looked)
}

// readResources reads what is held by processes of containers that do not run.
func (s *session) readResources() {
	for _, leak := range shim.Leftovers(inspect.NewIndex(s.capture)) {
		for _, p := range leak.Processes {
			if h, err := s.proc.Resources(p.PID); err == nil && h.Key == p.Key {
				s.capture.Resources = append(s.capture.Resources, h)
			}
		}
	}
}

// nameEngine asks for the engine's name where it is shown: it is not worth two
// questions otherwise.
func (s *session) nameEngine(ctx context.Context) {
	if !s.request.Name || s.capture.Engine.Silent {
		return
	}
	if described, err := s.local.Engine.Describe(ctx); err == nil {
		s.capture.Engine = described
	}
}

// detail is what is read of each process: its PID namespace, and the user
// namespace's map to show the user as the container has it.
func (s *session) detail() procfs.Detail {
	types := s.request.Namespaces
	if len(types) == 0 {
		types = []procfs.NamespaceType{procfs.PIDNamespace}
	}
	return procfs.Detail{Namespaces: types, UIDMaps: true, Limits: s.request.Limits}
}

// read takes the snapshot: of the whole host if all containers were asked for,
// else of the families of those that were.
func (s *session) read(ctx context.Context) error {
	var groups func() []inspect.GroupMembers
	if s.request.isSurvey() && !s.capture.Engine.Silent && s.isSlowToOpen() {
		groups = s.listGroups()
		defer groups() // whatever becomes of them: the containers may be asked for again
	}
	if err := s.choose(); err != nil {
		return err
	}
	s.awaitHost()
	return s.orByProc(ctx, func() error { return s.readSnapshot(ctx, groups) })
}

// readSnapshot has the collector read. The groups may have been listed meanwhile.
func (s *session) readSnapshot(ctx context.Context, groups func() []inspect.GroupMembers) error {
	s.index = nil
	whole := s.isWhole()
	if !whole {
		if err := s.readFamily(ctx); !errors.Is(err, procfs.ErrNoChildren) {
			return err
		}
	}
	// What suffices of a family does not suffice of everybody.
	if whole && s.request.Only != nil && !s.capture.Engine.Silent {
		return s.survey(ctx, groups)
	}
	snapshot, err := s.processes.Scan(ctx, s.detail())
	if err != nil {
		return err
	}
	s.capture.Snapshot = snapshot
	if s.capture.Engine.Silent {
		s.findByShims()
	}
	return nil
}

// isWhole: the request is best answered by a scan of the host.
func (s *session) isWhole() bool {
	if s.request.Host || s.capture.Engine.Silent {
		return true
	}
	if len(s.request.Numbers) > 0 {
		return len(s.request.Numbers) > fewNumbers
	}
	return len(s.request.Containers) == 0 && !s.request.MainOnly
}

// fewNumbers is how many processes are sooner looked up than found in a scan.
const fewNumbers = 50

// changed reports whether a container that was asked for has another process
// or none by now, so that it must be asked for and read again.
func (s *session) changed(ctx context.Context) bool {
	if s.capture.Engine.Silent {
		return false
	}
	ix := s.indexed()
	here, asked := ix.HostProof().Verdict == inspect.Yes, 0
	for _, id := range s.selected {
		c := ix.Container(id)
		if !here && asked == inspecting {
			return false // none is here, because the engine is not
		}
		if c == nil || c.Silent || ix.Binding(c).Outcome == inspect.Bound || ix.Binding(c).Outcome == inspect.NoProcess {
			continue
		}
		asked++
		now, err := s.local.Engine.Inspect(ctx, id)
		if errors.Is(err, engine.ErrNoSuchContainer) || err == nil && (now.HostPID != c.HostPID || now.Status != c.Status) {
			return true
		}
	}
	return false
}

// lookAgain waits until the first look is Settle ago and asks which zombies
// are still there, and which containers still run without what makes them run.
func (s *session) lookAgain(ctx context.Context, looked time.Time) error {
	if s.request.Settle <= 0 {
		return nil
	}
	zombies, unserved := s.zombies(), s.unserved()
	var mains map[string]procfs.Key
	waits := len(zombies)+len(unserved) > 0
	if waits {
		mains = s.mains()
		s.release() // nothing stays in the kernel that does not read
		select {
		case <-time.After(time.Until(looked.Add(s.request.Settle))):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.capture.SecondLook = &inspect.Look{At: time.Now().UTC(), Zombies: s.proc.StillZombies(zombies)}
	if waits {
		s.capture.SecondLook.Ended = s.ended(mains)
		s.index = nil
	}
	for _, u := range unserved {
		if s.isStillUnserved(ctx, u) {
			s.capture.SecondLook.Unserved = append(s.capture.SecondLook.Unserved, u.Container.ID)
		}
	}
	return s.readNewParents(ctx)
}

// mains are the main processes of the containers that were asked for, by their IDs, as
// far as they lived.
func (s *session) mains() map[string]procfs.Key {
	found := map[string]procfs.Key{}
	ix := s.indexed()
	for _, id := range s.selected {
		if c := ix.Container(id); c != nil {
			if main := ix.Binding(c).Main; main != nil && !main.IsZombie() {
				found[id] = main.Key
			}
		}
	}
	return found
}

// ended are the IDs of those whose main process has ended by now.
func (s *session) ended(mains map[string]procfs.Key) []string {
	var list []string
	for id, key := range mains {
		if !s.proc.Lives(key) {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// unserved are the containers that run without what makes them run, which only a
// listing can tell.
func (s *session) unserved() []shim.Unserved {
	if s.capture.Listing == nil {
		return nil
	}
	return shim.FindUnserved(inspect.NewIndex(s.capture))
}

// isStillUnserved: the engine says that it has run all the time, and its main
// process has still no shim, or has ended all the same.
func (s *session) isStillUnserved(ctx context.Context, u shim.Unserved) bool {
	now, err := s.local.Engine.Inspect(ctx, u.Container.ID)
	if err != nil || now.Status != u.Container.Status || now.HostPID != u.Container.HostPID || !now.StartedAt.Equal(u.Container.StartedAt) {
		return false
	}
	main, err := s.proc.Process(u.Container.HostPID, procfs.Detail{})
	if u.Main == nil {
		return errors.Is(err, fs.ErrNotExist) || err == nil && main.IsZombie()
	}
	return err == nil && main.Key == u.Main.Key && main.ParentPID == u.Main.ParentPID && !main.IsZombie()
}

func (s *session) zombies() []procfs.Key {
	var keys []procfs.Key
	for i := range s.capture.Snapshot.Processes {
		if p := &s.capture.Snapshot.Processes[i]; p.IsZombie() {
			keys = append(keys, p.Key)
		}
	}
	return keys
}

// readPIDs reads the pids control group of each container that was asked for.
func (s *session) readPIDs() {
	if s.request.MainOnly {
		return
	}
	mounts := s.proc.CgroupMounts()
	s.capture.PIDs = map[string]inspect.PIDsUse{}
	ix := s.indexed()
	for i := range s.capture.Containers {
		c := &s.capture.Containers[i]
		main := ix.Binding(c).Main
		if main == nil || !slices.Contains(s.selected, c.ID) {
			continue
		}
		if dir := mounts.Group(main.Cgroups.Or(nil), c.ID); dir != "" {
			s.capture.PIDs[c.ID] = inspect.PIDsUse{Current: read.PIDsCurrent(dir), Max: read.PIDsMax(dir)}
		}
	}
}
