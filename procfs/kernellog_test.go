package procfs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// A record of the kernel has a time and a text. A record that a process has written is not one
// of the kernel.
func TestParseLogRecord(t *testing.T) {
	for record, want := range map[string]struct {
		at   time.Duration
		text string
		ok   bool
	}{
		"6,339,5140900,-;NET: Registered\n SUBSYSTEM=net\n": {5140900 * time.Microsecond, "NET: Registered", true},
		"3,1,0,c,caller=T1;a;b\n":                           {0, "a;b", true},
		"12,339,7,-;oom-kill:by a user\n":                   {7 * time.Microsecond, "oom-kill:by a user", false},
		"":                                                  {},
		"6,339,5140900":                                     {},
		"x,339,5140900,-;a":                                 {},
		"6,339,-1,-;a":                                      {},
		"6,339,9223372036854775807,-;a":                     {},
		"6;a":                                               {},
	} {
		at, text, ok := procfs.ParseLogRecord([]byte(record))
		if at != want.at || text != want.text || ok != want.ok {
			t.Errorf("%q: got %s, %q, %t", record, at, text, ok)
		}
	}
}

// The victim is read from places where no name in the line could look like a key.
func TestParseOOMKill(t *testing.T) {
	const head = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c,mems_allowed=0"
	const global = "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom"
	for line, want := range map[string]procfs.OOMKill{
		head + ",oom_memcg=/docker/a,task_memcg=/docker/a/child,task=sh,pid=6327,uid=0": {Limit: "/docker/a", Group: "/docker/a/child", Comm: "sh", PID: 6327},
		global + ",task_memcg=/docker/a,task=a b,pid=1,uid=7,pid=9,uid=0":               {Group: "/docker/a", Comm: "a b,pid=1,uid=7", PID: 9},
		head + ",oom_memcg=/b,task_memcg=/a,task_memcg=/b,task=sh,pid=1,uid=0":          {},
		head + ",oom_memcg=/b,oom_memcg=/a,task_memcg=/b,task=sh,pid=1,uid=0":           {},
		head + ",oom_memcg=/b,task_memcg=/b,task=x,pid=1,task=sh,pid=1,uid=0":           {},
		head + ",oom_memcg=/b,task_memcg=/b,task=sh,pid=0,uid=0":                        {},
		head + ",oom_memcg=/b,task_memcg=/b,task=sh,pid=x,uid=0":                        {},
		head + ",oom_memcg=/b,task_memcg=/b,task=sh,uid=0":                              {},
		head + ",oom_memcg=/b,task_memcg=/b,task=sh":                                    {},
		head + ",oom_memcg=/b,task_memcg=/b":                                            {},
		"Memory cgroup out of memory: Killed process 7 (sh)":                            {},
		"": {},
	} {
		if got, ok := procfs.ParseOOMKill(line); got != want || ok != (want.PID > 0) {
			t.Errorf("%q: got %+v, %t", line, got, ok)
		}
	}
}

func TestParseOOMKills(t *testing.T) {
	for vmstat, want := range map[string]int{
		"nr_free_pages 7\noom_kill 18\nnuma_hit 3\n": 18, "oom_kill 0\n": 0, "oom_kill 4": 4,
		"": -1, "nr_oom_kill 3\n": -1, "oom_kill x\n": -1, "oom_kill -2\n": -1,
	} {
		n, ok := procfs.ParseOOMKills([]byte(vmstat))
		if ok != (want >= 0) || ok && n != want {
			t.Errorf("%q: got %d, %t", vmstat, n, ok)
		}
	}
}

// No line makes the parsers panic, and every victim's group is in its line.
func FuzzParseOOMKill(f *testing.F) {
	f.Add("oom-kill:constraint=CONSTRAINT_NONE,global_oom,task_memcg=/docker/a,task=sh,pid=1,uid=0")
	f.Fuzz(func(t *testing.T, line string) {
		_, text, _ := procfs.ParseLogRecord([]byte("3,1,2,-;" + line))
		if kill, ok := procfs.ParseOOMKill(text); ok && (kill.PID <= 0 || !strings.Contains(line, ",task_memcg="+kill.Group+",task=")) {
			t.Errorf("%q: got %+v", line, kill)
		}
	})
}
