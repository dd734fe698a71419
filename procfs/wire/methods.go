package wire

import "github.com/docker-pidns/docker-pidns/procfs"

// method is a call: its number, and how its question and its answer are sent.
type method[Q, A any] struct {
	number   uint8
	question func(*coder, *Q)
	answer   func(*coder, *A)
}

// The methods. A number is never reused for another method.
var (
	methodScan       = method[scanned, procfs.Snapshot]{1, (*coder).scanned, (*coder).snapshot}
	methodFamily     = method[familyRead, procfs.Snapshot]{2, (*coder).familyRead, (*coder).snapshot}
	methodSurvey     = method[surveyed, procfs.Snapshot]{3, (*coder).surveyed, (*coder).snapshot}
	methodComplete   = method[completion, completed]{4, (*coder).completion, (*coder).completed}
	methodOpenKernel = method[bool, nothing]{5, (*coder).bool, (*coder).nothing}
	methodHold       = method[nothing, nothing]{6, (*coder).nothing, (*coder).nothing}
	methodHost       = method[nothing, procfs.Host]{7, (*coder).nothing, (*coder).host}
	methodOutside    = method[outsideRead, procfs.Snapshot]{8, (*coder).outsideRead, (*coder).snapshot}
	methodProcess    = method[processRead, procfs.Process]{9, (*coder).processRead, (*coder).process}
	methodThreads    = method[int, []int]{10, (*coder).int, (*coder).ints}
	methodThread     = method[int, procfs.Thread]{11, (*coder).int, (*coder).thread}
	methodChildren   = method[childrenNamed, []procfs.Process]{12, (*coder).childrenNamed, (*coder).processes}
	methodFile       = method[fileRead, procfs.Opt[procfs.File]]{13, (*coder).fileRead, (*coder).optFile}
	methodAttention  = method[attentionRead, procfs.Attention]{14, (*coder).attentionRead, (*coder).attention}
	methodResources  = method[int, procfs.Resources]{15, (*coder).int, (*coder).resources}
	methodLives      = method[procfs.Key, bool]{16, (*coder).key, (*coder).bool}
	methodZombies    = method[[]procfs.Key, []procfs.ZombieSeen]{17, (*coder).keys, (*coder).zombiesSeen}
	methodGroup      = method[groupSought, string]{18, (*coder).groupSought, (*coder).text}
	methodGroupPIDs  = method[string, []int]{19, (*coder).text, (*coder).ints}
	methodOldestPID  = method[string, oldestPID]{20, (*coder).text, (*coder).oldestPID}
	methodPIDsUse    = method[string, pidsUse]{21, (*coder).text, (*coder).pidsUse}
	methodPIDsGroup  = method[groupSought, procfs.PIDsGroup]{22, (*coder).groupSought, (*coder).pidsGroup}
	methodOOM        = method[nothing, procfs.OOMFacts]{23, (*coder).nothing, (*coder).oomFacts}
	methodTaskLimits = method[nothing, procfs.TaskLimits]{24, (*coder).nothing, (*coder).taskLimits}
	methodSpaces     = method[spacesRead, []procfs.AddressSpace]{25, (*coder).spacesRead, (*coder).addressSpaces}
	methodNamespace  = method[procfs.NamespaceType, procfs.Opt[uint64]]{26, word[procfs.NamespaceType], (*coder).inode}
	methodUserNS     = method[int, map[uint64]procfs.UserNSOrigin]{27, (*coder).int, (*coder).userNamespaces}
	methodAgain      = method[nothing, nothing]{28, (*coder).nothing, (*coder).nothing}
)

// nothing is a question or an answer without content.
type nothing struct{}

func (c *coder) nothing(*nothing) {}

// scanned asks for every process. byKernel means by the kernel's iterator, here and below.
type scanned struct {
	byKernel bool
	detail   procfs.Detail
}

func (c *coder) scanned(v *scanned) {
	c.bool(&v.byKernel)
	c.detail(&v.detail)
}

type familyRead struct {
	byKernel bool
	of       procfs.FamilyOf
	detail   procfs.Detail
}

func (c *coder) familyRead(v *familyRead) {
	c.bool(&v.byKernel)
	c.familyOf(&v.of)
	c.detail(&v.detail)
}

