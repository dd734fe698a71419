package plugin

import (
	"regexp"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect/pattern"
)

// Output of ps, top and similar programs is recognised by its shape if the heading is missing,
// for example after grep. Only the fields before the name and the arguments are used, because a
// process chooses these.
const (
	ttyShape   = `(?:\?|-|console|pts/\d+|tty\w+|hvc\d+)`
	stateShape = `[RSDTtZXIWPK][<NLsl+]*`
	startShape = `(?:\d\d:\d\d|[A-Z][a-z]{2}\d\d|\d{4})`
	clockShape = `(?:\d+-)?\d\d:\d\d:\d\d`
	sizeShape  = `[\d.,]+[kmgtp]?`
	shareShape = `\d+(?:[.,]\d+)?`
)

// The group of each shape is the PID.
var shapes = []func() *regexp.Regexp{
	// ps aux: USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND
	shape(`\S+\s+(\d+)\s+` + shareShape + `\s+` + shareShape + `\s+\d+\s+\d+\s+` + ttyShape + `\s+` + stateShape + `\s+` + startShape + `\s+\d+:\d\d\s`),
	// ps -ef, and ps -eLf: UID PID PPID [LWP] C [NLWP] STIME TTY TIME CMD
	shape(`\S+\s+(\d+)\s+\d+\s+\d+\s+(?:\d+\s+\d+\s+)?` + startShape + `\s+` + ttyShape + `\s+` + clockShape + `\s`),
	// ps ax: PID TTY STAT TIME COMMAND
	shape(`(\d+)\s+` + ttyShape + `\s+` + stateShape + `\s+\d+:\d\d\s`),
	// ps -e: PID TTY TIME CMD
	shape(`(\d+)\s+` + ttyShape + `\s+` + clockShape + `\s`),
	// ps -el: F S UID PID PPID C PRI NI ADDR SZ WCHAN TTY TIME CMD
	shape(`\d\s+[A-Z]\s+\d+\s+(\d+)\s+\d+\s+\d+\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+` + ttyShape + `\s+` + clockShape + `\s`),
	// top -b: PID USER PR NI VIRT RES SHR S %CPU %MEM TIME+ COMMAND
	shape(`(\d+)\s+\S+\s+(?:rt|-?\d+)\s+-?\d+\s+` + sizeShape + `\s+` + sizeShape + `\s+` + sizeShape + `\s+[RSDTtZI]\s+` + shareShape + `\s+` + shareShape + `\s+\d+:\d\d[.,]\d\d\s`),
	// iotop -b: [TIME] TID PRIO USER DISK READ DISK WRITE
	shape(`(?:\d\d:\d\d:\d\d\s+)?(\d+)\s+(?:be/\d|rt/\d|idle|\?\w+)\s+\S+\s+[\d.]+ [BKMGT]/s\s`),
	// pidstat: TIME UID PID, and at least three shares or rates
	shape(`(?:\d\d:\d\d:\d\d(?: [AP]M)?|Average:)\s+\d+\s+(\d+)(?:\s+-?\d+[.,]\d\d){3,}\s`),
	// lsof: COMMAND PID [TID TASKCMD] USER FD TYPE
	shape(`\S+\s+(\d+)\s+(?:\d+\s+\S+\s+)?\S+\s+(?:cwd|rtd|txt|mem|DEL|\d+[ruw][A-Za-z]?)\s+(?:REG|DIR|CHR|BLK|FIFO|IPv4|IPv6|unix|sock|a_inode|netlink|pack)\s`),
	// netstat -p: Proto Recv-Q Send-Q Local Foreign [State] [User Inode] PID/Program name
	shape(`(?:tcp|udp|raw)\w*\s+\d+\s+\d+\s+\S+\s+\S+\s+(?:[A-Z][A-Z_\d]+\s+)?(?:\w+\s+\d+\s+)?(\d+)/\S`),
	// netstat -xp: Proto RefCnt Flags Type [State] I-Node PID/Program name
	shape(`unix\s+\d+\s+\[[^\]]*\]\s+[A-Z]+\s+(?:[A-Z]+\s+)?\d+\s+(\d+)/\S`),
	// nvidia-smi: | GPU [GI CI] PID Type Process name
	shape(`\|\s+\d+\s+(?:(?:N/A|\d+)\s+(?:N/A|\d+)\s+)?(\d+)\s+(?:C|G|C\+G|M\+C)\s`),
	// nvidia-smi pmon: GPU PID TYPE, and at least two figures
	shape(`\d+\s+(\d+)\s+(?:C|G|C\+G|M\+C)(?:\s+(?:-|\d+)){2,}\s+\S`),
	// nvidia-smi --query-compute-apps=[gpu_uuid,]pid,... --format=csv,noheader
	shape(`(?:GPU-[0-9a-f]{8}-[0-9a-f-]{27}, )?(\d+), .*, (?:\d+ MiB|\[N/A\]|\[Insufficient Permissions\])\s*$`),
}

func shape(text string) func() *regexp.Regexp { return pattern.Lazy(`^\s*` + text) }

// pidByShape is the PID of a line that has the shape of the output of a known program. It is 0
// for any other line.
func pidByShape(line string) int {
	line = line[:min(len(line), mostShape)]
	for _, shape := range shapes {
		if m := shape().FindStringSubmatch(line); m != nil {
			return positive(m[1])
		}
	}
	return 0
}

// mostShape is how much of a line is compared with the shapes, in bytes.
const mostShape = 4096

var socketUser = pattern.Lazy(`,pid=(\d+),fd=\d+\)\)(?:\s|$)`)

// socketUsers begins the list of a socket's processes in the output of ss -p:
// users:(("sh",pid=7,fd=3)).
const socketUsers = "users:(("

// pidOfSocket is a process of the socket in a line of ss -p. It is the last one that is named,
// because a name before it can look like the end of the list. The second result is false for
// other lines.
func pidOfSocket(line string) (pid int, is bool) {
	_, users, is := strings.Cut(line, socketUsers)
	if !is {
		return 0, false
	}
	users, _, _ = strings.Cut(users, " cgroup:") // a container can have chosen the path after it
	if all := socketUser().FindAllStringSubmatch(users, -1); len(all) > 0 {
		return positive(all[len(all)-1][1]), true
	}
	return 0, true
}
