package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// This file is a third implementation of [Facts] and [Processes], which shares nothing with the
// engine's client, with /proc, or with the fakes: containers are read from files, and processes
// from a host at the other end of a stream.

// filedFacts reports containers without an engine: each is one JSON file of a folder, as a
// runtime keeps its state. Nothing hangs, so there is no deadline. There are no exec sessions,
// no events, and no socket with a server.
type filedFacts struct{ folder string }

func (f filedFacts) Endpoint() string                     { return "file://" + f.folder }
func (f filedFacts) Timeout() time.Duration               { return 0 }
func (f filedFacts) PeerPID(context.Context) (int, error) { return 0, ErrNoPeer }
func (f filedFacts) Exec(context.Context, string) (e inspect.Exec, err error) {
	return e, ErrNoSuchContainer
}
func (f filedFacts) ExecEvents(context.Context) ([]inspect.Exec, error) { return nil, nil }
func (f filedFacts) Events(context.Context) (log inspect.EventLog, err error) {
	return log, errors.ErrUnsupported
}
func (f filedFacts) LastWords(context.Context, string) ([]string, error) { return nil, nil }
func (f filedFacts) Describe(context.Context) (inspect.Engine, error) {
	return inspect.Engine{Name: "files", Endpoint: f.Endpoint()}, nil
}

// List has everything about each container. Inspect adds nothing, so none is Silent.
func (f filedFacts) List(_ context.Context, all bool) ([]inspect.Container, error) {
	names, err := filepath.Glob(filepath.Join(f.folder, "*.json"))
	if err != nil {
		return nil, err
	}
	var list []inspect.Container
	for _, name := range names {
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrPermission) {
			return nil, &DeniedError{Endpoint: f.Endpoint()}
		}
		var c inspect.Container
		if err != nil || json.Unmarshal(data, &c) != nil || !all && !c.IsRunning() {
			continue // it has just been removed, or is just being written
		}
		list = append(list, c)
	}
	return list, nil
}

func (f filedFacts) Inspect(ctx context.Context, ref string) (inspect.Container, error) {
	list, err := f.List(ctx, true)
	if err != nil {
		return inspect.Container{}, err
	}
	c, problem := inspect.NewIndex(&inspect.Capture{Containers: list}).Resolve(ref)
	if problem != nil {
		return inspect.Container{}, ErrNoSuchContainer
	}
	return *c, nil
}

// asked is one call over the stream, and told is its answer. Only the method's own fields are
// set.
type asked struct {
	Method  string
	PID     int                  `json:",omitzero"`
	ID      string               `json:",omitzero"`
	Detail  procfs.Detail        `json:",omitzero"`
	Family  procfs.FamilyOf      `json:",omitzero"`
	Survey  *thinSurvey          `json:",omitzero"`
	Keys    []procfs.Key         `json:",omitzero"`
	Cgroups []procfs.Cgroup      `json:",omitzero"`
	Type    procfs.NamespaceType `json:",omitzero"`
	Most    procfs.Opt[int]      `json:",omitzero"`
}

// thinSurvey is a survey without its function, which cannot be sent.
type thinSurvey struct {
	PIDNamespaces, Cgroups, ZombieCgroups bool
	Zombies                               *procfs.Detail
}

func thinned(of *procfs.SurveyOf) *thinSurvey {
	if of == nil {
		return nil
	}
	return &thinSurvey{of.PIDNamespaces, of.Cgroups, of.ZombieCgroups, of.Zombies}
}

func (s *thinSurvey) survey() *procfs.SurveyOf {
	if s == nil {
		return nil
	}
	return &procfs.SurveyOf{PIDNamespaces: s.PIDNamespaces, Cgroups: s.Cgroups, ZombieCgroups: s.ZombieCgroups, Zombies: s.Zombies}
}

type told struct {
	// Absent is an error that callers distinguish from others, and Failed is any other error.
	Absent   string                         `json:",omitzero"`
	Failed   string                         `json:",omitzero"`
	Snapshot procfs.Snapshot                `json:",omitzero"`
	Process  procfs.Process                 `json:",omitzero"`
	Host     procfs.Host                    `json:",omitzero"`
	Text     string                         `json:",omitzero"`
	PIDs     []int                          `json:",omitzero"`
	Zombies  []procfs.ZombieSeen            `json:",omitzero"`
	Flag     bool                           `json:",omitzero"`
	Use      inspect.PIDsUse                `json:",omitzero"`
	Group    procfs.PIDsGroup               `json:",omitzero"`
	Limits   procfs.TaskLimits              `json:",omitzero"`
	Spaces   []procfs.AddressSpace          `json:",omitzero"`
	OOM      procfs.OOMFacts                `json:",omitzero"`
	Inode    procfs.Opt[uint64]             `json:",omitzero"`
	Users    map[uint64]procfs.UserNSOrigin `json:",omitzero"`
}

