//go:build e2e && linux

package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/flags"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
	"github.com/docker-pidns/docker-pidns/plugin/engine"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// echoProgram stands for the helper: it answers each line with the line, and knows some words.
const echoProgram = `package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

func main() {
	proc := "/proc"
	if len(os.Args) > 2 && os.Args[1] == "--proc" {
		proc = os.Args[2]
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		switch word, rest, _ := strings.Cut(lines.Text(), " "); word {
		case "read":
			data, err := os.ReadFile(proc + "/" + rest)
			fmt.Printf("%q %v\n", data, err)
		case "link":
			to, err := os.Readlink(proc + "/" + rest)
			fmt.Println(to, err)
		case "write":
			fmt.Println(os.WriteFile(rest, nil, 0o600))
		case "args":
			fmt.Println(os.Args[1:])
		case "fail":
			fmt.Fprintln(os.Stderr, "first")
			fmt.Fprintln(os.Stderr, rest)
			os.Exit(3)
		default:
			fmt.Println(lines.Text())
		}
	}
}
`

// echoBinary is the program, built for this host.
var echoBinary = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file, binary := filepath.Join(dir, "echo.go"), filepath.Join(dir, "echo")
	if err := os.WriteFile(file, []byte(echoProgram), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", binary, file)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	return os.ReadFile(binary)
})

// anEcho is the program with a word behind what is loaded of it, so that each test has an image
// of its own.
func anEcho(t testing.TB) engine.HelperProgram {
	t.Helper()
	binary, err := echoBinary()
	if err != nil {
		t.Fatal(err)
	}
	data := append(bytes.Clone(binary), Random()...)
	sum := sha256.Sum256(data)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err = w.Write(data)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return engine.HelperProgram{Gzip: packed.Bytes(), Digest: hex.EncodeToString(sum[:]), Architecture: runtime.GOARCH}
}

// helperOf is what starts helpers on one engine.
type helperOf struct {
	t       testing.TB
	host    string
	client  *engine.Client
	program engine.HelperProgram
}

// helperAt prepares it, and removes the image when the test ends.
func helperAt(t testing.TB, host string) *helperOf {
	t.Helper()
	o := &helperOf{t: t, host: host, program: anEcho(t)}
	var err error
	if o.client, err = connectTo(host); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = Command("docker", "--host", host, "image", "rm", "-f", o.tag()) })
	return o
}

// tag is the name of the image.
func (o *helperOf) tag() string { return "docker-pidns-helper:" + o.program.Digest[:12] }

func connectTo(host string) (*engine.Client, error) {
	cli, err := command.NewDockerCli()
	if err != nil {
		return nil, err
	}
	options := flags.NewClientOptions()
	options.Hosts = []string{host}
	if err := cli.Initialize(options); err != nil {
		return nil, err
	}
	return engine.Connect(cli, "", 20*time.Second)
}

func (o *helperOf) start(ctx context.Context, options engine.HelperOptions) (*engine.Helper, error) {
	return o.client.StartHelper(ctx, func(architecture string) (engine.HelperProgram, error) {
		if architecture != o.program.Architecture {
			return engine.HelperProgram{}, fmt.Errorf("the engine is %s, and the test %s", architecture, o.program.Architecture)
		}
		return o.program, nil
	}, options)
}

// started starts one that has to run.
func (o *helperOf) started(options engine.HelperOptions) *talk {
	o.t.Helper()
	h, err := o.start(context.Background(), options)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = h.Close() })
	return &talk{Helper: h, of: o, lines: bufio.NewReader(h)}
}

// talk is a helper that answers line by line.
type talk struct {
	*engine.Helper
	of    *helperOf
	lines *bufio.Reader
}

func (s *talk) ask(line string) (string, error) {
	if _, err := io.WriteString(s, line+"\n"); err != nil {
		return "", err
	}
	answer, err := s.lines.ReadString('\n')
	return strings.TrimSuffix(answer, "\n"), err
}

// want asks, and compares the answer.
func (s *talk) want(line, want string) {
	s.of.t.Helper()
	if got, err := s.ask(line); err != nil || got != want {
		s.of.t.Errorf("asked %q, got %q, %v, want %q", line, got, err, want)
	}
}

// gone waits until the container is not there.
func (s *talk) gone() {
	s.of.t.Helper()
	Eventually(s.of.t, "the helper's container to be gone", func() bool {
		_, err := Command("docker", "--host", s.of.host, "container", "inspect", s.ID)
		return err != nil
	})
}

// inspect is what the engine says of the container.
func (s *talk) inspect(format string) string {
	s.of.t.Helper()
	return Docker(s.of.t, "--host", s.of.host, "container", "inspect", "--format", format, s.ID)
}

