//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
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

func (a answer) limitRows(t testing.TB) []limitRow { return decoded[limitRow](t, a) }

func askLimits(t testing.TB, args ...string) []limitRow {
	t.Helper()
	return ask(t, append(append([]string{"limits"}, args...), "--format", "json")...).limitRows(t)
}

// firstOf is the row that is said to be hit first.
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
		if r.Limit == limit && r.Scope == scope && (len(uid) == 0 || value(r.HostUID) == uid[0]) {
			return r
		}
	}
	t.Fatalf("no %s of the %s %v in %v", limit, scope, uid, rows)
	return limitRow{}
}

// forker is a container whose PID 1 is a shell that forks when it is told to,
// and by nothing else.
func forker(t *testing.T, options ...string) *box {
	t.Helper()
	b := run(t, append(options, "--", "sh", "-c", `mkfifo /tmp/orders; exec 3<>/tmp/orders; echo ready; while read -r order <&3; do eval "$order"; done`)...)
	eventually(t, b.name+" to take orders", func() bool { return strings.Contains(docker(t, "logs", b.name), "ready") })
	settled(t, b, 1)
	return b
}

func (b *box) order(line string) {
	b.t.Helper()
	orders, err := os.OpenFile(fmt.Sprintf("/proc/%d/root/tmp/orders", b.pid()), os.O_WRONLY, 0)
	if err == nil {
		_, err = orders.WriteString(line + "\n")
	}
	if err != nil {
		b.t.Fatal(err)
	}
	_ = orders.Close()
}

// fork lets PID 1 fork once more, and waits until it has.
func (b *box) fork() {
	b.t.Helper()
	word := random()
	b.order("sleep infinity & echo " + word)
	eventually(b.t, "a fork in "+b.name, func() bool { return strings.Contains(docker(b.t, "logs", b.name), word) })
}

// forksUntilItFails lets PID 1 fork until that fails, which ends the shell and
// the container, and returns how often it did not.
func (b *box) forksUntilItFails() int {
	b.t.Helper()
	b.order("while sleep infinity & do echo forked; done")
	b.waitForEnd()
	out, err := command("sh", "-c", "docker logs "+b.name+" 2>&1")
	if err != nil || !strings.Contains(out, "fork") || !strings.Contains(out, "Resource temporarily unavailable") {
		b.t.Fatalf("%s ended for another reason: %v\n%s", b.name, err, out)
	}
	return strings.Count(out, "forked")
}

func (b *box) waitForEnd() {
	b.t.Helper()
	eventually(b.t, b.name+" to end", func() bool { return b.inspect("{{.State.Running}}") == "false" })
}

// pidsDir is the folder of the container's group of the pids controller.
func (b *box) pidsDir() string {
	b.t.Helper()
	groups, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", b.pid()))
	if err != nil {
		b.t.Fatal(err)
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
	return atoi(strings.TrimSpace(string(data)))
}

func (b *box) pidsCurrent() int {
	b.t.Helper()
	return readNumber(b.t, filepath.Join(b.pidsDir(), "pids.current"))
}

// uniqueUID is a user that nobody else on this host is.
func uniqueUID() int { return 20000 + rand.IntN(40000) }

// A container is filled to within a few of its limit in three ways. The answer
// is what the kernel counts at that moment, and then just as many forks work.
func TestLimitsForecastHoldsForPIDsMax(t *testing.T) {
	t.Parallel()
	for name, fill := range map[string]struct {
		limit int
		start func(*box)
		check func(limitRow) bool
		says  string
	}{
		"processes": {
			60,
			func(b *box) {
				for range 40 {
					b.fork()
				}
			},
			func(r limitRow) bool { return *r.Processes == 41 && *r.Threads == 0 && *r.Zombies == 0 }, "41 processes",
		},
		"threads": {
			60,
			func(b *box) { b.start(nil, "workload", "threads", "40") },
			func(r limitRow) bool { return *r.Processes == 2 && *r.Threads >= 40 && *r.Zombies == 0 }, "held by further threads",
		},
		"zombies": {
			300, // those who die have threads before they do
			func(b *box) {
				b.start(nil, append([]string{"workload", "never-waits"}, strings.Fields(strings.Repeat("0 ", 40))...)...)
				b.zombies(40)
			},
			func(r limitRow) bool { return *r.Processes == 2 && *r.Zombies == 40 }, "held by zombies",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := forker(t, "--pids-limit", strconv.Itoa(fill.limit))
			fill.start(b)
			first := askedAtRest(t, b)
			if first.Limit != "pids.max" || first.Scope != "container" || first.FirstCertainty != "certain" || value(first.Max) != fill.limit || !strings.HasSuffix(first.Path, b.id) {
				t.Fatalf("first is %v", first)
			}
			if !fill.check(first) || *first.Processes+*first.Threads+*first.Zombies != *first.Used {
				t.Errorf("what fills it: %v", first)
			}
			ask(t, "limits", b.name).want(t, fill.says, "pids.max is hit first", fmt.Sprintf(" %d left", *first.Left))
			if made := b.forksUntilItFails(); made != *first.Left {
				t.Errorf("%d forks worked, %d were said to be left", made, *first.Left)
			}
		})
	}
}

