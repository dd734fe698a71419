package plugin

import "github.com/docker-pidns/docker-pidns/procfs"

var (
	deniedStatus  = procfs.None[procfs.WaitStatus](procfs.Denied)
	deniedProcess = procfs.Missed{PID: 4711, Why: procfs.Denied}
)
