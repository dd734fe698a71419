package source

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// call is one question: its name, the container or "" for all, and how often it was asked so
// far, from 1 on.
type call struct {
	name, ref string
	nth       int
}

// script is called before a question is answered. An error is the answer.
type script func(context.Context, call) error

// fakeFacts is an engine with the containers in a table, controlled by a script. It is also the
// smallest example of [Facts]: what a list has, how a container is found by what the user typed,
// and which errors there are.
type fakeFacts struct {
	// containers are those that it knows, running or not. execs are the sessions that it has not
	// forgotten, and past those in its events.
	containers  []inspect.Container
	execs, past []inspect.Exec
	log         inspect.EventLog
	words       map[string][]string
	// peer is the PID of the process that serves the socket.
	peer   int
	script script

	// budget is the deadline of a question.
	budget time.Duration

	mu sync.Mutex
	// asked counts the calls, without their nth. most is how many were open at once.
	asked      map[call]int
	open, most int
}

// begin counts the question and calls the script. The function that it returns ends the
// question.
func (f *fakeFacts) begin(ctx context.Context, name, ref string) (end func(), err error) {
	f.mu.Lock()
	if f.asked == nil {
		f.asked = map[call]int{}
	}
	c := call{name: name, ref: ref}
	f.asked[c]++
	c.nth = f.asked[c]
	f.open++
	f.most = max(f.most, f.open)
	f.mu.Unlock()
	if err = ctx.Err(); err == nil && f.script != nil {
		err = f.script(ctx, c)
	}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.open--
	}, err
}

// times is how often a question was asked, about any container if ref is "*".
func (f *fakeFacts) times(name, ref string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for c, times := range f.asked {
		if c.name == name && (ref == "*" || c.ref == ref) {
			n += times
		}
	}
	return n
}

// change changes a container from now on.
func (f *fakeFacts) change(id string, how func(*inspect.Container)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.containers = slices.Clone(f.containers)
	for i := range f.containers {
		if f.containers[i].ID == id {
			how(&f.containers[i])
		}
	}
}

func (f *fakeFacts) known() []inspect.Container {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.containers
}

func (f *fakeFacts) Endpoint() string       { return "unix:///run/fake.sock" }
func (f *fakeFacts) Timeout() time.Duration { return f.budget }

func (f *fakeFacts) PeerPID(ctx context.Context) (int, error) {
	end, err := f.begin(ctx, "PeerPID", "")
	defer end()
	return f.peer, err
}

// List has of each container only what docker ps shows, and marks it as Silent.
func (f *fakeFacts) List(ctx context.Context, all bool) ([]inspect.Container, error) {
	name := "List"
	if all {
		name = "ListAll"
	}
	end, err := f.begin(ctx, name, "")
	defer end()
	if err != nil {
		return nil, err
	}
	var list []inspect.Container
	for _, c := range f.known() {
		if all || c.IsRunning() {
			list = append(list, inspect.Container{
				ID: c.ID, Name: c.Name, Status: c.Status, Labels: c.Labels, AnsweredAt: c.AnsweredAt, Silent: true, Addresses: c.Addresses, Published: c.Published,
			})
		}
	}
	return list, nil
}

// errAmbiguous is the engine's own error for the beginning of several IDs.
var errAmbiguous = errors.New("multiple IDs found with provided prefix")

