package source

import (
	"sync"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// Proc is a mount of /proc as [Processes]. What is the same for all processes is read once:
// where control groups are mounted, and the contents of executables.
type Proc struct {
	read.FS
	mounts, pidsMounts func() read.CgroupMounts
	programs           func() *read.Programs
}

// OpenProc opens the /proc that is mounted at root. The error is procfs.ErrNoProc if there can
// be none.
func OpenProc(root string) (*Proc, error) {
	fs, err := read.Open(root)
	if err != nil {
		return nil, err
	}
	proc := &Proc{FS: fs, mounts: sync.OnceValue(fs.CgroupMounts), pidsMounts: sync.OnceValue(fs.PIDsMounts)}
	return proc.again(), nil
}

// again is the same /proc for another capture: where control groups are mounted is known, and
// programs are read again.
func (p *Proc) again() *Proc {
	fs := p.FS
	return &Proc{FS: fs, mounts: p.mounts, pidsMounts: p.pidsMounts, programs: sync.OnceValue(func() *read.Programs {
		sought := signal.Sought()
		return fs.Programs(sought.Marks).WithScriptsOf(sought.WantsScript).WithClientsOf(sought.WantsClients)
	})}
}

// Attention reads the signal handling of the process, and which program it runs.
func (p *Proc) Attention(container string, pid int) (procfs.Attention, error) {
	return p.FS.Attention(container, pid, p.programs())
}

// Group is the folder of the container's control group.
func (p *Proc) Group(lines []procfs.Cgroup, id string) string { return p.mounts().Group(lines, id) }

// UnifiedGroup is that folder in the unified hierarchy.
func (p *Proc) UnifiedGroup(lines []procfs.Cgroup, id string) string {
	return p.mounts().UnifiedGroup(lines, id)
}

// PIDsUse reads the pids controller of the group in this folder.
func (p *Proc) PIDsUse(dir string) inspect.PIDsUse {
	return inspect.PIDsUse{Current: read.PIDsCurrent(dir), Max: read.PIDsMax(dir)}
}

// PIDsGroup reads the group at this path in the cgroup lines of a process.
func (p *Proc) PIDsGroup(lines []procfs.Cgroup, path string) procfs.PIDsGroup {
	return p.pidsMounts().PIDsGroup(lines, path)
}
