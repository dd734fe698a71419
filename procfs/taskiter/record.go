package taskiter

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Sizes of struct task_head, of struct task_record without its chain, and of each element of
// the chain (bpf/taskiter.c).
const (
	headSize   = 72
	recordSize = 224
	chainLink  = 16
	// mostLevels is how deep PID namespaces nest, the first included
	// (MAX_PID_NS_LEVEL of the kernel's include/linux/pid_namespace.h).
	mostLevels = 33
)

// namespaceOrder is the order of struct task_record's ns. The first is in its head.
var namespaceOrder = [8]procfs.NamespaceType{
	procfs.PIDNamespace, procfs.UTSNamespace, procfs.IPCNamespace, procfs.NetNamespace,
	procfs.MountNamespace, procfs.UserNamespace, procfs.CgroupNamespace, procfs.TimeNamespace,
}

// head is what the program writes of a task in a survey: struct task_head. All PIDs are those
// in the reader's PID namespace, and 0 for processes outside it.
type head struct {
	// startNS is the time of its start since boot, in the reader's time namespace
	// (start_boottime).
	startNS                   uint64
	pid, tgid                 int32
	parentPID, pgid, sid      int32
	state, exitState, flags   uint32
	threads                   int32
	signalFlags               uint32
	pidNamespace              uint32
	subreaper, noChildWait    bool
	ownLevels, sessionsLevels uint8
	comm                      string
}

// task is one task: struct task_record. A large host has many, so no number is wider than the
// kernel's.
type task struct {
	head
	// The masks of this thread, of the process as a whole, blocked, and blocked apart from
	// what sigtimedwait(2) waits for at the moment (pending, shared_pending, blocked,
	// real_blocked).
	pending, sharedPending, blocked, realBlocked procfs.SignalSet
	// The signals that are ignored, that have a handler, whose handler runs only once, and
	// whose handler can be interrupted by its own signal (sighand->action). Only in records of
	// processes.
	ignored, caught, resets, undeferred procfs.SignalSet
	effective                           procfs.Capabilities
	// maxProcesses is the soft RLIMIT_NPROC, unlimited if all bits are set.
	maxProcesses uint64
	// cssSet and cgroupID are the same for all tasks of the same control groups: the address of
	// the set, and the ID of the cgroup v2 group.
	cssSet, cgroupID uint64
	tracer           int32
	exitCode         procfs.WaitStatus
	// uids are the real, the effective, the saved and the file system user ID.
	uids       [4]uint32
	namespaces [8]uint32
	// numbers are its own numbers in each PID namespace, followed by those of its session in
	// the same namespaces.
	numbers []int
}

// nsPIDs are its numbers in each PID namespace that it is in, outermost first.
func (t *task) nsPIDs() []int { return t.numbers[: len(t.numbers)/2 : len(t.numbers)/2] }

// nsSIDs are the numbers of its session, 0 in a namespace that the session is not in.
func (t *task) nsSIDs() []int { return t.numbers[len(t.numbers)/2:] }

// errRecord is wrapped by every error about what the program wrote.
var errRecord = errors.New("malformed task record")

// head decodes the first head.
func (c *cursor) head(h *head) error {
	if c.left() < headSize {
		return fmt.Errorf("%w: %d bytes, want %d at least", errRecord, c.left(), headSize)
	}
	*h = head{
		startNS: c.u64(),
		pid:     c.number(), tgid: c.number(), parentPID: c.number(), pgid: c.number(), sid: c.number(),
		state: c.u32(), exitState: c.u32(), flags: c.u32(), threads: c.number(), signalFlags: c.u32(),
		pidNamespace: c.u32(),
		subreaper:    c.u8() != 0, noChildWait: c.u8() != 0,
		ownLevels: c.u8(), sessionsLevels: c.u8(),
	}
	h.comm = c.text(16)
	if !h.isEnd() && (h.pid <= 0 || h.tgid <= 0) {
		return fmt.Errorf("%w: task %d of process %d", errRecord, h.pid, h.tgid)
	}
	return nil
}

// isEnd reports whether the record is the last. It is not about a task. Its threads is the
// number of tasks that were seen, and its sid is how many of them are this program's own.
func (h *head) isEnd() bool { return h.pid == 0 && h.tgid == 0 }

