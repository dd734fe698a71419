//go:build amd64 || arm64

package taskiter

import (
	"context"
	"fmt"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// everything is all that a snapshot can have.
var everything = procfs.Detail{Namespaces: procfs.NamespaceTypes, UIDMaps: true, Limits: true}

// looksAtBoth is how often the collectors are compared.
const looksAtBoth = 6

// churn starts short-lived processes, and some special ones that stay. It returns the latter.
func churn(t *testing.T) []int {
	t.Helper()
	shell := func(script string, attributes syscall.SysProcAttr) int {
		cmd := exec.Command("sh", "-c", script)
		cmd.SysProcAttr = &attributes
		return start(t, cmd)
	}
	shell("while :; do (true & true & true); done", syscall.SysProcAttr{})
	shell("while :; do (sleep 0.01 &) ; sh -c 'exit 3'; done", syscall.SysProcAttr{})
	nested := uintptr(syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET)
	stay := []int{
		shell("sleep 0 & exec sleep 600", syscall.SysProcAttr{}), // the parent of a zombie
		shell("setsid sleep 600 & trap '' HUP; trap 'exit' TERM; wait", syscall.SysProcAttr{}),
		shell("sleep 600 & sleep 0 & exec sleep 600", syscall.SysProcAttr{Cloneflags: nested}),
		shell("sleep 600", syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 33, Gid: 33}}),
		shell("sleep 600", syscall.SysProcAttr{
			Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWPID, GidMappingsEnableSetgroups: false,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 100000, Size: 10}},
		}),
		shell("ulimit -u 4000; kill -STOP $$", syscall.SysProcAttr{}),
	}
	for _, role := range []string{"main thread exited", "thread apart", "subreaper", "resets SIGUSR2", "awaits SIGTERM"} {
		stay = append(stay, startAs(t, role))
	}
	return stay
}

// Both collectors report the same about every process that does not change.
func TestBothCollectorsAgree(t *testing.T) {
	reader, proc := open(t), realProc(t)
	stay := churn(t)
	await(t, "a zombie, one in a nested PID namespace and a stopped shell", func() bool {
		s := must(t)(proc.Scan(context.Background(), everything))
		return among(s, func(p *procfs.Process) bool { return p.IsZombie() && p.ParentPID == stay[0] }) &&
			among(s, func(p *procfs.Process) bool { return p.IsZombie() && p.ParentPID == stay[2] && p.Depth() == 1 }) &&
			among(s, func(p *procfs.Process) bool { return p.PID == stay[5] && p.State == procfs.StateStopped })
	})
	t.Run("the kernel between two looks at proc", func(t *testing.T) {
		agree(t, stay, func() (procfs.Snapshot, error) { return proc.Scan(context.Background(), everything) },
			func() (procfs.Snapshot, error) { return reader.Scan(context.Background(), everything) })
	})
	t.Run("proc between two looks at the kernel", func(t *testing.T) {
		agree(t, stay, func() (procfs.Snapshot, error) { return reader.Scan(context.Background(), everything) },
			func() (procfs.Snapshot, error) { return proc.Scan(context.Background(), everything) })
	})
}

// agree looks with one collector before and after the other. A process that exists both times
// must always exist in between. A process that is the same both times must be the same in
// between at one of the looks, because a process can run or block a signal for a moment.
func agree(t *testing.T, stay []int, outer, inner func() (procfs.Snapshot, error)) {
	t.Helper()
	compared, equal, differs := map[procfs.Key]int{}, map[procfs.Key]int{}, map[procfs.Key]string{}
	for range looksAtBoth {
		before, between, after := byPID(must(t)(outer())), byPID(must(t)(inner())), byPID(must(t)(outer()))
		for pid, p := range before {
			last, still := after[pid]
			if !still || last.Key != p.Key {
				continue
			}
			got, there := between[pid]
			if !there || got.Key != p.Key {
				t.Errorf("process %d (%s) was there before and after, and is not in between", pid, p.Comm)
				continue
			}
			if !reflect.DeepEqual(p, last) {
				continue
			}
			compared[p.Key]++
			if reflect.DeepEqual(p, got) {
				equal[p.Key]++
			} else {
				differs[p.Key] = difference(p, got)
			}
		}
	}
	for key, n := range compared {
		if n >= looksAtBoth-1 && equal[key] == 0 {
			t.Errorf("process %d differed at all %d looks: %s", key.PID, n, differs[key])
		}
	}
	for _, pid := range stay {
		if !hasPID(equal, pid) {
			t.Errorf("process %d, which stayed, was never found equal", pid)
		}
	}
	if len(compared) < 10 {
		t.Errorf("only %d processes were compared", len(compared))
	}
}