// closed closes it, after which nothing may be left.
func (s *talk) closed() {
	s.of.t.Helper()
	if err := s.Close(); err != nil {
		s.of.t.Error(err)
	}
	s.gone()
}

// The helper reads what root reads of other containers' processes, writes nothing, and has no
// more rights than that takes. Nothing of it stays but the image.
func TestHelperContainer(t *testing.T) {
	t.Parallel()
	o := helperAt(t, Suite.Endpoint)
	b := Run(t, "--user", "33")
	var announced []engine.HelperRun
	s := o.started(engine.HelperOptions{Version: "e2e", Arguments: []string{"one", "two words"}, Announce: func(r engine.HelperRun) { announced = append(announced, r) }})
	if len(announced) != 1 || !announced[0].Imported || !announced[0].SharesPIDs || announced[0].Image != o.tag() {
		t.Errorf("announced %+v", announced)
	}
	s.want("hello", "hello")
	s.want(strings.Repeat("x", 500_000), strings.Repeat("x", 500_000))
	s.want("args", "[one two words]")
	s.want("link self", strconv.Itoa(s.HostPID)+" <nil>")
	pid := strconv.Itoa(b.PID())
	for _, ns := range []string{"pid", "mnt", "net"} {
		link, err := os.Readlink("/proc/" + pid + "/ns/" + ns)
		if err != nil {
			t.Fatal(err)
		}
		s.want("link "+pid+"/ns/"+ns, link+" <nil>")
	}
	for _, file := range []string{"cgroup", "cmdline", "maps"} {
		data, err := os.ReadFile("/proc/" + pid + "/" + file)
		if err != nil {
			t.Fatal(err)
		}
		s.want("read "+pid+"/"+file, fmt.Sprintf("%q <nil>", data))
	}
	for _, path := range []string{"/x", "/proc/sys/kernel/core_pattern", "/proc/self/oom_score_adj"} {
		if got, err := s.ask("write " + path); err != nil || got == "<nil>" {
			t.Errorf("writing %s comes to %q, %v", path, got, err)
		}
	}
	status, err := s.ask("read self/status")
	for _, want := range []string{`\nCapEff:\t0000000000080000\n`, `\nCapBnd:\t0000000000080000\n`, `\nNoNewPrivs:\t1\n`, `\nSeccomp:\t2\n`, `\nUid:\t0\t0\t0\t0\n`} {
		if err != nil || !strings.Contains(status, want) {
			t.Errorf("%s is not in %s, %v", want, status, err)
		}
	}
	if got := s.inspect("{{.HostConfig.AutoRemove}} {{.HostConfig.LogConfig.Type}} {{.HostConfig.NetworkMode}} {{.State.Pid}}"); got != fmt.Sprintf("true none none %d", s.HostPID) {
		t.Errorf("the engine says %q", got)
	}
	s.closed()
	if err := s.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}

	s = o.started(engine.HelperOptions{Announce: func(r engine.HelperRun) { announced = append(announced, r) }})
	if len(announced) != 2 || announced[1].Imported {
		t.Errorf("the image was not kept: %+v", announced)
	}
	s.want("hello", "hello")
	s.closed()
}

