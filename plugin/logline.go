package plugin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/pattern"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A line of a log can name a container by its ID, and an exited process by its PID. Another
// process may have that PID by now.

// ending is the exit of a process, as a log reports it.
type ending struct {
	// pid is 0 if the line is ambiguous because of a name that was chosen to make it so.
	pid int
	// ids are the containers that its control group names, the outermost first.
	ids []string
}

// The text before a message of the kernel or of systemd in dmesg, in the journal and in
// /dev/kmsg.
const beforeMessage = `(?:^|\]:? *|kernel: |^[\d,-]+;)`

var (
	oomKill = pattern.Lazy(beforeMessage + `(oom-kill:constraint=.*)`)
	// Messages of mm/oom_kill.c in several versions, of systemd's core/unit.c, of the kernel's
	// audit record ANOM_ABEND (1701), and of containerd's exit event.
	killed = pattern.Lazy(beforeMessage + `(?:(?:Memory cgroup o|O)ut of memory[^:]*: )?Kill(?:ed)? process (\d+)[ ,]` +
		`|` + beforeMessage + `oom_reaper: reaped process (\d+) ` +
		`|` + beforeMessage + `\S+: Killing process (\d+) \(` +
		`|type=(?:1701|ANOM_ABEND) .*?\bpid=(\d+)\b` +
		`|\bTaskExit event\b.*?\bpid:(\d+)\b`)
)

// endWords are words. Each line that reports an exit has at least one of them.
var endWords = []string{"oom-kill:", "oom_reaper", "Kill", "type=1701", "ANOM_ABEND", "TaskExit"}

// mostMessage is how much of a line is searched for the report of an exit, in bytes. The
// kernel's own lines, which have paths of control groups, are not longer (LOG_LINE_MAX).
const mostMessage = 16 << 10

// endingIn is the exit that the line reports, if any.
func endingIn(line string) (ending, bool) {
	line = line[:min(len(line), mostMessage)]
	if !slices.ContainsFunc(endWords, func(word string) bool { return strings.Contains(line, word) }) {
		return ending{}, false
	}
	if m := oomKill().FindStringSubmatch(line); m != nil {
		kill, ok := procfs.ParseOOMKill(strings.TrimRight(m[1], "\r"))
		if !ok {
			return ending{}, true
		}
		return ending{kill.PID, inspect.CgroupIDs(kill.Group)}, true
	}
	m := killed().FindStringSubmatch(line)
	if m == nil {
		return ending{}, false
	}
	for _, group := range m[1:] {
		if group != "" {
			return ending{pid: positive(group)}, true
		}
	}
	return ending{}, true
}

// killings are the victims that the kernel has named with their control groups so far. It
// reports the exit of each again, only with its PID and name.
type killings map[int]killing

type killing struct {
	comm string
	ids  []string
}

// note keeps the victim that a line names with its control group.
func (k killings) note(line string, e ending) {
	if len(e.ids) == 0 {
		return
	}
	if m := oomKill().FindStringSubmatch(line[:min(len(line), mostMessage)]); m != nil {
		if kill, ok := procfs.ParseOOMKill(m[1]); ok {
			k[kill.PID] = killing{kill.Comm, e.ids}
		}
	}
}

// idsOf are the containers of the victim that a line names by PID and name.
func (k killings) idsOf(line string, e ending) []string {
	if len(e.ids) > 0 {
		return e.ids
	}
	known, is := k[e.pid]
	if !is || !strings.Contains(line, fmt.Sprintf("process %d (%s)", e.pid, known.comm)) {
		return nil
	}
	return known.ids
}

// mostIDs is how many different IDs of one line are looked up.
const mostIDs = 8

// idsIn are the first words of 64 or 12 hexadecimal digits in the line, the lengths of full and
// short container IDs. Digests of images are left out.
func idsIn(line string) []string {
	var ids []string
	begin := 0
	for i := 0; i <= len(line) && len(ids) < mostIDs; i++ {
		if i < len(line) && isAlphanumeric(line[i]) {
			continue
		}
		word := line[begin:i]
		if (len(word) == idLength || len(word) == inspect.ShortIDLength) && !strings.HasSuffix(line[:begin], "sha256:") && strings.Trim(word, "0123456789abcdef") == "" && !slices.Contains(ids, word) {
			ids = append(ids, word)
		}
		begin = i + 1
	}
	return ids
}

// idLength is the number of hexadecimal digits of a container's ID.
const idLength = 64

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
