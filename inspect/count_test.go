package inspect

import "testing"

func TestCounted(t *testing.T) {
	for n, want := range map[int][2]string{
		0: {"0 zombies", "0 processes"}, 1: {"1 zombie", "1 process"}, 2999: {"2,999 zombies", "2,999 processes"},
	} {
		if got := [2]string{Counted(n, "zombie"), Counted(n, "process")}; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
