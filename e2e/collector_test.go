//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// kernelRow is a row of tree with what the kernel alone tells.
type kernelRow struct {
	row
	Subreaper *bool
}

func kernelRows(t testing.TB, args ...string) map[int]kernelRow {
	t.Helper()
	found := map[int]kernelRow{}
	for _, r := range decoded[kernelRow](t, ask(t, append(args, "--format", "json")...)) {
		found[r.HostPID] = r
	}
	return found
}

// Whichever collector reads a container, its processes are the same.
func TestCollectorsAgreeOnAContainer(t *testing.T) {
	t.Parallel()
	b := run(t, "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--", "sh", "-c", "setsid sleep 921 & (sleep 922 & exec sleep 923) & unshare -p -f sleep 924 & exec sleep 925")
	for _, word := range []string{"sleep 921", "sleep 922", "sleep 923", "sleep 924", "sleep 925"} {
		b.eventuallyWith(word)
	}
	b.leave("exit 7")
	b.zombies(1)
	b.start(nil, "sleep", "926")
	for _, names := range [][]string{{b.name}, {}} { // its family, and the whole host
		byProc := kernelRows(t, append([]string{"tree"}, names...)...)
		byBPF := kernelRows(t, append([]string{"tree", "--collector", "bpf"}, names...)...)
		for pid, want := range byProc {
			got, there := byBPF[pid]
			if want.Container != b.name {
				continue // others' come and go
			}
			if want.Subreaper != nil || want.Absent["Subreaper"] != "unread" {
				t.Errorf("/proc tells no subreaper: %+v", want)
			}
			if !there || got.Subreaper == nil || *got.Subreaper != (want.Role == "shim") {
				t.Errorf("process %d, a %s: there %t, subreaper %v", pid, want.Role, there, got.Subreaper)
			}
			want.ElapsedSeconds, got.ElapsedSeconds, got.Subreaper = 0, 0, nil
			delete(want.Absent, "Subreaper")
			want.StartedAt, got.StartedAt = want.StartedAt.Truncate(0), got.StartedAt.Truncate(0)
			if difference := want.StartedAt.Sub(got.StartedAt).Abs(); difference.Milliseconds() > 100 {
				t.Errorf("process %d started at %s and %s", pid, want.StartedAt, got.StartedAt)
			}
			got.StartedAt = want.StartedAt
			if !reflect.DeepEqual(want, got) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		}
		if n := countOf(byProc, b.name); n != countOf(byBPF, b.name) || n < 8 {
			t.Errorf("%d and %d processes", n, countOf(byBPF, b.name))
		}
	}
}

func countOf(rows map[int]kernelRow, name string) int {
	n := 0
	for _, r := range rows {
		if r.Container == name {
			n++
		}
	}
	return n
}

// A program that has made itself a subreaper is told apart from the shim, and what
// explain and zombies say of subreapers is the kernel's word.
func TestSubreaperIsReadFromTheKernel(t *testing.T) {
	t.Parallel()
	b := run(t, "--", "workload", "adopts")
	b.eventuallyWith("workload adopts")
	eventually(t, "PID 1 to be a subreaper", func() bool {
		r := kernelRows(t, "tree", "--collector", "bpf", b.name)[b.pid()]
		return r.Subreaper != nil && *r.Subreaper
	})
	ask(t, "explain", "--collector", "bpf", b.name).want(t, "the shim, a child subreaper (read from the kernel;")
	if a := ask(t, "explain", b.name); strings.Contains(a.stdout, "read from the kernel") {
		t.Errorf("it was not read from there\n%s", a)
	}
}

// What --init does for an orphan of PID 1's own offspring is decided by whether PID 1
// is a subreaper.
func TestInitCuresBySubreaper(t *testing.T) {
	t.Parallel()
	b := run(t, "--", "sh", "-c", "setsid sh -c '(sleep 0.2; exit 5) &'; exec sleep 927")
	b.eventuallyWith("sleep 927")
	b.zombies(1)
	a := ask(t, "zombies", "--collector", "bpf", "--settle", "100ms", b.name)
	a.want(t, "sleep is no child subreaper (read from the kernel)")
	ask(t, "zombies", "--settle", "100ms", b.name).want(t, "which /proc does not tell")
}

