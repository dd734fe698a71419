package plugin

import (
	"reflect"
	"strings"
	"testing"
)

func TestFindPIDs(t *testing.T) {
	for name, test := range map[string]struct {
		input string
		field int
		want  []int
	}{
		"ps aux": {
			"USER PID %CPU\nroot 412 4.2\n1000 21001 3.9", 0, []int{0, 412, 21001},
		},
		"ps -ef: PPID and C are no PID": {
			"UID PID PPID C\nroot 30 1 0", 0, []int{0, 30},
		},
		"a column, whatever the commands say": {"PID CMD\n7 x --pid=5 pid=6", 0, []int{0, 7}},
		"heading in the middle of the input": {
			"hello\nPID CMD\n7 x\nCMD PID\nx 9", 0, []int{0, 0, 7, 0, 9},
		},
		"pid=":    {"oom pid=812 uid=5\nfoo,pid=9,x\nsshd[77]: pid: 12 x\nmypid=5", 0, []int{812, 9, 12, 0}},
		"alone":   {"12\n 13 \n12 13\nx", 0, []int{12, 13, 0, 0}},
		"a field": {"a 1 2\nb 3 4", 3, []int{2, 4}},
		"a field, whatever is headed PID": {
			"UID  PID  PPID  LWP\nroot   8     1    9", 4, []int{0, 9},
		},
		"a field that a line has not": {"PID A B\n8 9", 3, []int{0, 0}},
		"no number is never guessed":  {"load 12 34 of 56", 0, []int{0}},
		"0 and negative are none":     {"0\n-4\n99999999999999999999", 0, []int{0, 0, 0}},
		"a column that has no number": {"PID\nx", 0, []int{0, 0}},
		"a date of five words in front": {
			"                 STARTED STAT   PID COMMAND\nMon Nov 23 16:39:38 2026 Ss   32761 sleep 7\nMon Nov 23 16:39:38 2026 Ss       1 init", 0, []int{0, 32761, 1},
		},
		"commands in front": {
			"COMMAND                       PID\nsleep 1000                  32293\ntwo words 4                     7\nsh                         412345", 0, []int{0, 32293, 7, 412345},
		},
		"commands in front, and one that is too long": {
			"COMMAND         PID\nsleep 1000      293\na command 30 that is too long 44", 0, []int{0, 293, 0},
		},
		"a heading of two words: tree": {
			"HOST PID  CTR PID  USER\n   15864        -  root\n   15884        1  root\n  412345       18  root", 0, []int{0, 15864, 15884, 412345},
		},
		"a heading of two words: zombies": {
			"CONTAINER  HOST PID  CTR PID  COMMAND\ndemo          16097       26  sleep", 0, []int{0, 16097},
		},
		"names in front: fuser": {
			"                     USER        PID ACCESS COMMAND\n/run/docker.sock:    root      22436 F.... dockerd\n                     root      22437 F.... dockerd", 0, []int{0, 22436, 22437},
		},
		"a column that is too wide in front": {
			"   VSZ     PID CMD\n   123     412 x\n12345678901     413 5", 0, []int{0, 412, 413},
		},
		"to the left": {"USER         PID CMD\nwww-data     7   x\nroot         412 x", 0, []int{0, 7, 412}},
		"tabs":        {"USER\tPID\tCMD\nwww-data1\t7\tx\nr\t412\tx", 0, []int{0, 7, 412}},
		"single blanks": {
			"USER PID %CPU\n20012345 412 4.2\nx 7 1", 0, []int{0, 412, 7},
		},
		"a sentence is no heading": {
			"x.service: Can't open PID file\nFailed to read PID\nPID file missing\npid=7 x\n9", 0, []int{0, 0, 0, 7, 9},
		},
		"nvidia-smi": {
			"|  GPU   GI   CI        PID   Type   Process name       |\n|        ID   ID                                        |\n|=======|\n|    0   N/A  N/A      1234      C   python3            |", 0, []int{0, 0, 0, 1234},
		},
	} {
		var got []int
		for _, line := range findPIDs(strings.Split(test.input, "\n"), test.field) {
			got = append(got, line.pid)
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

func FuzzFindPIDs(f *testing.F) {
	f.Add("USER PID %CPU\nroot 412 4.2", 0)
	f.Add("pid=5", 2)
	f.Fuzz(func(t *testing.T, input string, field int) {
		texts := strings.Split(input, "\n")
		lines := findPIDs(texts, field)
		if len(lines) != len(texts) {
			t.Fatalf("%d lines became %d", len(texts), len(lines))
		}
		for i, line := range lines {
			if line.text != texts[i] || line.pid < 0 {
				t.Errorf("line %q became %+v", texts[i], line)
			}
		}
	})
}
