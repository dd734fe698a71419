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

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// kernelRow is a row of tree with what only the kernel's iterator reports.
type kernelRow struct {
	Row
	Subreaper *bool
}

func kernelRows(t testing.TB, args ...string) map[int]kernelRow {
	t.Helper()
	found := map[int]kernelRow{}
	for _, r := range Decoded[kernelRow](t, Ask(t, append(args, "--format", "json")...)) {
		found[r.HostPID] = r
	}
	return found
}

// The processes of a container are the same with each collector.
func TestCollectorsAgreeOnAContainer(t *testing.T) {
	t.Parallel()
	b := Run(t, "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--", "sh", "-c", "setsid sleep 921 & (sleep 922 & exec sleep 923) & unshare -p -f sleep 924 & exec sleep 925")
	for _, word := range []string{"sleep 921", "sleep 922", "sleep 923", "sleep 924", "sleep 925"} {
		b.EventuallyWith(word)
	}
	b.Leave("exit 7")
	b.Zombies(1)
	b.Start(nil, "sleep", "926")
	for _, names := range [][]string{{b.Name}, {}} { // its family, and the whole host
		byProc := kernelRows(t, append([]string{"tree"}, names...)...)
		byBPF := kernelRows(t, append([]string{"tree", "--collector", "bpf"}, names...)...)
		for pid, want := range byProc {
			got, there := byBPF[pid]
			if want.Container != b.Name {
				continue // processes of other tests come and go
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
		if n := countOf(byProc, b.Name); n != countOf(byBPF, b.Name) || n < 8 {
			t.Errorf("%d and %d processes", n, countOf(byBPF, b.Name))
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

// A program that has made itself a subreaper is distinguished from the shim. What explain and
// zombies say about subreapers is from the kernel.
func TestSubreaperIsReadFromTheKernel(t *testing.T) {
	t.Parallel()
	b := Run(t, "--", "workload", "adopts")
	b.EventuallyWith("workload adopts")
	Eventually(t, "PID 1 to be a subreaper", func() bool {
		r := kernelRows(t, "tree", "--collector", "bpf", b.Name)[b.PID()]
		return r.Subreaper != nil && *r.Subreaper
	})
	Ask(t, "explain", "--collector", "bpf", b.Name).Want(t, "became the parent (child subreaper, prctl(2), read from the kernel)")
	if a := Ask(t, "explain", b.Name); strings.Contains(a.Stdout, "read from the kernel") {
		t.Errorf("it was not read from there\n%s", a)
	}
}

// Whether PID 1 is a subreaper decides what --init does for an orphan of a descendant of PID 1.
func TestInitCuresBySubreaper(t *testing.T) {
	t.Parallel()
	b := Run(t, "--", "sh", "-c", "setsid sh -c '(sleep 0.2; exit 5) &'; exec sleep 927")
	b.EventuallyWith("sleep 927")
	b.Zombies(1)
	a := Ask(t, "zombies", "--collector", "bpf", "--settle", "100ms", b.Name)
	a.Want(t, "sleep is not a child subreaper (read from the kernel)")
	Ask(t, "zombies", "--settle", "100ms", b.Name).Want(t, "which /proc does not show")
}

// What the kernel reports about handlers decides a forecast, and docker stop then does what was
// forecast.
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
		"no handler":                            {nil, []string{"sleep", "929"}, "ignored", "certain", "has no SIGTERM handler", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := Run(t, append(append(append([]string{"--stop-timeout", strconv.Itoa(int(grace.Seconds()))}, test.options...), "--"), test.words...)...)
			b.EventuallyWith(strings.Join(test.words, " "))
			var f forecast
			Eventually(t, "it to have settled", func() bool {
				f = forecastBy(t, b, "bpf")
				return f.Certainty == test.certain && f.Forecast == test.forecast && strings.Contains(strings.Join(f.Evidence, "; "), test.why)
			})
			took, exit := stop(b)
			if killed := took >= grace && exit == 137; killed != test.killed || !killed && took >= grace {
				t.Errorf("docker stop took %s with exit code %d; the forecast was %+v", took, exit, f)
			}
		})
	}
}

func forecastBy(t testing.TB, b *Box, collector string) forecast {
	t.Helper()
	rows := forecasts(t, Ask(t, "signals", "--collector", collector, "--settle", "0", "--format", "json", b.Name))
	if len(rows) != 1 || rows[0].HostPID != b.PID() {
		t.Fatalf("got %+v", rows)
	}
	return rows[0]
}

// doctor uses the kernel's iterator if it may, says so, and knows more. Otherwise it says why
// not, and gives the answer of /proc.
func TestLongCommandsAskTheKernel(t *testing.T) {
	t.Parallel()
	b := Run(t, "--stop-timeout", "2", "--", "workload", "raises-again")
	b.EventuallyWith("workload raises-again")
	type said struct{ Rule, Verdict, Collector, CollectorReason string }
	doctor := func(c Call, options ...string) []said {
		args := append([]string{"doctor", "--settle", "0", "--rule", "stop-ignored", "--format", "json", b.Name}, options...)
		return slices.DeleteFunc(Decoded[said](t, c.Run(t, args...).WantStatus(t, 0)), func(s said) bool { return s.Verdict != "yes" })
	}
	long := []string{"--watch-for", "1s"}
	Eventually(t, "its first second to be over", func() bool { return forecastBy(t, b, "bpf").Forecast == "ignored" })
	if got := doctor(Call{}, long...); len(got) != 1 || got[0] != (said{"stop-ignored", "yes", "bpf", ""}) {
		t.Errorf("for a while: %+v", got)
	}
	if got := doctor(Call{}); len(got) != 0 {
		t.Errorf("at once, by /proc: %+v", got)
	}
	if got := doctor(Call{}, append(long, "--collector", "proc")...); len(got) != 0 {
		t.Errorf("by /proc, as it was told: %+v", got)
	}
	user := Call{Through: append(nobody(t), "docker", "pidns")}
	for _, s := range Decoded[said](t, user.Run(t, append([]string{"doctor", "--settle", "0", "--format", "json", b.Name}, long...)...).WantStatus(t, 0)) {
		if s.Collector != "proc" || s.CollectorReason != "CAP_BPF and CAP_PERFMON are missing" {
			t.Errorf("who may not ask the kernel: %+v", s)
		}
	}
}

// A PID 1 with SA_NOCLDWAIT leaves no zombies. That is reported before it has had any children.
func TestReapsBySANoChildWait(t *testing.T) {
	t.Parallel()
	b := Run(t, "--", "workload", "no-child-wait")
	b.EventuallyWith("workload no-child-wait")
	Eventually(t, "the action to be set", func() bool { return forecastBy(t, b, "bpf").Reaps == "yes" })
	Ask(t, "signals", "--collector", "bpf", b.Name).Want(t, "SA_NOCLDWAIT (read from the kernel)")
	b.Leave("sleep 0.1; exit 3")
	b.EventuallyWith("sleep 0.1")
	b.Zombies(0)
}

// The program is loaded in the kernel while processes are read, and not while zombies are given
// time to be reaped.
func TestNothingStaysInTheKernel(t *testing.T) {
	t.Parallel()
	b := Run(t)
	b.Leave("exit 7")
	b.Zombies(1)
	programs := func(pid int) int {
		links, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*")
		return len(slices.DeleteFunc(links, func(link string) bool {
			target, _ := os.Readlink(link)
			return !strings.HasPrefix(target, "anon_inode:bpf")
		}))
	}
	for _, command := range []string{"zombies", "doctor"} {
		c := standalone()
		c.During = func(p *os.Process) {
			Eventually(t, "a program in the kernel", func() bool { return programs(p.Pid) > 0 })
			Eventually(t, "it to be taken out", func() bool { return programs(p.Pid) == 0 })
			if q, lives := ReadProcess(p.Pid); !lives || q.State == "Z" {
				t.Errorf("%s ended before it looked again", command)
			}
		}
		c.Run(t, command, "--collector", "bpf", "--settle", "4s", b.Name).WantStatus(t, 0).Want(t, "1 zombie")
	}
}

// Every capture, and version, has the collector, and why it was not the other one.
func TestCollectorIsSaid(t *testing.T) {
	t.Parallel()
	b := Run(t)
	type said struct{ Collector, CollectorReason string }
	version := func(a Answer) said { return Decoded[said](t, a.WantStatus(t, 0))[0] }
	for _, collector := range []string{"bpf", "auto"} {
		if got := version(PIDNS(t, "version", "--collector", collector, "--format", "json")); got != (said{Collector: "bpf"}) {
			t.Errorf("%s: got %+v", collector, got)
		}
	}
	Ask(t, "version", "--collector", "bpf").Want(t, "collector     bpf: the kernel's task iterator, and /proc")
	Ask(t, "version").Want(t, "collector     proc; the kernel's task iterator can be used too: --collector bpf")
	if got := version(PIDNS(t, "version", "--format", "json")); got != (said{Collector: "proc"}) {
		t.Errorf("by default: got %+v", got)
	}
	saved := PIDNS(t, "snapshot", "--collector", "bpf", "--settle", "0").WantStatus(t, 0).Stdout
	if got := version(Call{Stdin: saved}.Run(t, "version", "--from", "-", "--format", "json")); got != (said{Collector: "bpf"}) {
		t.Errorf("of a snapshot: got %+v", got)
	}
	main := rowsFrom(t, saved, "tree", b.Name)[b.PID()]
	if main.Subreaper == nil || *main.Subreaper {
		t.Errorf("a snapshot keeps what the kernel said: %+v", main)
	}
}

func rowsFrom(t testing.TB, saved, command, name string) map[int]kernelRow {
	t.Helper()
	found := map[int]kernelRow{}
	for _, r := range Decoded[kernelRow](t, Call{Stdin: saved}.Run(t, command, "--from", "-", "--format", "json", name).WantStatus(t, 0)) {
		found[r.HostPID] = r
	}
	return found
}

// A user who may not use the iterator gets the reason, in one line. auto continues with /proc
// and keeps the reason.
func TestCollectorWithoutRights(t *testing.T) {
	t.Parallel()
	b := Run(t)
	user := Call{Through: append(nobody(t), "docker", "pidns")}
	for _, command := range [][]string{{"tree", b.Name}, {"version"}, {"version", "--format", "json"}, {"snapshot"}} {
		user.Run(t, append(command, "--collector", "bpf")...).WantStatus(t, 1).WantOneError(t, "--collector bpf: CAP_BPF and CAP_PERFMON are missing; use --collector proc, or try: sudo ")
	}
	a := user.Run(t, "tree", "--collector", "auto", "--format", "json", b.Name).WantStatus(t, 0)
	for _, r := range Decoded[kernelRow](t, a) {
		if r.Subreaper != nil || r.Absent["Subreaper"] != "unsupported" {
			t.Errorf("got %+v", r)
		}
	}
	for _, collector := range []string{"proc", "auto", "bpf"} {
		a := user.Run(t, "version", "--collector", collector).Want(t, "rights", "collector     proc; the kernel's task iterator cannot be used: CAP_BPF and CAP_PERFMON are missing")
		a.WantStatus(t, map[string]int{"bpf": 1}[collector])
	}
	if got := Decoded[struct{ Collector, CollectorReason string }](t, user.Run(t, "version", "--format", "json").WantStatus(t, 0))[0]; got.Collector != "proc" || got.CollectorReason != "CAP_BPF and CAP_PERFMON are missing" {
		t.Errorf("version without an option: %+v", got)
	}
	var capture struct{ Collector struct{ Name, Reason string } }
	if err := json.Unmarshal([]byte(user.Run(t, "snapshot", "--collector", "auto", "--settle", "0").WantStatus(t, 0).Stdout), &capture); err != nil {
		t.Fatal(err)
	}
	if capture.Collector.Name != "proc" || capture.Collector.Reason != "CAP_BPF and CAP_PERFMON are missing" {
		t.Errorf("got %+v", capture.Collector)
	}
	PIDNS(t, "tree", "--collector", "magic", b.Name).WantStatus(t, 125).WantNothing(t).WantOneError(t, `--collector "magic": expected proc, bpf, auto`)
}
