//go:build e2e && trace && linux

package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// playAll makes these endings, so many at once, and compares the rows after the trace has ended.
func playAll(t *testing.T, names []string, atOnce int) {
	t.Helper()
	tr := startTrace(t)
	host := Run(t, "--pid", "host")
	checks := make([]func() string, len(names))
	next := make(chan int)
	t.Run("endings", func(t *testing.T) {
		for worker := range atOnce {
			t.Run(fmt.Sprint(worker), func(t *testing.T) {
				t.Parallel()
				for i := range next {
					t.Run(names[i], func(t *testing.T) { checks[i] = sendings[names[i]].play(t, tr, host) })
				}
			})
		}
		go func() {
			for i := range names {
				next <- i
			}
			close(next)
		}()
	})
	if notes := tr.end(); strings.Contains(notes, " lost") {
		t.Errorf("standard error: %s", notes)
	}
	wrong := 0
	for i, check := range checks {
		if check == nil {
			continue // it could not be played, which was said
		}
		if differs := check(); differs != "" {
			wrong++
			t.Errorf("%s: %s", names[i], differs)
		}
	}
	t.Logf("%d of %d endings were not told as they were", wrong, len(names))
}

// Every ending is told as it was.
func TestTraceOfEachEnding(t *testing.T) {
	playAll(t, slices.Sorted(maps.Keys(sendings)), 3)
}

// So are 200 random ones while other containers fork, start and end.
func TestTraceOfRandomEndings(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("the seed is %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var kinds, names []string
	for _, name := range slices.Sorted(maps.Keys(sendings)) {
		if !sendings[name].alone {
			kinds = append(kinds, name)
		}
	}
	for range 200 {
		names = append(names, kinds[random.IntN(len(kinds))])
	}
	stop := busy(t)
	defer stop()
	playAll(t, names, 3)
}

// busy keeps the host busy until the function that it returns is called.
func busy(t *testing.T) (stop func()) {
	t.Helper()
	Run(t, "--", "sh", "-c", "while true; do workload forks 200 >/dev/null; sleep 0.05; done")
	ends, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ends:
				return
			default:
				_, _ = Command("docker", "run", "--rm", "--network", "none", "--label", Label+"="+t.Name(), Suite.Image, "sleep", "0.1")
			}
		}
	}()
	return func() { close(ends); <-ended }
}

// Ten containers that are stopped at once are told each for itself.
func TestTraceOfTenAtOnce(t *testing.T) {
	tr := startTrace(t)
	var boxes []*Box
	for range 10 {
		b := Run(t, append([]string{"--"}, handles...)...)
		boxes = append(boxes, b)
	}
	var stops sync.WaitGroup
	for _, b := range boxes {
		stops.Go(func() { _, _ = Command("docker", "stop", b.Name) })
	}
	stops.Wait()
	over := time.Now()
	tr.end()
	for _, b := range boxes {
		if differs := sendings["docker stop, a handler"].differs(tr.of(b, over)); differs != "" {
			t.Error(differs)
		}
	}
}

// forkStorm is the number of processes of a storm of forks.
const forkStorm = 100_000

// No signal to another container is lost in a storm of forks. With --all, each fork and exit of it
// is told once, or as lost.
func TestTraceInAStorm(t *testing.T) {
	for name, args := range map[string][]string{"signals": nil, "all": {"--all"}} {
		t.Run(name, func(t *testing.T) {
			tr := startTrace(t, args...)
			other := Run(t)
			stormy := Run(t, "--", "sh", "-c", fmt.Sprintf("workload forks %d; true", forkStorm))
			kills := 0
			for ; stormy.Inspect("{{.State.Running}}") == "true"; time.Sleep(50 * time.Millisecond) {
				other.Sh("kill -USR1 1")
				kills++
			}
			time.Sleep(3 * time.Second)
			over := time.Now()
			notes := tr.end()
			told := 0
			for _, r := range tr.of(other, over) {
				if r.keys() == "SIGUSR1 to 1 from container/own certain: no-handler" {
					told++
				}
			}
			forks, exits, seen := 0, 0, map[string]int{}
			for _, r := range tr.of(stormy, over) {
				switch r.Event {
				case "fork":
					forks++
				case "exit":
					exits++
				default:
					continue
				}
				seen[fmt.Sprint(r.Event, r.HostPID, r.Command)]++
			}
			lost := regexp.MustCompile(`(\d+) events? lost`).FindStringSubmatch(notes)
			t.Logf("%d signals, %d told; %d forks and %d exits of %d told; lost: %q", kills, told, forks, exits, forkStorm, lost)
			if lost == nil && told != kills {
				t.Errorf("%d signals were told, want %d", told, kills)
			}
			if args != nil && lost == nil && (forks < forkStorm || exits < forkStorm || forks > forkStorm+100 || exits > forkStorm+100) {
				t.Errorf("%d forks and %d exits are told, and none is said to be lost", forks, exits)
			}
			if args == nil && (lost != nil || forks+exits > 10) {
				t.Errorf("%d forks and exits, lost %q", forks+exits, lost)
			}
		})
	}
}

