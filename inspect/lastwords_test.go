package inspect_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// short is a container whose last run failed at once, with this text at the end of its log.
func short(words ...string) inspect.Container {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return inspect.Container{Path: "/sbin/docker-init", Args: []string{"--", "/t/bad"}, Status: "exited", ExitCode: 1, StartedAt: at, FinishedAt: at.Add(time.Millisecond), LastWords: words}
}

// The runtime's words in the output show that the program was never executed, if they are the
// last, name the program, and the run was short.
func TestNeverExecuted(t *testing.T) {
	long, success := short("exec /t/bad: exec format error"), short("exec /t/bad: exec format error")
	long.FinishedAt = long.StartedAt.Add(time.Minute)
	success.ExitCode = 0
	for name, test := range map[string]struct {
		c    inspect.Container
		want string
	}{
		"runc":                  {short("exec /t/bad: exec format error"), "exec format error"},
		"runc, older":           {short("standard_init_linux.go:228: exec user process caused: no such file or directory"), "no such file or directory"},
		"runc, oldest":          {short(`standard_init_linux.go:211: exec user process caused "exec format error"`), "exec format error"},
		"crun":                  {short("{\"msg\":\"exec container process `/t/bad`: Exec format error\",\"level\":\"error\"}"), "exec format error"},
		"tini":                  {short("[FATAL tini (7)] exec /t/bad failed: Permission denied"), "permission denied"},
		"about another program": {short("exec /t/other: exec format error"), ""},
		"not the last":          {short("exec /t/bad: exec format error", "more"), ""},
		"a long run":            {long, ""},
		"a success":             {success, ""},
		"nothing":               {short(), ""},
	} {
		if _, got := test.c.NeverExecuted(); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// The messages of daemons that find a pid file are distinguished from other errors.
func TestRunsAlready(t *testing.T) {
	for line, want := range map[string]struct {
		file string
		says bool
	}{
		"rsyslogd: pidfile '/run/rsyslogd.pid' and pid 7 already exist.":                      {"/run/rsyslogd.pid", true},
		"httpd (pid 22) already running":                                                      {"", true},
		"Squid is already running: Found fresh instance PID file (/run/squid.pid) with PID 6": {"/run/squid.pid", true},
		"FATAL: pid file /var/run/x.pid exists":                                               {"/var/run/x.pid", true},
		"error: Unable to write pid file /run/x.pid.":                                         {"", false},
		"bind: address already in use":                                                        {"", false},
	} {
		c := short(line)
		if file, says := c.RunsAlready(); file != want.file || says != want.says {
			t.Errorf("%s: got %q, %t", line, file, says)
		}
	}
}
