package taskiter

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Sizes of struct task_record of bpf/taskiter.c, and of each element of its chain.
const (
	recordHead = 224
	chainLink  = 8
	// mostLevels is how deep PID namespaces nest, the first included
	// (MAX_PID_NS_LEVEL of the kernel's include/linux/pid_namespace.h).
	mostLevels = 33
)

// namespaceOrder is the order of struct task_record's ns.
var namespaceOrder = [8]procfs.NamespaceType{
	procfs.PIDNamespace, procfs.UTSNamespace, procfs.IPCNamespace, procfs.NetNamespace,
	procfs.MountNamespace, procfs.UserNamespace, procfs.CgroupNamespace, procfs.TimeNamespace,
}

// task is one task as the program wrote it: struct task_record. All numbers of
// processes are of the reader's PID namespace, and 0 for who is not in it.
type task struct {
	// startNS is the time of its start since boot, in the reader's time namespace
	// (start_boottime).
	startNS uint64
	// Masks: of this thread, of the process as a whole, blocked, and blocked
	// apart from what sigtimedwait(2) awaits at the moment (pending,
	// shared_pending, blocked, real_blocked).
	pending, sharedPending, blocked, realBlocked procfs.SignalSet
	// What handlers there are: none because it is ignored, one, one that is good
	// for once, and one that its own signal interrupts (sighand->action). Of
	// processes only.
	ignored, caught, resets, undeferred procfs.SignalSet
	effective                           procfs.Capabilities
	// maxProcesses is the soft RLIMIT_NPROC, unlimited if all bits are set.
	maxProcesses uint64
	// cssSet and cgroupID are what it has in common with all tasks of the same
	// control groups: the address of the set, and the ID of the cgroup v2 group.
	cssSet, cgroupID             uint64
	pid, tgid                    int
	parentPID, pgid, sid, tracer int
	state, exitState, flags      uint32
	threads                      int
	exitCode                     procfs.WaitStatus
	signalFlags                  uint32
	uids                         procfs.UIDs
	namespaces                   [8]uint64
	comm                         string
	subreaper, noChildWait       bool
	nsPIDs, nsSIDs               []int
}

// errRecord is wrapped by every error about what the program wrote.
var errRecord = errors.New("malformed task record")

// task takes the first record.
func (c *cursor) task(t *task) error {
	if c.left() < recordHead {
		return fmt.Errorf("%w: %d bytes, want %d at least", errRecord, c.left(), recordHead)
	}
	*t = task{
		startNS: c.u64(),
		pending: procfs.SignalSet(c.u64()), sharedPending: procfs.SignalSet(c.u64()),
		blocked: procfs.SignalSet(c.u64()), realBlocked: procfs.SignalSet(c.u64()),
		ignored: procfs.SignalSet(c.u64()), caught: procfs.SignalSet(c.u64()), resets: procfs.SignalSet(c.u64()), undeferred: procfs.SignalSet(c.u64()),
		effective: procfs.Capabilities(c.u64()), maxProcesses: c.u64(),
		cssSet: c.u64(), cgroupID: c.u64(),
		pid: c.number(), tgid: c.number(), parentPID: c.number(), pgid: c.number(), sid: c.number(), tracer: c.number(),
		state: c.u32(), exitState: c.u32(), flags: c.u32(), threads: c.number(),
		exitCode: procfs.WaitStatus(c.u32()), signalFlags: c.u32(),
		uids: procfs.UIDs{Real: c.number(), Effective: c.number(), Saved: c.number(), FS: c.number()},
	}
	for i := range t.namespaces {
		t.namespaces[i] = uint64(c.u32())
	}
	t.comm = c.text(16)
	t.subreaper, t.noChildWait = c.u8() != 0, c.u8() != 0
	levels := int(c.u8())
	c.skip(5)
	if levels < 1 || levels > mostLevels || c.left() < levels*chainLink {
		return fmt.Errorf("%w: task %d in %d PID namespaces, and %d bytes", errRecord, t.pid, levels, c.left())
	}
	chain := c.integers(2 * levels)
	t.nsPIDs, t.nsSIDs = chain[:levels:levels], chain[levels:]
	for i := range levels {
		t.nsPIDs[i], t.nsSIDs[i] = c.number(), c.number()
	}
	if t.pid <= 0 || t.tgid <= 0 || t.nsPIDs[0] != t.pid {
		return fmt.Errorf("%w: task %d of process %d with the numbers %v", errRecord, t.pid, t.tgid, t.nsPIDs)
	}
	return nil
}

// decodeTasks reads all records. A record that is cut is an error, as the kernel
// never writes a part of one.
func decodeTasks(data []byte) ([]task, error) {
	c := cursor{data: data, names: map[string]string{}}
	tasks := make([]task, 0, len(data)/(recordHead+chainLink)+1)
	for c.left() > 0 {
		tasks = append(tasks, task{})
		if err := c.task(&tasks[len(tasks)-1]); err != nil {
			return nil, err
		}
	}
	return tasks, nil
}

// cursor takes the fields of a record one after the other, as C lays them out on
// little-endian machines. The caller has checked that there are enough.
type cursor struct {
	data []byte
	at   int
	// names are those that were seen: most tasks have the name of another.
	names map[string]string
	// spare is room for chains, which all tasks have and most short ones.
	spare []int
}

// slab is how many numbers are made room for at a time.
const slab = 4096

func (c *cursor) integers(n int) []int {
	if len(c.spare) < n {
		c.spare = make([]int, slab)
	}
	taken := c.spare[:n:n]
	c.spare = c.spare[n:]
	return taken
}

func (c *cursor) left() int { return len(c.data) - c.at }

func (c *cursor) u64() uint64 {
	v := binary.LittleEndian.Uint64(c.data[c.at:])
	c.skip(8)
	return v
}

func (c *cursor) u32() uint32 {
	v := binary.LittleEndian.Uint32(c.data[c.at:])
	c.skip(4)
	return v
}

// number is a PID, a user ID or a count.
func (c *cursor) number() int { return int(c.u32()) }

func (c *cursor) u8() byte {
	v := c.data[c.at]
	c.skip(1)
	return v
}

// text ends at the first NUL.
func (c *cursor) text(size int) string {
	field := c.data[c.at : c.at+size]
	c.skip(size)
	if end := bytes.IndexByte(field, 0); end >= 0 {
		field = field[:end]
	}
	name, known := c.names[string(field)]
	if !known {
		name = string(field)
		c.names[name] = name
	}
	return name
}

func (c *cursor) skip(n int) { c.at += n }
