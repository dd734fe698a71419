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
		"pid=":                        {"oom pid=812 uid=5\nfoo,pid=9,x\nsshd[77]: pid: 12 x\nmypid=5", 0, []int{812, 9, 12, 0}},
		"alone":                       {"12\n 13 \n12 13\nx", 0, []int{12, 13, 0, 0}},
		"a field":                     {"a 1 2\nb 3 4", 3, []int{2, 4}},
		"no number is never guessed":  {"load 12 34 of 56", 0, []int{0}},
		"0 and negative are none":     {"0\n-4\n99999999999999999999", 0, []int{0, 0, 0}},
		"a column that has no number": {"PID\nx", 0, []int{0, 0}},
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
