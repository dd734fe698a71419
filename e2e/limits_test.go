//go:build e2e && linux

package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// limitRow is a row of docker pidns limits.
type limitRow struct {
	Container, Limit, Scope, Path string
	UID, HostUID                  *int
	Used, Max, Left               *int
	Exempt, First                 bool
	FirstCertainty                string
	Refused                       *int
	Processes, Threads, Zombies   *int
	HeldBy                        []struct {
		Container *string
		Tasks     int
	}
	Absent map[string]string
}

func (r limitRow) String() string {
	data, _ := json.Marshal(r)
	return string(data)
}

func limitRows(t testing.TB, a Answer) []limitRow { return Decoded[limitRow](t, a) }

func askLimits(t testing.TB, args ...string) []limitRow {
	t.Helper()
	return limitRows(t, Ask(t, append(append([]string{"limits"}, args...), "--format", "json")...))
}

// firstOf is the row of the nearest limit.
func firstOf(t testing.TB, rows []limitRow) limitRow {
	t.Helper()
	var first []limitRow
	for _, r := range rows {
		if r.First {
			first = append(first, r)
		}
	}
	if len(first) != 1 {
		t.Fatalf("%d limits are first: %v", len(first), rows)
	}
	return first[0]
}

// limitOf is the row with this limit and scope; of a user, by the host's UID.
func limitOf(t testing.TB, rows []limitRow, limit, scope string, uid ...int) limitRow {
	t.Helper()
	for _, r := range rows {
		if r.Limit == limit && r.Scope == scope && (len(uid) == 0 || Value(r.HostUID) == uid[0]) {
			return r
		}
	}
	t.Fatalf("no %s of the %s %v in %v", limit, scope, uid, rows)
	return limitRow{}
}

// forker is a container whose PID 1 is a shell that forks only on request.
func forker(t *testing.T, options ...string) *Box {
	t.Helper()
	b := Run(t, append(options, "--", "sh", "-c", `mkfifo /tmp/orders; exec 3<>/tmp/orders; echo ready; while read -r order <&3; do eval "$order"; done`)...)
	Eventually(t, b.Name+" to take orders", func() bool { return strings.Contains(Docker(t, "logs", b.Name), "ready") })
	settled(t, b, 1)
	return b
}

func order(b *Box, line string) {
	b.T.Helper()
	orders, err := os.OpenFile(fmt.Sprintf("/proc/%d/root/tmp/orders", b.PID()), os.O_WRONLY, 0)
	if err == nil {
		_, err = orders.WriteString(line + "\n")
	}
	if err != nil {
		b.T.Fatal(err)
	}
	_ = orders.Close()
}

// fork lets PID 1 fork once more, and waits until it has.
func fork(b *Box) {
	b.T.Helper()
	word := Random()
	order(b, "sleep infinity & echo "+word)
	Eventually(b.T, "a fork in "+b.Name, func() bool { return strings.Contains(Docker(b.T, "logs", b.Name), word) })
}

// forksUntilItFails lets PID 1 fork until that fails, which ends the shell and the container,
// and returns how often it succeeded.
func forksUntilItFails(b *Box) int {
	b.T.Helper()
	order(b, "while sleep infinity & do echo forked; done")
	waitForEnd(b)
	out, err := Command("sh", "-c", "docker logs "+b.Name+" 2>&1")
	if err != nil || !strings.Contains(out, "fork") || !strings.Contains(out, "Resource temporarily unavailable") {
		b.T.Fatalf("%s ended for another reason: %v\n%s", b.Name, err, out)
	}
	return strings.Count(out, "forked")
}

func waitForEnd(b *Box) {
	b.T.Helper()
	Eventually(b.T, b.Name+" to end", func() bool { return b.Inspect("{{.State.Running}}") == "false" })
}

// pidsDir is the folder of the container's group of the pids controller.
func pidsDir(b *Box) string {
	b.T.Helper()
	groups, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", b.PID()))
	if err != nil {
		b.T.Fatal(err)
	}
	dir := ""
	for line := range strings.Lines(string(groups)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if fields[1] == "pids" {
			return filepath.Join("/sys/fs/cgroup/pids", fields[2])
		}
		if fields[0] == "0" {
			dir = filepath.Join("/sys/fs/cgroup", fields[2])
		}
	}
	return dir
}

func readNumber(t testing.TB, path string) int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Atoi(strings.TrimSpace(string(data)))
}