// absentErrors are the errors that have a meaning for callers.
var absentErrors = map[string]error{"no process": fs.ErrNotExist, "no children": procfs.ErrNoChildren}

// serve answers calls from a stream until it ends.
func serve(stream io.ReadWriter, p Processes) {
	calls, answers := json.NewDecoder(stream), json.NewEncoder(stream)
	for {
		var a asked
		if calls.Decode(&a) != nil {
			return
		}
		t, err := answer(p, &a)
		for name, absent := range absentErrors {
			if errors.Is(err, absent) {
				t.Absent = name
			}
		}
		if err != nil {
			t.Failed = err.Error()
		}
		if answers.Encode(t) != nil {
			return
		}
	}
}

func answer(p Processes, a *asked) (t told, err error) {
	ctx := context.Background()
	switch a.Method {
	case "Host":
		t.Host = p.Host()
	case "Scan":
		t.Snapshot, err = p.Scan(ctx, a.Detail)
	case "Family":
		a.Family.Only = a.Survey.survey()
		t.Snapshot, err = p.Family(ctx, a.Family, a.Detail)
	case "Survey":
		t.Snapshot, err = p.Survey(ctx, *a.Survey.survey())
	case "Process":
		t.Process, err = p.Process(a.PID, a.Detail)
	case "Lives":
		t.Flag = p.Lives(a.Keys[0])
	case "StillZombies":
		t.Zombies = p.StillZombies(a.Keys)
	case "Group":
		t.Text = p.Group(a.Cgroups, a.ID)
	case "UnifiedGroup":
		t.Text = p.UnifiedGroup(a.Cgroups, a.ID)
	case "GroupPIDs":
		t.PIDs = p.GroupPIDs(a.ID)
	case "PIDsUse":
		t.Use = p.PIDsUse(a.ID)
	case "PIDsGroup":
		t.Group = p.PIDsGroup(a.Cgroups, a.ID)
	case "OOM":
		t.OOM = p.OOM()
	case "TaskLimits":
		t.Limits = p.TaskLimits()
	case "AddressSpaces":
		t.Spaces = p.AddressSpaces(a.Keys, a.Most)
	case "OwnNamespace":
		t.Inode = p.OwnNamespace(a.Type)
	case "UserNamespaces":
		t.Users = p.UserNamespaces(a.PID)
	default:
		err = errors.ErrUnsupported
	}
	return t, err
}

// farProcesses reads the processes of the host at the other end. One call is made at a time.
// Functions cannot be sent, so a process that a function chooses is chosen here, by what was
// read, and read after that. What the other end does not offer is an absence.
type farProcesses struct {
	mu      sync.Mutex
	calls   *json.Encoder
	answers *json.Decoder
	root    string
}

func dial(stream io.ReadWriter, root string) *farProcesses {
	return &farProcesses{calls: json.NewEncoder(stream), answers: json.NewDecoder(stream), root: root}
}

func (f *farProcesses) ask(a asked) (told, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var t told
	if err := f.calls.Encode(a); err != nil {
		return t, err
	}
	if err := f.answers.Decode(&t); err != nil {
		return told{}, err
	}
	if absent, known := absentErrors[t.Absent]; known {
		return t, absent
	}
	if t.Failed != "" {
		return t, errors.New(t.Failed)
	}
	return t, nil
}

// must is the answer to a call without an error. After an error it is empty.
func (f *farProcesses) must(a asked) told {
	t, _ := f.ask(a)
	return t
}

func (f *farProcesses) Root() string      { return f.root }
func (f *farProcesses) Host() procfs.Host { return f.must(asked{Method: "Host"}).Host }

func (f *farProcesses) Scan(_ context.Context, d procfs.Detail) (procfs.Snapshot, error) {
	t, err := f.ask(asked{Method: "Scan", Detail: d})
	return t.Snapshot, err
}

func (f *farProcesses) Family(_ context.Context, of procfs.FamilyOf, d procfs.Detail) (procfs.Snapshot, error) {
	only := thinned(of.Only)
	of.Only = nil
	t, err := f.ask(asked{Method: "Family", Family: of, Survey: only, Detail: d})
	return t.Snapshot, err
}

