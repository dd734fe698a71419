package bundle

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// ownName is the name of the container that this program is in, because its real name is not
// known inside.
const ownName = "this"

// findOwn describes the container that this program is in. Its ID is in the control groups of
// its PID 1, if these are visible inside, or in the paths of the files that Docker has mounted
// over those of /etc.
func (f *Facts) findOwn(s *procfs.Snapshot) {
	at, there := s.Position(1)
	if !there {
		return
	}
	main := s.Processes[at]
	c := inspect.Container{
		ID: ownID(&main), Name: ownName, Status: "running", HostPID: main.PID, StartedAt: s.StartedAt(main.StartTicks), StopTimeout: usualGrace,
		Own: true, Client: ownName, Silent: true, Unasked: true, PIDsLimit: procfs.None[int64](procfs.Unread),
	}
	setCommand(&c, main.Args.Or(nil))
	if p, err := f.processes.Process(1, procfs.Detail{EtcMounts: true, WithoutArgs: true}); err == nil && c.ID == ownName {
		for _, path := range p.EtcMounts.Or(nil) {
			if id := inspect.GroupID(path); id != "" {
				c.ID = id
			}
		}
	}
	f.found = []found{{c, main.Key}}
}

func ownID(main *procfs.Process) string {
	if id := inspect.CgroupID(main); id != "" {
		return id
	}
	return ownName
}
