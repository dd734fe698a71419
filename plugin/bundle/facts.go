package bundle

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// ErrNoEngine means that no engine was asked, and that only an engine knows the answer.
var ErrNoEngine = errors.New("no engine was asked")

// ErrNamesUnread means that no container with the wanted name was found, and that the files of
// some containers, which have their names, were not read in time.
var ErrNamesUnread = errors.New("it is not known which container that is, because the names of some were not read in time (raise --timeout)")

// Processes is what is needed of a reader of /proc.
type Processes interface {
	// Root is the mount of /proc that is read.
	Root() string
	// Scan reads every process.
	Scan(context.Context, procfs.Detail) (procfs.Snapshot, error)
	// FileUpTo is a file as a process sees it, up to a maximum size.
	FileUpTo(key procfs.Key, path string, most int) procfs.Opt[procfs.File]
	// Process is one process.
	Process(pid int, detail procfs.Detail) (procfs.Process, error)
	// Lives reports whether a process has not exited.
	Lives(procfs.Key) bool
}

// Facts are the facts of a host without an engine. They implement [source.Facts].
type Facts struct {
	processes Processes
	host      string
	timeout   time.Duration
	// orphaned is true if containers of running engines are left out.
	orphaned bool
	// own is true if the only container is the one that this program is in.
	own bool
	// given are names that are known otherwise, by the containers' IDs.
	given map[string]Given

	mu    sync.Mutex
	found []found
	// left is how many bytes of files may still be read in a look, and until is the time until
	// which they may be read.
	left  int
	until time.Time
	// late is true if the last look has not read files because of that time.
	late bool
	// leftOut is how many containers of running engines were left out.
	leftOut int
}

var _ source.Facts = (*Facts)(nil)

// found is a container, and its main process.
type found struct {
	container inspect.Container
	main      procfs.Key
}

// New returns the facts of the host with this name. Its processes are read through processes.
func New(processes Processes, host string, timeout time.Duration) *Facts {
	return &Facts{processes: processes, host: host, timeout: timeout}
}

// Given is what is known of a container otherwise than by its files.
type Given struct {
	// Name is its name, and Labels are labels that it has at least.
	Name   string
	Labels map[string]string
}

// Named are the facts with names for containers, by their IDs.
func (f *Facts) Named(given map[string]Given) *Facts {
	return &Facts{processes: f.processes, host: f.host, timeout: f.timeout, given: given}
}

// OfNoEngine are the facts without the containers of running Docker engines. These engines must
// be asked at their own sockets, and their containers could have the same names. If containers
// of Docker remain, those of other runtimes are left out too.
func (f *Facts) OfNoEngine() *Facts {
	return &Facts{processes: f.processes, host: f.host, timeout: f.timeout, orphaned: true}
}

// OfOwn are the facts of the container that this program is in.
func (f *Facts) OfOwn() *Facts {
	return &Facts{processes: f.processes, host: f.host, timeout: f.timeout, own: true}
}

// Endpoint is the mount of /proc.
func (f *Facts) Endpoint() string { return f.processes.Root() }

// Timeout is the maximum time of a question.
func (f *Facts) Timeout() time.Duration { return f.timeout }

// PeerPID is [source.ErrOwnProc], because all facts are from this /proc.
func (f *Facts) PeerPID(context.Context) (int, error) { return 0, source.ErrOwnProc }

// List are the running containers, with or without all. Other containers have no shim.
func (f *Facts) List(ctx context.Context, _ bool) ([]inspect.Container, error) {
	return f.list(ctx, func(*shim.Served) bool { return true })
}

// ListOf are the running containers with these IDs, which an engine has. The files of others are
// not read, and others may have the same names.
func (f *Facts) ListOf(ctx context.Context, ids []string) ([]inspect.Container, error) {
	return f.list(ctx, func(served *shim.Served) bool { return slices.Contains(ids, served.ID) })
}

func (f *Facts) list(ctx context.Context, wanted func(*shim.Served) bool) ([]inspect.Container, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.find(ctx, wanted); err != nil {
		return nil, err
	}
	list := make([]inspect.Container, len(f.found))
	for i, each := range f.found {
		list[i] = each.container
	}
	return list, nil
}

// Inspect is one of them, by its name, its ID, or an unambiguous beginning of its ID. It looks
// again if the container is not known or has exited.
func (f *Facts) Inspect(ctx context.Context, ref string) (inspect.Container, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.known(ref); c != nil {
		return *c, nil
	}
	if err := f.find(ctx, func(*shim.Served) bool { return true }); err != nil {
		return inspect.Container{}, err
	}
	if c := f.known(ref); c != nil {
		return *c, nil
	}
	if f.late {
		return inspect.Container{}, ErrNamesUnread
	}
	return inspect.Container{}, source.ErrNotRunning
}

// known is the found container that a ref names. It is nil if there is none, if there are
// several, or if it has exited.
func (f *Facts) known(ref string) *inspect.Container {
	fits := func(match func(*inspect.Container) bool) *inspect.Container {
		var fit *inspect.Container
		for i := range f.found {
			c := &f.found[i]
			if !match(&c.container) {
				continue
			}
			if fit != nil || !f.processes.Lives(c.main) {
				return nil
			}
			fit = &c.container
		}
		return fit
	}
	name := strings.TrimPrefix(ref, "/")
	if c := fits(func(c *inspect.Container) bool { return c.ID == ref || c.Name == name }); c != nil {
		return c
	}
	return fits(func(c *inspect.Container) bool { return strings.HasPrefix(c.ID, ref) })
}