func pidsCurrent(b *Box) int {
	b.T.Helper()
	return readNumber(b.T, filepath.Join(pidsDir(b), "pids.current"))
}

// uniqueUID is a user ID that no other process on this host has.
func uniqueUID() int { return 20000 + rand.IntN(40000) }

// A container is filled to within a few of its limit in three ways. The answer
// is what the kernel counts at that moment, and then just as many forks work.
func TestLimitsForecastHoldsForPIDsMax(t *testing.T) {
	t.Parallel()
	for name, fill := range map[string]struct {
		limit int
		start func(*Box)
		check func(limitRow) bool
		says  string
	}{
		"processes": {
			60,
			func(b *Box) {
				for range 40 {
					fork(b)
				}
			},
			func(r limitRow) bool { return *r.Processes == 41 && *r.Threads == 0 && *r.Zombies == 0 }, "41 processes",
		},
		"threads": {
			60,
			func(b *Box) { b.Start(nil, "workload", "threads", "40") },
			func(r limitRow) bool { return *r.Processes == 2 && *r.Threads >= 40 && *r.Zombies == 0 }, "are additional threads",
		},
		"zombies": {
			300, // processes that exit have threads before
			func(b *Box) {
				b.Start(nil, append([]string{"workload", "never-waits"}, strings.Fields(strings.Repeat("0 ", 40))...)...)
				b.Zombies(40)
			},
			func(r limitRow) bool { return *r.Processes == 2 && *r.Zombies == 40 }, "held by zombies",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := forker(t, "--pids-limit", strconv.Itoa(fill.limit))
			fill.start(b)
			first := askedAtRest(t, b)
			if first.Limit != "pids.max" || first.Scope != "container" || first.FirstCertainty != "certain" || Value(first.Max) != fill.limit || !strings.HasSuffix(first.Path, b.ID) {
				t.Fatalf("first is %v", first)
			}
			if !fill.check(first) || *first.Processes+*first.Threads+*first.Zombies != *first.Used {
				t.Errorf("what fills it: %v", first)
			}
			Ask(t, "limits", b.Name).Want(t, fill.says, fmt.Sprintf("Nearest limit: pids.max, %d of %d used.", *first.Used, fill.limit))
			if made := forksUntilItFails(b); made != *first.Left {
				t.Errorf("%d forks worked, %d were said to be left", made, *first.Left)
			}
		})
	}
}

// askedAtRest asks until the kernel counts the same before and after.
func askedAtRest(t testing.TB, b *Box) limitRow {
	t.Helper()
	var first limitRow
	Eventually(t, b.Name+" to rest", func() bool {
		before := pidsCurrent(b)
		first = firstOf(t, askLimits(t, b.Name))
		return pidsCurrent(b) == before && (first.Limit != "pids.max" || first.Scope != "container" || *first.Used == before)
	})
	return first
}

// A full container is reported as such, with how often fork has failed.
func TestLimitsOfAFullContainer(t *testing.T) {
	t.Parallel()
	b := forker(t, "--pids-limit", "20")
	// The shell that cannot fork exits, and another one replaces it.
	Docker(t, "exec", "-d", b.Name, "sh", "-c", "while sleep infinity & do :; done")
	Eventually(t, "a fork to fail", func() bool { return refused(b) > 0 && pidsCurrent(b) == 19 })
	fork(b)
	first := firstOf(t, askLimits(t, b.Name))
	if Value(first.Left) != 0 || Value(first.Used) != 20 || *first.Refused == 0 || *first.Refused != refused(b) {
		t.Errorf("first is %v, the kernel refused %d", first, refused(b))
	}
	Ask(t, "limits", b.Name).Want(t, "Fork fails now: pids.max is full (20 of 20 used).", "already failed.", "docker update --pids-limit 60 "+b.Name)
	Ask(t, "limits").Want(t, b.Name+"  Fork fails now")
	Ask(t, "limits", "--filter", "name="+b.Name, "-q").WantLine(t, b.Name)
	Docker(t, "update", "--pids-limit", "60", b.Name)
	if first := firstOf(t, askLimits(t, b.Name)); Value(first.Max) != 60 || Value(first.Left) != 40 {
		t.Errorf("after docker update: %v", first)
	}
	Docker(t, "update", "--pids-limit", "20", b.Name)
	if made := forksUntilItFails(b); made != 0 {
		t.Errorf("%d forks worked, none was said to be left", made)
	}
}