func (f *fakeFacts) Inspect(ctx context.Context, ref string) (inspect.Container, error) {
	end, err := f.begin(ctx, "Inspect", ref)
	defer end()
	if err != nil {
		return inspect.Container{}, err
	}
	var found []inspect.Container
	for _, c := range f.known() {
		if c.ID == ref || c.Name == ref {
			return c, nil
		}
		if strings.HasPrefix(c.ID, ref) {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return inspect.Container{}, ErrNoSuchContainer
	case 1:
		return found[0], nil
	default:
		return inspect.Container{}, errAmbiguous
	}
}

func (f *fakeFacts) Exec(ctx context.Context, id string) (inspect.Exec, error) {
	end, err := f.begin(ctx, "Exec", id)
	defer end()
	if err != nil {
		return inspect.Exec{}, err
	}
	for _, e := range f.execs {
		if e.ID == id {
			return e, nil
		}
	}
	return inspect.Exec{}, ErrNoSuchContainer
}

func (f *fakeFacts) ExecEvents(ctx context.Context) ([]inspect.Exec, error) {
	end, err := f.begin(ctx, "ExecEvents", "")
	defer end()
	return slices.Clone(f.past), err
}

func (f *fakeFacts) Events(ctx context.Context) (inspect.EventLog, error) {
	end, err := f.begin(ctx, "Events", "")
	defer end()
	return f.log, err
}

func (f *fakeFacts) LastWords(ctx context.Context, id string) ([]string, error) {
	end, err := f.begin(ctx, "LastWords", id)
	defer end()
	return f.words[id], err
}

func (f *fakeFacts) Describe(ctx context.Context) (inspect.Engine, error) {
	end, err := f.begin(ctx, "Describe", "")
	defer end()
	if err != nil {
		return inspect.Engine{}, err
	}
	return inspect.Engine{Name: "fake", Endpoint: f.Endpoint(), Version: "1.0"}, nil
}

// on answers such questions with an error. "*" matches any name or ref.
func on(name, ref string, err error) script {
	return func(_ context.Context, c call) error {
		if isAny(name, c.name) && isAny(ref, c.ref) {
			return err
		}
		return nil
	}
}

func isAny(wanted, got string) bool { return wanted == "*" || wanted == got }

// hanging keeps such questions open until their deadline, or until the caller no longer waits.
func (f *fakeFacts) hanging(name, ref string) script {
	return func(ctx context.Context, c call) error {
		if !isAny(name, c.name) || !isAny(ref, c.ref) {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, f.budget)
		defer cancel()
		<-ctx.Done()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return ErrSilent
		}
		return ctx.Err()
	}
}

// at calls a function before such a question is answered for the nth time.
func at(name, ref string, nth int, happens func()) script {
	return func(_ context.Context, c call) error {
		if c == (call{name, ref, nth}) {
			happens()
		}
		return nil
	}
}

// oneOf calls scripts in turn, until one has an answer.
func oneOf(scripts ...script) script {
	return func(ctx context.Context, c call) error {
		for _, s := range scripts {
			if err := s(ctx, c); err != nil {
				return err
			}
		}
		return nil
	}
}

// fakeProcesses reads the processes of a world, which can be replaced by another one at any
// time: what is in its snapshot, in its groups, and the attention, limits and resources in its
// capture. It is also the smallest example of [Processes]: it reads of a process only what the
// detail says, and leaves out what it cannot find.
type fakeProcesses struct {
	// root is the mount that it claims to read. noChildren is true if this kernel does not list
	// children.
	root       string
	noChildren bool
	// script is called before something is read, for one process or for many (0). An error is
	// the answer, if the call can have one.
	script func(name string, pid int) error

	// files are those that processes see, by PID and path: "50:/etc/docker/daemon.json".
	files map[string]procfs.File

	mu       sync.Mutex
	world    *World
	asked    []string
	families []procfs.FamilyOf
	surveys  []askedSurvey
	// thin is true if a survey reads no more of zombies than of others, and everybody if it reads
	// also those who are known to live. completed are the processes that were read after a survey.
	thin      bool
	everybody bool
	completed []int
}

// askedSurvey is a survey that was asked for, and what should be read ahead then.
type askedSurvey struct {
	procfs.SurveyOf
	ahead map[int]procfs.Detail
}

// become changes the host from now on.
func (p *fakeProcesses) become(w *World) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.world = w
}

// begin notes what is asked, calls the script, and returns the world as it is then.
func (p *fakeProcesses) begin(name string, pid int) (*World, error) {
	p.mu.Lock()
	p.asked = append(p.asked, name)
	p.mu.Unlock()
	var err error
	if p.script != nil {
		err = p.script(name, pid)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.world, err
}

// times is how often something was asked.
func (p *fakeProcesses) times(name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, asked := range p.asked {
		if asked == name {
			n++
		}
	}
	return n
}

// reduced is the part of a process that the detail names.
func reduced(p procfs.Process, d procfs.Detail) procfs.Process {
	all := p.Namespaces
	p.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{}
	for _, t := range d.Namespaces {
		p.Namespaces[t] = all[t]
	}
	if d.MainThread {
		p.Apart = nil
	}
	if !d.EtcMounts {
		p.EtcMounts = procfs.Opt[[]string]{}
	}
	if d.WithoutArgs {
		p.Args = procfs.Opt[[]string]{}
	}
	if !d.UIDMaps {
		p.UIDMap = procfs.Opt[[]procfs.IDMapping]{}
	}
	if !d.Limits {
		p.MaxProcesses, p.Effective = procfs.Opt[int]{}, procfs.Opt[procfs.Capabilities]{}
	}
	return p
}

// surveyed is a process's stat and what the survey reads in addition.
func surveyed(p procfs.Process, of *procfs.SurveyOf) procfs.Process {
	if of.Zombies != nil && p.IsZombie() {
		return reduced(p, *of.Zombies)
	}
	thin := procfs.Process{
		Key: p.Key, StatOnly: true, ParentPID: p.ParentPID, State: p.State, Comm: p.Comm, Threads: p.Threads,
		KernelThread: p.KernelThread, PGID: p.PGID, SID: p.SID, WaitStatus: p.WaitStatus,
	}
	if of.PIDNamespaces {
		thin.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: p.Namespace(procfs.PIDNamespace)}
	}
	if of.Cgroups || of.ZombieCgroups && p.IsZombie() {
		thin.Cgroups = p.Cgroups
	}
	return thin
}