// What the kernel knows of handlers decides a forecast, and docker stop then does
// what was said.
func TestForecastFromTheKernel(t *testing.T) {
	for name, test := range map[string]struct {
		options  []string
		words    []string
		forecast string
		certain  string
		why      string
		killed   bool
	}{
		"a handler that raises again":           {nil, []string{"workload", "raises-again"}, "ignored", "likely", "SA_RESETHAND, read from the kernel", true},
		"a handler that raises again, no PID 1": {[]string{"--init"}, []string{"workload", "raises-again"}, "handled", "likely", "", false},
		"awaited":                               {nil, []string{"workload", "awaits"}, "handled", "likely", "real_blocked, read from the kernel", false},
		"docker-init":                           {[]string{"--init"}, []string{"sleep", "928"}, "handled", "likely", "real_blocked, read from the kernel", false},
		"an ordinary handler":                   {nil, []string{"workload", "never-waits"}, "handled", "likely", "", false},
		"no handler":                            {nil, []string{"sleep", "929"}, "ignored", "certain", "no handler", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := run(t, append(append(append([]string{"--stop-timeout", strconv.Itoa(int(grace.Seconds()))}, test.options...), "--"), test.words...)...)
			b.eventuallyWith(strings.Join(test.words, " "))
			var f forecast
			eventually(t, "it to have settled", func() bool {
				f = forecastBy(t, b, "bpf")
				return f.Certainty == test.certain && f.Forecast == test.forecast && strings.Contains(strings.Join(f.Evidence, "; "), test.why)
			})
			took, exit := b.stop()
			if killed := took >= grace && exit == 137; killed != test.killed || !killed && took >= grace {
				t.Errorf("docker stop took %s with exit code %d; the forecast was %+v", took, exit, f)
			}
		})
	}
}

func forecastBy(t testing.TB, b *box, collector string) forecast {
	t.Helper()
	rows := forecasts(t, ask(t, "signals", "--collector", collector, "--settle", "0", "--format", "json", b.name))
	if len(rows) != 1 || rows[0].HostPID != b.pid() {
		t.Fatalf("got %+v", rows)
	}
	return rows[0]
}

// A doctor that takes its time asks the kernel where it may, says so, and knows better;
// who may not is told why, and has the answer that /proc gives.
func TestLongCommandsAskTheKernel(t *testing.T) {
	t.Parallel()
	b := run(t, "--stop-timeout", "2", "--", "workload", "raises-again")
	b.eventuallyWith("workload raises-again")
	type said struct{ Rule, Verdict, Collector, CollectorReason string }
	doctor := func(c call, options ...string) []said {
		args := append([]string{"doctor", "--settle", "0", "--rule", "stop-ignored", "--format", "json", b.name}, options...)
		return slices.DeleteFunc(decoded[said](t, c.run(t, args...).wantStatus(t, 0)), func(s said) bool { return s.Verdict != "yes" })
	}
	long := []string{"--watch-for", "1s"}
	eventually(t, "its first second to be over", func() bool { return forecastBy(t, b, "bpf").Forecast == "ignored" })
	if got := doctor(call{}, long...); len(got) != 1 || got[0] != (said{"stop-ignored", "yes", "bpf", ""}) {
		t.Errorf("for a while: %+v", got)
	}
	if got := doctor(call{}); len(got) != 0 {
		t.Errorf("at once, by /proc: %+v", got)
	}
	if got := doctor(call{}, append(long, "--collector", "proc")...); len(got) != 0 {
		t.Errorf("by /proc, as it was told: %+v", got)
	}
	user := call{through: append(nobody(t), "docker", "pidns")}
	for _, s := range decoded[said](t, user.run(t, append([]string{"doctor", "--settle", "0", "--format", "json", b.name}, long...)...).wantStatus(t, 0)) {
		if s.Collector != "proc" || s.CollectorReason != "CAP_BPF and CAP_PERFMON are missing" {
			t.Errorf("who may not ask the kernel: %+v", s)
		}
	}
}

// A PID 1 with SA_NOCLDWAIT leaves no zombies, which is said before it could.
func TestReapsBySANoChildWait(t *testing.T) {
	t.Parallel()
	b := run(t, "--", "workload", "no-child-wait")
	b.eventuallyWith("workload no-child-wait")
	eventually(t, "the action to be set", func() bool { return forecastBy(t, b, "bpf").Reaps == "yes" })
	ask(t, "signals", "--collector", "bpf", b.name).want(t, "SA_NOCLDWAIT (read from the kernel)")
	b.leave("sleep 0.1; exit 3")
	b.eventuallyWith("sleep 0.1")
	b.zombies(0)
}