// Nothing stays in the kernel, also not when the trace is killed.
func TestTraceLeavesTheKernel(t *testing.T) {
	before := inKernel(t)
	for _, end := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		tr := startTrace(t)
		during := inKernel(t)
		if len(during) < len(before)+3 {
			t.Errorf("the trace has loaded nothing: %v, before %v", during, before)
		}
		_ = tr.cmd.Process.Signal(end)
		<-tr.done
		Eventually(t, fmt.Sprintf("programs to leave after %s", end), func() bool { return fmt.Sprint(inKernel(t)) == fmt.Sprint(before) })
	}
}

// inKernel are the programs and links of the trace that the kernel has now, and descriptors of them
// that processes hold.
func inKernel(t *testing.T) []string {
	t.Helper()
	var all []string
	for id, err := ebpf.ProgramGetNextID(0); err == nil; id, err = ebpf.ProgramGetNextID(id) {
		program, err := ebpf.NewProgramFromID(id)
		if err != nil {
			continue
		}
		if info, err := program.Info(); err == nil && slices.Contains([]string{"signal_generate", "signal_generat", "mark_victim", "sched_process_exit", "sched_process_e"}, info.Name) {
			all = append(all, fmt.Sprint("program ", id))
		}
		_ = program.Close()
	}
	links := new(link.Iterator)
	defer links.Close()
	for links.Next() {
		if info, err := links.Link.Info(); err == nil && info.Type == link.RawTracepointType {
			all = append(all, fmt.Sprint("link ", info.ID))
		}
	}
	files, _ := filepath.Glob("/proc/[0-9]*/fdinfo/*")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), "prog_id:") && strings.Contains(string(text), "tp_name:\tsignal_generate") {
			all = append(all, file)
		}
	}
	slices.Sort(all)
	return all
}

// The overhead of a trace on a program that does nothing but fork, by pairs with and without one.
func TestTraceCost(t *testing.T) {
	const pairs, processes = 7, 20_000
	stormy, other := Run(t), Run(t)
	for _, test := range []struct {
		name string
		args []string
		most float64
	}{
		{"of another container", []string{other.Name}, 1.03},
		{"of all containers", nil, 1.03},
		{"of all containers, --all", []string{"--all"}, 0},
	} {
		var ratios, with, without []float64
		for pair := range pairs {
			measure := func(traced bool) float64 {
				if traced {
					tr := startTrace(t, test.args...)
					defer func() { _ = tr.end() }()
				}
				took, err := time.ParseDuration(stormy.Sh(fmt.Sprintf("workload forks %d", processes)))
				if err != nil {
					t.Fatal(err)
				}
				return took.Seconds()
			}
			first := measure(pair%2 == 0)
			second := measure(pair%2 != 0)
			if pair%2 != 0 {
				first, second = second, first
			}
			with, without, ratios = append(with, first), append(without, second), append(ratios, first/second)
		}
		slices.Sort(ratios)
		slices.Sort(with)
		slices.Sort(without)
		t.Logf("%s: %.2f s with, %.2f s without, ratio %.3f (%.3f to %.3f)", test.name, with[pairs/2], without[pairs/2], ratios[pairs/2], ratios[pairs/4], ratios[pairs-1-pairs/4])
		if test.most > 0 && ratios[pairs/4] > test.most {
			t.Errorf("%s: the lower quartile is %.3f, want at most %.2f", test.name, ratios[pairs/4], test.most)
		}
	}
}