func refused(b *Box) int {
	b.T.Helper()
	data, err := os.ReadFile(filepath.Join(pidsDir(b), "pids.events"))
	if err != nil {
		b.T.Fatal(err)
	}
	return Atoi(strings.Fields(string(data))[1])
}

// The limit of a group above is found, also if another container fills it.
func TestLimitsOfAParentGroup(t *testing.T) {
	t.Parallel()
	parent := "e2e-" + Random()
	t.Cleanup(func() {
		dirs, _ := filepath.Glob("/sys/fs/cgroup/*/" + parent)
		for _, dir := range append(dirs, "/sys/fs/cgroup/"+parent) {
			_ = os.Remove(dir)
		}
	})
	b := forker(t, "--cgroup-parent", "/"+parent, "--pids-limit", "500")
	sibling := forker(t, "--cgroup-parent", "/"+parent, "--pids-limit", "500")
	for range 10 {
		fork(sibling)
	}
	dir := filepath.Dir(pidsDir(b))
	current := readNumber(t, filepath.Join(dir, "pids.current"))
	if err := os.WriteFile(filepath.Join(dir, "pids.max"), []byte(strconv.Itoa(current+2)), 0); err != nil {
		t.Fatal(err)
	}
	first := firstOf(t, askLimits(t, b.Name))
	if first.Limit != "pids.max" || first.Scope != "parent" || first.Path != "/"+parent || Value(first.Left) != 2 || Value(first.Used) != current || first.FirstCertainty != "certain" {
		t.Fatalf("first is %v", first)
	}
	if Value(first.Processes) != 12 || len(first.HeldBy) != 2 || Value(first.HeldBy[0].Container) != sibling.Name || first.HeldBy[0].Tasks != 11 {
		t.Errorf("it is held by %v", first)
	}
	Ask(t, "limits", b.Name).Want(t, "/"+parent, sibling.Name+" 11", "echo 50 > "+dir+"/pids.max")
	if made := forksUntilItFails(b); made != 2 {
		t.Errorf("%d forks worked, 2 were said to be left", made)
	}
}

// RLIMIT_NPROC counts a user's processes, threads and zombies in all containers.
func TestLimitsForecastHoldsForNPROC(t *testing.T) {
	t.Parallel()
	uid, limit := uniqueUID(), 70
	options := []string{"--user", strconv.Itoa(uid), "--ulimit", fmt.Sprintf("nproc=%d:%d", limit, limit), "--pids-limit", "500"}
	b, other := forker(t, options...), forker(t, options...)
	other.Start(nil, "workload", "threads", "20")
	other.Start(nil, append([]string{"workload", "never-waits"}, strings.Fields(strings.Repeat("3 ", 10))...)...)
	other.Zombies(10)
	// While processes of others come and go, one may not be countable for a moment, and then
	// nothing is certain.
	var first limitRow
	Eventually(t, "every process of the host to be counted", func() bool { first = askedAtRest(t, b); return first.FirstCertainty == "certain" })
	if first.Limit != "nproc" || first.Scope != "user" || Value(first.UID) != uid || Value(first.HostUID) != uid || Value(first.Max) != limit || first.FirstCertainty != "certain" {
		t.Fatalf("first is %v", first)
	}
	if want := tasksOfUser(t, uid); Value(first.Used) != want || Value(first.Zombies) != 10 || *first.Threads < 20 || want < 34 {
		t.Errorf("the user has %d tasks: %v", want, first)
	}
	if len(first.HeldBy) != 2 || Value(first.HeldBy[0].Container) != other.Name || Value(first.HeldBy[1].Container) != b.Name {
		t.Errorf("it is held by %v", first)
	}
	Ask(t, "limits", b.Name).Want(t, fmt.Sprintf("NPROC (%d)", uid), fmt.Sprintf("uid %d", uid), "Nearest limit: ")

	user := Call{Through: append(nobody(t), "docker", "pidns")}
	a := user.Run(t, "limits", b.Name, "--format", "json").WantStatus(t, 0)
	denied := limitOf(t, limitRows(t, a), "nproc", "user", uid)
	if denied.Used != nil || denied.Left != nil || denied.Absent["Used"] != "denied" || Value(denied.Max) != limit || denied.First {
		t.Errorf("what needs root: %v", denied)
	}
	if said := firstOf(t, limitRows(t, a)); said.FirstCertainty != "unknown" {
		t.Errorf("as an ordinary user %v is said to be first for certain", said)
	}
	user.Run(t, "limits", b.Name).WantStatus(t, 0).Want(t, "that could be read").WantError(t, "needs root: sudo ", "docker-pidns limits "+b.Name)

	if made := forksUntilItFails(b); made != *first.Left {
		t.Errorf("%d forks worked, %d were said to be left", made, *first.Left)
	}
}