// task decodes the first record.
func (c *cursor) task(t *task) error {
	*t = task{}
	if err := c.head(&t.head); err != nil || t.isEnd() {
		return err
	}
	if c.left() < recordSize-headSize {
		return fmt.Errorf("%w: %d bytes of task %d, want %d more at least", errRecord, c.left(), t.pid, recordSize-headSize)
	}
	t.pending, t.sharedPending, t.blocked, t.realBlocked = c.signals(), c.signals(), c.signals(), c.signals()
	t.ignored, t.caught, t.resets, t.undeferred = c.signals(), c.signals(), c.signals(), c.signals()
	t.effective, t.maxProcesses = procfs.Capabilities(c.u64()), c.u64()
	t.cssSet, t.cgroupID = c.u64(), c.u64()
	t.tracer, t.exitCode = c.number(), procfs.WaitStatus(c.u32())
	for i := range t.uids {
		t.uids[i] = c.u32()
	}
	for i := range t.namespaces {
		t.namespaces[i] = c.u32()
	}
	t.namespaces[0] = t.pidNamespace
	return c.chain(t)
}

// chain decodes the numbers of the task and of its session in each PID namespace, each with the
// namespace's address. A session that is not in the namespace has no number there.
func (c *cursor) chain(t *task) error {
	levels, sessions := int(t.ownLevels), int(t.sessionsLevels)
	if levels < 1 || levels > mostLevels || sessions > mostLevels || c.left() < (levels+sessions)*chainLink {
		return fmt.Errorf("%w: task %d in %d PID namespaces, its session in %d, and %d bytes", errRecord, t.pid, levels, sessions, c.left())
	}
	t.numbers = c.integers(2 * levels)
	own := c.data[c.at:]
	for i := range levels {
		t.numbers[i] = int(c.number())
		c.skip(chainLink - 4)
	}
	for i := range sessions {
		number := c.number()
		c.skip(4)
		address := c.u64()
		if i < levels && address == binary.LittleEndian.Uint64(own[i*chainLink+8:]) {
			t.numbers[levels+i] = int(number)
		}
	}
	if t.numbers[0] != int(t.pid) {
		return fmt.Errorf("%w: task %d with the numbers %v", errRecord, t.pid, t.nsPIDs())
	}
	return nil
}

// tasks collects the records of one look.
type tasks struct {
	list []task
	// others is how many tasks the kernel has shown, without this program's own. ended is true
	// if the kernel has reported that number, at the end.
	others int
	ended  bool
	cursor
}

// add takes records. A cut record is an error, because the kernel never writes a part. Records
// after the last one are left out. Their processes started when all had been seen.
func (c *tasks) add(records []byte) error {
	c.data, c.at = records, 0
	for c.left() > 0 && !c.ended {
		c.list = append(c.list, task{})
		last := &c.list[len(c.list)-1]
		if err := c.task(last); err != nil {
			return err
		}
		if c.ended = last.isEnd(); c.ended {
			c.others = int(last.threads - last.sid)
			c.list = c.list[:len(c.list)-1]
		}
	}
	return nil
}

// all are the tasks, if the last record has come.
func (c *tasks) all() ([]task, error) {
	if !c.ended {
		return nil, errNoEnd
	}
	return c.list, nil
}

var errNoEnd = fmt.Errorf("%w: the last is missing", errRecord)

// cursor decodes the fields of a record one after the other, in the layout of C on
// little-endian machines. The caller has checked that there are enough.
type cursor struct {
	data []byte
	at   int
	// names are the names that were seen, because most tasks have the name of another.
	names map[string]string
	// spare is memory for chains. Every task has one, and most are short.
	spare []int
}

// slab is the number of numbers for which memory is allocated at a time.
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

func (c *cursor) signals() procfs.SignalSet { return procfs.SignalSet(c.u64()) }

// number is a PID or a count.
func (c *cursor) number() int32 { return int32(c.u32()) } // a signed number in the kernel

func (c *cursor) u8() byte {
	v := c.data[c.at]
	c.skip(1)
	return v
}

// text is the text up to the first NUL.
func (c *cursor) text(size int) string {
	field := c.data[c.at : c.at+size]
	c.skip(size)
	if end := bytes.IndexByte(field, 0); end >= 0 {
		field = field[:end]
	}
	name, known := c.names[string(field)]
	if !known {
		if c.names == nil {
			c.names = map[string]string{}
		}
		name = string(field)
		c.names[name] = name
	}
	return name
}

func (c *cursor) skip(n int) { c.at += n }