// find finds and describes the running containers that are wanted.
func (f *Facts) find(ctx context.Context, wanted func(*shim.Served) bool) error {
	ctx, done := untilInterrupted(ctx)
	defer done()
	snapshot, err := f.processes.Scan(ctx, procfs.Detail{})
	if err != nil {
		return err
	}
	f.found, f.left, f.until, f.late = nil, mostFiles, time.Now().Add(f.patience()), false
	if f.own {
		f.findOwn(&snapshot)
		return nil
	}
	for _, served := range f.inQuestion(&snapshot) {
		if !wanted(&served) {
			continue
		}
		c := f.describe(&served, snapshot.TakenAt)
		if c.Labels[helperLabel] != "" {
			continue
		}
		if c.StartedAt.IsZero() || c.HostPID != served.Main.PID { // the files are of an earlier run
			c.StartedAt = snapshot.StartedAt(served.Main.StartTicks)
		}
		c.HostPID = served.Main.PID
		f.give(&c)
		f.found = append(f.found, found{c, served.Main.Key})
	}
	f.nameApart()
	f.resolveModes()
	return nil
}

// untilInterrupted is the context without its deadline, which is for answers of an engine. On a
// host that is very busy, /proc takes longer to read, and nobody else has the answer.
func untilInterrupted(ctx context.Context) (context.Context, context.CancelFunc) {
	within, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
		}
	})
	return within, func() {
		stop()
		cancel()
	}
}

// give sets what is known otherwise of the container.
func (f *Facts) give(c *inspect.Container) {
	given, known := f.given[c.ID]
	if !known {
		return
	}
	c.Name = given.Name
	labels := maps.Clone(c.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, given.Labels)
	c.Labels = labels
}

// helperLabel is the label of the containers of helpers, which exist only during a question.
const helperLabel = "docker-pidns.helper"

// mostFiles is how many bytes of files are read in a look. A process that calls itself a shim
// can choose what is read.
const mostFiles = 64 << 20

// patience is the time after which no further file is read in a look.
func (f *Facts) patience() time.Duration { return cmp.Or(f.timeout, 5*time.Second) }

// inQuestion are the containers to describe.
func (f *Facts) inQuestion(s *procfs.Snapshot) []shim.Served {
	all := shim.AllServed(s)
	if !f.orphaned {
		return all
	}
	// A daemon has the user of its shims. Processes of other users can have the same name.
	type claim struct {
		id  string
		uid int
	}
	answered := map[claim]bool{}
	for i := range s.Processes {
		if p := &s.Processes[i]; p.Comm == "dockerd" && p.Depth() == 0 && inspect.CgroupID(p) == "" {
			list, _ := shim.Containers(s, p.PID)
			for _, c := range list {
				answered[claim{c.ID, p.UIDs.Effective}] = true
			}
		}
	}
	before := len(all)
	all = slices.DeleteFunc(all, func(served shim.Served) bool { return answered[claim{served.ID, served.Shim.UIDs.Effective}] })
	f.leftOut = before - len(all)
	isDockers := func(served shim.Served) bool {
		return strings.HasPrefix(served.Namespace, dockerNamespace) && served.Shim.UIDs.Effective == 0
	}
	if slices.ContainsFunc(all, isDockers) {
		all = slices.DeleteFunc(all, func(served shim.Served) bool { return !isDockers(served) })
	}
	return all
}

// LeftOut is how many containers of running engines the last look has left out.
func (f *Facts) LeftOut() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.leftOut
}

// nameApart makes the names of containers unique. Several engines of a host may use the same
// name.
func (f *Facts) nameApart() {
	taken := map[string]bool{}
	for i := range f.found {
		c := &f.found[i].container
		if taken[c.Name] {
			c.Name += "-" + c.ShortID()
		}
		taken[c.Name] = true
	}
}

// resolveModes replaces the path of a namespace by the container whose main process is in the
// path. For any other path the container is not known.
func (f *Facts) resolveModes() {
	ids := map[int]string{}
	for _, each := range f.found {
		ids[each.container.HostPID] = each.container.ID
	}
	for i := range f.found {
		c := &f.found[i].container
		for _, mode := range []*string{&c.PIDMode, &c.UTSMode, &c.IPCMode, &c.NetworkMode, &c.CgroupnsMode} {
			if !strings.HasPrefix(*mode, "/") {
				continue
			}
			*mode, _ = joinedBy(*mode, ids)
		}
	}
}

// joinedBy is "container:ID" for /proc/PID/ns/TYPE of a container's main process.
func joinedBy(path string, ids map[int]string) (mode string, known bool) {
	fields := strings.Split(path, "/")
	if len(fields) != 5 || fields[1] != "proc" || fields[3] != "ns" {
		return "", false
	}
	pid, err := strconv.Atoi(fields[2])
	if id := ids[pid]; err == nil && id != "" {
		return "container:" + id, true
	}
	return "", false
}

// Exec is not known.
func (f *Facts) Exec(context.Context, string) (inspect.Exec, error) {
	return inspect.Exec{}, ErrNoEngine
}

// ExecEvents are not known.
func (f *Facts) ExecEvents(context.Context) ([]inspect.Exec, error) { return nil, ErrNoEngine }

// Events are not known.
func (f *Facts) Events(context.Context) (inspect.EventLog, error) {
	return inspect.EventLog{}, ErrNoEngine
}

// LastWords are not known.
func (f *Facts) LastWords(context.Context, string) ([]string, error) { return nil, ErrNoEngine }

// Describe names the host.
func (f *Facts) Describe(context.Context) (inspect.Engine, error) {
	return inspect.Engine{Name: f.host, Endpoint: f.Endpoint(), Absent: true}, nil
}