// tasksOfUser counts as the kernel does, by the first of the UIDs.
func tasksOfUser(t testing.TB, uid int) int {
	t.Helper()
	n := 0
	for _, pid := range AllPIDs(t) {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		p, ok := ReadProcess(pid)
		if err == nil && ok && strings.Contains(string(data), fmt.Sprintf("\nUid:\t%d\t", uid)) {
			n += p.Threads
		}
	}
	return n
}

// The host's root is exempt from RLIMIT_NPROC, so that is never its first limit.
func TestLimitsExemptRoot(t *testing.T) {
	t.Parallel()
	b := forker(t, "--ulimit", "nproc=5:5", "--pids-limit", "50")
	rows := askLimits(t, b.Name)
	user := limitOf(t, rows, "nproc", "user", 0)
	if !user.Exempt || user.Max != nil || user.Absent["Max"] != "not-held" || user.First {
		t.Errorf("root's: %v", user)
	}
	first := firstOf(t, rows)
	if first.Limit != "pids.max" {
		t.Errorf("first is %v", first)
	}
	Ask(t, "limits", b.Name).Want(t, "NPROC (root)", "exempt")
	if made := forksUntilItFails(b); made != *first.Left {
		t.Errorf("%d forks worked, %d were said to be left", made, *first.Left)
	}
}

// A process in a user namespace of its own counts there, and for its creator in the namespace
// around it. Its own forks are checked against both.
func TestLimitsAcrossUserNamespaces(t *testing.T) {
	t.Parallel()
	uid := uniqueUID()
	b := forker(t, "--user", strconv.Itoa(uid), "--ulimit", "nproc=60:60", "--security-opt", "seccomp=unconfined", "--pids-limit", "500")
	Docker(t, "exec", "-d", b.Name, "unshare", "-U", "sleep", "4000")
	Eventually(t, "unshare to become sleep", func() bool { return hasArgs(b, "sleep 4000") })
	rows := askLimits(t, b.Name)
	outer, inner := limitOf(t, rows, "nproc", "user", uid), limitRow{}
	for _, r := range rows {
		if r.Limit == "nproc" && strings.Contains(r.Path, " in user:[") {
			inner = r
		}
	}
	if Value(inner.Used) != 1 || Value(inner.Max) != 60 || Value(inner.HostUID) != uid {
		t.Errorf("in the user namespace: %v", inner)
	}
	if outer.Path != fmt.Sprintf("uid %d", uid) || Value(outer.Used) != 2 || Value(outer.Processes) != 2 {
		t.Errorf("the user's own: %v", outer)
	}
	creator := limitOf(t, rows, "nproc", "creator", uid)
	if Value(creator.Used) != 2 || creator.Max != nil || creator.Absent["Max"] != "unsupported" {
		t.Errorf("the maker's: %v", creator)
	}
	if first := firstOf(t, rows); first.FirstCertainty != "unknown" {
		t.Errorf("what the maker's limit was the kernel does not tell: %v", first)
	}
	if made := forksUntilItFails(b); made != *outer.Left {
		t.Errorf("%d forks worked, %d were said to be left", made, *outer.Left)
	}
}

func hasArgs(b *Box, args string) bool {
	for _, p := range b.Processes() {
		if strings.Join(p.Args, " ") == args {
			return true
		}
	}
	return false
}

// Without a limit of its own a container has the host's.
func TestLimitsOfTheHost(t *testing.T) {
	t.Parallel()
	b := Run(t)
	rows := askLimits(t, b.Name)
	own := limitOf(t, rows, "pids.max", "container")
	if own.Max != nil || own.Absent["Max"] != "not-held" || own.Left != nil || Value(own.Used) != 1 {
		t.Errorf("its own: %v", own)
	}
	numbers, tasks := limitOf(t, rows, "pid_max", "host"), limitOf(t, rows, "threads-max", "host")
	if Value(numbers.Max) != readNumber(t, "/proc/sys/kernel/pid_max") || Value(tasks.Max) != readNumber(t, "/proc/sys/kernel/threads-max") {
		t.Errorf("the host's: %v %v", numbers, tasks)
	}
	if first := firstOf(t, rows); first.Scope != "host" {
		t.Errorf("first is %v", first)
	}
	Ask(t, "limits", b.Name).Want(t, "none", b.Name+" has no pids limit of its own.", "Nearest limit: ")
	Ask(t, "limits", "--filter", "name="+b.Name).Want(t, "1 container is bounded only by the host's limits.", "No limit is near in 1 container. Nearest: ")
}

