//go:build amd64 || arm64

package sigtrace

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// Tracer traces until it is closed. The kernel removes its programs when the process that
// opened it exits, for whatever reason. Read is for one goroutine, the other methods are for any.
type Tracer struct {
	objects sigTraceObjects
	links   []link.Link
	events  *ringbuf.Reader
	groups  groups
	ring    ringbuf.Record
}

// newerKernel names what is missing in a kernel that cannot load the programs.
const newerKernel = "ring buffer for BPF programs, which came with Linux 5.8, or cannot run one at once (Linux 5.10)"

// Open begins to trace. A *bpf.UnsupportedError says why that is not possible here. After any other
// error the reason is not known.
func Open(proc read.FS, options Options) (*Tracer, error) {
	if err := bpf.CheckPlace(proc); err != nil {
		return nil, err
	}
	bpf.Prepare()
	t := &Tracer{}
	if err := bpf.Load(newerKernel, func() error { return t.load(options) }); err != nil {
		return nil, err
	}
	t.groups.paths = t.objects.Groups
	if err := t.begin(options); err != nil {
		_ = t.Close()
		return nil, bpf.Refusal(newerKernel, err)
	}
	return t, nil
}

func (t *Tracer) load(options Options) error {
	spec, err := loadSigTrace()
	if err != nil {
		return err
	}
	err = errors.Join(spec.Variables["all_namespaces"].Set(!options.Named), spec.Variables["everything"].Set(options.Everything))
	if err != nil {
		return err
	}
	if options.Everything {
		spec.Maps["events"].MaxEntries = roomForEverything
	}
	return spec.LoadAndAssign(&t.objects, nil)
}

// roomForEverything is the size of the ring buffer, in bytes, for each fork and exit of a busy
// container. For signals the program's own size is enough.
const roomForEverything = 32 << 20

// begin finds the reader's own PID namespace, and then attaches the programs.
func (t *Tracer) begin(options Options) (err error) {
	if _, err := t.objects.FindReader.Run(&ebpf.RunOptions{}); err != nil {
		return err
	}
	if t.events, err = ringbuf.NewReader(t.objects.Events); err != nil {
		return err
	}
	for name, program := range t.tracepoints(options) {
		attached, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: name, Program: program})
		if err != nil {
			return fmt.Errorf("tracepoint %s: %w", name, err)
		}
		t.links = append(t.links, attached)
	}
	return nil
}

func (t *Tracer) tracepoints(options Options) map[string]*ebpf.Program {
	of := map[string]*ebpf.Program{
		"signal_generate":    t.objects.SignalGenerate,
		"mark_victim":        t.objects.MarkVictim,
		"sched_process_exit": t.objects.SchedProcessExit,
	}
	if options.Everything {
		of["sched_process_fork"] = t.objects.SchedProcessFork
		of["sched_process_exec"] = t.objects.SchedProcessExec
		of["sched_process_free"] = t.objects.SchedProcessFree
	}
	return of
}

// Watch adds PID namespaces and control groups to what is traced. A group is a directory in which
// a hierarchy is mounted, and stands for all below it. It is needed for processes that are in the
// reader's own PID namespace.
func (t *Tracer) Watch(namespaces []uint64, groupDirs []string) error {
	for _, inode := range namespaces {
		if err := t.objects.WatchedNamespaces.Put(uint32(inode), uint8(1)); err != nil {
			return fmt.Errorf("watch PID namespace %d: %w", inode, err)
		}
	}
	for _, dir := range groupDirs {
		id, err := groupID(dir)
		if err != nil {
			return err
		}
		if err := t.objects.WatchedGroups.Put(id, uint8(1)); err != nil {
			return fmt.Errorf("watch control group %s: %w", dir, err)
		}
		if err := t.objects.GroupCount.Set(uint32(1)); err != nil {
			return err
		}
	}
	return nil
}

// ofPIDs marks groups of the pids controller in cgroup v1. Each hierarchy counts its groups.
const ofPIDs = 1 << 63

// groupID is the kernel's number of a control group: the inode of its directory.
func groupID(dir string) (uint64, error) {
	var stat unix.Stat_t
	if err := unix.Stat(dir, &stat); err != nil {
		return 0, &os.PathError{Op: "stat", Path: dir, Err: err}
	}
	var system unix.Statfs_t
	if err := unix.Statfs(dir, &system); err != nil {
		return 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	if system.Type == unix.CGROUP2_SUPER_MAGIC {
		return stat.Ino, nil
	}
	return stat.Ino | ofPIDs, nil
}

// Read waits for the next event. Its error is [os.ErrClosed] after Close.
func (t *Tracer) Read() (procfs.KernelEvent, error) {
	if err := t.events.ReadInto(&t.ring); err != nil {
		return procfs.KernelEvent{}, err
	}
	r, err := decode(t.ring.RawSample)
	if err != nil {
		return procfs.KernelEvent{}, err
	}
	r.Time = clock(r.at)
	r.Subject.Cgroups = t.groups.of(r.subject)
	r.Actor.Cgroups = t.groups.of(r.actor)
	return r.KernelEvent, nil
}

// clock is the time of day of a moment since boot, by the clock as it is now.
func clock(since time.Duration) time.Time {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) // cannot fail since Linux 2.6.39
	return time.Now().Add(since - time.Duration(now.Nano()))
}

// Lost is how many events found no room, because they were not read fast enough.
func (t *Tracer) Lost() (count uint64, err error) {
	err = t.objects.Lost.Get(&count)
	return count, err
}

// Close ends the trace and removes the programs from the kernel.
func (t *Tracer) Close() error {
	var errs []error
	for _, l := range t.links {
		errs = append(errs, l.Close())
	}
	if t.events != nil {
		errs = append(errs, t.events.Close())
	}
	return errors.Join(append(errs, t.objects.Close())...)
}

// groups knows the paths of control groups that events have named.
type groups struct {
	paths *ebpf.Map
	known map[uint64]string
}

// mostKnown bounds the memory for paths. A group that was removed is not named again.
const mostKnown = 10_000

// of are the paths of these groups.
func (g *groups) of(ids [2]uint64) []string {
	var list []string
	for i, id := range ids {
		if id == 0 {
			continue
		}
		if i == 1 {
			id |= ofPIDs
		}
		if path := g.path(id); path != "" {
			list = append(list, path)
		}
	}
	return list
}

// path is "" if the kernel has forgotten the group, because events have named thousands of others
// since.
func (g *groups) path(id uint64) string {
	if path, ok := g.known[id]; ok {
		return path
	}
	names, err := g.paths.LookupBytes(id)
	if err != nil || names == nil {
		return ""
	}
	if g.known == nil || len(g.known) >= mostKnown {
		g.known = map[uint64]string{}
	}
	g.known[id] = groupPath(names, groupNameSize)
	return g.known[id]
}

// groupNameSize is NAME_SIZE of the program: room for a name, which is cut if it is longer.
const groupNameSize = 96