// snapshot is a snapshot of the chosen processes of the world, as package read has them.
func snapshot(w *World, chosen func(*procfs.Process) bool, read func(procfs.Process) procfs.Process) procfs.Snapshot {
	s := w.Snapshot
	s.Processes, s.Missed, s.Whole = nil, slices.Clone(s.Missed), false
	for i := range w.Snapshot.Processes {
		if p := w.Snapshot.Processes[i]; chosen(&p) {
			s.Processes = append(s.Processes, read(p))
		}
	}
	procfs.SortProcesses(s.Processes)
	return s
}

func every(*procfs.Process) bool { return true }

func (p *fakeProcesses) Scan(ctx context.Context, d procfs.Detail) (procfs.Snapshot, error) {
	w, err := p.begin("Scan", 0)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return procfs.Snapshot{}, err
	}
	s := snapshot(w, every, func(p procfs.Process) procfs.Process { return reduced(p, d) })
	s.Whole = true
	return s, nil
}

func (p *fakeProcesses) Family(ctx context.Context, of procfs.FamilyOf, d procfs.Detail) (procfs.Snapshot, error) {
	w, err := p.begin("Family", 0)
	p.mu.Lock()
	p.families = append(p.families, of)
	p.mu.Unlock()
	if p.noChildren {
		return procfs.Snapshot{}, procfs.ErrNoChildren
	}
	if err = errors.Join(err, ctx.Err()); err != nil {
		return procfs.Snapshot{}, err
	}
	parents, wanted := map[int]int{}, map[int]bool{}
	trees := slices.Clone(of.Trees)
	for i := range w.Snapshot.Processes {
		q := &w.Snapshot.Processes[i]
		parents[q.PID] = q.ParentPID
		wanted[q.PID] = slices.Contains(of.Alone, q.PID) || slices.ContainsFunc(of.Groups, func(dir string) bool { return isInGroup(q, dir) })
		if inode, ok := q.Namespace(procfs.PIDNamespace).Get(); ok && slices.Contains(of.PIDNamespaces, inode) {
			trees = append(trees, q.PID)
		}
	}
	isBelow := func(pid int) bool {
		for range len(parents) {
			if slices.Contains(trees, pid) {
				return true
			}
			pid = parents[pid]
		}
		return false
	}
	known := map[int]procfs.Process{}
	for _, q := range of.Known {
		known[q.PID] = q
	}
	return snapshot(w, func(q *procfs.Process) bool {
		_, isKnown := known[q.PID]
		return isKnown || wanted[q.PID] || isBelow(q.PID)
	}, func(q procfs.Process) procfs.Process {
		if q, isKnown := known[q.PID]; isKnown {
			return q
		}
		if of.Only != nil {
			return surveyed(q, of.Only)
		}
		return reduced(q, d)
	}), nil
}

func (p *fakeProcesses) Survey(ctx context.Context, of procfs.SurveyOf) (procfs.Snapshot, error) {
	w, err := p.begin("Survey", 0)
	ahead := map[int]procfs.Detail{}
	for i := range w.Snapshot.Processes {
		if of.Ahead == nil {
			break
		}
		pid := w.Snapshot.Processes[i].PID
		if d, wanted := of.Ahead(pid); wanted {
			ahead[pid] = d
		}
	}
	p.mu.Lock()
	p.surveys = append(p.surveys, askedSurvey{of, ahead})
	p.mu.Unlock()
	if err = errors.Join(err, ctx.Err()); err != nil {
		return procfs.Snapshot{}, err
	}
	s := snapshot(w, every, func(q procfs.Process) procfs.Process {
		if p.thin {
			of.Zombies, of.ZombieCgroups = nil, false
		}
		d, wanted := ahead[q.PID]
		switch {
		case wanted && of.Zombies != nil && q.IsZombie():
			return reduced(q, of.Zombies.And(d))
		case wanted:
			return reduced(q, d)
		default:
			return surveyed(q, &of)
		}
	})
	s.Whole = true
	if of.Living != nil && !p.everybody {
		skipLiving(&s, of.Living)
	}
	return s, nil
}