type surveyed struct {
	byKernel bool
	of       procfs.SurveyOf
}

func (c *coder) surveyed(v *surveyed) {
	c.bool(&v.byKernel)
	c.surveyOf(&v.of)
}

// completion asks for more of the processes of a survey. Functions cannot be sent, so the
// client has called the selection.
type completion struct {
	byKernel bool
	// details are what is wanted, each once, and wanted are the processes, in the order of
	// their PIDs.
	details []procfs.Detail
	wanted  []wanted
}

// wanted is a process, and the index of the detail that is wanted of it.
type wanted struct {
	key    procfs.Key
	detail int
}

func (c *coder) wanted(v *wanted) {
	c.key(&v.key)
	c.int(&v.detail)
}

func (c *coder) completion(v *completion) {
	c.bool(&v.byKernel)
	list(c, &v.details, (*coder).detail)
	list(c, &v.wanted, (*coder).wanted)
	for i := range v.wanted {
		if w := &v.wanted[i]; w.detail < 0 || w.detail >= len(v.details) || i > 0 && w.key.PID <= v.wanted[i-1].key.PID {
			c.fail("a process that is wanted in no order, or without detail")
			return
		}
	}
}

// completed are the processes that were read, and those that were not.
type completed struct {
	processes []procfs.Process
	missed    []procfs.Missed
}

func (c *coder) completed(v *completed) {
	c.processes(&v.processes)
	list(c, &v.missed, (*coder).missed)
}

type outsideRead struct {
	pids   []int
	known  []uint64
	detail procfs.Detail
}

func (c *coder) outsideRead(v *outsideRead) {
	c.ints(&v.pids)
	list(c, &v.known, (*coder).uint)
	c.detail(&v.detail)
}

type processRead struct {
	pid    int
	detail procfs.Detail
}

func (c *coder) processRead(v *processRead) {
	c.int(&v.pid)
	c.detail(&v.detail)
}

type childrenNamed struct {
	parent int
	names  []string
}

func (c *coder) childrenNamed(v *childrenNamed) {
	c.int(&v.parent)
	c.strings(&v.names)
}

type fileRead struct {
	key  procfs.Key
	path string
}

func (c *coder) fileRead(v *fileRead) {
	c.key(&v.key)
	c.text(&v.path)
}

func (c *coder) optFile(v *procfs.Opt[procfs.File]) { opt(c, v, (*coder).file) }

type attentionRead struct {
	container string
	pid       int
}

func (c *coder) attentionRead(v *attentionRead) {
	c.text(&v.container)
	c.int(&v.pid)
}

func (c *coder) keys(v *[]procfs.Key)               { list(c, v, (*coder).key) }
func (c *coder) zombiesSeen(v *[]procfs.ZombieSeen) { list(c, v, (*coder).zombieSeen) }

// groupSought is a control group: by the lines of a process, and by the ID in its path, or by
// its path.
type groupSought struct {
	lines []procfs.Cgroup
	name  string
	// unified means that only the unified hierarchy is looked at.
	unified bool
}

func (c *coder) groupSought(v *groupSought) {
	c.cgroups(&v.lines)
	c.text(&v.name)
	c.bool(&v.unified)
}

type oldestPID struct {
	pid   int
	known bool
}

func (c *coder) oldestPID(v *oldestPID) {
	c.int(&v.pid)
	c.bool(&v.known)
}

type pidsUse struct{ current, most procfs.Opt[int] }

func (c *coder) pidsUse(v *pidsUse) {
	c.optInt(&v.current)
	c.optInt(&v.most)
}

type spacesRead struct {
	keys        []procfs.Key
	maxMappings procfs.Opt[int]
}

func (c *coder) spacesRead(v *spacesRead) {
	c.keys(&v.keys)
	c.optInt(&v.maxMappings)
}

func (c *coder) addressSpaces(v *[]procfs.AddressSpace) { list(c, v, (*coder).addressSpace) }

func (c *coder) userNamespaces(v *map[uint64]procfs.UserNSOrigin) {
	table(c, v, (*coder).uint, (*coder).userNSOrigin)
}