func hasPID(set map[procfs.Key]int, pid int) bool {
	for key := range set {
		if key.PID == pid {
			return true
		}
	}
	return false
}

// difference names the fields that differ.
func difference(a, b procfs.Process) string {
	var fields []string
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			fields = append(fields, fmt.Sprintf("%s: %v, %v", x.Type().Field(i).Name, x.Field(i), y.Field(i)))
		}
	}
	return strings.Join(fields, "; ")
}

// byPID has the processes without what only one of the collectors knows. Running and sleeping
// are one state here, because a process can change between them.
func byPID(s procfs.Snapshot) map[int]procfs.Process {
	found := make(map[int]procfs.Process, len(s.Processes))
	for _, p := range s.Processes {
		p.Internals = procfs.Opt[procfs.Internals]{}
		if p.State == "R" || p.State == procfs.StateUninterruptible || p.State == "I" {
			p.State = "S"
		}
		found[p.PID] = p
	}
	return found
}

func among(s procfs.Snapshot, holds func(*procfs.Process) bool) bool {
	for i := range s.Processes {
		if holds(&s.Processes[i]) {
			return true
		}
	}
	return false
}

// must ends the test if there is an error.
func must(t testing.TB) func(procfs.Snapshot, error) procfs.Snapshot {
	return func(s procfs.Snapshot, err error) procfs.Snapshot {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// All ways of making a survey agree, and so do the further facts of selected processes: all
// facts of some, fewer of others.
func TestAllSurveysAgree(t *testing.T) {
	proc := realProc(t)
	stay := churn(t)
	few := func(p *procfs.Process) (procfs.Detail, bool) {
		switch at := slices.Index(stay, p.PID); {
		case at >= len(stay)/2:
			return procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.UserNamespace}, MainThread: true, WithoutArgs: true, Limits: true}, true
		default:
			return everything, at >= 0
		}
	}
	most := func(p *procfs.Process) (procfs.Detail, bool) {
		if detail, wanted := few(p); wanted {
			return detail, p.PID != stay[0]
		}
		return everything, p.PID%20 != 0
	}
	survey := func(c interface {
		Survey(context.Context, procfs.SurveyOf) (procfs.Snapshot, error)
		Complete(context.Context, *procfs.Snapshot, procfs.Selection) error
	}, selected procfs.Selection) func() (procfs.Snapshot, error) {
		return func() (procfs.Snapshot, error) {
			s := must(t)(c.Survey(context.Background(), procfs.SurveyOf{PIDNamespaces: true}))
			err := c.Complete(context.Background(), &s, selected)
			s.Processes = slices.DeleteFunc(s.Processes, func(p procfs.Process) bool { return p.KernelThread })
			return s, err
		}
	}
	await(t, "the shell to be stopped", func() bool {
		return among(must(t)(survey(proc, few)()), func(p *procfs.Process) bool { return p.PID == stay[5] && p.State == procfs.StateStopped })
	})
	for name, test := range map[string]struct {
		purpose  Purpose
		many     int
		selected procfs.Selection
	}{
		"for scans": {ForScans, 0, few}, "for surveys": {ForSurveys, 1 << 20, few}, "for surveys of which many are selected": {ForSurveys, 1, few},
		"for scans of most": {ForScans, 0, most}, "for surveys of most": {ForSurveys, 1, most},
	} {
		t.Run(name, func(t *testing.T) {
			reader := openFor(t, test.purpose)
			reader.many = test.many
			agree(t, stay, survey(proc, test.selected), survey(reader, test.selected))
			for _, p := range must(t)(survey(reader, test.selected)()).Processes {
				internals, told := p.Internals.Get()
				if _, wanted := test.selected(&p); wanted && slices.Contains(stay, p.PID) && (!told || p.StatOnly || internals.Partial != (test.many > 1)) {
					t.Errorf("process %d was selected: %+v", p.PID, p)
				}
			}
		})
	}
}
