package sigtrace

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Sizes of what the programs write (bpf/sigtrace.c): of struct event, and how many PID namespaces
// and ancestors it has room for.
const (
	eventSize    = 480
	mostLevels   = 8
	ancestors    = 6
	commSize     = 16
	nsPerTick    = 10_000_000 // USER_HZ is 100 on every architecture this is built for
	kernelThread = 0x00200000 // PF_KTHREAD and PF_EXITING of include/linux/sched.h
	exiting      = 0x00000004
)

// The numbers that the programs write for what a signal came with.
const (
	infoUser   = 0
	infoKernel = 1
	infoGiven  = 2
)

var errRecord = errors.New("malformed trace record")

// record is an event, and what is needed to complete it.
type record struct {
	procfs.KernelEvent
	// at is when it happened, since boot.
	at time.Duration
	// subject and actor are the IDs of the control groups of both: of cgroup v2, and of the pids
	// controller in v1, 0 if there is none.
	subject, actor [2]uint64
}

// decode decodes struct event.
func decode(data []byte) (record, error) {
	if len(data) < eventSize {
		return record{}, fmt.Errorf("%w: %d bytes, want %d", errRecord, len(data), eventSize)
	}
	c := cursor{data: data}
	var r record
	r.at = time.Duration(c.u64())
	r.Kind = procfs.KernelEventKind(c.u32())
	r.Status = procfs.WaitStatus(c.u32())
	signal := procfs.SignalSent{Number: int(c.u32()), Code: int(int32(c.u32())), Result: procfs.SignalResult(c.u32()), ParentDeath: int(c.u32())}
	r.ReaperPID, r.VictimPID = int(c.u32()), int(c.u32())
	switch c.u8() {
	case infoKernel:
		signal.Source = procfs.SourceKernel
	case infoGiven:
		signal.Source = procfs.SourceInfo
	default:
		signal.Source = procfs.SourceCaller
	}
	signal.ToProcess = c.u8() != 0
	signal.Handler = procfs.SignalHandler(c.u8())
	signal.Blocked, signal.Unkillable = c.u8() != 0, c.u8() != 0
	c.skip(3)
	if r.Kind < procfs.SignalGenerated || r.Kind > procfs.ProcessFreed {
		return record{}, fmt.Errorf("%w: kind %d", errRecord, r.Kind)
	}
	if r.Kind == procfs.SignalGenerated {
		if signal.Number < 1 || signal.Number > procfs.MaxSignal {
			return record{}, fmt.Errorf("%w: signal %d", errRecord, signal.Number)
		}
		r.Signal = &signal
	}
	r.subject = c.process(&r.Subject)
	r.actor = c.process(&r.Actor)
	r.Ancestors = c.ancestors()
	return r, nil
}

// process decodes struct who, and returns the IDs of its control groups.
func (c *cursor) process(p *procfs.TracedProcess) [2]uint64 {
	p.StartTicks = c.u64() / nsPerTick
	groups := [2]uint64{c.u64(), c.u64()}
	p.TID, p.UID = int(c.u32()), c.u32()
	flags := c.u32()
	p.Exiting, p.KernelThread = flags&exiting != 0, flags&kernelThread != 0
	p.Levels = int(c.u32())
	known := min(p.Levels, mostLevels)
	p.PIDs, p.PIDNamespaces = make([]int, known), make([]uint64, known)
	for i := range mostLevels {
		if number := c.u32(); i < known {
			p.PIDs[i] = int(number)
		}
	}
	for i := range mostLevels {
		if inode := c.u32(); i < known {
			p.PIDNamespaces[i] = uint64(inode)
		}
	}
	if known > 0 {
		p.PID = p.PIDs[0]
	}
	p.Comm = c.text(commSize)
	return groups
}

// ancestors decodes the array of struct ancestor. It ends at the first that is not known.
func (c *cursor) ancestors() []procfs.TracedAncestor {
	var list []procfs.TracedAncestor
	for range ancestors {
		a := procfs.TracedAncestor{Key: procfs.Key{StartTicks: c.u64() / nsPerTick}}
		a.PID, a.UID, a.Comm = int(c.u32()), c.u32(), c.text(commSize)
		if a.PID == 0 {
			break
		}
		list = append(list, a)
	}
	return list
}

// groupPath joins the names of struct group_path, whose first is that of the group itself.
func groupPath(names []byte, size int) string {
	path := ""
	for ; len(names) >= size; names = names[size:] {
		name, _, _ := bytes.Cut(names[:size], []byte{0})
		if len(name) == 0 {
			break
		}
		path = "/" + string(name) + path
	}
	if path == "" {
		return "/"
	}
	return path
}

// cursor decodes fields one after the other, in the layout of C on little-endian machines. The
// caller has checked that there are enough.
type cursor struct {
	data []byte
	at   int
}

func (c *cursor) skip(n int) { c.at += n }

func (c *cursor) u64() uint64 {
	c.skip(8)
	return binary.LittleEndian.Uint64(c.data[c.at-8:])
}

func (c *cursor) u32() uint32 {
	c.skip(4)
	return binary.LittleEndian.Uint32(c.data[c.at-4:])
}

func (c *cursor) u8() byte {
	c.skip(1)
	return c.data[c.at-1]
}

func (c *cursor) text(size int) string {
	c.skip(size)
	text, _, _ := bytes.Cut(c.data[c.at-size:c.at], []byte{0})
	return string(text)
}
