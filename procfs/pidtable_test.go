package procfs_test

import (
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestPIDTable(t *testing.T) {
	process := func(pid, parent int) procfs.Process {
		return procfs.Process{Key: procfs.Key{PID: pid}, ParentPID: parent}
	}
	list := []procfs.Process{process(9, 1), process(1, 0), process(4, 9), process(7, 1), process(2, 0)}
	table := procfs.NewPIDTable(list)
	for _, pid := range []int{1, 2, 4, 7, 9} {
		if p := table.At(pid); p == nil || p.PID != pid {
			t.Errorf("process %d: got %v", pid, p)
		}
	}
	for _, pid := range []int{-1, 0, 3, 8, 10} {
		if p := table.At(pid); p != nil {
			t.Errorf("process %d, which is not there: got %v", pid, p)
		}
	}
	for _, pids := range [][]int{{1, 2, 4, 7, 9}, {9, 7, 4}, {3, 4, 5, 7}, {4, 4, 10, 1}, nil} {
		var got, want []int
		for i := range table.FindAll(pids) {
			got = append(got, table[i].PID)
		}
		for _, pid := range pids {
			if table.At(pid) != nil {
				want = append(want, pid)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("of %v: got %v, want %v", pids, got, want)
		}
	}
	family := table.ByParent()
	for parent, want := range map[int][]int{0: {1, 2}, 1: {7, 9}, 9: {4}, 2: nil, -5: nil, 12: nil} {
		var got []int
		for _, p := range family.Of(parent) {
			got = append(got, p.PID)
		}
		if len(got) != len(want) || len(got) > 0 && (got[0] != want[0] || got[len(got)-1] != want[len(want)-1]) {
			t.Errorf("children of %d: got %v, want %v", parent, got, want)
		}
	}
	if procfs.NewPIDTable(nil).At(1) != nil || len(procfs.NewPIDTable(nil).ByParent().Of(1)) != 0 {
		t.Error("there is somebody in an empty table")
	}
}

// A search can stop early. In a list that is not ordered and has a PID twice, each is found as
// often as the list has it.
func TestFindAll(t *testing.T) {
	table := procfs.NewPIDTable([]procfs.Process{{Key: procfs.Key{PID: 1}}, {Key: procfs.Key{PID: 2}}, {Key: procfs.Key{PID: 5}}})
	var got []int
	for i := range table.FindAll([]int{1, 3, 5, 2}) {
		if got = append(got, table[i].PID); len(got) == 2 {
			break
		}
	}
	if !slices.Equal(got, []int{1, 5}) {
		t.Errorf("got %v", got)
	}
	got = nil
	for i := range table.FindAll([]int{5, 5, -1, 1, 2, 2, 6}) {
		got = append(got, table[i].PID)
	}
	if !slices.Equal(got, []int{5, 5, 1, 2, 2}) {
		t.Errorf("got %v", got)
	}
}