// askedAtRest asks until the kernel counts the same before and after.
func askedAtRest(t testing.TB, b *box) limitRow {
	t.Helper()
	var first limitRow
	eventually(t, b.name+" to rest", func() bool {
		before := b.pidsCurrent()
		first = firstOf(t, askLimits(t, b.name))
		return b.pidsCurrent() == before && (first.Limit != "pids.max" || first.Scope != "container" || *first.Used == before)
	})
	return first
}

// A container that is full to the last says so, and how often it failed.
func TestLimitsOfAFullContainer(t *testing.T) {
	t.Parallel()
	b := forker(t, "--pids-limit", "20")
	// The shell that cannot fork ends, and leaves its place to another.
	docker(t, "exec", "-d", b.name, "sh", "-c", "while sleep infinity & do :; done")
	eventually(t, "a fork to fail", func() bool { return b.refused() > 0 && b.pidsCurrent() == 19 })
	b.fork()
	first := firstOf(t, askLimits(t, b.name))
	if value(first.Left) != 0 || value(first.Used) != 20 || *first.Refused == 0 || *first.Refused != b.refused() {
		t.Errorf("first is %v, the kernel refused %d", first, b.refused())
	}
	ask(t, "limits", b.name).want(t, "fork fails now: pids.max is full", "fork has failed", "docker update --pids-limit 40 "+b.name)
	ask(t, "limits").want(t, b.name+": fork fails now")
	ask(t, "limits", "--filter", "name="+b.name, "-q").wantLine(t, b.name)
	docker(t, "update", "--pids-limit", "40", b.name)
	if first := firstOf(t, askLimits(t, b.name)); value(first.Max) != 40 || value(first.Left) != 20 {
		t.Errorf("after docker update: %v", first)
	}
	docker(t, "update", "--pids-limit", "20", b.name)
	if made := b.forksUntilItFails(); made != 0 {
		t.Errorf("%d forks worked, none was said to be left", made)
	}
}

func (b *box) refused() int {
	b.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.pidsDir(), "pids.events"))
	if err != nil {
		b.t.Fatal(err)
	}
	return atoi(strings.Fields(string(data))[1])
}

// The limit of a group above is found, also where another container fills it.
func TestLimitsOfAParentGroup(t *testing.T) {
	t.Parallel()
	parent := "e2e-" + random()
	t.Cleanup(func() {
		dirs, _ := filepath.Glob("/sys/fs/cgroup/*/" + parent)
		for _, dir := range append(dirs, "/sys/fs/cgroup/"+parent) {
			_ = os.Remove(dir)
		}
	})
	b := forker(t, "--cgroup-parent", "/"+parent, "--pids-limit", "500")
	sibling := forker(t, "--cgroup-parent", "/"+parent, "--pids-limit", "500")
	for range 10 {
		sibling.fork()
	}
	dir := filepath.Dir(b.pidsDir())
	current := readNumber(t, filepath.Join(dir, "pids.current"))
	if err := os.WriteFile(filepath.Join(dir, "pids.max"), []byte(strconv.Itoa(current+2)), 0); err != nil {
		t.Fatal(err)
	}
	first := firstOf(t, askLimits(t, b.name))
	if first.Limit != "pids.max" || first.Scope != "parent" || first.Path != "/"+parent || value(first.Left) != 2 || value(first.Used) != current || first.FirstCertainty != "certain" {
		t.Fatalf("first is %v", first)
	}
	if value(first.Processes) != 12 || len(first.HeldBy) != 2 || value(first.HeldBy[0].Container) != sibling.name || first.HeldBy[0].Tasks != 11 {
		t.Errorf("it is held by %v", first)
	}
	ask(t, "limits", b.name).want(t, "/"+parent, sibling.name+" 11", fmt.Sprintf("echo %d > %s/pids.max", 2*(current+2), dir))
	if made := b.forksUntilItFails(); made != 2 {
		t.Errorf("%d forks worked, 2 were said to be left", made)
	}
}