// kernel.threads-max counts the same as /proc/loadavg, including zombies. Beside other tests the
// number would change all the time.
func TestLimitsTasksOfTheHost(t *testing.T) {
	b := Run(t)
	var row limitRow
	Eventually(t, "the number of tasks to stay for a moment", func() bool {
		before := hostTasks(t)
		row = limitOf(t, askLimits(t, b.Name), "threads-max", "host")
		return before == hostTasks(t) && Value(row.Used) != nil && *row.Used-before >= 0 && *row.Used-before < 40
	})
}

func hostTasks(t testing.TB) int {
	t.Helper()
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		t.Fatal(err)
	}
	_, total, _ := strings.Cut(strings.Fields(string(data))[3], "/")
	return Atoi(total)
}

// What docker was configured with and what the kernel has can differ.
func TestLimitsAreTheKernels(t *testing.T) {
	t.Parallel()
	b := forker(t, "--pids-limit", "100")
	if err := os.WriteFile(filepath.Join(pidsDir(b), "pids.max"), []byte("9"), 0); err != nil {
		t.Fatal(err)
	}
	first := firstOf(t, askLimits(t, b.Name))
	if Value(first.Max) != 9 || Value(first.Left) != 8 {
		t.Errorf("first is %v", first)
	}
	Ask(t, "limits", b.Name).Want(t, "its cgroup")
	if made := forksUntilItFails(b); made != 8 {
		t.Errorf("%d forks worked, 8 were said to be left", made)
	}
}

// A group inside the container's has a limit of its own.
func TestLimitsOfASubgroup(t *testing.T) {
	t.Parallel()
	b := forker(t, "--pids-limit", "100")
	group := filepath.Join(pidsDir(b), "inner")
	for path, text := range map[string]string{"pids.max": "6", "cgroup.procs": strconv.Itoa(b.PID())} {
		if err := os.MkdirAll(group, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(group, path), []byte(text), 0); err != nil {
			t.Fatal(err)
		}
	}
	first := firstOf(t, askLimits(t, b.Name))
	if first.Scope != "inside" || !strings.HasSuffix(first.Path, b.ID+"/inner") || Value(first.Left) != 5 {
		t.Errorf("first is %v", first)
	}
	Ask(t, "limits", b.Name).Want(t, "its /inner")
	if made := forksUntilItFails(b); made != 5 {
		t.Errorf("%d forks worked, 5 were said to be left", made)
	}
}

