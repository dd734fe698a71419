package signal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// shellWith is a shell as PID 1 that runs a script, in its command wait, with one child in the
// background.
func shellWith(text string, child ...Change) *World {
	list := append([]Change{inside(2), Ignored(procfs.SIGINT, procfs.SIGQUIT)}, child...)
	return Alone("sh", Caught(Term), Args("sh", "/x.sh")).Process(102, 101, "sleep", list...).
		Attend(101, Runs(DashMarks...), Script(text), Asleep(Sleeping("rt_sigsuspend")))
}

// The action of a trap is found in every spelling, only for its own signals. Of several traps
// the last one counts.
func TestTrapAction(t *testing.T) {
	const loop = "\nwhile true; do sleep 9 & wait; done\n"
	for text, want := range map[string]string{
		"trap 'echo heard' TERM":                       "echo heard",
		`trap "echo heard" TERM`:                       "echo heard",
		"trap : TERM":                                  ":",
		"trap -- 'echo heard' TERM":                    "echo heard",
		"trap\t'echo heard'\tSIGTERM":                  "echo heard",
		"trap 'echo heard' term":                       "echo heard",
		"trap 'echo heard' 15":                         "echo heard",
		"trap 'echo heard' INT TERM":                   "echo heard",
		"trap 'echo heard' TERM INT EXIT":              "echo heard",
		"trap 'echo a' TERM\ntrap 'echo b' TERM":       "echo b",
		"trap 'echo a' TERM; trap 'echo b' INT":        "echo a",
		"trap 'echo a' TERM; (trap '' TERM; sleep 9)":  "echo a",
		"trap 'echo a' TERM; (trap - TERM; sleep 9)":   "echo a",
		"trap 'echo a' TERM; trap \"\" TERM":           "echo a",
		"  trap 'echo heard' TERM # by the engine":     "echo heard",
		"if x; then\n\ttrap 'echo heard' TERM\nfi":     "echo heard",
		"trap 'echo heard' TERM\n# trap 'exit' TERM":   "echo heard",
		"trap 'echo heard' TERM\n\t # trap 'e x' TERM": "echo heard",
	} {
		j := judge(t, shellWith(text+loop), 101, Term)
		if why := "Its trap (" + want + ") does not exit, and its script loops"; short(j) != "ignored likely" || j.Evidence[1] != why {
			t.Errorf("%s: got %s (%s), want %q", text, short(j), because(j), want)
		}
	}
	for _, text := range []string{"", "trap 'echo heard' INT", "trap 'echo heard' EXIT\nsleep 15", "trap '' TERM", "trap - TERM", "strap 'echo heard' TERM", "trap 'echo heard'\nTERM"} {
		if j := judge(t, shellWith(text+loop), 101, Term); short(j) != "handled likely" {
			t.Errorf("%s: got %s (%s), want no trap for it", text, short(j), because(j))
		}
	}
}

// The script follows -c, alone or after other letters, but not a long option. Otherwise it is
// the file, in which comment lines are ignored.
func TestScriptOf(t *testing.T) {
	const text, file = "trap 'echo c' TERM; while :; do sleep 9 & wait; done", "trap 'echo file' TERM\nwhile :; do sleep 9 & wait; done\n"
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"-c":               {[]string{"sh", "-c", text}, "echo c"},
		"-ec":              {[]string{"sh", "-ec", text}, "echo c"},
		"-c, options":      {[]string{"sh", "-e", "-c", text}, "echo c"},
		"-c, names":        {[]string{"sh", "-c", text, "name", "-c"}, "echo c"},
		"--rpc":            {[]string{"sh", "--rpc", "/x.sh"}, "echo file"},
		"a file":           {[]string{"sh", "/x.sh"}, "echo file"},
		"nothing after -c": {[]string{"sh", "-c"}, "echo file"},
		"none":             {[]string{"sh"}, "echo file"},
		"called -c":        {[]string{"-c", "/x.sh"}, "echo file"},
	} {
		w := Alone("sh", Caught(Term), Args(test.args...)).Attend(101, Runs(DashMarks...), Script(file), Asleep(Sleeping("rt_sigsuspend")))
		if j := judge(t, w, 101, Term); !strings.Contains(because(j), "Its trap ("+test.want+") ") {
			t.Errorf("%s: got %s, want %q", name, because(j), test.want)
		}
	}
}

