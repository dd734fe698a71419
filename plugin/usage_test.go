package plugin

import (
	"errors"
	"strings"
	"testing"
)

// A usage error has one status, a suggestion if a known word is similar, and nothing is read.
func TestWrongUse(t *testing.T) {
	for args, says := range map[string]string{
		"doktor":                              "unknown command: pidns doktor (did you mean doctor?)",
		"bogus":                               "unknown command: pidns bogus\n",
		"tree --bogus":                        "unknown flag: --bogus\n",
		"tree --fitler x":                     "unknown flag: --fitler (did you mean --filter?)",
		"--settle 3s zombies":                 "unknown flag: --settle (write it after the command: pidns doctor --settle)",
		"--bogus tree":                        "unknown flag: --bogus\n",
		"zombies --settle soon":               `invalid argument "soon" for "--settle" flag`,
		"zombies --settle -1s":                "--settle -1s: must be 0 or more",
		"doctor --rule zombies-unreapd":       `no rule "zombies-unreapd" (did you mean zombies-unreaped?); try: docker pidns doctor --list`,
		"doctor --skip bogus":                 `no rule "bogus"; try: docker pidns doctor --list`,
		"doctor --fail-on eror":               "not a rule (did you mean error?); try: docker",
		"doctor --fail-on error --rule bogus": "no rule",
		"explain":                             "requires 1 argument",
		"who":                                 "requires at least 1 argument",
		"who x":                               `"x" is not a host PID`,
		"who - 1":                             "stands alone",
		"host-pid a b":                        `host-pid takes one container, and PIDs inside it: "b" is not a PID`,
		"snapshot diff - -":                   "only one of the files",
		"tree --quiet --format json":          "cannot be used together",
		"tree --filter colour=red":            "unknown filter",
		"tree --filter name=(":                "filter name=(",
		"tree --format {{.HostPID":            "--format: template",
		"version --format {{.HostPID":         "--format: template",
		"tree --timeout 0":                    "--timeout 0s: must be above 0",
		"zombies --exit-code --quiet --format json": "cannot be used together",
		"signals --table":        "name the containers",
		"ns --host demo":         "--host is about the host",
		"version x":              "accepts no arguments",
		"tree --collector magic": "--collector",
		"zombies --exit-code --max-snapshot 0 --all": "--max-snapshot",
	} {
		if got := runOn(t, unread{errors.New("EOF")}, strings.Fields(args)...); got.status != 125 || !strings.Contains(got.err, says) || got.out != "" || strings.Contains(got.err, "EOF") {
			t.Errorf("%s: got %+v", args, got)
		}
	}
	if got := runOn(t, unread{errors.New("EOF")}, "zombies", "--exit-code", ""); got.status != 125 {
		t.Errorf("an empty name: got %+v", got)
	}
	// An error in a template that is only found while the answer is written is the same usage
	// error.
	if got := run(t, nil, "doctor", "--fail-on", "error", "--format", "{{.Nope}}", "--from", saved); got.status != 125 || !strings.Contains(got.err, "names no key") {
		t.Errorf("got %+v", got)
	}
}
