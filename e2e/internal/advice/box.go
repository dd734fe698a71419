//go:build linux

package advice

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// grace is the --stop-timeout of all containers that have no other.
const grace = 4 * time.Second

// joinX stands for the container that another joins.
const joinX = "container:X"

// spec is how a container is made.
type spec struct {
	// options are options of docker run, and command follows the image.
	options, command []string
	// joined is the command of the container X that it joins, nil for none.
	joined []string
	// ready is a text in its log when it has started, and askedBy a text in the log of X. They
	// are "" if there is no such text.
	ready, askedBy string
	// then are docker commands that are run when it has settled. NAME is the container.
	then [][]string
}

// with is the same with further options. Of several options with one name the last one counts.
func (s spec) with(options ...string) spec {
	s.options = append(slices.Clone(s.options), options...)
	return s
}

func words(line string) spec { return spec{command: strings.Fields(line)} }

// sh is a script that is run by a shell, whose command has one or more words.
func sh(shell, script string) spec {
	return spec{command: append(strings.Fields(shell), "-c", script)}
}

// line is a command that starts the same by hand.
func (s spec) line(image string) string {
	quoted := []string{"docker", "run"}
	for _, word := range append(append(s.arguments(), image), s.command...) {
		quoted = append(quoted, realhost.Quote(word))
	}
	line := strings.Join(quoted, " ")
	if s.joined != nil {
		line += "   # X: " + strings.Join(s.joined, " ")
	}
	for _, command := range s.then {
		line += "   # then docker " + strings.Join(command, " ")
	}
	return line
}

func (s spec) arguments() []string {
	base := []string{"-d", "--stop-timeout", strconv.Itoa(int(grace.Seconds())), "--memory", "768m"}
	if !slices.Contains(s.options, "--network") {
		base = append(base, "--network", "none")
	}
	return append(base, s.options...)
}

// box is a container of a case.
type box struct {
	name, id string
	// pid is the host PID of its main process.
	pid int
}

// start makes a container and waits until it has settled.
func (r *Run) start(ctx context.Context, s spec) (*box, error) {
	var x *box
	if s.joined != nil {
		var err error
		if x, err = r.create(ctx, spec{command: s.joined}); err != nil {
			return nil, err
		}
		s = s.joining(x)
	}
	b, err := r.create(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := b.says(ctx, s.ready); err != nil {
		return nil, err
	}
	if x != nil {
		if err := x.says(ctx, s.askedBy); err != nil {
			return nil, err
		}
	}
	return b, r.afterwards(ctx, b, s)
}

func (s spec) joining(x *box) spec {
	s.options = slices.Clone(s.options)
	for i, option := range s.options {
		if option == joinX {
			s.options[i] = "container:" + x.name
		}
	}
	return s
}

// afterwards runs the commands for the settled container.
func (r *Run) afterwards(ctx context.Context, b *box, s spec) error {
	if err := b.settle(ctx); err != nil {
		return err
	}
	for _, command := range s.then {
		line := slices.Clone(command)
		for i := range line {
			line[i] = strings.ReplaceAll(line[i], "NAME", b.name)
		}
		if _, err := realhost.Docker(ctx, line...); err != nil {
			return err
		}
	}
	if s.then != nil {
		return b.settle(ctx)
	}
	return nil
}

// create runs a container.
func (r *Run) create(ctx context.Context, s spec) (*box, error) {
	b := r.newBox()
	line := append([]string{"run", "--name", b.name, "--label", r.Label + "=" + r.name}, s.arguments()...)
	var err error
	if b.id, err = realhost.Docker(ctx, append(append(line, r.Image), s.command...)...); err != nil {
		return nil, err
	}
	return b, b.refresh(ctx)
}

// newBox has a name before it starts, so that it is removed after a failed start too.
func (r *Run) newBox() *box {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	b := &box{name: fmt.Sprintf("cures-%s-%s%d", r.name, r.suffix, len(r.boxes)+1)}
	r.boxes = append(r.boxes, b)
	return b
}

// refresh finds its main process, which changes with a restart.
func (b *box) refresh(ctx context.Context) error {
	text, err := b.inspect(ctx, "{{.State.Pid}}")
	if err != nil {
		return err
	}
	b.pid, err = strconv.Atoi(text)
	return err
}

func (b *box) inspect(ctx context.Context, template string) (string, error) {
	return realhost.Docker(ctx, "inspect", "--type", "container", "--format", template, b.id)
}

// state is its status and exit code, such as "running 0". It is "" if the engine does not
// report them.
func (b *box) state(ctx context.Context) string {
	text, _ := b.inspect(ctx, "{{.State.Status}} {{.State.ExitCode}}")
	return text
}

// runs reports whether it runs according to the engine.
func (b *box) runs(ctx context.Context) bool { return strings.HasPrefix(b.state(ctx), "running") }

// log is what its processes have written to both streams.
func (b *box) log(ctx context.Context) string {
	text, _ := realhost.Command(ctx, nil, "sh", "-c", "docker logs "+b.id+" 2>&1")
	return text
}

// says waits until its log has the text.
func (b *box) says(ctx context.Context, text string) error {
	if text == "" || eventually(ctx, time.Minute, func() bool { return strings.Contains(b.log(ctx), text) }) {
		return nil
	}
	return fmt.Errorf("the log of %s has no %q (%s): %s", b.name, text, b.state(ctx), b.log(ctx))
}

func (b *box) settle(ctx context.Context) error {
	if err := realhost.Settle(ctx, b.id); err != nil {
		return err
	}
	if state := b.state(ctx); !strings.HasPrefix(state, "running") && !strings.HasPrefix(state, "paused") {
		return fmt.Errorf("%s has ended by itself (%s): %s", b.name, state, b.log(ctx))
	}
	return b.refresh(ctx)
}

// exec runs a command inside, as docker exec does.
func (b *box) exec(ctx context.Context, command ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err := realhost.Docker(ctx, append([]string{"exec", b.name}, command...)...)
	return err
}

// zombies are the host PIDs of its processes that have exited and are not reaped.
func (b *box) zombies() []int {
	var zombies []int
	for _, pid := range b.all() {
		if realhost.Keys(fmt.Sprintf("/proc/%d/status", pid))["State"] == "Z (zombie)" {
			zombies = append(zombies, pid)
		}
	}
	return zombies
}

// all are the host PIDs of its processes. The kernel moves a zombie to the root group only in
// some hierarchies, so zombies are found by their control groups too.
func (b *box) all() []int { return realhost.ProcessesOf(b.id) }

// shim is the host PID of its shim.
func (b *box) shim() int {
	pid, _ := strconv.Atoi(realhost.Keys(fmt.Sprintf("/proc/%d/status", b.pid))["PPid"])
	return pid
}

// remove removes the container, even if the engine cannot stop it.
func (b *box) remove() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, _ = realhost.Docker(ctx, "rm", "-f", "-v", b.name)
	if b.id == "" {
		return
	}
	for _, pid := range b.all() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// namespace is the kernel's name of a namespace of a process: "net:[4026531840]".
func namespace(pid int, kind string) string {
	link, _ := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "ns", kind))
	return link
}
