package source

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// watching captures a rig again and again.
type watching struct {
	*rig
	earlier seen
}

func (w *watching) capture(t *testing.T, q need.Question) *inspect.Capture {
	t.Helper()
	h := w.host()
	h.watchedBy(&w.earlier, nil)
	c, err := record(t.Context(), h, q)
	if err != nil {
		t.Fatalf("not recorded: %v", err)
	}
	return c
}

// The second look of a watched host is its next capture, and nothing waits for it.
func TestSecondLookIsTheNextCapture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watching{rig: newRig(littered())}
		began := time.Now()
		steps := []struct {
			name  string
			world *World
			after time.Duration
			want  string
		}{
			{"waits once", littered(), 0, "102 of 101"},
			{"still there", littered(), 2 * settle, "102 of 101"},
			{"a new one", littered().Process(104, 103, "job", inside(4), Exited(0)), settle, "102 of 101"},
			{"too early for it", littered().Process(104, 103, "job", inside(4), Exited(0)), settle / 2, "102 of 101"},
			{"adopted, and old enough", littered().Process(104, 101, "job", inside(4), Exited(0)), settle / 2, "102 of 101 104 of 101"},
			{"both reaped", littered().Without(102), settle, ""},
			{"its PID was given to another", littered().Alter(102, StartedAt(900)), settle, ""},
			{"that one stays", littered().Alter(102, StartedAt(900)), settle, "102 of 101"},
		}
		for i, step := range steps {
			time.Sleep(step.after)
			w.processes.become(step.world)
			before := time.Now()
			got := lookOf(w.capture(t, need.Zombies(nil, settle)).SecondLook)
			if got != step.want {
				t.Errorf("%s: got %q, want %q", step.name, got, step.want)
			}
			if waited := time.Since(before); i == 0 && waited != settle || i > 0 && waited != 0 {
				t.Errorf("%s: waited %s", step.name, waited)
			}
		}
		if n := len(w.earlier.zombies); n != 1 || time.Since(began) < 6*settle {
			t.Errorf("%d zombies are kept", n)
		}
	})
}

// A first capture without a second look is the first look of the next one.
func TestFirstCaptureWithoutSecondLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watching{rig: newRig(littered())}
		if got := lookOf(w.capture(t, need.Zombies(nil, 0)).SecondLook); got != "none" {
			t.Errorf("got %q", got)
		}
		time.Sleep(settle)
		if got := lookOf(w.capture(t, need.Zombies(nil, settle)).SecondLook); got != "102 of 101" {
			t.Errorf("got %q", got)
		}
	})
}

// Processes that come and go leave nothing behind.
func TestSeenStaysSmall(t *testing.T) {
	var s seen
	for i := range 1000 {
		s.noteZombies([]procfs.Key{{PID: 7, StartTicks: 1}, {PID: 100 + i, StartTicks: uint64(i)}}, time.Unix(int64(i), 0), true)
	}
	s.noteZombies(nil, time.Unix(2000, 0), false) // a look at one other container says nothing of them
	if len(s.zombies) != 2 || !s.zombies[procfs.Key{PID: 7, StartTicks: 1}].Equal(time.Unix(0, 0)) {
		t.Errorf("kept %v", s.zombies)
	}
}

// A container without its shim is reported by the second capture that shows it so.
func TestUnservedAtTheNextCapture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watching{rig: newRig(one().Without(100).Alter(101, Below(1)))}
		for i, want := range []string{"", "unserved a"} {
			if i == 0 {
				w.capture(t, need.Zombies(nil, 0)) // has no listing, and shows nothing of it
			}
			time.Sleep(settle)
			if got := lookOf(w.capture(t, need.Doctor(nil, settle)).SecondLook); got != want {
				t.Errorf("capture %d: got %q, want %q", i, got, want)
			}
			w.capture(t, need.Zombies(nil, settle))
		}
	})
}

// A control group that is known is listed without looking for it again, as long as it has
// processes and the container was not restarted.
func TestKnownControlGroups(t *testing.T) {
	var dirs groupDirs
	c := inspect.Container{ID: ID("a"), HostPID: 7, StartedAt: TakenAt}
	if dirs.put(&c, ""); dirs.get(&c) != "" {
		t.Error("a folder that was not found is known")
	}
	if dirs.put(&c, "/sys/fs/cgroup/a"); dirs.get(&c) != "/sys/fs/cgroup/a" {
		t.Error("it is not known")
	}
	again := c
	if again.HostPID = 8; dirs.get(&again) != "" {
		t.Error("it is that of another run")
	}
	var none *groupDirs
	if none.put(&c, "x"); none.get(&c) != "" {
		t.Error("something is kept by nobody")
	}
	for i := range mostGroupDirs + 1 {
		c.HostPID = 100 + i
		dirs.put(&c, "x")
	}
	if len(dirs.of) > mostGroupDirs {
		t.Errorf("%d are kept", len(dirs.of))
	}
}

// A folder that lists no process is looked for again.
func TestStaleControlGroup(t *testing.T) {
	r := newRig(one())
	h := r.host()
	h.watchedBy(&seen{}, nil)
	c := &r.facts.containers[0]
	h.dirs.put(c, "/nowhere")
	q := need.Zombies(nil, 0)
	if g := newReading(h, &q, false).groupOf(c); len(g.PIDs) == 0 || g.Path == "/nowhere" || h.dirs.get(c) != g.Path {
		t.Errorf("got %+v, known %q", g, h.dirs.get(c))
	}
}

// What is remembered of a container whose main process is gone is asked again.
func TestDoubtOfContainersWithoutMain(t *testing.T) {
	r := newRig(one().Without(101))
	h := r.host()
	h.watchedBy(&seen{}, nil)
	var doubted []string
	h.doubt = func(ids []string) { doubted = append(doubted, ids...) }
	if _, err := record(t.Context(), h, need.Zombies(nil, 0)); err != nil {
		t.Fatal(err)
	}
	if len(doubted) == 0 || doubted[0] != ID("a") {
		t.Errorf("doubted %v", doubted)
	}
}
