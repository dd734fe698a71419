//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// A container that is started and killed all the time: each answer is right,
// or one clear line. A PID that is not the container's would be worse than no
// answer.
func TestContainerKilledInMidRun(t *testing.T) {
	t.Parallel()
	stable := run(t)
	stable.leave("exit 7")
	stable.zombies(1)
	flapping := run(t, "--", "sh", "-c", "sleep 1111 & (exit 9) & sleep infinity")
	stop := flap(t, flapping)
	answered, refused := 0, 0
	enough, longest := time.Now().Add(6*time.Second), time.Now().Add(deadline)
	for time.Now().Before(enough) || (answered < 3 || refused < 3) && time.Now().Before(longest) {
		for _, args := range [][]string{
			{"host-pid", flapping.name}, {"host-pid", flapping.name, "1"}, {"tree", "-q", flapping.name}, {"zombies", "-q", "--settle", "100ms", flapping.name},
		} {
			a := pidns(t, args...)
			wantOwnPIDs(t, a, flapping.id)
			switch a.status {
			case 0:
				answered++
			case 1:
				refused++
				wantClearLine(t, a, flapping.name)
			default:
				t.Errorf("exit status %d\n%s", a.status, a)
			}
		}
		a := pidns(t, "tree", "--format", "json", stable.name, flapping.name)
		wantExactly(t, only(a.rows(t), stable.name), stable)
		if a.status != 0 {
			wantClearLine(t, a, flapping.name)
		}
		a = pidns(t, "zombies", "--settle", "100ms", "--exit-code", stable.name, flapping.name).wantStatus(t, 3)
		a.want(t, "exit 7")
	}
	stop()
	t.Logf("%d answers, %d refusals", answered, refused)
	if answered == 0 || refused == 0 {
		t.Errorf("%d answers, %d refusals: the container was not killed in mid-run", answered, refused)
	}
}

// flap kills and starts the container until stop is called.
func flap(t *testing.T, b *box) (stop func()) {
	t.Helper()
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			default:
				_, _ = command("docker", "kill", b.id)
				_, _ = command("docker", "start", b.id)
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// wantOwnPIDs checks that each PID is the container's, its shim's, or gone.
func wantOwnPIDs(t *testing.T, a answer, id string) {
	t.Helper()
	for word := range strings.FieldsSeq(a.stdout) {
		pid := 0
		if _, err := fmt.Sscan(word, &pid); err != nil || pid <= 0 {
			t.Errorf("%q is no PID\n%s", word, a)
			continue
		}
		p, lives := readProcess(pid)
		// The shim names the container in its arguments, but not when it has ended.
		isShim := strings.Contains(strings.Join(p.args, " "), id) || p.state == "Z" && p.comm == "containerd-shim"
		if lives && !isShim && !hasID(pid, id) && exists(pid) {
			t.Errorf("process %d is not of the container: %+v\n%s", pid, p, a)
		}
	}
}

func exists(pid int) bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	return err == nil
}

// wantClearLine checks that the refusal is about the container's end, and not
// a guess at something else.
func wantClearLine(t *testing.T, a answer, name string) {
	t.Helper()
	a.wantOneError(t, name)
	for _, clear := range []string{"is not running", "ended while it was read", "ended while it was looked at", "is restarting"} {
		if strings.Contains(a.stderr, clear) {
			return
		}
	}
	t.Errorf("no clear line\n%s", a)
}

func only(rows []row, name string) []row {
	var mine []row
	for _, r := range rows {
		if r.Container == name {
			mine = append(mine, r)
		}
	}
	return mine
}

// Containers that come and go are no reason to fail for those that stay.
func TestOthersComeAndGo(t *testing.T) {
	t.Parallel()
	group := "e2e-churn=" + random()
	stable := run(t, "--label", group)
	flapping := run(t, "--label", group)
	stop := flap(t, flapping)
	for until := time.Now().Add(4 * time.Second); time.Now().Before(until); {
		for _, args := range [][]string{{"tree", "--format", "json"}, {"tree", "--format", "json", stable.name}} {
			a := pidns(t, append(args, "--filter", "label="+group)...).wantStatus(t, 0)
			wantExactly(t, only(a.rows(t), stable.name), stable)
		}
		a := ask(t, "zombies", "--settle", "0", "--filter", "label="+group)
		if !strings.HasPrefix(a.stdout, "No zombies in ") && !strings.Contains(a.stdout, flapping.name) {
			t.Errorf("zombies of nobody\n%s", a)
		}
	}
	stop()
}
