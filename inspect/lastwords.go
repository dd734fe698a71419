package inspect

import (
	"path"
	"regexp"
	"strings"
	"sync"
	"time"
)

// shortRun is the longest run after which Docker's engine waits longer before each restart
// (moby, restartmanager).
const shortRun = 10 * time.Second

// EndsSoon reports whether the container's last run was short, or may have been: it failed, or
// its restart policy has just restarted it. Its last output may then show why.
func (c *Container) EndsSoon(now time.Time) bool {
	switch {
	case c.Silent || c.StartedAt.IsZero() || c.FinishedAt.IsZero():
		return false
	case c.IsRunning() && c.Status != "restarting":
		return c.RestartCount > 0 && now.Sub(c.StartedAt) < shortRun
	default:
		return (c.ExitCode != 0 || c.RestartCount > 0) && c.FinishedAt.Sub(c.StartedAt) < shortRun
	}
}

// IsInRestartLoop reports whether the restart policy has restarted the container several times,
// the last time just now.
func (c *Container) IsInRestartLoop(now time.Time) bool {
	const several = 3
	return c.RestartCount >= several && c.EndsSoon(now) && c.IsRunning()
}

// notExecuted are the messages that runc, crun and tini write into the container's output if
// execve(2) fails. The engine then regards the container as started, and its State does not show
// the failure.
var notExecuted = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`^exec (\S+): ([a-z][a-z -]*)$`),
		regexp.MustCompile("exec container process `([^`]+)`: ([A-Z][A-Za-z -]*)"),
		regexp.MustCompile(`^\[FATAL tini \(\d+\)\] exec (\S+) failed: ([A-Z][A-Za-z -]*)$`),
		regexp.MustCompile(`^standard_init_linux\.go:\d+: exec user process caused()(?:: | ")([a-z][a-z -]*)`),
	}
})

// longestStart is the longest time that a run takes if its program was never executed.
const longestStart = 2 * time.Second

// NeverExecuted is why the program of the last run could not be executed (execve(2)), in the
// words that the runtime left in the container's output. It is "" if the output does not show
// that. A program can write the same words.
func (c *Container) NeverExecuted() (words, errno string) {
	if len(c.LastWords) == 0 || c.ExitCode == 0 || c.FinishedAt.Sub(c.StartedAt) > longestStart {
		return "", ""
	}
	last := c.LastWords[len(c.LastWords)-1]
	for _, form := range notExecuted() {
		found := form.FindStringSubmatch(last)
		if found == nil || found[1] != "" && !c.isInCommand(found[1]) {
			continue
		}
		return last, strings.ToLower(strings.TrimSpace(found[2]))
	}
	return "", ""
}

// isInCommand reports whether the program is the one that the container executes, or one of its
// arguments, as after an init.
func (c *Container) isInCommand(program string) bool {
	for _, arg := range append([]string{c.Path}, c.Args...) {
		if path.Base(arg) == path.Base(program) {
			return true
		}
	}
	return false
}

// runsAlready matches the messages of daemons that do not start because a pid file names a
// running process: rsyslogd ("pidfile '/run/rsyslogd.pid' and pid 7 already exist"), apache2
// ("httpd (pid 22) already running"), squid ("already running").
var runsAlready = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\balready (?:running|exists?\b)|\bpid[ -]?file\b.*\bexists?\b`)
})

// pidFile finds the path of a pid file in a sentence.
var pidFile = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`/[A-Za-z0-9._/-]{1,200}\.pid\b`) })

// RunsAlready reports whether the container's last output says that it already runs, and the pid
// file that it names, or "". PIDs start anew in each PID namespace, so the pid file of an
// earlier run may name another process of this run.
func (c *Container) RunsAlready() (file string, says bool) {
	for _, line := range c.LastWords {
		if runsAlready().MatchString(line) {
			says = true
		}
		if found := pidFile().FindString(line); found != "" && runsAlready().MatchString(line) {
			file = found
		}
	}
	return file, says
}