// A saved capture gives the same answer.
func TestLimitsFromSnapshot(t *testing.T) {
	t.Parallel()
	uid := uniqueUID()
	b := Run(t, "--pids-limit", "50", "--ulimit", "nproc=90:90", "--user", strconv.Itoa(uid))
	path := takeSnapshot(t)
	live := askLimits(t, b.Name)
	saved := limitRows(t, nowhere.Run(t, "limits", b.Name, "--format", "json", "--from", path).WantStatus(t, 0))
	if len(live) != len(saved) {
		t.Fatalf("live %v\nsaved %v", live, saved)
	}
	for i := range live {
		if live[i].Scope == "host" {
			continue // the host lives on
		}
		if live[i].Scope == "parent" {
			live[i].Used, saved[i].Used, live[i].Processes, saved[i].Processes = nil, nil, nil, nil
			live[i].Threads, saved[i].Threads, live[i].Zombies, saved[i].Zombies, live[i].HeldBy, saved[i].HeldBy = nil, nil, nil, nil, nil, nil
		}
		if live[i].String() != saved[i].String() {
			t.Errorf("live %v\nsaved %v", live[i], saved[i])
		}
	}
	old := filepath.Join(filepath.Dir(path), "old")
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(old, []byte(strings.Replace(string(data), `"Limits":{`, `"Elsewhere":{`, 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	nowhere.Run(t, "limits", b.Name, "--from", old).WantStatus(t, 1).WantNothing(t).WantOneError(t, "holds no limits")
}

// With another mount of the same host's /proc the groups are the same.
func TestLimitsThroughAnotherProc(t *testing.T) {
	t.Parallel()
	b := forker(t, "--pids-limit", "30")
	dir := ShortDir(t)
	through := Call{Through: []string{"unshare", "--mount", "sh", "-c", "mount --make-rprivate / && mount -t proc proc " + dir + ` && exec "$@"`, "sh", "docker", "pidns"}}
	first := firstOf(t, limitRows(t, through.Run(t, "limits", "--proc", dir, b.Name, "--format", "json").WantStatus(t, 0)))
	if first.Limit != "pids.max" || Value(first.Left) != 29 || first.FirstCertainty != "certain" {
		t.Errorf("first is %v", first)
	}
	// If the groups are not mounted, their contents are unknown.
	through.Through[4] = "mount --make-rprivate / && umount -l /sys/fs/cgroup && mount -t proc proc " + dir + ` && exec "$@"`
	a := through.Run(t, "limits", "--proc", dir, b.Name, "--format", "json").WantStatus(t, 0)
	own := limitOf(t, limitRows(t, a), "pids.max", "container")
	if own.Used != nil || own.Max != nil || own.Absent["Max"] != "unread" || firstOf(t, limitRows(t, a)).FirstCertainty != "unknown" {
		t.Errorf("not mounted: %v", a)
	}
	through.Run(t, "limits", "--proc", dir, b.Name).WantStatus(t, 0).Want(t, "Nearest limit that could be read").WantError(t, "cannot be read from here")
}

// No line is wider than a terminal of 80 columns, on any host. Lines about other tests'
// containers that are just being restarted do not count.
func TestLimitsFitTheTerminal(t *testing.T) {
	t.Parallel()
	b := Run(t, "--pids-limit", "4000", "--user", "12345", "--ulimit", "nproc=80000")
	for _, args := range [][]string{{"limits", "--filter", "name=" + b.Name}, {"limits", b.Name}} {
		for line := range strings.Lines(onTerminal(t, 80, []string{"NO_COLOR=1"}, args...)) {
			if width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > 80 {
				t.Errorf("%s: %d columns: %q", args, width, line)
			}
		}
	}
}

// roomFor is a container whose PID 1 has room for this many more of this kind, and none for the
// stack of a thread if that is 0.
func roomFor(t *testing.T, kind string, n int) *Box {
	t.Helper()
	b := Run(t, "--", "workload", "room-for", kind, strconv.Itoa(n))
	want := "room\n"
	if n == 0 {
		want = "no room\n"
	}
	Eventually(t, b.Name+" to have tried", func() bool { return strings.HasPrefix(Docker(t, "logs", b.Name)+"\n", want) })
	return b
}

// shimGroup moves the container's shim into a control group of its own that has room for this
// many more tasks, as TasksMax of docker.service does, and returns its folder.
func shimGroup(t *testing.T, b *Box, room int) string {
	t.Helper()
	root := pidsDir(b)[:strings.Index(pidsDir(b), "/docker")]
	dir := filepath.Join(root, "e2e-"+Random())
	shim := shimOf(t, b.PID())
	before := shimGroupOf(t, root, shim)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.WriteFile(filepath.Join(before, "cgroup.procs"), []byte(strconv.Itoa(shim)), 0)
		Eventually(t, dir+" to be empty", func() bool { return os.Remove(dir) == nil })
	})
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(shim)), 0); err != nil {
		t.Fatal(err)
	}
	// Its runtime may still start a thread.
	for full := false; !full; {
		most := readNumber(t, filepath.Join(dir, "pids.current")) + room
		if err := os.WriteFile(filepath.Join(dir, "pids.max"), []byte(strconv.Itoa(most)), 0); err != nil {
			t.Fatal(err)
		}
		full = readNumber(t, filepath.Join(dir, "pids.current"))+room == most
	}
	return dir
}

// shimGroupOf is the folder of the group that the process is in.
func shimGroupOf(t *testing.T, root string, pid int) string {
	t.Helper()
	lines, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		t.Fatal(err)
	}
	at := ""
	for line := range strings.Lines(string(lines)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if fields[1] == "pids" || fields[0] == "0" && at == "" {
			at = fields[2]
		}
	}
	return filepath.Join(root, at)
}

// advised is the command that doctor recommends now for the rule. The test fails if there is
// none.
func advised(t *testing.T, b *Box, rule string) string {
	t.Helper()
	for _, f := range Findings(t, Ask(t, "doctor", "--rule", rule, "--format", "json", b.Name)) {
		if said := cmp.Or(f.Now, f.Cure); said != "" {
			return said
		}
	}
	t.Fatalf("%s: no advice about %s", b.Name, rule)
	return ""
}

