//go:build linux && (amd64 || arm64)

package sigtrace

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs/bpf/bpftest"
)

func TestObjectIsOfThisSource(t *testing.T) { bpftest.CheckSums(t, 5) }

// The decoded fields are those that the programs write.
func TestRecordIsTheObjects(t *testing.T) {
	spec, err := loadSigTrace()
	if err != nil {
		t.Fatal(err)
	}
	bpftest.WantFields(t, spec.Types, "event", eventSize, []string{
		"time_ns", "kind", "exit_code", "signal", "code", "result", "parent_death", "parent", "victim",
		"info", "to_group", "handler", "blocked", "unkillable", "unused", "subject", "actor", "ancestors",
	})
	const whoSize, ancestorSize, commSize = 120, 32, 16
	bpftest.WantFields(t, spec.Types, "who", whoSize, []string{
		"start_ns", "group", "pids_group", "tid", "uid", "flags", "levels", "numbers", "namespaces", "comm",
	})
	bpftest.WantFields(t, spec.Types, "ancestor", ancestorSize, []string{"start_ns", "pid", "uid", "comm"})
	if got := spec.Maps["groups"].ValueSize; got != 8*groupNameSize {
		t.Errorf("a path has %d bytes, want 8 names", got)
	}
}