// skipLiving leaves of a survey what a survey that reads nothing of the living has.
func skipLiving(s *procfs.Snapshot, living func(pid int) bool) {
	var read, skipped []procfs.Process
	for _, p := range s.Processes {
		if living(p.PID) {
			skipped, s.Listed = append(skipped, p), append(s.Listed, p.PID)
		} else {
			read = append(read, p)
		}
	}
	s.Processes = read
	for pids := s.Pointed(read); len(pids) > 0; pids = s.Pointed(read) {
		read = slices.DeleteFunc(slices.Clone(skipped), func(p procfs.Process) bool { return !slices.Contains(pids, p.PID) })
		s.Take(read, nil)
	}
}

func (p *fakeProcesses) Complete(ctx context.Context, s *procfs.Snapshot, selected procfs.Selection) error {
	w, err := p.begin("Complete", 0)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return err
	}
	var found []procfs.Process
	var missed []procfs.Missed
	for i := range s.Processes {
		d, wanted := selected(&s.Processes[i])
		if !wanted {
			continue
		}
		p.completed = append(p.completed, s.Processes[i].PID)
		if now := w.Index().ProcessAt(s.Processes[i].PID); now != nil {
			found = append(found, reduced(*now, d))
		} else {
			missed = append(missed, procfs.Missed{PID: s.Processes[i].PID, Why: procfs.Gone})
		}
	}
	s.Replace(found, missed)
	return nil
}

func (p *fakeProcesses) Outside(ctx context.Context, pids []int, known []uint64, d procfs.Detail) (procfs.Snapshot, error) {
	w, err := p.begin("Outside", 0)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return procfs.Snapshot{}, err
	}
	known = slices.Clone(known)
	for _, pid := range pids {
		if q := w.Index().ProcessAt(pid); q != nil {
			known = append(known, q.Namespace(procfs.PIDNamespace).Or(0))
		}
	}
	wanted := map[int]bool{}
	for i := range w.Snapshot.Processes {
		q := &w.Snapshot.Processes[i]
		inode, ok := q.Namespace(procfs.PIDNamespace).Get()
		if !slices.Contains(pids, q.PID) && ok && slices.Contains(known, inode) {
			continue
		}
		for ; q != nil; q = w.Index().ProcessAt(q.ParentPID) {
			wanted[q.PID] = true
		}
	}
	s := snapshot(w, func(q *procfs.Process) bool { return wanted[q.PID] }, func(q procfs.Process) procfs.Process { return reduced(q, d) })
	s.Whole = true
	return s, nil
}

func (p *fakeProcesses) Root() string {
	if p.root != "" {
		return p.root
	}
	return "/proc"
}

func (p *fakeProcesses) Host() procfs.Host {
	w, _ := p.begin("Host", 0)
	return w.Host
}

func (p *fakeProcesses) Process(pid int, d procfs.Detail) (procfs.Process, error) {
	w, err := p.begin("Process", pid)
	if err != nil {
		return procfs.Process{}, err
	}
	q := w.Index().ProcessAt(pid)
	if q == nil {
		return procfs.Process{}, fs.ErrNotExist
	}
	return reduced(*q, d), nil
}

func (p *fakeProcesses) Threads(pid int) []int {
	w, _ := p.begin("Threads", pid)
	tids := []int{pid}
	for tid, t := range w.Capture.Threads {
		if t.PID == pid {
			tids = append(tids, tid)
		}
	}
	slices.Sort(tids)
	return tids
}

func (p *fakeProcesses) Thread(tid int) (procfs.Thread, error) {
	w, err := p.begin("Thread", tid)
	if err != nil {
		return procfs.Thread{}, err
	}
	if t, ok := w.Capture.Threads[tid]; ok {
		return t, nil
	}
	if q := w.Index().ProcessAt(tid); q != nil {
		return procfs.Thread{PID: tid, NSPIDs: q.NSPIDs}, nil
	}
	return procfs.Thread{}, fs.ErrNotExist
}

