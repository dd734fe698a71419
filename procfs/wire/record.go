package wire

import "github.com/docker-pidns/docker-pidns/procfs"

// record is everything that one look at a host has read. A program that nobody can ask writes
// it, and [Recorded] answers from it later.
type record struct {
	welcome    Welcome
	host       procfs.Host
	snapshot   procfs.Snapshot
	taskLimits procfs.TaskLimits
	oom        procfs.OOMFacts
	// namespaces are those of the reader.
	namespaces map[procfs.NamespaceType]procfs.Opt[uint64]
	// users are the user namespaces of the processes, and those around them.
	users map[uint64]procfs.UserNSOrigin
	// attention is the signal handling of the processes of containers.
	attention []procfs.Attention
	spaces    []procfs.AddressSpace
	files     []recordedFile
	// groups are the folders of the containers' control groups, and folders what is in them.
	groups  []recordedGroup
	folders []recordedFolder
	// pids are the groups of the pids controller, by their paths.
	pids []procfs.PIDsGroup
	// again is the second look, nil if there was none.
	again *secondLook
}

// recordedFile is a file as a process sees it.
type recordedFile struct {
	of   fileRead
	file procfs.Opt[procfs.File]
}

// recordedGroup is the folder of a container's control group, by the question for it.
type recordedGroup struct {
	of  groupSought
	dir string
}

// recordedFolder is what was in the folder of a control group.
type recordedFolder struct {
	dir    string
	pids   []int
	oldest oldestPID
	use    pidsUse
}

// secondLook is what was left some time after the first look.
type secondLook struct {
	// nanoseconds is how long after the first it was.
	nanoseconds int64
	zombies     []procfs.ZombieSeen
	// ended are the processes of containers that have exited since the first look.
	ended []procfs.Key
}

func (c *coder) record(r *record) {
	c.welcome(&r.welcome)
	c.host(&r.host)
	c.snapshot(&r.snapshot)
	c.taskLimits(&r.taskLimits)
	c.oomFacts(&r.oom)
	c.namespaces(&r.namespaces)
	c.userNamespaces(&r.users)
	list(c, &r.attention, (*coder).attention)
	c.addressSpaces(&r.spaces)
	list(c, &r.files, (*coder).recordedFile)
	list(c, &r.groups, (*coder).recordedGroup)
	list(c, &r.folders, (*coder).recordedFolder)
	list(c, &r.pids, (*coder).pidsGroup)
	pointer(c, &r.again, (*coder).secondLook)
}

func (c *coder) recordedFile(v *recordedFile) {
	c.fileRead(&v.of)
	c.optFile(&v.file)
}

func (c *coder) recordedGroup(v *recordedGroup) {
	c.groupSought(&v.of)
	c.text(&v.dir)
}

func (c *coder) recordedFolder(v *recordedFolder) {
	c.text(&v.dir)
	c.ints(&v.pids)
	c.oldestPID(&v.oldest)
	c.pidsUse(&v.use)
}

func (c *coder) secondLook(v *secondLook) {
	c.int64(&v.nanoseconds)
	c.zombiesSeen(&v.zombies)
	c.keys(&v.ended)
}
