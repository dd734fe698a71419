package limit

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestKernelAtLeast(t *testing.T) {
	for release, want := range map[string][2]bool{
		"6.18.44-fc": {true, true}, "5.14": {true, true}, "5.13.9": {false, true}, "4.19.0": {false, true},
		"": {false, false}, "x.y": {false, false}, "6": {false, false},
	} {
		if newer, ok := kernelAtLeast(procfs.Some(release), 5, 14); newer != want[0] || ok != want[1] {
			t.Errorf("%q: got %t, %t", release, newer, ok)
		}
	}
}
