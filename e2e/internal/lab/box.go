//go:build e2e && linux

package lab

import (
	"crypto/rand"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Random is a unique word for a test.
func Random() string { return strings.ToLower(rand.Text()[:10]) }

// Docker runs a Docker command that must succeed.
func Docker(t testing.TB, args ...string) string {
	t.Helper()
	out, err := Command("docker", args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Box is one container of a test, removed when the test ends.
type Box struct {
	T        testing.TB
	Name, ID string
}

// Run starts a container: options of docker run, then "--", then the command. Without a network
// it starts sooner.
func Run(t testing.TB, args ...string) *Box {
	t.Helper()
	return MakeBox(t, "run", append([]string{"-d", "--network", "none"}, args...))
}

// Create makes a container and does not start it.
func Create(t testing.TB, args ...string) *Box {
	t.Helper()
	return MakeBox(t, "create", args)
}

// MakeBox makes a container by docker run or docker create (verb).
func MakeBox(t testing.TB, verb string, args []string) *Box {
	t.Helper()
	b := &Box{T: t, Name: "e2e-" + Random()}
	options, words := args, []string{"sleep", "infinity"}
	for i, arg := range args {
		if arg == "--" {
			options, words = args[:i], args[i+1:]
			break
		}
	}
	t.Cleanup(func() { _, _ = Command("docker", "rm", "-f", "-v", b.Name) })
	line := append([]string{verb, "--name", b.Name, "--label", Label + "=" + t.Name()}, options...)
	b.ID = Docker(t, append(append(line, Suite.Image), words...)...)
	return b
}

// Inspect is a field of docker inspect.
func (b *Box) Inspect(template string) string {
	b.T.Helper()
	return Docker(b.T, "inspect", "--type", "container", "--format", template, b.ID)
}

// PID is the host PID of the main process according to the engine.
func (b *Box) PID() int {
	b.T.Helper()
	n, err := strconv.Atoi(b.Inspect("{{.State.Pid}}"))
	if err != nil || n == 0 {
		b.T.Fatalf("%s: State.Pid is %d, %v; its log:\n%s", b.Name, n, err, Docker(b.T, "logs", b.Name))
	}
	return n
}

// Sh runs a shell script in an exec session to its end.
func (b *Box) Sh(script string, options ...string) string {
	b.T.Helper()
	return Docker(b.T, append(append([]string{"exec"}, options...), b.Name, "sh", "-c", script)...)
}

// Leave runs a script in an exec session whose shell exits at once, so that its background
// processes are reparented to PID 1.
func (b *Box) Leave(script string, options ...string) {
	b.T.Helper()
	b.Sh("("+script+") >/dev/null 2>&1 &", options...)
}

// Start runs words in an exec session that stays. It returns the host PID of its first process
// once that runs its program.
func (b *Box) Start(options []string, words ...string) int {
	b.T.Helper()
	before := b.Processes()
	Docker(b.T, append(append(append([]string{"exec", "-d"}, options...), b.Name), words...)...)
	var found int
	Eventually(b.T, "the exec session "+strings.Join(words, " "), func() bool {
		now := b.Processes()
		for pid, p := range now {
			_, known := before[pid]
			// A child looks like its parent until it has started its own program.
			_, child := now[p.PPID]
			if !known && !child && strings.Join(p.Args, " ") == strings.Join(words, " ") {
				found = pid
			}
		}
		return found != 0
	})
	return found
}

// Processes are those whose cgroup carries the container's ID.
func (b *Box) Processes() map[int]Process {
	b.T.Helper()
	return ProcessesOf(b.T, b.ID)
}

// Zombies waits until the container has as many zombies that stay and returns them: a
// shell's command substitution is one too, for a moment.
func (b *Box) Zombies(want int) map[int]Process {
	b.T.Helper()
	var zombies map[int]Process
	Eventually(b.T, strconv.Itoa(want)+" zombies in "+b.Name, func() bool {
		before := b.zombies()
		if len(before) != want {
			return false
		}
		time.Sleep(passing)
		zombies = b.zombies()
		return slices.Equal(slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(zombies)))
	})
	return zombies
}

// passing is longer than a shell takes to wait for what it has just run.
const passing = 100 * time.Millisecond

// zombies are those that the container has now.
func (b *Box) zombies() map[int]Process {
	b.T.Helper()
	zombies := map[int]Process{}
	for pid, p := range b.Processes() {
		if p.State == "Z" && p.Threads <= 1 {
			zombies[pid] = p
		}
	}
	return zombies
}

// Deadline is the maximum time that is waited for a state.
const Deadline = 30 * time.Second

// Eventually waits for a state by asking for it again and again.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(Deadline); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("waited %s in vain for %s", Deadline, what)
		}
	}
}

// Ended waits until the container does not run.
func (b *Box) Ended() {
	b.T.Helper()
	Eventually(b.T, b.Name+" to end", func() bool { return b.Inspect("{{.State.Running}}") == "false" })
}

// EventuallyWith waits for a process with these arguments.
func (b *Box) EventuallyWith(args string) map[int]Process {
	b.T.Helper()
	var all map[int]Process
	Eventually(b.T, args, func() bool {
		all = b.Processes()
		for _, p := range all {
			if strings.Join(p.Args, " ") == args {
				return true
			}
		}
		return false
	})
	return all
}

// CountZombies is the number of zombies that the container has now.
func (b *Box) CountZombies() int { return len(b.zombies()) }
