package wire

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// answer registers the handler of a method.
func answer[Q, A any](handlers map[uint8]handler, m method[Q, A], do func(context.Context, *Q) (A, error)) {
	handlers[m.number] = func(c *coder) carriedOut {
		question := new(Q)
		m.question(c, question)
		return func(ctx context.Context, w *coder) error {
			value, err := do(ctx, question)
			if err == nil {
				m.answer(w, &value)
			}
			return err
		}
	}
}

// simple registers the handler of a method that needs no context and has no error.
func simple[Q, A any](handlers map[uint8]handler, m method[Q, A], do func(*Q) A) {
	answer(handlers, m, func(_ context.Context, q *Q) (A, error) { return do(q), nil })
}

// handle returns the handlers of all methods.
func (s *session) handle() map[uint8]handler {
	h, proc := map[uint8]handler{}, s.Proc
	s.handleCollectors(h)
	simple(h, methodHost, func(*nothing) procfs.Host { return proc.Host() })
	answer(h, methodProcess, func(_ context.Context, q *processRead) (procfs.Process, error) {
		return proc.Process(q.pid, q.detail)
	})
	simple(h, methodThreads, func(pid *int) []int { return proc.Threads(*pid) })
	answer(h, methodThread, func(_ context.Context, tid *int) (procfs.Thread, error) { return proc.Thread(*tid) })
	simple(h, methodChildren, func(q *childrenNamed) []procfs.Process { return proc.ChildrenNamed(q.parent, q.names) })
	simple(h, methodFile, func(q *fileRead) procfs.Opt[procfs.File] { return proc.File(q.key, q.path) })
	answer(h, methodAttention, func(_ context.Context, q *attentionRead) (procfs.Attention, error) {
		return proc.Attention(q.container, q.pid, s.attention.programs())
	})
	simple(h, methodAgain, func(*nothing) nothing {
		s.attention.forget()
		return nothing{}
	})
	answer(h, methodResources, func(_ context.Context, pid *int) (procfs.Resources, error) { return proc.Resources(*pid) })
	simple(h, methodLives, func(key *procfs.Key) bool { return proc.Lives(*key) })
	simple(h, methodZombies, func(keys *[]procfs.Key) []procfs.ZombieSeen { return proc.StillZombies(*keys) })
	s.handleGroups(h)
	simple(h, methodOOM, func(*nothing) procfs.OOMFacts { return proc.OOM() })
	simple(h, methodTaskLimits, func(*nothing) procfs.TaskLimits { return proc.TaskLimits() })
	simple(h, methodSpaces, func(q *spacesRead) []procfs.AddressSpace { return proc.AddressSpaces(q.keys, q.maxMappings) })
	simple(h, methodNamespace, func(t *procfs.NamespaceType) procfs.Opt[uint64] { return proc.OwnNamespace(*t) })
	simple(h, methodUserNS, func(pid *int) map[uint64]procfs.UserNSOrigin { return proc.UserNamespaces(*pid) })
	return h
}

// handleGroups adds the handlers about control groups. Their mounts are read once.
func (s *session) handleGroups(h map[uint8]handler) {
	proc, folders := s.Proc, &s.folders
	mounts, pidsMounts := sync.OnceValue(proc.CgroupMounts), sync.OnceValue(proc.PIDsMounts)
	folders.root = sync.OnceValue(proc.HostRoot)
	simple(h, methodGroup, func(q *groupSought) string {
		if q.unified {
			return folders.named(mounts().UnifiedGroup(q.lines, q.name))
		}
		return folders.named(mounts().Group(q.lines, q.name))
	})
	simple(h, methodGroupPIDs, func(dir *string) []int { return proc.GroupPIDs(folders.reached(*dir)) })
	simple(h, methodOldestPID, func(dir *string) oldestPID {
		pid, known := proc.OldestGroupPID(folders.reached(*dir))
		return oldestPID{pid, known}
	})
	simple(h, methodPIDsUse, func(dir *string) pidsUse {
		at := folders.reached(*dir)
		return pidsUse{read.PIDsCurrent(at), read.PIDsMax(at)}
	})
	simple(h, methodPIDsGroup, func(q *groupSought) procfs.PIDsGroup {
		group := pidsMounts().PIDsGroup(q.lines, q.name)
		group.Dir = folders.named(group.Dir)
		return group
	})
}

// folders translates the names of folders of control groups. The client needs the host's names,
// because it writes commands that users type there. In a container the folders are below the
// root of another process.
type folders struct{ root func() string }

// named is the host's name of a folder.
func (f *folders) named(dir string) string {
	if rest, below := strings.CutPrefix(dir, f.root()+"/"); below && dir != "" {
		return "/" + rest
	}
	return dir
}

// reached is the path of the folder for this program.
func (f *folders) reached(dir string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(f.root(), dir)
}

// reachedAll are the paths of the folders for this program.
func (f *folders) reachedAll(dirs []string) []string {
	list := make([]string, len(dirs))
	for i, dir := range dirs {
		list[i] = f.reached(dir)
	}
	return list
}