// Whether an action ends the shell is found from its words and from the functions that it calls.
// An unknown command may end it. A command that only prints does not.
func TestTrapEnds(t *testing.T) {
	const loop = "\nwhile true; do sleep 9 & wait; done\n"
	for name, test := range map[string]struct {
		text string
		ends bool
	}{
		"exit":                           {"trap 'echo bye; exit 0' TERM", true},
		"exec":                           {"trap 'exec x y' TERM", true},
		"kill":                           {"trap 'kill $pid' TERM", true},
		"pkill":                          {"trap 'pkill x' TERM", true},
		"killall":                        {"trap 'killall x' TERM", true},
		"return":                         {"trap 'return 0' TERM", true},
		"break":                          {"trap 'break 2' TERM", true},
		"a variable":                     {"trap 'echo bye; stop=1' TERM", true},
		"a command of its own":           {"trap 'cleanup' TERM", true},
		"the same, without quotes":       {"trap cleanup TERM", true},
		"a command with words":           {"trap 'nginx -s' TERM", false},
		"two commands":                   {"trap 'a;b' TERM", false},
		"exiting is another word":        {"trap 'echo exiting now' TERM", false},
		"nothing":                        {"trap : TERM", false},
		"nothing, with space":            {"trap ' : ' TERM", false},
		"true":                           {"trap true TERM", false},
		"a function that ends":           {"f() {\n  echo bye\n  exit 0\n}\ntrap f TERM", true},
		"a function that goes on":        {"f() {\n  echo bye\n}\ntrap f TERM", false},
		"exit behind the function":       {"f() {\n  echo bye\n}\ntrap f TERM\nx || exit 1", false},
		"on one line":                    {"f() { echo bye; exit 0; }\ntrap f TERM", true},
		"on one line, and goes on":       {"f() { echo bye; }\ng() { exit; }\ntrap f TERM", false},
		"with the word function":         {"function f() {\n  exit 0\n}\ntrap f TERM", true},
		"with space":                     {"  f ( )\n{\n  exit 0\n  }\ntrap f TERM", true},
		"by way of another":              {"g() {\n  exit 0\n}\nf() {\n  g\n}\ntrap f TERM", true},
		"another that goes on":           {"g() {\n  echo\n}\nf() {\n  g\n}\ntrap f TERM", false},
		"functions that call each other": {"g() {\n  f\n}\nf() {\n  g\n}\ntrap f TERM", false},
		"a function not called":          {"g() {\n  exit 0\n}\nf() {\n  echo\n}\ntrap f TERM", false},
		"its name within another":        {"f() {\n  exit 0\n}\ntrap 'ff gf' TERM", false},
	} {
		want := "ignored likely"
		if test.ends {
			want = "handled likely"
		}
		if j := judge(t, shellWith(test.text+loop), 101, Term); short(j) != want {
			t.Errorf("%s: got %s (%s), want %s", name, short(j), because(j), want)
		}
	}
	// A body whose end is not found continues to the end of the text.
	if j := judge(t, shellWith("trap f TERM\nwhile true; do sleep 9; done\nf() {\n  echo bye\n  exit 0"), 101, Term); short(j) != "handled likely" {
		t.Errorf("no end: got %s (%s)", short(j), because(j))
	}
}

// If a trap does not end the shell, the script decides. A loop continues. A script at its last
// wait ends. If something takes time, it cannot be determined.
func TestScriptAfterItsTrap(t *testing.T) {
	const loops, open, waits = "does not exit, and its script loops", "does not exit. How long its script continues cannot be determined", "It does not wait for a foreground child"
	for text, want := range map[string]string{
		"while x; do sleep 9 & wait; done":           loops,
		"until x; do sleep 9 & wait; done":           loops,
		"for f in a b; do sleep 9 & wait; done":      loops,
		"while x; do sleep 9; done":                  loops,
		"wait\nwhile x; do y; done":                  loops,
		"while x; do y; done\nsleep 9 &\nwait":       waits,
		"for f in *; do . $f; done; sleep 9 & wait":  waits,
		"sleep 9 & wait":                             waits,
		"sleep 9 &\nwait $!\necho bye; rm -f x\n":    waits,
		"wait; printf x; true; trap - TERM; exit 3":  waits,
		"wait\n: done\nif x; then wait; fi":          waits,
		"wait\nexit 0\n}":                            waits,
		"read x":                                     waits,
		"sleep 9 & wait\nsleep 9":                    open,
		"sleep 9 & wait; stop_all":                   open,
		"wait $!\necho bye\nrsync a b\n":             open,
		"wait\nechoes":                               open,
		"awaits=1":                                   waits,
		"meanwhile x":                                waits,
		"sleep 9 & wait\nwait\nexit":                 waits,
		"sleep 9 & wait\nsleep 9 & wait\ntrue || x ": waits,
	} {
		j := judge(t, shellWith("trap 'echo heard' TERM\n"+text), 101, Term)
		if last := j.Evidence[len(j.Evidence)-1]; !strings.HasSuffix(last, want) || (want == open) != (short(j) == "unknown unknown") || (want == loops) != (short(j) == "ignored likely") {
			t.Errorf("%q: got %s (%s), want %q", text, short(j), because(j), want)
		}
	}
	// The same for a script whose trap ends the shell.
	if j := judge(t, shellWith("trap 'exit' TERM\nsleep 9 & wait\nsleep 9"), 101, Term); short(j) != "handled likely" {
		t.Errorf("it ends: got %s (%s)", short(j), because(j))
	}
}

