package procfs_test

import (
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// resident is a process in a PID namespace, with its number in each.
func resident(parent int, inode uint64, numbers ...int) procfs.Process {
	return procfs.Process{
		Key: procfs.Key{PID: numbers[0]}, ParentPID: parent, NSPIDs: numbers,
		Namespaces: map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some(inode)},
	}
}

func TestStrangers(t *testing.T) {
	const host, ours, below, other = 1, 7, 8, 9
	unread := resident(20, ours, 23, 3)
	unread.Namespaces = nil
	family := []procfs.Process{
		resident(1, host, 10), resident(10, ours, 20, 1), resident(20, ours, 21, 5), resident(21, below, 22, 6, 1),
		resident(10, other, 30, 9), resident(10, below, 40, 11, 2),
	}
	tests := map[string]struct {
		processes []procfs.Process
		numbers   []int
		want      []int
	}{
		"its own and those below":             {family, []int{1, 5, 6}, nil},
		"one more":                            {family, []int{1, 4, 5, 6}, []int{4}},
		"one of another namespace":            {family, []int{1, 9}, []int{9}},
		"one below that came from elsewhere":  {family, []int{1, 11}, []int{11}},
		"more are known than were listed":     {family, []int{5}, nil},
		"a child that could not be read":      {[]procfs.Process{family[1], unread}, []int{1, 3}, nil},
		"nobody in it is known":               {family[:1], []int{1, 5}, []int{1, 5}},
		"numbers that the kernel did not say": {[]procfs.Process{{Key: procfs.Key{PID: 20}, Namespaces: family[1].Namespaces}}, []int{1}, []int{1}},
		"a parent that is its own":            {[]procfs.Process{family[1], resident(41, below, 41, 12, 1)}, []int{1, 12}, []int{12}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			numbers := slices.Clone(test.numbers)
			if got := procfs.Strangers(numbers, ours, test.processes); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			procfstest.Equal(t, numbers, test.numbers)
		})
	}
}
