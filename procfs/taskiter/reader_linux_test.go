//go:build amd64 || arm64

package taskiter

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// read reads one process with the iterator.
func readAll(t *testing.T, reader *Reader, pid int) procfs.Process {
	t.Helper()
	s := must(t)(reader.Family(context.Background(), procfs.FamilyOf{Alone: []int{pid}}, everything))
	if len(s.Processes) != 1 || s.Processes[0].PID != pid {
		t.Fatalf("process %d: got %+v, missed %+v", pid, s.Processes, s.Missed)
	}
	return s.Processes[0]
}

func internals(t *testing.T, reader *Reader, pid int) procfs.Internals {
	t.Helper()
	got, ok := readAll(t, reader, pid).Internals.Get()
	if !ok {
		t.Fatalf("process %d: internals %v", pid, got)
	}
	return got
}

// What processes have set in the kernel is reported. For a plain process nothing is.
func TestInternalsOfRealProcesses(t *testing.T) {
	reader := open(t)
	plain := internals(t, reader, startAs(t, "plain"))
	if plain.Subreaper || plain.NoChildWait || plain.Unkillable || plain.Resetting != 0 {
		t.Errorf("a plain process: %+v", plain)
	}
	if !internals(t, reader, startAs(t, "subreaper")).Subreaper {
		t.Error("PR_SET_CHILD_SUBREAPER is not seen")
	}
	if !internals(t, reader, startAs(t, "no child wait")).NoChildWait {
		t.Error("SA_NOCLDWAIT is not seen")
	}
	if got := internals(t, reader, startAs(t, "resets SIGUSR2")).Resetting; got != 1<<(syscall.SIGUSR2-1) {
		t.Errorf("SA_RESETHAND: got %064b", got)
	}
	waiter := startAs(t, "awaits SIGTERM")
	await(t, "SIGTERM to be awaited", func() bool {
		return slices.ContainsFunc(internals(t, reader, waiter).Threads, func(thread procfs.ThreadMasks) bool {
			return thread.Awaited == 1<<(procfs.SIGTERM-1) && !thread.Blocked.Has(procfs.SIGTERM)
		})
	})
	cmd := exec.Command("sleep", "600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	if init := start(t, cmd); !internals(t, reader, init).Unkillable {
		t.Error("the init of a PID namespace is not protected")
	}
}

