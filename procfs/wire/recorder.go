package wire

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// Order is what a recording is made for.
type Order struct {
	// Hello has the nonce that the recording returns, and what is looked for in programs.
	Hello
	// Settle is the time until the second look at zombies, 0 for none.
	Settle time.Duration
}

// recorder makes a record of a host.
type recorder struct {
	proc    read.FS
	session *session
	record  record
	// containers are the positions of processes in the snapshot, by the IDs in their control
	// groups. A process of a container in a container has several.
	containers map[string][]int
	// relative is true if paths of control groups were relative to a cgroup namespace of the
	// reader, and absolute if all of the pids controller are those of the host now.
	relative, absolute bool
}

// newRecord looks at the host once, and a second time after order.Settle. When ctx ends, the
// error is that of ctx.
func newRecord(ctx context.Context, server Server, order Order) (*record, error) {
	s := newSession(server)
	s.attention.seek(order.Sought)
	r := recorder{proc: server.Proc, session: s}
	r.record.welcome = welcomeOf(server.Proc)
	r.record.welcome.Tool, r.record.welcome.Nonce = server.Tool, order.Nonce
	r.record.host = server.Proc.Host()
	snapshot, err := server.Proc.Scan(ctx, procfs.Detail{Namespaces: procfs.NamespaceTypes, UIDMaps: true, Limits: true})
	if err != nil {
		return nil, err
	}
	looked := time.Now()
	r.record.snapshot = snapshot
	r.makeCgroupsAbsolute()
	r.sortByContainer()
	for _, part := range []func(){r.recordAttention, r.recordFiles, r.recordGroups, r.recordPIDs, r.recordLimits} {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		part()
	}
	r.record.oom = server.Proc.OOM()
	if order.Settle > 0 {
		r.lookAgain(ctx, looked.Add(order.Settle), order.Settle)
	}
	return &r.record, ctx.Err()
}

// makeCgroupsAbsolute gives control groups the paths that the host shows. With cgroup v2 an engine
// gives a container a cgroup namespace of its own, and Swarm has no option against it.
func (r *recorder) makeCgroupsAbsolute() {
	mounts := r.proc.CgroupMounts()
	known := map[string][]procfs.Cgroup{}
	for i := range r.record.snapshot.Processes {
		p := &r.record.snapshot.Processes[i]
		lines := p.Cgroups.Or(nil)
		if !slices.ContainsFunc(lines, func(line procfs.Cgroup) bool { return strings.HasPrefix(line.Path, "/..") }) {
			continue
		}
		key := string(encode(func(c *coder) { c.cgroups(&lines) }))
		if known[key] == nil {
			known[key] = mounts.Absolute(lines)
		}
		p.Cgroups = procfs.Some(known[key])
	}
	r.relative, r.absolute = len(known) > 0, len(known) > 0
	for _, lines := range known {
		path, _ := procfs.PIDsPath(lines)
		r.absolute = r.absolute && !strings.HasPrefix(path, "/..")
	}
}

// sortByContainer finds the containers. In each, the processes come first whose parents are not
// in it.
func (r *recorder) sortByContainer() {
	r.containers = map[string][]int{}
	processes := r.record.snapshot.Processes
	isIn := map[string]map[int]bool{}
	for i := range processes {
		for _, id := range idsOf(&processes[i]) {
			r.containers[id] = append(r.containers[id], i)
			if isIn[id] == nil {
				isIn[id] = map[int]bool{}
			}
			isIn[id][processes[i].PID] = true
		}
	}
	for id, members := range r.containers {
		var outer, inner []int
		for _, at := range members {
			if isIn[id][processes[at].ParentPID] {
				inner = append(inner, at)
			} else {
				outer = append(outer, at)
			}
		}
		r.containers[id] = append(outer, inner...)
	}
}

// ids are those of the containers, sorted.
func (r *recorder) ids() []string { return slices.Sorted(maps.Keys(r.containers)) }

// of are the first processes of a container.
func (r *recorder) of(id string, most int) []*procfs.Process {
	members := r.containers[id]
	list := make([]*procfs.Process, min(len(members), most))
	for i := range list {
		list[i] = &r.record.snapshot.Processes[members[i]]
	}
	return list
}

// lookAgain waits, and reads which zombies are left, and which processes of containers are not.
func (r *recorder) lookAgain(ctx context.Context, at time.Time, settle time.Duration) {
	select {
	case <-time.After(time.Until(at)):
	case <-ctx.Done():
		return
	}
	second := secondLook{nanoseconds: int64(settle)}
	var zombies []procfs.Key
	for i := range r.record.snapshot.Processes {
		if p := &r.record.snapshot.Processes[i]; p.IsZombie() {
			zombies = append(zombies, p.Key)
		} else if len(idsOf(p)) > 0 && !r.proc.Lives(p.Key) {
			second.ended = append(second.ended, p.Key)
		}
	}
	second.zombies = r.proc.StillZombies(zombies)
	r.record.again = &second
}

// idLength is the number of hexadecimal digits of a container's ID.
const idLength = 64

// idsOf are the container IDs in the paths of the process's control groups, each once.
func idsOf(p *procfs.Process) []string {
	var ids []string
	for _, line := range p.Cgroups.Or(nil) {
		for _, id := range idsIn(line.Path) {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// idsIn are the container IDs in a path: so many lower-case hexadecimal digits in a row.
func idsIn(path string) []string {
	var ids []string
	digits := 0
	for i := range len(path) {
		if c := path[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			digits = 0
			continue
		}
		if digits++; digits == idLength {
			ids = append(ids, path[i+1-idLength:i+1])
			digits = 0
		}
	}
	return ids
}

// together does n things, several at a time.
func together(n int, do func(i int)) {
	const most = 8
	var group sync.WaitGroup
	slots := make(chan struct{}, most)
	for i := range n {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	group.Wait()
}
