package procfs

import "testing"

// The first sign that matches a program decides what is read. A sign matches by all of its
// marks, or by one of its libraries, given by the beginning of the name.
func TestSought(t *testing.T) {
	sought := Sought{Signs: []Sign{
		{Marks: []string{"go"}},
		{Marks: []string{"CDPATH", "OPTIND"}, Script: true},
		{Marks: []string{"never"}, Libraries: []string{"libpython"}, Clients: true},
		{},
	}}
	for name, test := range map[string]struct {
		program         Program
		script, clients bool
	}{
		"nothing":                 {Program{}, false, false},
		"all marks":               {Program{Marks: []string{"OPTIND", "x", "CDPATH"}}, true, false},
		"one mark of two":         {Program{Marks: []string{"OPTIND"}}, false, false},
		"the first sign":          {Program{Marks: []string{"CDPATH", "OPTIND", "go"}}, false, false},
		"a library":               {Program{Libraries: []string{"libc.so.6", "libpython3.11.so"}}, false, true},
		"a library's name within": {Program{Libraries: []string{"mylibpython.so"}}, false, false},
	} {
		if got := sought.WantsScript(test.program); got != test.script {
			t.Errorf("%s: script %t", name, got)
		}
		if got := sought.WantsClients(test.program); got != test.clients {
			t.Errorf("%s: clients %t", name, got)
		}
	}
}
