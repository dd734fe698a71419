//go:build linux && (amd64 || arm64)

package taskiter

import (
	"testing"

	"github.com/cilium/ebpf/btf"
)

// What decodeTask takes apart is what the program puts together.
func TestRecordIsTheObjects(t *testing.T) {
	spec, err := loadTaskIter()
	if err != nil {
		t.Fatal(err)
	}
	var record *btf.Struct
	if err := spec.Types.TypeByName("task_record", &record); err != nil {
		t.Fatal(err)
	}
	if want := uint32(recordHead + mostLevels*chainLink); record.Size != want {
		t.Errorf("a record has %d bytes, want %d", record.Size, want)
	}
	want := []string{
		"start_ns", "pending", "shared_pending", "blocked", "real_blocked", "ignored", "caught", "resets", "undeferred", "effective",
		"max_processes", "css_set", "cgroup_id", "pid", "tgid", "ppid", "pgid", "sid", "tracer", "state", "exit_state", "flags",
		"threads", "exit_code", "signal_flags", "uids", "ns", "comm", "subreaper", "no_child_wait", "levels", "reserved", "chain",
	}
	end := uint32(0)
	for i, member := range record.Members {
		if i >= len(want) || member.Name != want[i] {
			t.Fatalf("field %d is %s, want %v", i, member.Name, want)
		}
		if at := member.Offset.Bytes(); at != end {
			t.Errorf("%s is at %d, want %d: there must be no gaps", member.Name, at, end)
		}
		size, err := btf.Sizeof(member.Type)
		if err != nil {
			t.Fatal(err)
		}
		end += uint32(size)
	}
}
