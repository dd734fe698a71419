//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// For a container that is started and killed all the time, each answer is right, or one clear
// line. A PID that is not the container's would be worse than no answer.
func TestContainerKilledInMidRun(t *testing.T) {
	t.Parallel()
	stable := Run(t)
	stable.Leave("exit 7")
	stable.Zombies(1)
	flapping := Run(t, "--", "sh", "-c", "sleep 1111 & (exit 9) & sleep infinity")
	stop := flap(t, flapping)
	answered, refused := 0, 0
	enough, longest := time.Now().Add(6*time.Second), time.Now().Add(Deadline)
	for time.Now().Before(enough) || (answered < 3 || refused < 3) && time.Now().Before(longest) {
		for _, args := range [][]string{
			{"host-pid", flapping.Name}, {"host-pid", flapping.Name, "1"}, {"tree", "-q", flapping.Name}, {"zombies", "-q", "--settle", "100ms", flapping.Name},
		} {
			a := PIDNS(t, args...)
			wantOwnPIDs(t, a, flapping.ID)
			switch a.Status {
			case 0:
				answered++
			case 1:
				refused++
				wantClearLine(t, a, flapping.Name)
			default:
				t.Errorf("exit status %d\n%s", a.Status, a)
			}
		}
		a := PIDNS(t, "tree", "--format", "json", stable.Name, flapping.Name)
		wantExactly(t, only(a.Rows(t), stable.Name), stable)
		if a.Status != 0 {
			wantClearLine(t, a, flapping.Name)
		}
		a = PIDNS(t, "zombies", "--settle", "100ms", "--exit-code", stable.Name, flapping.Name).WantStatus(t, 3)
		a.Want(t, "exit 7")
	}
	stop()
	t.Logf("%d answers, %d refusals", answered, refused)
	if answered == 0 || refused == 0 {
		t.Errorf("%d answers, %d refusals: the container was not killed in mid-run", answered, refused)
	}
}

// flap kills and starts the container until stop is called.
func flap(t *testing.T, b *Box) (stop func()) {
	t.Helper()
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			default:
				_, _ = Command("docker", "kill", b.ID)
				_, _ = Command("docker", "start", b.ID)
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// wantOwnPIDs checks that each PID is the container's, its shim's, or gone.
func wantOwnPIDs(t *testing.T, a Answer, id string) {
	t.Helper()
	for word := range strings.FieldsSeq(a.Stdout) {
		pid := 0
		if _, err := fmt.Sscan(word, &pid); err != nil || pid <= 0 {
			t.Errorf("%q is no PID\n%s", word, a)
			continue
		}
		p, lives := ReadProcess(pid)
		// The shim names the container in its arguments, but not after it has exited.
		isShim := strings.Contains(strings.Join(p.Args, " "), id) || p.State == "Z" && p.Comm == "containerd-shim"
		if lives && !isShim && !HasID(pid, id) && exists(pid) {
			t.Errorf("process %d is not of the container: %+v\n%s", pid, p, a)
		}
	}
}

func exists(pid int) bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	return err == nil
}

// wantClearLine checks that the error is about the container's exit, and does not guess another
// cause.
func wantClearLine(t *testing.T, a Answer, name string) {
	t.Helper()
	a.WantOneError(t, name)
	for _, clear := range []string{"is not running", "exited while it was read", "is restarting"} {
		if strings.Contains(a.Stderr, clear) {
			return
		}
	}
	t.Errorf("no clear line\n%s", a)
}

func only(rows []Row, name string) []Row {
	var mine []Row
	for _, r := range rows {
		if r.Container == name {
			mine = append(mine, r)
		}
	}
	return mine
}

// Containers that come and go do not make the command fail for those that stay.
func TestOthersComeAndGo(t *testing.T) {
	t.Parallel()
	group := "e2e-churn=" + Random()
	stable := Run(t, "--label", group)
	flapping := Run(t, "--label", group)
	stop := flap(t, flapping)
	for until := time.Now().Add(4 * time.Second); time.Now().Before(until); {
		for _, args := range [][]string{{"tree", "--format", "json"}, {"tree", "--format", "json", stable.Name}} {
			a := PIDNS(t, append(args, "--filter", "label="+group)...).WantStatus(t, 0)
			wantExactly(t, only(a.Rows(t), stable.Name), stable)
		}
		a := Ask(t, "zombies", "--settle", "0", "--filter", "label="+group)
		if !strings.HasPrefix(a.Stdout, "No zombies in ") && !strings.Contains(a.Stdout, flapping.Name) {
			t.Errorf("zombies of nobody\n%s", a)
		}
	}
	stop()
}