func (p *fakeProcesses) Attention(_ string, pid int) (procfs.Attention, error) {
	w, err := p.begin("Attention", pid)
	if err != nil {
		return procfs.Attention{}, err
	}
	for _, a := range w.Capture.Attention {
		if a.PID == pid {
			return a, nil
		}
	}
	return procfs.Attention{}, fs.ErrNotExist
}

func (p *fakeProcesses) Resources(pid int) (procfs.Resources, error) {
	w, err := p.begin("Resources", pid)
	if err != nil {
		return procfs.Resources{}, err
	}
	for _, r := range w.Capture.Resources {
		if r.PID == pid {
			return r, nil
		}
	}
	return procfs.Resources{}, fs.ErrNotExist
}

func (p *fakeProcesses) ChildrenNamed(parent int, names []string) []procfs.Process {
	w, _ := p.begin("ChildrenNamed", parent)
	var list []procfs.Process
	for _, q := range w.Index().Processes() {
		if q.ParentPID == parent && slices.Contains(names, q.Comm) {
			list = append(list, reduced(*q, procfs.Detail{MainThread: true}))
		}
	}
	return list
}

// File has the files of a table, by PID and path.
func (p *fakeProcesses) File(key procfs.Key, path string) procfs.Opt[procfs.File] {
	_, _ = p.begin("File", key.PID)
	file, known := p.files[itoa(key.PID)+":"+path]
	if !known {
		return procfs.None[procfs.File](procfs.Denied)
	}
	return procfs.Some(file)
}

func (p *fakeProcesses) Lives(key procfs.Key) bool {
	w, _ := p.begin("Lives", key.PID)
	q := w.Index().Process(key)
	return q != nil && !q.IsZombie()
}

func (p *fakeProcesses) StillZombies(keys []procfs.Key) []procfs.ZombieSeen {
	w, _ := p.begin("StillZombies", 0)
	var seen []procfs.ZombieSeen
	for _, key := range keys {
		if q := w.Index().Process(key); q != nil && q.IsZombie() {
			seen = append(seen, procfs.ZombieSeen{Key: key, ParentPID: q.ParentPID})
		}
	}
	return seen
}

// mounted is where the hierarchies of control groups are.
const mounted = "/sys/fs/cgroup"

func (p *fakeProcesses) Group(lines []procfs.Cgroup, id string) string {
	for _, line := range lines {
		if before, _, found := strings.Cut(line.Path, id); found {
			return mounted + before + id
		}
	}
	return ""
}

func (p *fakeProcesses) UnifiedGroup(lines []procfs.Cgroup, id string) string {
	return p.Group(slices.DeleteFunc(slices.Clone(lines), func(line procfs.Cgroup) bool { return !line.Unified() }), id)
}

// isInGroup reports whether it runs in the group with that folder, or below.
func isInGroup(q *procfs.Process, dir string) bool {
	return !q.IsZombie() && slices.ContainsFunc(q.Cgroups.Or(nil), func(line procfs.Cgroup) bool {
		return strings.HasPrefix(mounted+line.Path+"/", dir+"/")
	})
}

func (p *fakeProcesses) GroupPIDs(dir string) []int {
	w, _ := p.begin("GroupPIDs", 0)
	var pids []int
	for _, q := range w.Index().Processes() {
		if isInGroup(q, dir) {
			pids = append(pids, q.PID)
		}
	}
	return pids
}

func (p *fakeProcesses) OldestGroupPID(dir string) (int, bool) {
	pids := p.GroupPIDs(dir)
	if len(pids) == 0 {
		return 0, false
	}
	return pids[0], true
}

func (p *fakeProcesses) PIDsUse(dir string) inspect.PIDsUse {
	w, _ := p.begin("PIDsUse", 0)
	return w.PIDs[path.Base(dir)]
}

// PIDsGroup has a limit only below /limited.
func (p *fakeProcesses) PIDsGroup(_ []procfs.Cgroup, path string) procfs.PIDsGroup {
	group := procfs.PIDsGroup{Path: path, Dir: mounted + path}
	if strings.HasPrefix(path, "/limited") {
		group.Max = procfs.Some(9)
	}
	return group
}

func (p *fakeProcesses) OOM() procfs.OOMFacts { return procfs.OOMFacts{Kills: procfs.Some(3)} }

func (p *fakeProcesses) TaskLimits() procfs.TaskLimits {
	return procfs.TaskLimits{ThreadsMax: procfs.Some(1000)}
}