// A survey reports a part of the same.
func TestInternalsOfASurvey(t *testing.T) {
	reader := open(t)
	cmd := exec.Command("sleep", "600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	pids := []int{startAs(t, "plain"), startAs(t, "subreaper"), startAs(t, "no child wait"), startAs(t, "main thread exited"), start(t, cmd)}
	for name, purpose := range purposes {
		survey := byPIDWithInternals(must(t)(openFor(t, purpose).Survey(context.Background(), procfs.SurveyOf{})))
		for _, pid := range pids {
			want := internals(t, reader, pid)
			want.Partial, want.Resetting, want.Undeferred, want.Threads = true, 0, 0, nil
			if got, ok := survey[pid].Internals.Get(); !ok || !reflect.DeepEqual(got, want) {
				t.Errorf("%s, process %d: got %+v, want %+v", name, pid, got, want)
			}
		}
	}
}

// A process that is reaped while the kernel is asked no longer has PIDs, and has no record.
func TestReapedInMidRead(t *testing.T) {
	reader := open(t)
	for range 4 {
		start(t, exec.Command("sh", "-c", "while :; do (true & true & true & true); done"))
	}
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); {
		for _, read := range []func() error{
			func() error { return reader.heads.read(newSurvey(false, 0).add) },
			func() error { return reader.whole.read(new(tasks).add) },
		} {
			if err := read(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The program counts as the kernel does, except the reader's own threads. This saves a survey
// the list of /proc.
func TestCountOfOthers(t *testing.T) {
	for name, purpose := range purposes {
		reader := openFor(t, purpose)
		await(t, "a look while which nobody came or went", func() bool {
			before := takeCensus(reader.proc)
			var s procfs.Snapshot
			seen, err := reader.surveyShown(&s, false, 0)
			if err != nil {
				t.Fatal(err)
			}
			pids, err := reader.proc.PIDs()
			if err != nil {
				t.Fatal(err)
			}
			hidden, _ := reader.readMissing(unknown(pids, s.Processes), procfs.Detail{MainThread: true})
			others, known := before.unchanged(takeCensus(reader.proc))
			if known && others != seen+threadsOf(hidden) {
				t.Fatalf("%s: the kernel counts %d others, the program %d, and %d are hidden", name, others, seen, threadsOf(hidden))
			}
			return known
		})
	}
}

// A survey has all that /proc has, whatever was hidden in the last one.
func TestSurveyIsComplete(t *testing.T) {
	for purposeName, purpose := range purposes {
		reader := openFor(t, purpose)
		for name, hidden := range map[string][]int{"nobody": nil, "who is gone": {1 << 30}, "who is not so": {os.Getpid()}} {
			t.Run(purposeName+", hidden is "+name, func(t *testing.T) {
				for range 3 {
					reader.hidden.found(hidden)
					surveyIsComplete(t, reader)
				}
			})
		}
	}
}

func surveyIsComplete(t *testing.T, reader *Reader) {
	t.Helper()
	list := func() []int {
		pids, err := reader.proc.PIDs()
		if err != nil {
			t.Fatal(err)
		}
		return pids
	}
	before := list()
	survey := must(t)(reader.Survey(context.Background(), procfs.SurveyOf{}))
	after := list()
	if !slices.IsSortedFunc(survey.Processes, func(a, b procfs.Process) int { return 2*(a.PID-b.PID) - 1 }) {
		t.Error("a process is there twice, or not in its place")
	}
	found := byPIDWithInternals(survey)
	for _, pid := range before {
		if _, there := found[pid]; !there && slices.Contains(after, pid) {
			t.Errorf("process %d is in /proc, and not in the survey", pid)
		}
	}
}

func byPIDWithInternals(s procfs.Snapshot) map[int]procfs.Process {
	found := make(map[int]procfs.Process, len(s.Processes))
	for _, p := range s.Processes {
		found[p.PID] = p
	}
	return found
}

// A family is the same in both ways, and reads no /proc of other processes.
func TestFamilyIsThatOfProc(t *testing.T) {
	reader, proc := open(t), realProc(t)
	root := start(t, exec.Command("sh", "-c", "(sleep 600 & sleep 600) & sleep 0 & exec sleep 600"))
	of := procfs.FamilyOf{Trees: []int{root}, Alone: []int{os.Getpid(), 1 << 30}}
	await(t, "a zombie", func() bool {
		return among(must(t)(proc.Family(context.Background(), of, everything)), (*procfs.Process).IsZombie)
	})
	await(t, "both to show the same processes", func() bool {
		want, got := must(t)(proc.Family(context.Background(), of, everything)), must(t)(reader.Family(context.Background(), of, everything))
		if got.Whole || len(got.Missed) != 1 || got.Missed[0].PID != 1<<30 || got.Missed[0].Why != procfs.Gone {
			t.Fatalf("whole %t, missed %+v", got.Whole, got.Missed)
		}
		return slices.EqualFunc(want.Processes, got.Processes, func(a, b procfs.Process) bool { return a.Key == b.Key && a.State == b.State })
	})
}

func TestReaderEnds(t *testing.T) {
	reader := open(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, look := range map[string]func() (procfs.Snapshot, error){
		"scan": func() (procfs.Snapshot, error) { return reader.Scan(ctx, everything) },
		"family": func() (procfs.Snapshot, error) {
			return reader.Family(ctx, procfs.FamilyOf{Alone: []int{1}}, everything)
		},
		"survey": func() (procfs.Snapshot, error) { return reader.Survey(ctx, procfs.SurveyOf{}) },
	} {
		if s, err := look(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: nobody waits for it any more: %d processes, %v", name, len(s.Processes), err)
		}
	}
}

// A reader holds descriptors only while it is open.
func TestCloseReleases(t *testing.T) {
	mayLoad(t)
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	for _, pause := range []bool{true, false} { // the first one opens what the library keeps
		before := count()
		reader, err := Open(realProc(t), ForScans)
		if err != nil {
			t.Fatal(err)
		}
		must(t)(reader.Scan(context.Background(), everything))
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
		if after := count(); !pause && after != before {
			t.Errorf("%d descriptors before, %d after", before, after)
		}
	}
}
