//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// outsideRow is a row of who about a process of no container.
type outsideRow struct {
	Role            string
	Container       *string
	ContainerID     *string
	EngineNamespace *string
	BuildStep       *string
	Proxy           *struct {
		HostPort, ContainerPort int
		Container, ContainerID  *string
	}
	Entered []struct {
		Namespace     string
		Containers    []string
		ContainerPIDs []int
	}
	Kept *struct {
		Namespaces             []string
		Container, ContainerID *string
		Removed                bool
	}
}

func whoOutside(t testing.TB, number int) outsideRow {
	t.Helper()
	return Decoded[outsideRow](t, Ask(t, "who", fmt.Sprint(number), "--format", "json"))[0]
}

// The kernel's own lines about a victim of its OOM killer name the container, even if another
// process has the victim's PID by now.
func TestWhoOfAVictim(t *testing.T) {
	t.Parallel()
	other := Run(t)
	b := Run(t, "--memory", "12m", "--memory-swap", "12m", "--", "sh", "-c", "a=x; while :; do a=$a$a$a; done")
	b.Ended()
	log, err := Command("dmesg")
	if err != nil {
		t.Skipf("the kernel log cannot be read: %v", err)
	}
	named := regexp.MustCompile(`(?m)^.*oom-kill:.*task_memcg=\S*` + b.ID + `\S*,task=sh,pid=(\d+),.*$`).FindStringSubmatch(log)
	if named == nil {
		t.Skip("the kernel log has no line about the victim")
	}
	again := regexp.MustCompile(`(?m)^.*Killed process ` + named[1] + ` \(sh\).*$`).FindString(log)
	main := fmt.Sprint(other.PID())
	used := strings.NewReplacer("pid="+named[1]+",", "pid="+main+",", "process "+named[1]+" ", "process "+main+" ")
	for what, lines := range map[string][]string{"as it is": {named[0], again}, "the number is another's": {used.Replace(named[0]), used.Replace(again)}} {
		column, a := whoLines(t, Call{}, strings.Join(lines, "\n")+"\n")
		if !slices.Equal(column, []string{b.Name, b.Name}) || a.Stderr != "" {
			t.Errorf("%s: want %s twice, got %q\n%s", what, b.Name, column, a)
		}
	}
	column, a := whoLines(t, Call{}, used.Replace(again)+"\n")
	if !slices.Equal(column, []string{"(ended)"}) {
		t.Errorf("by its number alone: %q", column)
	}
	a.WantOneError(t, "1 line reports the exit of a process by its PID alone")
	// A container's ID is known after it has exited, in full and as docker shows it.
	column, _ = whoLines(t, Call{}, fmt.Sprintf("msg=\"shim disconnected\" id=%s pid=%s\n%s\n", b.ID, main, b.ID[:12]))
	if !slices.Equal(column, []string{b.Name, b.Name}) {
		t.Errorf("Docker's own log: %q", column)
	}
}

// A docker-proxy is reported with its container, and found in the lines of netstat, ss and lsof.
func TestWhoOfAPort(t *testing.T) {
	t.Parallel()
	b := MakeBox(t, "run", []string{"-d", "-p", "127.0.0.1::80"})
	_, port, _ := strings.Cut(Docker(t, "port", b.Name, "80/tcp"), ":")
	proxies := Mentioning(t, "docker-proxy", "-host-port "+port+" ")
	if len(proxies) != 1 {
		t.Skipf("the engine has no docker-proxy for port %s", port)
	}
	r := whoOutside(t, proxies[0])
	if r.Role != "docker-proxy" || r.Container != nil || r.Proxy == nil || r.Proxy.HostPort != Atoi(port) || r.Proxy.ContainerPort != 80 || Value(r.Proxy.Container) != b.Name || Value(r.Proxy.ContainerID) != b.ID {
		t.Errorf("of %s: %+v", b.Name, r)
	}
	Ask(t, "who", fmt.Sprint(proxies[0])).Want(t, fmt.Sprintf("(forwards port %s/tcp to port 80 of %s)", port, b.Name))
	for _, words := range [][]string{{"netstat", "-tlnp"}, {"ss", "-tlnp"}, {"lsof", "-nP", "-iTCP:" + port}} {
		if _, err := exec.LookPath(words[0]); err != nil {
			t.Logf("%s is not installed", words[0])
			continue
		}
		output, err := Command(words[0], words[1:]...)
		if err != nil {
			t.Fatal(err)
		}
		for _, input := range []string{output, grep(output, ":"+port)} {
			column, a := whoLines(t, Call{}, input+"\n")
			if !slices.Contains(column, "->"+b.Name) {
				t.Errorf("%q: nothing of %s\n%s", words, b.Name, a)
			}
		}
	}
}