// AddressSpaces has one of a gibibyte for each, and notes maxMappings.
func (p *fakeProcesses) AddressSpaces(keys []procfs.Key, maxMappings procfs.Opt[int]) []procfs.AddressSpace {
	var list []procfs.AddressSpace
	for _, key := range keys {
		_, _ = p.begin("AddressSpaces", key.PID)
		list = append(list, procfs.AddressSpace{Key: key, Size: procfs.Some(1 << 30), Mappings: maxMappings})
	}
	return list
}

func (p *fakeProcesses) OwnNamespace(t procfs.NamespaceType) procfs.Opt[uint64] {
	return p.Host().Namespaces[t]
}

func (p *fakeProcesses) UserNamespaces(pid int) map[uint64]procfs.UserNSOrigin {
	w, _ := p.begin("UserNamespaces", pid)
	q := w.Index().ProcessAt(pid)
	return map[uint64]procfs.UserNSOrigin{q.Namespace(procfs.UserNamespace).Or(0): {Owner: procfs.Some(1000)}}
}

// rig is an engine on a host that can be asked questions.
type rig struct {
	facts     *fakeFacts
	processes *fakeProcesses
	// choice is what reads the snapshot: /proc unless a test sets another.
	choice *choice
	// without tells of containers while the engine is silent, nil where nothing does.
	without Facts
}

// newRig is a host with the processes of the world, whose engine knows its containers and
// sessions.
func newRig(w *World) *rig {
	p := &fakeProcesses{world: w}
	return &rig{
		facts:     &fakeFacts{containers: slices.Clone(w.Containers), execs: w.Execs, peer: dockerd, budget: 5 * time.Second},
		processes: p, choice: newChoice(CollectorProc, p, nil),
	}
}

// scripted gives the engine a script.
func (r *rig) scripted(s ...script) *rig {
	r.facts.script = oneOf(s...)
	return r
}

func (r *rig) host() *host {
	return &host{facts: asker{rationed(r.facts)}, processes: r.processes, choice: r.choice, without: r.without, tool: "test", patience: patience}
}

// record asks a question that has an answer.
func (r *rig) record(t *testing.T, q need.Question) *inspect.Capture {
	t.Helper()
	c, err := record(t.Context(), r.host(), q)
	if err != nil {
		t.Fatalf("not recorded: %v", err)
	}
	return c
}

// newReading starts a round of a question whose host is known.
func (r *rig) newReading(t *testing.T, q need.Question) *reading {
	t.Helper()
	h := r.host()
	h.begin(t.Context())
	return newReading(h, &q, false)
}

// dockerd is the PID of the engine on every host in these tests.
const dockerd = 50

// engineHost is a host with its first process and its engine, and namespaces numbered from 1.
func engineHost() *World {
	w := NewWorld().Process(1, 0, "systemd", EveryNamespace(1, nil)).
		Process(dockerd, 1, "dockerd", EveryNamespace(1, nil), Args("dockerd", "--containerd", "/run/containerd.sock"))
	w.Host.Namespaces = maps.Clone(w.Snapshot.Processes[0].Namespaces)
	return w
}

// runs adds a container with its shim, and its main process one PID above that, in namespaces of
// its own.
func runs(w *World, name, letter string, main int, change ...func(*inspect.Container)) *World {
	return w.Container(name, letter, main, change...).Process(main-1, 1, "containerd-shim", ShimOf(letter), EveryNamespace(1, nil)).
		Process(main, main-1, "sleep", In(letter, 1), EveryNamespace(uint64(10*main), nil))
}

// one is a host with one container, whose main process is 101. two has another one, with 201.
func one() *World { return runs(engineHost(), "demo", "a", 101) }
func two() *World { return runs(one(), "other", "b", 201) }

// namespaceOf is the inode of a namespace of a process of the world.
func namespaceOf(w *World, pid int, t procfs.NamespaceType) uint64 {
	return w.Index().ProcessAt(pid).Namespace(t).Or(0)
}

func itoa(n int) string { return strconv.Itoa(n) }

// pidsOf are the PIDs of a list of processes.
func pidsOf(list []procfs.Process) []int {
	var pids []int
	for i := range list {
		pids = append(pids, list[i].PID)
	}
	return pids
}

// names are those of the capture's containers, in order.
func names(c *inspect.Capture) string {
	var list []string
	for i := range c.Containers {
		list = append(list, c.Containers[i].Name)
	}
	return strings.Join(list, " ")
}