// RLIMIT_NPROC counts a user's processes, threads and zombies in all containers.
func TestLimitsForecastHoldsForNPROC(t *testing.T) {
	t.Parallel()
	uid, limit := uniqueUID(), 70
	options := []string{"--user", strconv.Itoa(uid), "--ulimit", fmt.Sprintf("nproc=%d:%d", limit, limit), "--pids-limit", "500"}
	b, other := forker(t, options...), forker(t, options...)
	other.start(nil, "workload", "threads", "20")
	other.start(nil, append([]string{"workload", "never-waits"}, strings.Fields(strings.Repeat("3 ", 10))...)...)
	other.zombies(10)
	// While others' processes come and go, one may not be countable for a moment,
	// and then nothing is certain.
	var first limitRow
	eventually(t, "every process of the host to be counted", func() bool { first = askedAtRest(t, b); return first.FirstCertainty == "certain" })
	if first.Limit != "nproc" || first.Scope != "user" || value(first.UID) != uid || value(first.HostUID) != uid || value(first.Max) != limit || first.FirstCertainty != "certain" {
		t.Fatalf("first is %v", first)
	}
	if want := tasksOfUser(t, uid); value(first.Used) != want || value(first.Zombies) != 10 || *first.Threads < 20 || want < 34 {
		t.Errorf("the user has %d tasks: %v", want, first)
	}
	if len(first.HeldBy) != 2 || value(first.HeldBy[0].Container) != other.name || value(first.HeldBy[1].Container) != b.name {
		t.Errorf("it is held by %v", first)
	}
	ask(t, "limits", b.name).want(t, fmt.Sprintf("NPROC (%d)", uid), fmt.Sprintf("uid %d", uid), "is hit first")

	user := call{through: append(nobody(t), "docker", "pidns")}
	a := user.run(t, "limits", b.name, "--format", "json").wantStatus(t, 0)
	denied := limitOf(t, a.limitRows(t), "nproc", "user", uid)
	if denied.Used != nil || denied.Left != nil || denied.Absent["Used"] != "denied" || value(denied.Max) != limit || denied.First {
		t.Errorf("what needs root: %v", denied)
	}
	if said := firstOf(t, a.limitRows(t)); said.FirstCertainty != "unknown" {
		t.Errorf("as an ordinary user %v is said to be first for certain", said)
	}
	user.run(t, "limits", b.name).wantStatus(t, 0).want(t, "of those that could be read").wantError(t, "needs root: sudo docker pidns limits "+b.name)

	if made := b.forksUntilItFails(); made != *first.Left {
		t.Errorf("%d forks worked, %d were said to be left", made, *first.Left)
	}
}

// tasksOfUser counts as the kernel does, by the first of the UIDs.
func tasksOfUser(t testing.TB, uid int) int {
	t.Helper()
	n := 0
	for _, pid := range allPIDs(t) {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		p, ok := readProcess(pid)
		if err == nil && ok && strings.Contains(string(data), fmt.Sprintf("\nUid:\t%d\t", uid)) {
			n += p.threads
		}
	}
	return n
}

// The host's root is exempt from RLIMIT_NPROC, so that it is never its first.
func TestLimitsExemptRoot(t *testing.T) {
	t.Parallel()
	b := forker(t, "--ulimit", "nproc=5:5", "--pids-limit", "50")
	rows := askLimits(t, b.name)
	user := limitOf(t, rows, "nproc", "user", 0)
	if !user.Exempt || user.Max != nil || user.Absent["Max"] != "not-held" || user.First {
		t.Errorf("root's: %v", user)
	}
	first := firstOf(t, rows)
	if first.Limit != "pids.max" {
		t.Errorf("first is %v", first)
	}
	ask(t, "limits", b.name).want(t, "NPROC (root)", "exempt")
	if made := b.forksUntilItFails(); made != *first.Left {
		t.Errorf("%d forks worked, %d were said to be left", made, *first.Left)
	}
}