// follow types it.
func follow(t *testing.T, command string) {
	t.Helper()
	if out, err := Command("sh", "-c", command); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
}

// wantSilent checks that the rule finds nothing any more.
func wantSilent(t *testing.T, b *Box, rule, after string) {
	t.Helper()
	if got := Findings(t, Ask(t, "doctor", "--rule", rule, "--format", "json", b.Name)); len(got) > 0 {
		t.Errorf("behind %s: %v", after, got)
	}
}

// The advice about a limit of tasks is typed literally. The forks that failed then work, and the
// limit is no longer near.
func TestLimitsRaisesSuffice(t *testing.T) {
	t.Parallel()
	filled := func(t *testing.T, options ...string) *Box {
		b := forker(t, options...)
		for range 12 {
			fork(b)
		}
		return b
	}
	parent := func(t *testing.T) (name string) {
		name = "e2e-" + Random()
		t.Cleanup(func() {
			dirs, _ := filepath.Glob("/sys/fs/cgroup/*/" + name)
			for _, dir := range append(dirs, "/sys/fs/cgroup/"+name) {
				_ = os.Remove(dir)
			}
		})
		return name
	}
	for name, start := range map[string]func(*testing.T) *Box{
		"its own": func(t *testing.T) *Box { return filled(t, "--pids-limit", "13") },
		"lowered below what is used": func(t *testing.T) *Box {
			b := filled(t, "--pids-limit", "100")
			Docker(t, "update", "--pids-limit", "3", b.Name)
			return b
		},
		"a parent's": func(t *testing.T) *Box {
			b := filled(t, "--cgroup-parent", "/"+parent(t), "--pids-limit", "500")
			must(t, os.WriteFile(filepath.Join(filepath.Dir(pidsDir(b)), "pids.max"), []byte("5"), 0))
			return b
		},
		"its own and a parent's": func(t *testing.T) *Box {
			b := filled(t, "--cgroup-parent", "/"+parent(t), "--pids-limit", "14")
			must(t, os.WriteFile(filepath.Join(filepath.Dir(pidsDir(b)), "pids.max"), []byte("14"), 0))
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t)
			now := advised(t, b, "limit-near")
			follow(t, now)
			wantSilent(t, b, "limit-near", now)
			for range 10 {
				fork(b)
			}
			settled(t, b, 23)
			wantSilent(t, b, "limit-near", now)
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A new limit of a user is enough for what all its containers hold.
func TestLimitsRaiseOfNPROCSuffices(t *testing.T) {
	t.Parallel()
	uid := strconv.Itoa(uniqueUID())
	other := forker(t, "--user", uid)
	for range 40 {
		fork(other)
	}
	b := forker(t, "--user", uid, "--ulimit", "nproc=44")
	now := advised(t, b, "limit-near")
	option, ok := strings.CutPrefix(now, "recreate the container with ")
	option, _, _ = strings.Cut(option, " or ")
	if !ok {
		t.Fatalf("advised is %q", now)
	}
	Docker(t, "rm", "-f", b.Name)
	raised := forker(t, append([]string{"--user", uid}, strings.Fields(option)...)...)
	wantSilent(t, raised, "limit-near", now)
	for range 5 {
		fork(raised)
	}
}

// A thread that had no room has room after the advice, in the same process.
func TestLimitsOfThreads(t *testing.T) {
	for kind, limit := range map[string]string{"stacks": "address-space", "mappings": "max_map_count"} {
		t.Run(kind, func(t *testing.T) {
			if kind == "mappings" { // which is the whole host's
				const most = "/proc/sys/vm/max_map_count"
				before, err := os.ReadFile(most)
				must(t, err)
				t.Cleanup(func() { _ = os.WriteFile(most, before, 0) })
			}
			b := roomFor(t, kind, 0)
			rows := askLimits(t, b.Name)
			row := limitOf(t, rows, limit, "process")
			if row.First || row.Used == nil || row.Left == nil {
				t.Errorf("%v", row)
			}
			if first := firstOf(t, rows); first.Scope == "process" {
				t.Errorf("forks are said to fail first at %v", first)
			}
			Ask(t, "limits", b.Name).Want(t, ", for forks: ", "No more threads of workload", "Fork still works.")
			now := advised(t, b, "limit-near")
			follow(t, now)
			Eventually(t, "room for a stack", func() bool { return strings.HasSuffix(Docker(t, "logs", b.Name), "\nroom") })
			wantSilent(t, b, "limit-near", now)
		})
	}
}

// In a full group of the engine docker exec fails, although the container has room, until that
// limit is raised.
func TestLimitsOfTheEnginesGroup(t *testing.T) {
	t.Parallel()
	b := Run(t)
	dir := shimGroup(t, b, 0)
	if out, err := Command("docker", "exec", b.Name, "true"); err == nil {
		t.Fatalf("docker exec works in a full group of the shim's: %s", out)
	}
	row := limitOf(t, askLimits(t, b.Name), "pids.max", "engine")
	if Value(row.Left) != 0 || row.First || !strings.HasSuffix(dir, row.Path) {
		t.Errorf("%v", row)
	}
	Ask(t, "limits", b.Name).Want(t, "docker exec and health checks fail now")
	wantSilent(t, b, "limit-near", "nothing")
	now := advised(t, b, "engine-pids-limit")
	follow(t, now)
	Docker(t, "exec", b.Name, "true")
	wantSilent(t, b, "engine-pids-limit", now)
}

// The host's user with the user ID of a container cannot fork while the container uses up the
// limit.
func TestLimitsOfTheHostsUser(t *testing.T) {
	t.Parallel()
	uid := uniqueUID()
	// It forks on request, and reports it.
	login := exec.Command("prlimit", "--nproc=15:15", "setpriv", "--reuid", strconv.Itoa(uid), "--clear-groups", "sh", "-c", "while read -r _; do (echo forked); done")
	in, err := login.StdinPipe()
	must(t, err)
	out, err := login.StdoutPipe()
	must(t, err)
	must(t, login.Start())
	t.Cleanup(func() { _ = in.Close(); _ = login.Wait() })
	Eventually(t, "the user of the host", func() bool { p, ok := ReadProcess(login.Process.Pid); return ok && p.Comm == "sh" })
	b := forker(t, "--user", strconv.Itoa(uid))
	for range 20 {
		fork(b)
	}
	Eventually(t, "its limit to be told", func() bool {
		for _, r := range askLimits(t, b.Name) {
			if r.Scope == "neighbour" && Value(r.HostUID) == uid && Value(r.Max) == 15 && r.Left != nil && *r.Left == 0 {
				return true
			}
		}
		return false
	})
	Ask(t, "limits", b.Name).Want(t, fmt.Sprintf("User %d on the host cannot fork because of its RLIMIT_NPROC (15 tasks). Containers use 21 of it.", uid))
	advised(t, b, "limit-near")
	if _, err := Command("prlimit", "--nproc=15:15", "setpriv", "--reuid", strconv.Itoa(uid), "--clear-groups", "true"); err == nil {
		t.Error("the user of the host can start a program")
	}
	Docker(t, "rm", "-f", b.Name)
	_, err = in.Write([]byte("\n"))
	must(t, err)
	words := make([]byte, len("forked"))
	if _, err = io.ReadFull(out, words); err != nil || string(words) != "forked" {
		t.Errorf("without the container the user says %q: %v", words, err)
	}
}

// For a container that could not be started because its parent group is full, this is reported,
// with the group.
func TestExplainStartInAFullGroup(t *testing.T) {
	t.Parallel()
	parent := "e2e-" + Random()
	first := forker(t, "--cgroup-parent", "/"+parent)
	dir := filepath.Dir(pidsDir(first))
	t.Cleanup(func() {
		dirs, _ := filepath.Glob("/sys/fs/cgroup/*/" + parent)
		for _, dir := range append(dirs, "/sys/fs/cgroup/"+parent) {
			_ = os.Remove(dir)
		}
	})
	must(t, os.WriteFile(filepath.Join(dir, "pids.max"), []byte("2"), 0))
	name := "e2e-" + Random()
	t.Cleanup(func() { _, _ = Command("docker", "rm", "-f", name) })
	if out, err := Command("docker", "run", "-d", "--name", name, "--label", Label, "--cgroup-parent", "/"+parent, Suite.Image, "sleep", "900"); err == nil {
		t.Fatalf("it was started in a full group: %s", out)
	}
	full := fmt.Sprintf("1 of 2 used (pids.max) in control group /%s", parent)
	PIDNS(t, "explain", name).Want(t, "It could not be started", "Too few PIDs were left for its start: "+full)
	must(t, os.WriteFile(filepath.Join(dir, "pids.max"), []byte("50"), 0))
	if a := PIDNS(t, "explain", name); strings.Contains(a.Stdout, "Too few PIDs") {
		t.Errorf("with room: %s", a)
	}
	Docker(t, "start", name)
}