// A program is in the kernel while it reads, and not while zombies are given time to
// be reaped.
func TestNothingStaysInTheKernel(t *testing.T) {
	t.Parallel()
	b := run(t)
	b.leave("exit 7")
	b.zombies(1)
	programs := func(pid int) int {
		links, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*")
		return len(slices.DeleteFunc(links, func(link string) bool {
			target, _ := os.Readlink(link)
			return !strings.HasPrefix(target, "anon_inode:bpf")
		}))
	}
	for _, command := range []string{"zombies", "doctor"} {
		c := standalone()
		c.during = func(p *os.Process) {
			eventually(t, "a program in the kernel", func() bool { return programs(p.Pid) > 0 })
			eventually(t, "it to be taken out", func() bool { return programs(p.Pid) == 0 })
			if q, lives := readProcess(p.Pid); !lives || q.state == "Z" {
				t.Errorf("%s ended before it looked again", command)
			}
		}
		c.run(t, command, "--collector", "bpf", "--settle", "4s", b.name).wantStatus(t, 0).want(t, "1 zombie")
	}
}

// Which collector it was, and why not the other, is in every capture and in
// version.
func TestCollectorIsSaid(t *testing.T) {
	t.Parallel()
	b := run(t)
	type said struct{ Collector, CollectorReason string }
	version := func(a answer) said { return decoded[said](t, a.wantStatus(t, 0))[0] }
	for _, collector := range []string{"bpf", "auto"} {
		if got := version(pidns(t, "version", "--collector", collector, "--format", "json")); got != (said{Collector: "bpf"}) {
			t.Errorf("%s: got %+v", collector, got)
		}
	}
	ask(t, "version", "--collector", "bpf").want(t, "collector     bpf: the kernel's task iterator, and /proc")
	ask(t, "version").want(t, "collector     proc; the kernel's task iterator can be used, too: --collector bpf")
	if got := version(pidns(t, "version", "--format", "json")); got != (said{Collector: "proc"}) {
		t.Errorf("by default: got %+v", got)
	}
	saved := pidns(t, "snapshot", "--collector", "bpf", "--settle", "0").wantStatus(t, 0).stdout
	if got := version(call{stdin: saved}.run(t, "version", "--from", "-", "--format", "json")); got != (said{Collector: "bpf"}) {
		t.Errorf("of a snapshot: got %+v", got)
	}
	main := rowsFrom(t, saved, "tree", b.name)[b.pid()]
	if main.Subreaper == nil || *main.Subreaper {
		t.Errorf("a snapshot keeps what the kernel said: %+v", main)
	}
}

func rowsFrom(t testing.TB, saved, command, name string) map[int]kernelRow {
	t.Helper()
	found := map[int]kernelRow{}
	for _, r := range decoded[kernelRow](t, call{stdin: saved}.run(t, command, "--from", "-", "--format", "json", name).wantStatus(t, 0)) {
		found[r.HostPID] = r
	}
	return found
}

// Who may not ask the kernel is told why, in one line; auto goes on with /proc and
// keeps the reason.
func TestCollectorWithoutRights(t *testing.T) {
	t.Parallel()
	b := run(t)
	user := call{through: append(nobody(t), "docker", "pidns")}
	for _, command := range [][]string{{"tree", b.name}, {"version"}, {"version", "--format", "json"}, {"snapshot"}} {
		user.run(t, append(command, "--collector", "bpf")...).wantStatus(t, 1).wantOneError(t, "--collector bpf: CAP_BPF and CAP_PERFMON are missing; try: use sudo, or --collector proc")
	}
	a := user.run(t, "tree", "--collector", "auto", "--format", "json", b.name).wantStatus(t, 0)
	for _, r := range decoded[kernelRow](t, a) {
		if r.Subreaper != nil || r.Absent["Subreaper"] != "unsupported" {
			t.Errorf("got %+v", r)
		}
	}
	for _, collector := range []string{"proc", "auto", "bpf"} {
		a := user.run(t, "version", "--collector", collector).want(t, "rights", "collector     proc; the kernel's task iterator cannot be used: CAP_BPF and CAP_PERFMON are missing")
		a.wantStatus(t, map[string]int{"bpf": 1}[collector])
	}
	if got := decoded[struct{ Collector, CollectorReason string }](t, user.run(t, "version", "--format", "json").wantStatus(t, 0))[0]; got.Collector != "proc" || got.CollectorReason != "CAP_BPF and CAP_PERFMON are missing" {
		t.Errorf("version without an option: %+v", got)
	}
	var capture struct{ Collector struct{ Name, Reason string } }
	if err := json.Unmarshal([]byte(user.run(t, "snapshot", "--collector", "auto", "--settle", "0").wantStatus(t, 0).stdout), &capture); err != nil {
		t.Fatal(err)
	}
	if capture.Collector.Name != "proc" || capture.Collector.Reason != "CAP_BPF and CAP_PERFMON are missing" {
		t.Errorf("got %+v", capture.Collector)
	}
	pidns(t, "tree", "--collector", "magic", b.name).wantStatus(t, 1).wantNothing(t).wantOneError(t, `--collector "magic": want proc, bpf, auto`)
}
