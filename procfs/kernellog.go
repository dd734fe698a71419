package procfs

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// OOMFacts are what the kernel reports of its OOM killer.
type OOMFacts struct {
	// Kills is the number of processes that it has killed on this host since boot, whatever
	// ran out of memory (vmstat, oom_kill, since Linux 4.13).
	Kills Opt[int] `json:",omitzero"`
	// LogSince is the time since boot of the oldest record in the kernel log, of any kind. It
	// is absent if the log was not read, as when there is no victim.
	LogSince Opt[time.Duration] `json:",omitzero"`
	// Victims are the victims that the log names, the oldest first. The kernel leaves some out
	// if there are many at a time.
	Victims []OOMKill `json:",omitzero"`
}

// OOMKill is one victim (mm/oom_kill.c, dump_oom_victim).
type OOMKill struct {
	// At is the time since boot by the clock of the kernel log. That clock differs from the
	// others by up to some 10 s a day.
	At time.Duration
	// Limit is the memory control group that ran out of memory, with its path in the kernel.
	// It is "" for the whole host.
	Limit string `json:",omitzero"`
	// Group is the memory control group of the victim.
	Group string
	// Comm and PID are the name and the PID of the victim, as the host numbers it.
	Comm string
	PID  int
}

// ParseLogRecord splits one record of /dev/kmsg into its time since boot and its text. It is
// false for a record that the kernel did not write itself, or that cannot be parsed.
//
//	3,1206,12057280263,-;oom-kill:constraint=...
func ParseLogRecord(record []byte) (at time.Duration, text string, ok bool) {
	head, body, found := bytes.Cut(record, []byte(";"))
	fields := strings.Split(string(head), ",")
	if !found || len(fields) < 3 {
		return 0, "", false
	}
	level, err := strconv.ParseUint(fields[0], 10, 32)
	micros, errAt := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || errAt != nil || micros < 0 || micros > maxLogMicros {
		return 0, "", false
	}
	line, _, _ := bytes.Cut(body, []byte("\n"))
	// A record that a process has written has another facility (syslog(2), LOG_KERN is 0).
	return time.Duration(micros) * time.Microsecond, string(line), level>>3 == 0
}

// maxLogMicros is the longest duration.
const maxLogMicros = int64(1<<63-1) / int64(time.Microsecond)

// ParseOOMKill reads the line by which the kernel names a victim (since Linux 5.0). It is false
// for any other line, and for a line in which a name could be taken for a key. Whoever makes a
// control group chooses its name.
//
//	oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=ID,mems_allowed=0,oom_memcg=/docker/ID,task_memcg=/docker/ID,task=sh,pid=6327,uid=0
func ParseOOMKill(text string) (OOMKill, bool) {
	const group, task, pid, uid = ",task_memcg=", ",task=", ",pid=", ",uid="
	rest, found := strings.CutPrefix(text, "oom-kill:")
	if !found || strings.Count(rest, group) != 1 || strings.Count(rest, ",oom_memcg=") > 1 || strings.Count(rest, task) != 1 {
		return OOMKill{}, false
	}
	before, after, _ := strings.Cut(rest, group)
	path, victim, found := strings.Cut(after, task)
	last := strings.LastIndex(victim, uid)
	if !found || last < 0 {
		return OOMKill{}, false
	}
	number := strings.LastIndex(victim[:last], pid)
	if number < 0 {
		return OOMKill{}, false
	}
	n, err := strconv.Atoi(victim[number+len(pid) : last])
	if err != nil || n <= 0 {
		return OOMKill{}, false
	}
	kill := OOMKill{Group: path, Comm: victim[:number], PID: n}
	if _, limit, limited := strings.Cut(before, ",oom_memcg="); limited {
		kill.Limit = limit
	}
	return kill, true
}

// ParseOOMKills reads the number of victims since boot (vmstat, oom_kill). It is false if
// there is none.
func ParseOOMKills(vmstat []byte) (int, bool) {
	for line := range bytes.Lines(vmstat) {
		if count, found := bytes.CutPrefix(line, []byte("oom_kill ")); found {
			n, err := strconv.Atoi(string(bytes.TrimSpace(count)))
			return n, err == nil && n >= 0
		}
	}
	return 0, false
}