func (f *farProcesses) Survey(ctx context.Context, of procfs.SurveyOf) (procfs.Snapshot, error) {
	t, err := f.ask(asked{Method: "Survey", Survey: thinned(&of)})
	if err != nil || of.Ahead == nil {
		return t.Snapshot, err
	}
	return t.Snapshot, f.Complete(ctx, &t.Snapshot, func(p *procfs.Process) (procfs.Detail, bool) {
		detail, wanted := of.Ahead(p.PID)
		if of.Zombies != nil && p.IsZombie() {
			detail = of.Zombies.And(detail)
		}
		return detail, wanted
	})
}

func (f *farProcesses) Complete(ctx context.Context, s *procfs.Snapshot, selected procfs.Selection) error {
	var found []procfs.Process
	var missed []procfs.Missed
	for i := range s.Processes {
		d, wanted := selected(&s.Processes[i])
		if !wanted {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		pid := s.Processes[i].PID
		p, err := f.Process(pid, d)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missed = append(missed, procfs.Missed{PID: pid, Why: procfs.Gone})
		case err != nil:
			missed = append(missed, procfs.Missed{PID: pid, Why: procfs.Malformed, Detail: err.Error()})
		default:
			found = append(found, p)
		}
	}
	s.Replace(found, missed)
	return nil
}

func (f *farProcesses) Process(pid int, d procfs.Detail) (procfs.Process, error) {
	t, err := f.ask(asked{Method: "Process", PID: pid, Detail: d})
	return t.Process, err
}

func (f *farProcesses) Lives(key procfs.Key) bool {
	return f.must(asked{Method: "Lives", Keys: []procfs.Key{key}}).Flag
}

func (f *farProcesses) StillZombies(keys []procfs.Key) []procfs.ZombieSeen {
	return f.must(asked{Method: "StillZombies", Keys: keys}).Zombies
}

func (f *farProcesses) Group(lines []procfs.Cgroup, id string) string {
	return f.must(asked{Method: "Group", Cgroups: lines, ID: id}).Text
}

func (f *farProcesses) UnifiedGroup(lines []procfs.Cgroup, id string) string {
	return f.must(asked{Method: "UnifiedGroup", Cgroups: lines, ID: id}).Text
}

func (f *farProcesses) GroupPIDs(dir string) []int {
	return f.must(asked{Method: "GroupPIDs", ID: dir}).PIDs
}

func (f *farProcesses) OldestGroupPID(dir string) (int, bool) {
	pids := f.GroupPIDs(dir)
	if len(pids) == 0 {
		return 0, false
	}
	return pids[0], true
}

func (f *farProcesses) PIDsUse(dir string) inspect.PIDsUse {
	return f.must(asked{Method: "PIDsUse", ID: dir}).Use
}

func (f *farProcesses) PIDsGroup(lines []procfs.Cgroup, path string) procfs.PIDsGroup {
	return f.must(asked{Method: "PIDsGroup", Cgroups: lines, ID: path}).Group
}

func (f *farProcesses) OOM() procfs.OOMFacts { return f.must(asked{Method: "OOM"}).OOM }

func (f *farProcesses) TaskLimits() procfs.TaskLimits {
	return f.must(asked{Method: "TaskLimits"}).Limits
}

func (f *farProcesses) AddressSpaces(keys []procfs.Key, maxMappings procfs.Opt[int]) []procfs.AddressSpace {
	return f.must(asked{Method: "AddressSpaces", Keys: keys, Most: maxMappings}).Spaces
}

func (f *farProcesses) OwnNamespace(t procfs.NamespaceType) procfs.Opt[uint64] {
	return f.must(asked{Method: "OwnNamespace", Type: t}).Inode
}

func (f *farProcesses) UserNamespaces(pid int) map[uint64]procfs.UserNSOrigin {
	return f.must(asked{Method: "UserNamespaces", PID: pid}).Users
}

// The other end does not offer these.
func (f *farProcesses) Outside(context.Context, []int, []uint64, procfs.Detail) (procfs.Snapshot, error) {
	return procfs.Snapshot{}, errors.ErrUnsupported
}
func (f *farProcesses) Threads(int) []int                            { return nil }
func (f *farProcesses) ChildrenNamed(int, []string) []procfs.Process { return nil }
func (f *farProcesses) File(procfs.Key, string) procfs.Opt[procfs.File] {
	return procfs.None[procfs.File](procfs.Unread)
}
func (f *farProcesses) Thread(int) (procfs.Thread, error) {
	return procfs.Thread{}, errors.ErrUnsupported
}
func (f *farProcesses) Attention(string, int) (procfs.Attention, error) {
	return procfs.Attention{}, errors.ErrUnsupported
}
func (f *farProcesses) Resources(int) (procfs.Resources, error) {
	return procfs.Resources{}, errors.ErrUnsupported
}