// A process in a user namespace of its own counts there, and for its maker in
// the namespace around it. Its own forks are checked against both.
func TestLimitsAcrossUserNamespaces(t *testing.T) {
	t.Parallel()
	uid := uniqueUID()
	b := forker(t, "--user", strconv.Itoa(uid), "--ulimit", "nproc=60:60", "--security-opt", "seccomp=unconfined", "--pids-limit", "500")
	docker(t, "exec", "-d", b.name, "unshare", "-U", "sleep", "4000")
	eventually(t, "unshare to become sleep", func() bool { return hasArgs(b, "sleep 4000") })
	rows := askLimits(t, b.name)
	outer, inner := limitOf(t, rows, "nproc", "user", uid), limitRow{}
	for _, r := range rows {
		if r.Limit == "nproc" && strings.Contains(r.Path, " in user:[") {
			inner = r
		}
	}
	if value(inner.Used) != 1 || value(inner.Max) != 60 || value(inner.HostUID) != uid {
		t.Errorf("in the user namespace: %v", inner)
	}
	if outer.Path != fmt.Sprintf("uid %d", uid) || value(outer.Used) != 2 || value(outer.Processes) != 2 {
		t.Errorf("the user's own: %v", outer)
	}
	creator := limitOf(t, rows, "nproc", "creator", uid)
	if value(creator.Used) != 2 || creator.Max != nil || creator.Absent["Max"] != "unsupported" {
		t.Errorf("the maker's: %v", creator)
	}
	if first := firstOf(t, rows); first.FirstCertainty != "unknown" {
		t.Errorf("what the maker's limit was the kernel does not tell: %v", first)
	}
	if made := b.forksUntilItFails(); made != *outer.Left {
		t.Errorf("%d forks worked, %d were said to be left", made, *outer.Left)
	}
}

func hasArgs(b *box, args string) bool {
	for _, p := range b.processes() {
		if strings.Join(p.args, " ") == args {
			return true
		}
	}
	return false
}

// Without a limit of its own a container has the host's.
func TestLimitsOfTheHost(t *testing.T) {
	t.Parallel()
	b := run(t)
	rows := askLimits(t, b.name)
	own := limitOf(t, rows, "pids.max", "container")
	if own.Max != nil || own.Absent["Max"] != "not-held" || own.Left != nil || value(own.Used) != 1 {
		t.Errorf("its own: %v", own)
	}
	numbers, tasks := limitOf(t, rows, "pid_max", "host"), limitOf(t, rows, "threads-max", "host")
	if value(numbers.Max) != readNumber(t, "/proc/sys/kernel/pid_max") || value(tasks.Max) != readNumber(t, "/proc/sys/kernel/threads-max") {
		t.Errorf("the host's: %v %v", numbers, tasks)
	}
	if first := firstOf(t, rows); first.Scope != "host" {
		t.Errorf("first is %v", first)
	}
	ask(t, "limits", b.name).want(t, "none", "is hit first")
	ask(t, "limits", "--filter", "name="+b.name).want(t, "1 container has no limit that comes before the host's", "No limit is near in 1 container;")
}

// kernel.threads-max counts what /proc/loadavg does, zombies among it. Beside
// other tests the number would never stay.
func TestLimitsTasksOfTheHost(t *testing.T) {
	b := run(t)
	var row limitRow
	eventually(t, "the number of tasks to stay for a moment", func() bool {
		before := hostTasks(t)
		row = limitOf(t, askLimits(t, b.name), "threads-max", "host")
		return before == hostTasks(t) && value(row.Used) != nil && *row.Used-before >= 0 && *row.Used-before < 40
	})
}

func hostTasks(t testing.TB) int {
	t.Helper()
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		t.Fatal(err)
	}
	_, total, _ := strings.Cut(strings.Fields(string(data))[3], "/")
	return atoi(total)
}