// The end of the context ends the helper at once, at whichever moment.
func TestHelperContainerIsInterrupted(t *testing.T) {
	t.Parallel()
	o := helperAt(t, Suite.Endpoint)
	ctx, cancel := context.WithCancel(t.Context())
	h, err := o.start(ctx, engine.HelperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := &talk{Helper: h, of: o, lines: bufio.NewReader(h)}
	s.want("hello", "hello")
	cancel()
	// An answer that was under way may still come.
	for begun := time.Now(); err == nil && time.Since(begun) < Deadline; {
		_, err = s.ask("more")
	}
	if !errors.Is(err, context.Canceled) && !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	s.gone()

	// While it is started, at moments that lie in each step.
	var names []string
	for wait := time.Duration(0); wait < 400*time.Millisecond; wait += 40 * time.Millisecond {
		ctx, cancel := context.WithCancel(t.Context())
		h, err := o.start(ctx, engine.HelperOptions{Announce: func(r engine.HelperRun) {
			names = append(names, nameIn(r))
			time.AfterFunc(wait, cancel)
		}})
		if err == nil {
			cancel()
			_ = h.Close()
		}
		cancel()
	}
	for _, name := range names {
		(&talk{Helper: &engine.Helper{ID: name}, of: o}).gone()
	}
	if len(names) != 10 {
		t.Errorf("%d were announced", len(names))
	}
}

// nameIn is the container's name in the command that is shown.
func nameIn(r engine.HelperRun) string {
	for i, word := range r.Words {
		if word == "--name" {
			return r.Words[i+1]
		}
	}
	return ""
}

// holding is set in the environment of a process that holds a helper until it is killed.
const holding = "DOCKER_PIDNS_E2E_HOLDS"

// held is what that process is told.
type held struct {
	Host    string
	Program engine.HelperProgram
}

func init() {
	if file := os.Getenv(holding); file != "" {
		fmt.Println(holdHelper(file))
		os.Exit(1)
	}
}

// holdHelper starts a helper, says its ID, and waits.
func holdHelper(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var h held
	if err := json.Unmarshal(data, &h); err != nil {
		return err
	}
	client, err := connectTo(h.Host)
	if err != nil {
		return err
	}
	helper, err := client.StartHelper(context.Background(), func(string) (engine.HelperProgram, error) { return h.Program, nil }, engine.HelperOptions{})
	if err != nil {
		return err
	}
	fmt.Println("holds", helper.ID)
	_, err = io.Copy(io.Discard, helper)
	return err
}

// holder starts a process that holds a helper. What it says is to be read.
func (o *helperOf) holder() (*exec.Cmd, *bufio.Reader) {
	o.t.Helper()
	data, err := json.Marshal(held{o.host, o.program})
	if err != nil {
		o.t.Fatal(err)
	}
	file := filepath.Join(o.t.TempDir(), "held.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		o.t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holding+"="+file)
	out, err := cmd.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, bufio.NewReader(out)
}

// A plugin that is killed leaves no container: the program's input ends.
func TestHelperContainerOfAKilledPlugin(t *testing.T) {
	t.Parallel()
	o := helperAt(t, Suite.Endpoint)
	cmd, says := o.holder()
	line, err := says.ReadString('\n')
	id, ok := strings.CutPrefix(strings.TrimSpace(line), "holds ")
	if err != nil || !ok {
		t.Fatalf("got %q, %v", line, err)
	}
	if got := Docker(t, "container", "inspect", "--format", "{{.State.Running}}", id); got != "true" {
		t.Errorf("before the kill, running is %s", got)
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait()
	(&talk{Helper: &engine.Helper{ID: id}, of: o}).gone()
}

// One that is killed while it starts the helper may leave a container that was created and not
// started, which a later run removes. It leaves none that runs.
func TestHelperContainerOfAPluginKilledEarly(t *testing.T) {
	t.Parallel()
	o := helperAt(t, Suite.Endpoint)
	o.started(engine.HelperOptions{}).closed()
	list := func(filters ...string) []string {
		words := []string{"ps", "-q", "--all", "--filter", "label=" + engine.LabelHelper, "--filter", "ancestor=" + o.tag()}
		return strings.Fields(Docker(t, append(words, filters...)...))
	}
	for wait := 50 * time.Millisecond; wait < 500*time.Millisecond; wait += 50 * time.Millisecond {
		cmd, _ := o.holder()
		time.Sleep(wait)
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait()
	}
	notStarted := []string{"--filter", "status=created"}
	Eventually(t, "no other helper than those that were not started", func() bool { return len(list()) == len(list(notStarted...)) })
	left := list()
	for _, id := range left {
		_, _ = Command("docker", "rm", "-f", id)
	}
	t.Logf("%d were left that had not been started", len(left))
	o.started(engine.HelperOptions{}).closed()
}

// An image that is removed before the container is created is imported once more.
func TestHelperContainerWhoseImageIsRemoved(t *testing.T) {
	t.Parallel()
	o := helperAt(t, Suite.Endpoint)
	o.started(engine.HelperOptions{}).closed()
	imported := []bool{}
	s := o.started(engine.HelperOptions{Announce: func(r engine.HelperRun) {
		if imported = append(imported, r.Imported); len(imported) == 1 {
			Docker(t, "image", "rm", "-f", r.Image)
		}
	}})
	s.want("hello", "hello")
	s.closed()
	if fmt.Sprint(imported) != "[false true]" {
		t.Errorf("imported: %v", imported)
	}
	// With another image under its tag.
	Docker(t, "image", "tag", Suite.Image, o.tag())
	s = o.started(engine.HelperOptions{})
	s.want("hello", "hello")
	s.closed()
}

// Several at once do not disturb each other, even where all have to import the image.
func TestHelperContainersAtOnce(t *testing.T) {
	t.Parallel()
	o := helperAt(t, Suite.Endpoint)
	var all sync.WaitGroup
	sessions := make([]*talk, 4)
	for i := range sessions {
		all.Go(func() {
			h, err := o.start(context.Background(), engine.HelperOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			s := &talk{Helper: h, of: o, lines: bufio.NewReader(h)}
			sessions[i] = s
			for j := range 50 {
				s.want(fmt.Sprint(i, j), fmt.Sprint(i, j))
			}
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, s := range sessions {
		if s != nil {
			s.gone()
		}
	}
	// One that ran kept its image without a tag, which the next import removes.
	Docker(t, "image", "rm", "-f", o.tag())
	o.started(engine.HelperOptions{}).closed()
	if got := Docker(t, "image", "ls", "-q", "--filter", "dangling=true", "--filter", "label=docker-pidns.helper.image="+o.program.Digest); got != "" {
		t.Errorf("images without a tag are left: %q", got)
	}
}

// A helper that ends by itself, or by others, says how, and the next one runs.
func TestHelperContainerEndsTooEarly(t *testing.T) {
	t.Parallel()
	o := helperAt(t, Suite.Endpoint)
	for name, test := range map[string]struct {
		end    func(*talk)
		status int
		says   string
	}{
		"it fails":   {func(s *talk) { _, _ = io.WriteString(s, "fail cannot read\n") }, 3, "it has exited with status 3: cannot read;"},
		"is killed":  {func(s *talk) { Docker(t, "kill", s.ID) }, 137, "it has exited with status 137;"},
		"is removed": {func(s *talk) { Docker(t, "rm", "-f", s.ID) }, 137, "it has exited with status 137;"},
	} {
		s := o.started(engine.HelperOptions{})
		s.want("hello", "hello")
		test.end(s)
		_, err := io.Copy(io.Discard, s)
		var failed *source.HelperError
		if !errors.As(err, &failed) || failed.Obstacle != source.HelperExited || failed.Status != test.status || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v", name, err)
		}
		s.closed()
	}
}

// CAP_BPF and CAP_PERFMON are given only if they are asked for, by an engine that knows them.
func TestHelperContainerWithBPF(t *testing.T) {
	t.Parallel()
	o := helperAt(t, Suite.Endpoint)
	h, err := o.start(t.Context(), engine.HelperOptions{BPF: true})
	if err != nil {
		var failed *source.HelperError
		if !errors.As(err, &failed) || failed.Obstacle != source.HelperRefused || !strings.Contains(err.Error(), "CAP_BPF") || !strings.Contains(err.Error(), "leave out --collector bpf") {
			t.Errorf("got %v", err)
		}
		return
	}
	s := &talk{Helper: h, of: o, lines: bufio.NewReader(h)}
	status, err := s.ask("read self/status")
	if err != nil || !strings.Contains(status, `\nCapEff:\t000000c000080000\n`) {
		t.Errorf("got %s, %v", status, err)
	}
	s.closed()
}

// Files that only a process's own user may open take one capability more.
func TestHelperContainerOfOtherUsers(t *testing.T) {
	t.Parallel()
	o := helperAt(t, Suite.Endpoint)
	pid := strconv.Itoa(Run(t, "--user", "33").PID())
	for others, want := range map[bool]string{false: "permission denied", true: " <nil>"} {
		s := o.started(engine.HelperOptions{OtherUsers: others})
		if got, err := s.ask("read " + pid + "/syscall"); err != nil || !strings.HasSuffix(got, want) {
			t.Errorf("%v: got %s, %v", others, got, err)
		}
		s.closed()
	}
}

// A rootless engine refuses its PID namespace, or gives it. The helper runs both ways, and is
// removed as everything of it.
func TestHelperContainerOfARootlessEngine(t *testing.T) {
	t.Parallel()
	e, _ := StartRootlessEngine(t)
	everywhere(t, helperAt(t, e.Host), e)
}

// An engine that remaps users gives the helper the host's.
func TestHelperContainerWithUsernsRemap(t *testing.T) {
	t.Parallel()
	ids := filepath.Join(t.TempDir(), "ids")
	if err := os.WriteFile(ids, []byte("nobody:100000:65536\nnogroup:100000:65536\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// A file of its own over /etc/subuid would not do: where useradd(8) of another test renames a
	// file to that name, the kernel takes away what is mounted there. Its lock files may go meanwhile.
	mounts := fmt.Sprintf("{ cp -a /etc %[1]s 2>/dev/null || [ -f %[1]s/etc/group ]; } && mount --bind %[1]s/etc /etc && cp %[2]s /etc/subuid && cp %[2]s /etc/subgid", t.TempDir(), ids)
	other := startDaemon(t, nil, mounts, "--userns-remap", "nobody:nogroup")
	if got, err := os.ReadFile("/proc/" + other.hostPID + "/uid_map"); err != nil || !strings.Contains(string(got), "100000") {
		t.Fatalf("users are not remapped: %q, %v", got, err)
	}
	everywhere(t, helperAt(t, other.host), Engine{T: t, Host: other.host})
}

// podman answers the same requests.
func TestHelperContainerOfPodman(t *testing.T) {
	t.Parallel()
	e := startPodman(t)
	everywhere(t, helperAt(t, e.Host), e)
}

// Over ssh the stream is one more connection of the same kind. The command that stands for ssh
// here runs what it is told to run on the other host, on this one.
func TestHelperContainerOverSSH(t *testing.T) {
	dir := t.TempDir()
	calls := filepath.Join(dir, "calls")
	docker, err := exec.LookPath("docker")
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\necho x >>%s\nexec env DOCKER_HOST=%s %s system dial-stdio\n", calls, Suite.Endpoint, docker)
	if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	o := helperAt(t, "ssh://me@elsewhere.invalid")
	begun := time.Now()
	h, err := o.start(t.Context(), engine.HelperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := &talk{Helper: h, of: o, lines: bufio.NewReader(h)}
	s.want("hello", "hello")
	s.want(strings.Repeat("x", 500_000), strings.Repeat("x", 500_000))
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	made, err := os.ReadFile(calls)
	if n := strings.Count(string(made), "x"); err != nil || n > 3 {
		t.Errorf("%d connections, %v", n, err)
	}
	t.Logf("%d connections, %s", strings.Count(string(made), "x"), time.Since(begun))
	s.gone()
}

// An engine that ends cuts the stream. What may be left of the container is said.
func TestHelperContainerWhoseEngineEnds(t *testing.T) {
	t.Parallel()
	other := startDaemon(t, inOwnPIDNamespace, "true")
	o := helperAt(t, other.host)
	s := o.started(engine.HelperOptions{})
	s.want("hello", "hello")
	s.want("link self", strconv.Itoa(s.HostPID)+" <nil>")
	for _, pid := range Mentioning(t, "dockerd", other.host) {
		Kill(pid)
	}
	_, err := s.ask("more")
	if err == nil {
		_, err = io.Copy(io.Discard, s)
	}
	if errors.Is(err, syscall.EPIPE) {
		_, err = s.Read(make([]byte, 1))
	}
	var failed *source.HelperError
	if !errors.As(err, &failed) || failed.Obstacle != source.HelperCut || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "docker rm -f "+s.ID) {
		t.Errorf("closed: %v", err)
	}
}

// everywhere is what has to work with every engine, which is the test's own.
func everywhere(t *testing.T, o *helperOf, e Engine) {
	t.Helper()
	var announced []engine.HelperRun
	announce := func(r engine.HelperRun) { announced = append(announced, r) }
	s := o.started(engine.HelperOptions{Announce: announce})
	s.want("hello", "hello")
	t.Logf("shares PIDs: %v, PID %d, after %d tries: %s", announced[len(announced)-1].SharesPIDs, s.HostPID, len(announced), engine.HelperCommandLine(announced[len(announced)-1].Words))
	s.want("link self", strconv.Itoa(s.HostPID)+" <nil>")
	other := e.Run("seen-"+Random(), "--network", "none", "--", "sleep", "infinity")
	pid := strconv.Itoa(e.PIDOf(other))
	for _, ns := range []string{"pid", "mnt", "user"} { // which takes the right to trace it
		link, err := os.Readlink("/proc/" + pid + "/ns/" + ns)
		if err != nil {
			t.Fatal(err)
		}
		s.want("link "+pid+"/ns/"+ns, link+" <nil>")
	}
	_, _ = io.WriteString(s, "fail because\n")
	_, err := io.Copy(io.Discard, s)
	var failed *source.HelperError
	if !errors.As(err, &failed) || failed.Obstacle != source.HelperExited || !strings.Contains(err.Error(), "because") {
		t.Errorf("got %v", err)
	}
	s.closed()
	s = o.started(engine.HelperOptions{Announce: announce})
	if announced[len(announced)-1].Imported {
		t.Error("the image was not kept")
	}
	s.want("hello", "hello")
	removed, err := o.client.RemoveHelper(t.Context())
	if err != nil || len(removed.Containers) != 1 || len(removed.Running) != 1 || len(removed.Images) != 1 {
		t.Errorf("removed %+v, %v", removed, err)
	}
	s.gone()
	_ = s.Close()
	if got := e.Docker("image", "ls", "-q", "--filter", "label=docker-pidns.helper.image"); got != "" {
		t.Errorf("images are left: %q", got)
	}
}