// handleCollectors adds the handlers that use /proc or the kernel's iterator.
func (s *session) handleCollectors(h map[uint8]handler) {
	answer(h, methodScan, func(ctx context.Context, q *scanned) (snapshot procfs.Snapshot, err error) {
		err = s.by(q.byKernel, func(c collector) error { snapshot, err = c.Scan(ctx, q.detail); return err })
		return snapshot, err
	})
	answer(h, methodFamily, func(ctx context.Context, q *familyRead) (snapshot procfs.Snapshot, err error) {
		q.of.Groups = s.folders.reachedAll(q.of.Groups)
		err = s.by(q.byKernel, func(c collector) error { snapshot, err = c.Family(ctx, q.of, q.detail); return err })
		return snapshot, err
	})
	answer(h, methodSurvey, func(ctx context.Context, q *surveyed) (snapshot procfs.Snapshot, err error) {
		err = s.by(q.byKernel, func(c collector) error { snapshot, err = c.Survey(ctx, q.of); return err })
		return snapshot, err
	})
	answer(h, methodComplete, func(ctx context.Context, q *completion) (done completed, err error) {
		err = s.by(q.byKernel, func(c collector) error { done, err = q.carryOut(ctx, c); return err })
		return done, err
	})
	answer(h, methodOutside, func(ctx context.Context, q *outsideRead) (procfs.Snapshot, error) {
		return s.Proc.Outside(ctx, q.pids, q.known, q.detail)
	})
	answer(h, methodOpenKernel, func(_ context.Context, forSurveys *bool) (nothing, error) {
		return nothing{}, s.kernel.open(s.OpenKernel, *forSurveys)
	})
	answer(h, methodHold, func(context.Context, *nothing) (nothing, error) { return nothing{}, s.kernel.letGo() })
}

// collector is what /proc and the kernel's iterator have in common.
type collector interface {
	Scan(context.Context, procfs.Detail) (procfs.Snapshot, error)
	Family(context.Context, procfs.FamilyOf, procfs.Detail) (procfs.Snapshot, error)
	Survey(context.Context, procfs.SurveyOf) (procfs.Snapshot, error)
	Complete(context.Context, *procfs.Snapshot, procfs.Selection) error
}

// by calls do with the collector: /proc, or the kernel's iterator.
func (s *session) by(kernel bool, do func(collector) error) error {
	if !kernel {
		return do(s.Proc)
	}
	return s.kernel.use(do)
}

// kernel is the kernel's iterator, which is used by one call at a time.
type kernel struct {
	mutex sync.Mutex
	held  Kernel
}

var errNoKernel = &UnsupportedError{Reason: "the helper reads /proc alone"}

func (k *kernel) open(how func(bool) (Kernel, error), forSurveys bool) (err error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if how == nil {
		return errNoKernel
	}
	if k.held != nil {
		_ = k.held.Close()
		k.held = nil
	}
	opened, err := how(forSurveys)
	if err != nil {
		return err
	}
	k.held = opened
	return nil
}

func (k *kernel) use(do func(collector) error) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.held == nil {
		return errNoKernel
	}
	return do(k.held)
}

func (k *kernel) letGo() error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.held == nil {
		return nil
	}
	return k.held.Close()
}

// carryOut reads more of the wanted processes only.
func (q *completion) carryOut(ctx context.Context, by collector) (completed, error) {
	s := procfs.Snapshot{Processes: make([]procfs.Process, len(q.wanted))}
	details := make(map[int]procfs.Detail, len(q.wanted))
	for i, w := range q.wanted {
		s.Processes[i].Key = w.key
		details[w.key.PID] = q.details[w.detail]
	}
	err := by.Complete(ctx, &s, func(p *procfs.Process) (procfs.Detail, bool) {
		detail, wanted := details[p.PID]
		return detail, wanted
	})
	return completed{s.Processes, s.Missed}, err
}

// attention has what is looked for in executables, and the reader that remembers what was
// found.
type attention struct {
	proc   read.FS
	mutex  sync.Mutex
	sought procfs.Sought
	reader *read.Programs
}

func newAttention(proc read.FS) *attention { return &attention{proc: proc} }

// programs is the reader, which is made when it is first needed.
func (a *attention) programs() *read.Programs {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.reader == nil {
		a.reader = a.proc.Programs(a.sought.Marks).WithScriptsOf(a.sought.WantsScript).WithClientsOf(a.sought.WantsClients)
	}
	return a.reader
}

// forget makes the next search read programs again.
func (a *attention) forget() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.reader = nil
}

// seek sets what is looked for. It is called before the first search.
func (a *attention) seek(sought procfs.Sought) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.sought = sought
}

// welcomeOf describes the /proc that is read.
func welcomeOf(proc read.FS) Welcome {
	w := Welcome{Root: proc.Root(), BootID: proc.Host().BootID, PIDNamespace: procfs.None[uint64](procfs.Gone), PID: procfs.None[int](procfs.NotHeld)}
	namespace := procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}, MainThread: true, WithoutArgs: true}
	if init, err := proc.Process(1, namespace); err == nil {
		w.PIDNamespace = init.Namespace(procfs.PIDNamespace)
	}
	target, err := os.Readlink(filepath.Join(proc.Root(), "self"))
	pid, notNumber := strconv.Atoi(target)
	if err != nil || notNumber != nil || pid <= 0 {
		return w
	}
	w.PID = procfs.Some(pid)
	if self, err := proc.Process(pid, namespace); err == nil && self.Depth() == 0 { // this program is in that namespace itself
		w.PIDNamespace = self.Namespace(procfs.PIDNamespace)
	}
	return w
}

// errNotGreeted ends a server to which no client sends anything.
var errNotGreeted = errors.New("no client has said hello: docker pidns starts this program itself")

// await ends the session if the client sends nothing in time.
func (s *session) await(end context.CancelCauseFunc) *time.Timer {
	return time.AfterFunc(greetingTime, func() { end(errNotGreeted) })
}
