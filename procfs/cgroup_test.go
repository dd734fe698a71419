package procfs

import "testing"

func TestCgroup(t *testing.T) {
	v1 := Cgroup{Hierarchy: 4, Controllers: []string{"cpu", "cpuacct"}, Path: "/"}
	v2 := Cgroup{Path: "/"}
	if v1.Unified() || !v1.HasController("cpuacct") || v1.HasController("cpuset") || v1.HasController("") {
		t.Errorf("%+v: unified %t", v1, v1.Unified())
	}
	if !v2.Unified() || v2.HasController("") {
		t.Errorf("%+v: unified %t", v2, v2.Unified())
	}
}