func grep(text, part string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return !strings.Contains(line, part) }), "\n")
}

// who reports a process that entered a container's namespaces, and the tree shows it if it
// entered the PID namespace. A snapshot has the same.
func TestWhoHasEntered(t *testing.T) {
	t.Parallel()
	b := Run(t)
	joiner := Run(t, "--pid", "container:"+b.Name)
	main := fmt.Sprint(b.PID())
	net := stays(t, "nsenter", "-t", main, "-n", "sleep", "6661")
	parent := stays(t, "nsenter", "-t", main, "-p", "-n", "sleep", "6662")
	var inside Process
	Eventually(t, "nsenter to start its program", func() bool {
		for _, pid := range AllPIDs(t) {
			if p, ok := ReadProcess(pid); ok && p.PPID == parent && strings.Join(p.Args, " ") == "sleep 6662" {
				inside = p
			}
		}
		p, _ := ReadProcess(net)
		return inside.PID != 0 && strings.Join(p.Args, " ") == "sleep 6661"
	})
	t.Cleanup(func() { Kill(inside.PID) })
	in := func(number int) string {
		r := whoOutside(t, number)
		text := r.Role
		for _, e := range r.Entered {
			text += fmt.Sprint(" ", e.Namespace, e.Containers, e.ContainerPIDs)
		}
		return text
	}
	both := []string{b.Name, joiner.Name}
	slices.Sort(both)
	if got, want := in(net), fmt.Sprint("host net", []string{b.Name}, []int{}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := in(inside.PID), fmt.Sprint("host pid", both, inside.Inside[1:], " net", []string{b.Name}, []int{}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := in(os.Getpid()); got != "host" {
		t.Errorf("this program: %s", got)
	}
	path := snapshotNow(t)
	for _, args := range [][]string{{b.Name}, {b.Name, joiner.Name}, {}, {b.Name, "--from", path}} {
		var drawn []Row
		for _, r := range AskRows(t, append([]string{"tree"}, args...)...) {
			if r.HostPID == inside.PID {
				drawn = append(drawn, r)
			}
		}
		if len(drawn) != 1 || drawn[0].Role != "entered" || drawn[0].Container != b.Name || Value(drawn[0].ContainerPID) != inside.Inside[1] {
			t.Errorf("tree %q: %v", args, drawn)
		}
	}
	for _, args := range [][]string{{"who", fmt.Sprint(net), fmt.Sprint(inside.PID)}} {
		live, saved := Ask(t, args...), Ask(t, append(args, "--from", path)...)
		if live.Stdout != saved.Stdout {
			t.Errorf("not the same\n%s\n%s", live, saved)
		}
	}
	user := Call{Through: append(nobody(t), "docker", "pidns")}
	user.Run(t, "who", fmt.Sprint(inside.PID)).WantStatus(t, 0).Want(t, "only root can identify")
}

// The mounts of a process show that it keeps the mount namespace of a container that has exited.
// A service's own namespaces belong to no container. A process that entered a running container
// keeps nothing.
func TestWhoKeeps(t *testing.T) {
	t.Parallel()
	b := Run(t)
	main := fmt.Sprint(b.PID())
	entered := stays(t, "nsenter", "-t", main, "-m", "-n", "sleep", "6663")
	mounts, net := stays(t, "unshare", "-m", "sleep", "6664"), stays(t, "unshare", "-n", "sleep", "6665")
	for _, pid := range []int{entered, mounts, net} {
		Eventually(t, "its program to be started", func() bool { p, _ := ReadProcess(pid); return p.Comm == "sleep" })
	}
	kept := func(pid int) string {
		k := whoOutside(t, pid).Kept
		if k == nil {
			return "nothing"
		}
		return fmt.Sprintf("%v %v %v %t", k.Namespaces, Value(k.Container), Value(k.ContainerID), k.Removed)
	}
	// While a container of another test starts, nothing can be determined for a moment.
	want := func(when string, pid int, want string) {
		Eventually(t, when+": "+want, func() bool { return kept(pid) == want })
	}
	want("it lives", entered, "nothing")
	want("a mount namespace of its own", mounts, "nothing")
	want("a net namespace of its own", net, "[net] <nil> <nil> false")
	Docker(t, "restart", "-t", "0", b.Name)
	want("restarted", entered, fmt.Sprint("[mnt net] ", b.Name, " ", b.ID, " false"))
	Docker(t, "stop", "-t", "0", b.Name)
	want("stopped", entered, fmt.Sprint("[mnt net] ", b.Name, " ", b.ID, " false"))
	Docker(t, "rm", b.Name)
	want("removed", entered, fmt.Sprint("[mnt net] <nil> ", b.ID, " true"))
	Eventually(t, "the same to be said in words", func() bool {
		return strings.Contains(Ask(t, "who", fmt.Sprint(entered)).Stdout, "in the mnt namespace of container "+b.ID[:12]+", which was removed")
	})
}

// A step of docker build is recognised by its control group.
func TestWhoOfABuildStep(t *testing.T) {
	t.Parallel()
	step := strings.ToLower(strings.Repeat(Random(), 3))[:25]
	pid := inGroup(t, "e2e-"+Random()+"/buildkit/"+step)
	if r := whoOutside(t, pid); r.Role != "build-step" || Value(r.BuildStep) != step {
		t.Errorf("of step %s: %+v", step, r)
	}
	if column, _ := whoLines(t, Call{}, fmt.Sprintln(pid)); !slices.Equal(column, []string{"(build)"}) {
		t.Errorf("lines: %q", column)
	}
}

// A container of containerd's own client has a name of any form, in a namespace.
func TestWhoOfContainerd(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"containerd", "ctr"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	dir := ShortDir(t)
	config := fmt.Sprintf("version = 2\nroot = %q\nstate = %q\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\naddress = %q\n",
		filepath.Join(dir, "root"), filepath.Join(dir, "state"), filepath.Join(dir, "c.sock"))
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "fs", "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Command("cp", Suite.Busybox, filepath.Join(dir, "fs/bin/sleep")); err != nil {
		t.Fatal(err)
	}
	namespace := "e2e-" + Random()
	t.Cleanup(func() { // containerd leaves it, empty, in each hierarchy
		one, _ := filepath.Glob("/sys/fs/cgroup/" + namespace)
		each, _ := filepath.Glob("/sys/fs/cgroup/*/" + namespace)
		for _, dir := range append(one, each...) {
			until := time.Now().Add(2 * time.Second) // runc removes those below
			for os.Remove(dir) != nil && time.Now().Before(until) {
				time.Sleep(50 * time.Millisecond)
			}
		}
	})
	stays(t, "containerd", "--config", filepath.Join(dir, "config.toml"))
	ctr := func(args ...string) (string, error) {
		return Command("ctr", append([]string{"-a", filepath.Join(dir, "c.sock"), "-n", namespace}, args...)...)
	}
	Eventually(t, "containerd to answer", func() bool { _, err := ctr("version"); return err == nil })
	name := "e2e-" + Random()
	if _, err := ctr("run", "-d", "--rootfs", filepath.Join(dir, "fs"), name, "/bin/sleep", "6663"); err != nil {
		t.Skipf("containerd runs no container here: %v", err)
	}
	t.Cleanup(func() {
		_, _ = ctr("task", "kill", "-s", "KILL", name)
		time.Sleep(time.Second)
		_, _ = ctr("task", "rm", "-f", name)
		_, _ = ctr("container", "rm", name)
	})
	shims := Mentioning(t, "containerd-shim", "-id "+name+" ")
	if len(shims) != 1 {
		t.Fatalf("the shims of %s: %v", name, shims)
	}
	numbers := shims
	for _, pid := range AllPIDs(t) {
		if p, ok := ReadProcess(pid); ok && p.PPID == shims[0] {
			numbers = append(numbers, pid)
		}
	}
	if len(numbers) != 2 {
		t.Fatalf("the processes of %s: %v", name, numbers)
	}
	for _, number := range numbers {
		if r := whoOutside(t, number); r.Role != "other-engine" || Value(r.ContainerID) != name || Value(r.EngineNamespace) != namespace {
			t.Errorf("of %s: %+v", name, r)
		}
		Ask(t, "who", fmt.Sprint(number)).Want(t, name+"?", "containerd namespace "+namespace)
	}
}
