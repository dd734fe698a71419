//go:build linux && (amd64 || arm64)

package taskiter

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs/bpf/bpftest"
)

// The decoded fields are those that the program writes.
func TestRecordIsTheObjects(t *testing.T) {
	spec, err := loadTaskIter()
	if err != nil {
		t.Fatal(err)
	}
	bpftest.WantFields(t, spec.Types, "task_head", headSize, []string{
		"start_ns", "pid", "tgid", "ppid", "pgid", "sid", "state", "exit_state", "flags", "threads", "signal_flags", "pid_ns",
		"subreaper", "no_child_wait", "levels", "session_levels", "comm",
	})
	const room = 127 // elements of the chain: 2 * LEVELS_MASK + 1
	bpftest.WantFields(t, spec.Types, "task_record", recordSize+room*chainLink, []string{
		"head", "pending", "shared_pending", "blocked", "real_blocked", "ignored", "caught", "resets", "undeferred", "effective",
		"max_processes", "css_set", "cgroup_id", "tracer", "exit_code", "uids", "ns", "chain",
	})
	bpftest.WantFields(t, spec.Types, "task_number", chainLink, []string{"nr", "padding", "ns"})
}
