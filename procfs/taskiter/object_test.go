//go:build linux && (amd64 || arm64)

package taskiter

import (
	"testing"

	"github.com/cilium/ebpf/btf"
)

// The decoded fields are those that the program writes.
func TestRecordIsTheObjects(t *testing.T) {
	spec, err := loadTaskIter()
	if err != nil {
		t.Fatal(err)
	}
	wantFields(t, spec.Types, "task_head", headSize, []string{
		"start_ns", "pid", "tgid", "ppid", "pgid", "sid", "state", "exit_state", "flags", "threads", "signal_flags", "pid_ns",
		"subreaper", "no_child_wait", "levels", "session_levels", "comm",
	})
	const room = 127 // elements of the chain: 2 * LEVELS_MASK + 1
	wantFields(t, spec.Types, "task_record", recordSize+room*chainLink, []string{
		"head", "pending", "shared_pending", "blocked", "real_blocked", "ignored", "caught", "resets", "undeferred", "effective",
		"max_processes", "css_set", "cgroup_id", "tracer", "exit_code", "uids", "ns", "chain",
	})
	wantFields(t, spec.Types, "task_number", chainLink, []string{"nr", "padding", "ns"})
}

func wantFields(t *testing.T, types *btf.Spec, name string, size uint32, want []string) {
	t.Helper()
	var record *btf.Struct
	if err := types.TypeByName(name, &record); err != nil {
		t.Fatal(err)
	}
	if record.Size != size {
		t.Errorf("%s has %d bytes, want %d", name, record.Size, size)
	}
	if len(record.Members) != len(want) {
		t.Fatalf("%s has %d fields, want %v", name, len(record.Members), want)
	}
	end := uint32(0)
	for i, member := range record.Members {
		if member.Name != want[i] {
			t.Errorf("field %d of %s is %s, want %s", i, name, member.Name, want[i])
		}
		if at := member.Offset.Bytes(); at != end {
			t.Errorf("%s of %s is at %d, want %d: there must be no gaps", member.Name, name, at, end)
		}
		size, err := btf.Sizeof(member.Type)
		if err != nil {
			t.Fatal(err)
		}
		end += uint32(size)
	}
}