// What docker was told and what the kernel has can differ.
func TestLimitsAreTheKernels(t *testing.T) {
	t.Parallel()
	b := forker(t, "--pids-limit", "100")
	if err := os.WriteFile(filepath.Join(b.pidsDir(), "pids.max"), []byte("9"), 0); err != nil {
		t.Fatal(err)
	}
	first := firstOf(t, askLimits(t, b.name))
	if value(first.Max) != 9 || value(first.Left) != 8 {
		t.Errorf("first is %v", first)
	}
	ask(t, "limits", b.name).want(t, "its cgroup")
	if made := b.forksUntilItFails(); made != 8 {
		t.Errorf("%d forks worked, 8 were said to be left", made)
	}
}

// A group inside the container's has a limit of its own.
func TestLimitsOfASubgroup(t *testing.T) {
	t.Parallel()
	b := forker(t, "--pids-limit", "100")
	group := filepath.Join(b.pidsDir(), "inner")
	for path, text := range map[string]string{"pids.max": "6", "cgroup.procs": strconv.Itoa(b.pid())} {
		if err := os.MkdirAll(group, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(group, path), []byte(text), 0); err != nil {
			t.Fatal(err)
		}
	}
	first := firstOf(t, askLimits(t, b.name))
	if first.Scope != "inside" || !strings.HasSuffix(first.Path, b.id+"/inner") || value(first.Left) != 5 {
		t.Errorf("first is %v", first)
	}
	ask(t, "limits", b.name).want(t, "its /inner")
	if made := b.forksUntilItFails(); made != 5 {
		t.Errorf("%d forks worked, 5 were said to be left", made)
	}
}

// A saved capture gives the same answer.
func TestLimitsFromSnapshot(t *testing.T) {
	t.Parallel()
	uid := uniqueUID()
	b := run(t, "--pids-limit", "50", "--ulimit", "nproc=90:90", "--user", strconv.Itoa(uid))
	path := takeSnapshot(t)
	live := askLimits(t, b.name)
	saved := nowhere.run(t, "limits", b.name, "--format", "json", "--from", path).wantStatus(t, 0).limitRows(t)
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
	nowhere.run(t, "limits", b.name, "--from", old).wantStatus(t, 1).wantNothing(t).wantOneError(t, "holds no limits")
}

// Through another mount of the same host's /proc the groups are the same.
func TestLimitsThroughAnotherProc(t *testing.T) {
	t.Parallel()
	b := forker(t, "--pids-limit", "30")
	dir := shortDir(t)
	through := call{through: []string{"unshare", "--mount", "sh", "-c", "mount --make-rprivate / && mount -t proc proc " + dir + ` && exec "$@"`, "sh", "docker", "pidns"}}
	first := firstOf(t, through.run(t, "limits", "--proc", dir, b.name, "--format", "json").wantStatus(t, 0).limitRows(t))
	if first.Limit != "pids.max" || value(first.Left) != 29 || first.FirstCertainty != "certain" {
		t.Errorf("first is %v", first)
	}
	// Where the groups are not mounted, what they say is not known.
	through.through[4] = "mount --make-rprivate / && umount -l /sys/fs/cgroup && mount -t proc proc " + dir + ` && exec "$@"`
	a := through.run(t, "limits", "--proc", dir, b.name, "--format", "json").wantStatus(t, 0)
	own := limitOf(t, a.limitRows(t), "pids.max", "container")
	if own.Used != nil || own.Max != nil || own.Absent["Max"] != "unread" || firstOf(t, a.limitRows(t)).FirstCertainty != "unknown" {
		t.Errorf("not mounted: %v", a)
	}
	through.run(t, "limits", "--proc", dir, b.name).wantStatus(t, 0).want(t, "of those that could be read").wantError(t, "cannot be read from here")
}

// Nothing is wider than a terminal of 80 columns, however the host is. What is said
// about other tests' containers that are just being restarted is no part of it.
func TestLimitsFitTheTerminal(t *testing.T) {
	t.Parallel()
	b := run(t, "--pids-limit", "4000", "--user", "12345", "--ulimit", "nproc=80000")
	for _, args := range [][]string{{"limits", "--filter", "name=" + b.name}, {"limits", b.name}} {
		for line := range strings.Lines(onTerminal(t, 80, []string{"NO_COLOR=1"}, args...)) {
			if width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > 80 {
				t.Errorf("%s: %d columns: %q", args, width, line)
			}
		}
	}
}