// file writes each container of the world into a folder.
func file(t *testing.T, list []inspect.Container) filedFacts {
	t.Helper()
	folder := t.TempDir()
	for _, c := range list {
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, c.ID+".json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filedFacts{folder}
}

// encoded is the capture as it is saved, without what depends on the reader.
func encoded(t *testing.T, c *inspect.Capture) string {
	t.Helper()
	c.Engine, c.Proof = inspect.Engine{}, inspect.HostProof{}
	if c.Listing != nil {
		c.Listing.Daemon = 0
	}
	if c.Limits != nil {
		c.Limits.EnginePIDs = nil
	}
	var b bytes.Buffer
	if err := c.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// difference is the first position at which two texts differ, -1 if they are equal.
func difference(a, b string) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return i
		}
	}
	return -1
}

func around(text string, at int) string { return text[max(at-200, 0):min(at+200, len(text))] }

// The capture is the same with every implementation: a question needs only the two interfaces.
func TestThirdImplementation(t *testing.T) {
	world := func() *World {
		w := two()
		w.Process(102, 101, "job", In("a", 2), NS(namespaceOf(w, 101, procfs.PIDNamespace)), Exited(7<<8), SID(101)).
			Container("joiner", "c", 301, JoinedTo(ID("a")), func(c *inspect.Container) { c.StopSignal = "SIGINT" }).
			Process(300, 1, "containerd-shim", ShimOf("c"), EveryNamespace(1, nil)).
			Process(301, 300, "top", In("c", 9), EveryNamespace(3010, map[procfs.NamespaceType]uint64{procfs.PIDNamespace: namespaceOf(w, 101, procfs.PIDNamespace)})).
			Process(400, 1, "cron", EveryNamespace(1, nil)).
			Container("past", "d", 0, func(c *inspect.Container) { c.Status, c.ExitCode = "exited", 3 })
		// Files are read in the order of their names, which are IDs.
		slices.SortFunc(w.Containers, func(a, b inspect.Container) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) })
		return w
	}
	settle := 5 * time.Millisecond
	for name, q := range map[string]need.Question{
		"tree of one": need.Tree([]string{"demo"}), "tree of all": need.Tree(nil),
		"zombies of one": need.Zombies([]string{"demo"}, settle), "zombies of all": need.Zombies(nil, settle),
		"doctor of one": need.Doctor([]string{"demo"}, settle), "doctor of all": need.Doctor(nil, settle),
		"one that is unknown": need.Tree([]string{"nobody"}), "one that does not run": need.Tree([]string{"past"}),
		"limits": need.Limits([]string{"other"}),
	} {
		synctest.Test(t, func(t *testing.T) {
			direct := newRig(world())
			want, err := record(t.Context(), direct.host(), q)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			here, there := net.Pipe()
			defer func() { _ = here.Close() }()
			go serve(there, &fakeProcesses{world: world()})
			far := dial(here, "far:/proc")
			got, err := record(t.Context(), &host{
				facts: asker{rationed(file(t, world().Containers))}, processes: far, choice: newChoice("", far, nil), tool: "test",
			}, q)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if q.Settle > 0 {
				want.SecondLook.At, got.SecondLook.At = TakenAt, TakenAt // each waits by itself
			}
			if got.Proof.By != got.Engine.Endpoint+" is not a unix socket of this host" {
				t.Errorf("%s: proved by %s", name, got.Proof.By)
			}
			directly, third := encoded(t, want), encoded(t, got)
			if at := difference(directly, third); at >= 0 {
				t.Errorf("%s: directly\n...%s\nover the stream\n...%s", name, around(directly, at), around(third, at))
			}
		})
	}
}

// A stream that breaks ends the recording with that error, and does not make it hang.
func TestBrokenStream(t *testing.T) {
	here, there := net.Pipe()
	_ = there.Close()
	far := dial(here, "/proc")
	_, err := record(t.Context(), &host{facts: asker{rationed(file(t, two().Containers))}, processes: far, choice: newChoice("", far, nil)}, need.Tree(nil))
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}