// A trap that waits for a child that ignores the signal lasts until SIGKILL, also if a function
// of the trap waits.
func TestTrapWaitsForADeafChild(t *testing.T) {
	deaf := Ignored(procfs.SIGINT, procfs.SIGQUIT, Term)
	const held = "Its trap waits for its child sleep (102), which ignores SIGTERM"
	for name, test := range map[string]struct {
		text  string
		child Change
		want  string
	}{
		"it waits":               {"trap 'kill $!; wait; exit' TERM\nsleep 9 & wait", deaf, "delayed likely by 102"},
		"its function waits":     {"f() {\n kill $!\n wait\n}\ntrap 'f; exit' TERM\nsleep 9 & wait", deaf, "delayed likely by 102"},
		"another function waits": {"f() {\n wait\n}\ntrap 'kill $!; exit' TERM\nsleep 9 & wait", deaf, "handled likely"},
		"it does not wait":       {"trap 'kill $!; exit' TERM\nsleep 9 & wait", deaf, "handled likely"},
		"the child hears":        {"trap 'kill $!; wait; exit' TERM\nsleep 9 & wait", Ignored(procfs.SIGINT, procfs.SIGQUIT), "handled likely"},
		"no trap":                {"sleep 9 & wait", deaf, "handled likely"},
	} {
		j := judge(t, shellWith(test.text, test.child), 101, Term)
		if short(j) != test.want || (j.Blocker != nil) != (j.Evidence[len(j.Evidence)-1] == held) {
			t.Errorf("%s: got %s (%s), want %s", name, short(j), because(j), test.want)
		}
	}
}

// chained is a script with this many functions, each of which calls the one before, and a trap
// that calls the last.
func chained(functions int, end string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "trap 'f%d' TERM\n", functions-1)
	for i := range functions {
		body := ":"
		if i > 0 {
			body = fmt.Sprintf("f%d", i-1)
		}
		fmt.Fprintf(&b, "f%d(){ %s%s", i, body, end)
	}
	return b.String() + "while :; do sleep 1; done\n"
}

// Each function of a script is looked at once, however the functions call each other.
func TestScriptsOfManyFunctions(t *testing.T) {
	const many = 4200
	for name, test := range map[string]struct{ script, want string }{
		"a chain":                 {chained(many, "\n}\n"), "ignored likely"},
		"a chain that ends":       {strings.Replace(chained(many, "\n}\n"), "{ :\n", "{ exit\n", 1), "handled likely"},
		"bodies without an end":   {chained(many, "\n"), "ignored likely"},
		"one name time and again": {"trap f TERM\n" + strings.Repeat("f(){ f\n", 9000) + "while :; do sleep 1; done\n", "ignored likely"},
		"all on one line":         {"trap f TERM; " + strings.Repeat("f f() { ", 8000) + "}; while :; do sleep 1; done\n", "handled likely"},
	} {
		began := time.Now()
		j := judge(t, shellWith(test.script), 101, Term)
		if short(j) != test.want {
			t.Errorf("%s: got %s (%.200s), want %s", name, short(j), because(j), test.want)
		}
		if taken := time.Since(began); taken > 5*time.Second {
			t.Errorf("%s of %d bytes took %s", name, len(test.script), taken)
		}
	}
}
