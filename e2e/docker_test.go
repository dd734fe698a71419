//go:build e2e && linux

package e2e

import (
	"crypto/rand"
	"strconv"
	"strings"
	"testing"
	"time"
)

// random is a word that no other test has.
func random() string { return strings.ToLower(rand.Text()[:10]) }

// docker runs a docker command that has to succeed.
func docker(t testing.TB, args ...string) string {
	t.Helper()
	out, err := command("docker", args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// box is one container of a test, removed when the test ends.
type box struct {
	t        testing.TB
	name, id string
}

// run starts a container: options of docker run, and behind "--" the command.
// Without a network it starts sooner.
func run(t testing.TB, args ...string) *box {
	t.Helper()
	return makeBox(t, "run", append([]string{"-d", "--network", "none"}, args...))
}

// create makes a container and does not start it.
func create(t testing.TB, args ...string) *box {
	t.Helper()
	return makeBox(t, "create", args)
}

func makeBox(t testing.TB, verb string, args []string) *box {
	t.Helper()
	b := &box{t: t, name: "e2e-" + random()}
	options, words := args, []string{"sleep", "infinity"}
	for i, arg := range args {
		if arg == "--" {
			options, words = args[:i], args[i+1:]
			break
		}
	}
	t.Cleanup(func() { _, _ = command("docker", "rm", "-f", "-v", b.name) })
	line := append([]string{verb, "--name", b.name, "--label", label + "=" + t.Name()}, options...)
	b.id = docker(t, append(append(line, suite.image), words...)...)
	return b
}

// inspect is a field of docker inspect.
func (b *box) inspect(template string) string {
	b.t.Helper()
	return docker(b.t, "inspect", "--type", "container", "--format", template, b.id)
}

// pid is the host PID of the main process by the engine's word.
func (b *box) pid() int {
	b.t.Helper()
	n, err := strconv.Atoi(b.inspect("{{.State.Pid}}"))
	if err != nil || n == 0 {
		b.t.Fatalf("%s: State.Pid is %d, %v; its log:\n%s", b.name, n, err, docker(b.t, "logs", b.name))
	}
	return n
}

// sh runs a shell script in an exec session to its end.
func (b *box) sh(script string, options ...string) string {
	b.t.Helper()
	return docker(b.t, append(append([]string{"exec"}, options...), b.name, "sh", "-c", script)...)
}

// leave runs a script in an exec session whose shell ends at once, so that
// what it has started in the background is adopted by PID 1.
func (b *box) leave(script string, options ...string) {
	b.t.Helper()
	b.sh("("+script+") >/dev/null 2>&1 &", options...)
}

// start runs words in an exec session that stays and returns the host PID of
// its first process, as soon as it has its program.
func (b *box) start(options []string, words ...string) int {
	b.t.Helper()
	before := b.processes()
	docker(b.t, append(append(append([]string{"exec", "-d"}, options...), b.name), words...)...)
	var found int
	eventually(b.t, "the exec session "+strings.Join(words, " "), func() bool {
		now := b.processes()
		for pid, p := range now {
			_, known := before[pid]
			// A child looks like its parent until it has started its own program.
			_, child := now[p.ppid]
			if !known && !child && strings.Join(p.args, " ") == strings.Join(words, " ") {
				found = pid
			}
		}
		return found != 0
	})
	return found
}

// processes are those whose cgroup carries the container's ID.
func (b *box) processes() map[int]process {
	b.t.Helper()
	return processesOf(b.t, b.id)
}

// zombies waits until the container has as many zombies and returns them.
func (b *box) zombies(want int) map[int]process {
	b.t.Helper()
	var zombies map[int]process
	eventually(b.t, strconv.Itoa(want)+" zombies in "+b.name, func() bool {
		zombies = map[int]process{}
		for pid, p := range b.processes() {
			if p.state == "Z" && p.threads <= 1 {
				zombies[pid] = p
			}
		}
		return len(zombies) == want
	})
	return zombies
}

// deadline is how long a state may take to come about.
const deadline = 30 * time.Second

// eventually waits for a state by asking for it again and again.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(deadline); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("waited %s in vain for %s", deadline, what)
		}
	}
}
