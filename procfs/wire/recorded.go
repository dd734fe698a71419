package wire

import (
	"context"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Recorded answers from what one look at a host has recorded, as a [Client] does from the host
// itself. Nothing more can be asked of that host. What was not recorded is unread.
type Recorded struct {
	record    record
	bytes     int
	attention map[procfs.Key]*procfs.Attention
	files     map[string]procfs.Opt[procfs.File]
	groups    map[string]string
	folders   map[string]*recordedFolder
	pids      map[string]*procfs.PIDsGroup
	spaces    map[procfs.Key]procfs.AddressSpace
}

// ReadRecorded reads the lines that [Record] has written for an order with the nonce. A liar can
// write wrong facts, as its host could, and cannot make this use more memory than bounds.go
// allows. The error is a [ProtocolError] or [ErrEnded].
func ReadRecorded(from io.Reader, nonce string) (*Recorded, error) {
	message, err := readLines(from, nonce)
	if err != nil {
		return nil, err
	}
	r := &Recorded{bytes: len(message)}
	if err := decode(message, mostRecorded, func(c *coder) { c.record(&r.record) }); err != nil {
		return nil, err
	}
	if r.record.welcome.Nonce != nonce {
		return nil, protocolError("it returns another nonce")
	}
	if err := checkProcesses(r.record.snapshot.Processes); err != nil {
		return nil, err
	}
	r.index()
	return r, nil
}

// checkProcesses refuses lists that no /proc has.
func checkProcesses(list []procfs.Process) error {
	last := 0
	for i := range list {
		p := &list[i]
		if p.PID <= last || len(p.NSPIDs) == 0 || p.NSPIDs[0] != p.PID {
			return protocolError("process %d with the PIDs %v after process %d", p.PID, p.NSPIDs, last)
		}
		last = p.PID
	}
	return nil
}

// index sorts what was recorded by the questions for it.
func (r *Recorded) index() {
	r.attention = map[procfs.Key]*procfs.Attention{}
	for i := range r.record.attention {
		a := &r.record.attention[i]
		r.attention[a.Key] = a
	}
	r.files = map[string]procfs.Opt[procfs.File]{}
	for _, f := range r.record.files {
		r.files[f.of.word()] = f.file
	}
	r.groups = map[string]string{}
	for _, g := range r.record.groups {
		r.groups[g.of.word()] = g.dir
	}
	r.folders = map[string]*recordedFolder{}
	for i := range r.record.folders {
		r.folders[r.record.folders[i].dir] = &r.record.folders[i]
	}
	r.pids = map[string]*procfs.PIDsGroup{}
	for i := range r.record.pids {
		r.pids[r.record.pids[i].Path] = &r.record.pids[i]
	}
	r.spaces = map[procfs.Key]procfs.AddressSpace{}
	for _, space := range r.record.spaces {
		r.spaces[space.Key] = space
	}
}

// word is the question as the key of a map.
func (q *groupSought) word() string { return string(encode(func(c *coder) { c.groupSought(q) })) }

// word is the question as the key of a map.
func (q *fileRead) word() string { return string(encode(func(c *coder) { c.fileRead(q) })) }

// Welcome says which /proc was read, and by which process.
func (r *Recorded) Welcome() Welcome { return r.record.welcome }

// Bytes is the length of the recording.
func (r *Recorded) Bytes() int { return r.bytes }

// SecondLook is how long after the first the second look was, 0 for none.
func (r *Recorded) SecondLook() time.Duration {
	if r.record.again == nil {
		return 0
	}
	return time.Duration(r.record.again.nanoseconds)
}

// Hide leaves out processes that were there only for the recording.
func (r *Recorded) Hide(pids ...int) {
	r.record.snapshot.Processes = slices.DeleteFunc(r.record.snapshot.Processes, func(p procfs.Process) bool { return slices.Contains(pids, p.PID) })
}

// Root is the mount of /proc that was read.
func (r *Recorded) Root() string { return r.record.snapshot.Root }

// Host is what the /proc shows of its host.
func (r *Recorded) Host() procfs.Host { return r.record.host }

// snapshot is the recorded one. The caller may change the list of processes.
func (r *Recorded) snapshot() procfs.Snapshot {
	s := r.record.snapshot
	s.Processes, s.Missed = slices.Clone(s.Processes), slices.Clone(s.Missed)
	return s
}

// Scan has every process, with all detail.
func (r *Recorded) Scan(ctx context.Context, _ procfs.Detail) (procfs.Snapshot, error) {
	return r.snapshot(), ctx.Err()
}

// Family has every process, and not only the family.
func (r *Recorded) Family(ctx context.Context, _ procfs.FamilyOf, _ procfs.Detail) (procfs.Snapshot, error) {
	return r.snapshot(), ctx.Err()
}

// Survey has everything of every process.
func (r *Recorded) Survey(ctx context.Context, _ procfs.SurveyOf) (procfs.Snapshot, error) {
	return r.snapshot(), ctx.Err()
}

// Complete adds nothing, because everything was read.
func (r *Recorded) Complete(ctx context.Context, _ *procfs.Snapshot, _ procfs.Selection) error {
	return ctx.Err()
}

// Outside has every process.
func (r *Recorded) Outside(ctx context.Context, _ []int, _ []uint64, _ procfs.Detail) (procfs.Snapshot, error) {
	return r.snapshot(), ctx.Err()
}

// Process is one process. The error is [fs.ErrNotExist] if there was none.
func (r *Recorded) Process(pid int, _ procfs.Detail) (procfs.Process, error) {
	if at, known := r.record.snapshot.Position(pid); known {
		return r.record.snapshot.Processes[at], nil
	}
	return procfs.Process{}, fs.ErrNotExist
}

// Threads were not recorded.
func (r *Recorded) Threads(int) []int { return nil }

// Thread was not recorded.
func (r *Recorded) Thread(int) (procfs.Thread, error) { return procfs.Thread{}, fs.ErrNotExist }

// ChildrenNamed are the children of a process that have one of these names.
func (r *Recorded) ChildrenNamed(parent int, names []string) []procfs.Process {
	var list []procfs.Process
	for i := range r.record.snapshot.Processes {
		if p := &r.record.snapshot.Processes[i]; p.ParentPID == parent && slices.Contains(names, p.Comm) {
			list = append(list, *p)
		}
	}
	return list
}

// File is a file as a process saw it. Those that describe containers were recorded.
func (r *Recorded) File(key procfs.Key, path string) procfs.Opt[procfs.File] {
	return r.FileUpTo(key, path, procfs.MostFile)
}

// FileUpTo is [Recorded.File] with another maximum size in bytes.
func (r *Recorded) FileUpTo(key procfs.Key, path string, most int) procfs.Opt[procfs.File] {
	of := fileRead{key, path}
	file, recorded := r.files[of.word()]
	if content, held := file.Get(); !recorded || held && len(content.Text) > most {
		return procfs.None[procfs.File](procfs.Unread)
	}
	return file
}

// Attention is how a process handled signals. The error is [fs.ErrNotExist] if there was no
// such process.
func (r *Recorded) Attention(_ string, pid int) (procfs.Attention, error) {
	p, err := r.Process(pid, procfs.Detail{})
	if err != nil {
		return procfs.Attention{}, err
	}
	if a := r.attention[p.Key]; a != nil {
		return *a, nil
	}
	return procfs.Attention{
		Key: p.Key, SignalFDs: procfs.None[[]procfs.SignalSet](procfs.Unread), Stdin: procfs.None[procfs.Descriptor](procfs.Unread),
		Program: procfs.None[procfs.Program](procfs.Unread),
	}, nil
}

// Resources were not recorded.
func (r *Recorded) Resources(pid int) (procfs.Resources, error) {
	p, err := r.Process(pid, procfs.Detail{})
	return procfs.Resources{Key: p.Key, ResidentBytes: procfs.None[uint64](procfs.Unread), Listening: procfs.None[[]string](procfs.Unread)}, err
}

// Lives reports whether the process was there, and still at the second look.
func (r *Recorded) Lives(key procfs.Key) bool {
	p, err := r.Process(key.PID, procfs.Detail{})
	again := r.record.again
	return err == nil && p.Key == key && (again == nil || !slices.Contains(again.ended, key))
}

// StillZombies are those that were still zombies at the second look.
func (r *Recorded) StillZombies(keys []procfs.Key) []procfs.ZombieSeen {
	if r.record.again == nil {
		return nil
	}
	wanted := make(map[procfs.Key]bool, len(keys))
	for _, key := range keys {
		wanted[key] = true
	}
	var still []procfs.ZombieSeen
	for _, z := range r.record.again.zombies {
		if wanted[z.Key] {
			still = append(still, z)
		}
	}
	return still
}

// Group is the folder of a container's control group, "" if it was not found.
func (r *Recorded) Group(lines []procfs.Cgroup, id string) string {
	of := groupSought{lines, id, false}
	return r.groups[of.word()]
}

// UnifiedGroup is that folder in the unified hierarchy.
func (r *Recorded) UnifiedGroup(lines []procfs.Cgroup, id string) string {
	of := groupSought{lines, id, true}
	return r.groups[of.word()]
}

// GroupPIDs are the processes in a control group and in those below it.
func (r *Recorded) GroupPIDs(dir string) []int {
	if folder := r.folders[dir]; folder != nil {
		return folder.pids
	}
	return nil
}

// OldestGroupPID is the first process of a control group.
func (r *Recorded) OldestGroupPID(dir string) (int, bool) {
	if folder := r.folders[dir]; folder != nil {
		return folder.oldest.pid, folder.oldest.known
	}
	return 0, false
}

// PIDsUse is the use and the limit of the pids controller in a control group (pids.current,
// pids.max).
func (r *Recorded) PIDsUse(dir string) (current, most procfs.Opt[int]) {
	if folder := r.folders[dir]; folder != nil {
		return folder.use.current, folder.use.most
	}
	return procfs.None[int](procfs.Unread), procfs.None[int](procfs.Unread)
}

// PIDsGroup is a control group of the pids controller.
func (r *Recorded) PIDsGroup(_ []procfs.Cgroup, path string) procfs.PIDsGroup {
	if group := r.pids[path]; group != nil {
		return *group
	}
	unread := procfs.None[int](procfs.Unread)
	return procfs.PIDsGroup{Path: path, Current: unread, Max: unread, Refused: unread}
}

// OOM is what the kernel reported of its OOM killer.
func (r *Recorded) OOM() procfs.OOMFacts { return r.record.oom }

// TaskLimits are the host's limits on tasks.
func (r *Recorded) TaskLimits() procfs.TaskLimits { return r.record.taskLimits }

// AddressSpaces are how much room processes of one container had for further threads.
func (r *Recorded) AddressSpaces(keys []procfs.Key, _ procfs.Opt[int]) []procfs.AddressSpace {
	var list []procfs.AddressSpace
	for _, key := range keys {
		if space, recorded := r.spaces[key]; recorded {
			list = append(list, space)
		}
	}
	return list
}

// OwnNamespace is the namespace of a type of the program that recorded.
func (r *Recorded) OwnNamespace(t procfs.NamespaceType) procfs.Opt[uint64] {
	if inode, known := r.record.namespaces[t]; known {
		return inode
	}
	return procfs.None[uint64](procfs.Unread)
}

// UserNamespaces are those of all processes, and those around them.
func (r *Recorded) UserNamespaces(int) map[uint64]procfs.UserNSOrigin { return r.record.users }
