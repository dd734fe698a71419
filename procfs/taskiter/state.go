package taskiter

import (
	"math/bits"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Flags of a task's state (include/linux/sched.h). TASK_PARKED and lower flags have letters of
// their own. The others decide how a sleep is shown.
const (
	taskUninterruptible = 0x0002
	taskParked          = 0x0040
	taskNoLoad          = 0x0400
	taskRTLockWait      = 0x1000
	taskFrozen          = 0x8000
	taskIdle            = taskUninterruptible | taskNoLoad
	taskReport          = 2*taskParked - 1
	taskReportIdle      = taskReport + 1
)

// stateLetters are the letters by the highest bit of a state. The first letter is for no bit
// (task_state_array of fs/proc/array.c).
const stateLetters = "RSDTtXZPI"

// stateOf is the letter that /proc/PID/stat shows for a task's __state and
// exit_state (task_state_index of include/linux/sched.h).
func stateOf(state, exitState uint32) procfs.State {
	shown := (state | exitState) & taskReport
	if state&taskIdle == taskIdle {
		shown = taskReportIdle
	}
	if state&(taskRTLockWait|taskFrozen) != 0 {
		shown = taskUninterruptible
	}
	i := bits.Len32(shown)
	return procfs.State(stateLetters[i : i+1])
}
