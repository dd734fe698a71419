package procfs_test

import (
	"errors"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestCgroup(t *testing.T) {
	v1 := procfs.Cgroup{Hierarchy: 4, Controllers: []string{"cpu", "cpuacct"}, Path: "/"}
	v2 := procfs.Cgroup{Path: "/"}
	if v1.Unified() || !v1.HasController("cpuacct") || v1.HasController("cpuset") || v1.HasController("") {
		t.Errorf("%+v: unified %t", v1, v1.Unified())
	}
	if !v2.Unified() || v2.HasController("") {
		t.Errorf("%+v: unified %t", v2, v2.Unified())
	}
}

func TestParseCgroups(t *testing.T) {
	got, err := procfs.ParseCgroups([]byte("12:cpu,cpuacct:/docker/a:b\n1:name=systemd:/\n0::/../x\n"))
	if err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, got, []procfs.Cgroup{
		{Hierarchy: 12, Controllers: []string{"cpu", "cpuacct"}, Path: "/docker/a:b"},
		{Hierarchy: 1, Controllers: []string{"name=systemd"}, Path: "/"},
		{Path: "/../x"},
	})
	for reason, text := range map[string]string{
		"two fields": "4:pids\n", "no number": "x:pids:/\n", "negative": "-1:pids:/\n", "cut": "4:pids:/docker/ab", "empty line": "\n",
	} {
		if list, err := procfs.ParseCgroups([]byte(text)); !errors.Is(err, procfs.ErrMalformed) || list != nil {
			t.Errorf("%s: got %v, error %v", reason, list, err)
		}
	}
}

func FuzzParseCgroups(f *testing.F) {
	f.Add([]byte("12:cpu,cpuacct:/docker/a:b\n0::/\n"))
	f.Add([]byte("4:pids:/docker/ab"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if list, err := procfs.ParseCgroups(data); err != nil && list != nil {
			t.Errorf("error %v with %v", err, list)
		}
	})
}
