//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// Tasks of a reader who has only --help: the first command is in the examples of a help text,
// and every further one is in what the program has written. All are typed literally, and the
// result is checked on the engine.

// ---- what the reader has ----

// fromHelp is an example in a command's help, with the reader's own words in place of the
// example's. The help of docker pidns must list the command.
func fromHelp(t *testing.T, command, example string, ownWords ...string) string {
	t.Helper()
	Ask(t, "--help").Want(t, "\n  "+command+" ")
	examples := strings.Split(Ask(t, command, "--help").Stdout, "\n")
	if !slices.Contains(examples, "  "+example) {
		t.Fatalf("the help of %s has no example %q:\n%s", command, example, strings.Join(examples, "\n"))
	}
	return strings.NewReplacer(ownWords...).Replace(example)
}

// wantInHelp checks that the help lists the command of a line that the program has written, and
// describes its options.
func wantInHelp(t *testing.T, line string) {
	t.Helper()
	words := strings.Fields(line)
	at := slices.IndexFunc(words, func(word string) bool { return word == "pidns" || strings.HasSuffix(word, "/docker-pidns") })
	if at < 0 {
		return
	}
	Ask(t, "--help").Want(t, "\n  "+words[at+1]+" ")
	help := Ask(t, words[at+1], "--help")
	for _, word := range words[at+1:] {
		if strings.HasPrefix(word, "-") && word != "-" {
			help.Want(t, word+" ")
		}
	}
}

// typed is the result of a line that root types to a shell.
func typed(t *testing.T, line string) Answer {
	t.Helper()
	return Call{Through: []string{"sh", "-c"}}.Run(t, line)
}

// lineToType is a line with a command to type and, after three blanks, what it does.
var lineToType = regexp.MustCompile(`(?m)(?:^| )(Fix now|Next|Check): (\S.*?)(?:   \(.*)?$`)

// toldLines are the commands that an answer has after these words, each once.
func toldLines(a Answer, words ...string) []string {
	var list []string
	for _, match := range lineToType.FindAllStringSubmatch(a.Stdout, -1) {
		if slices.Contains(words, match[1]) && !slices.Contains(list, match[2]) {
			list = append(list, match[2])
		}
	}
	return list
}

// toldOnce is the one command that an answer has after this word.
func toldOnce(t *testing.T, a Answer, word string) string {
	t.Helper()
	list := toldLines(a, word)
	if len(list) != 1 {
		t.Fatalf("%d lines %q, want 1\n%s", len(list), word, a)
	}
	wantInHelp(t, list[0])
	return list[0]
}

// recreateLine is a fix that needs other options of docker run.
var recreateLine = regexp.MustCompile(`(?m)(?:^| )Fix: recreate the container with (--[^,.(]*?)(?:$|[,.]| \(compose: )`)

// toldOptions are the options with which an answer says to recreate a container.
func toldOptions(t *testing.T, a Answer) string {
	t.Helper()
	match := recreateLine.FindStringSubmatch(a.Stdout)
	if match == nil {
		t.Fatalf("no options to recreate the container with\n%s", a)
	}
	return match[1]
}

// recreated is the container created again with its name and further options, as they were
// written.
func recreated(t *testing.T, b *Box, options string, words ...string) *Box {
	t.Helper()
	Docker(t, "rm", "-f", b.Name)
	script := fmt.Sprintf(`exec docker run -d --name %s --label %s=%s %s "$@"`, b.Name, Label, t.Name(), options)
	id, err := Command("sh", append([]string{"-c", script, "sh", Suite.Image}, words...)...)
	if err != nil {
		t.Fatal(err)
	}
	return &Box{T: t, Name: b.Name, ID: id}
}

// ofAge waits until the container is so old that its handlers count as installed.
func ofAge(b *Box) {
	b.T.Helper()
	started, err := time.Parse(time.RFC3339Nano, b.Inspect("{{.State.StartedAt}}"))
	if err != nil {
		b.T.Fatal(err)
	}
	time.Sleep(time.Until(started.Add(1500 * time.Millisecond)))
}

// ordinaryHome is the home of an ordinary user with the plugin in it, and what runs a command as
// that user.
func ordinaryHome(t *testing.T) (home string, as []string) {
	t.Helper()
	home = ShortDir(t)
	plugins := filepath.Join(home, ".docker", "cli-plugins")
	if err := os.MkdirAll(plugins, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := Command("sh", "-c", `cp "$0" "$1" && chown -R 65534:65534 "$2"`, Suite.Plugin, plugins, home); err != nil {
		t.Fatal(err, out)
	}
	return home, append(nobody(t), atHome(home)...)
}

// atHome sets a home for a command, with only the configuration in it.
func atHome(home string) []string { return []string{"env", "-u", "DOCKER_CONFIG", "HOME=" + home} }

// ---- the tasks ----

// Whose is this PID?
func TestTaskWhoseIsThisPID(t *testing.T) {
	t.Parallel()
	main := "sleep " + strconv.Itoa(1_000_000+os.Getpid())
	b := Run(t, append([]string{"--"}, strings.Fields(main)...)...)
	pid := strconv.Itoa(b.PID())

	a := typed(t, fromHelp(t, "who", "docker pidns who 8152", "8152", pid)).WantStatus(t, 0)
	if !regexp.MustCompile(`(?m)^ *` + pid + ` +` + b.Name + ` +1 +main +` + main + `$`).MatchString(a.Stdout) {
		t.Errorf("no row of PID %s\n%s", pid, a)
	}
	ps := typed(t, fromHelp(t, "who", "ps aux | docker pidns who -")).WantStatus(t, 0)
	if !regexp.MustCompile(`(?m)^` + b.Name + ` +\S+ +` + pid + ` .*` + main + `$`).MatchString(ps.Stdout) {
		t.Errorf("no line of PID %s\n%s", pid, ps)
	}
	name := typed(t, fromHelp(t, "who", "docker pidns who -q 8152", "8152", pid)).WantStatus(t, 0).Stdout
	// The other commands accept the name.
	typed(t, fromHelp(t, "tree", "docker pidns tree demo", "demo", strings.TrimSpace(name))).WantStatus(t, 0).Want(t, pid, main)
}

// docker stop takes 10 s. Why, and how can it be made faster?
func TestTaskStopThatTakesTheWholeGracePeriod(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		grace int
		words []string
	}{
		"no handler":              {10, []string{"sleep", "infinity"}},
		"handler of other signal": {3, []string{"sh", "-c", "trap 'exit 0' QUIT; while :; do sleep 0.1; done"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			grace, made := time.Duration(test.grace)*time.Second, fmt.Sprintf("--stop-timeout %d --network none ", test.grace)
			b := Run(t, append([]string{"--stop-timeout", strconv.Itoa(test.grace), "--"}, test.words...)...)
			ofAge(b)
			found := typed(t, fromHelp(t, "doctor", "docker pidns doctor")+" "+b.Name).WantStatus(t, 0)
			forecast := typed(t, fromHelp(t, "signals", "docker pidns signals demo", "demo", b.Name)).WantStatus(t, 0)
			forecast.Want(t, fmt.Sprintf("wait %s, then kill (137)", grace))
			options := toldOptions(t, found)
			if other := toldOptions(t, forecast); other != options {
				t.Errorf("doctor says %s, signals %s", options, other)
			}
			if took := stopping(b); took < grace-time.Second {
				t.Errorf("docker stop took %s, not the grace period", took)
			}

			again := recreated(t, b, made+options, test.words...)
			ofAge(again)
			explained := typed(t, toldOnce(t, found, "Next")).WantStatus(t, 0).Want(t, "docker stop (SIG", "will stop it")
			if strings.Contains(explained.Stdout, "then kill") {
				t.Errorf("a forecast of a slow stop after the fix\n%s", explained)
			}
			if took := stopping(again); took > grace-time.Second || again.Inspect("{{.State.ExitCode}}") == "137" {
				t.Errorf("docker stop took %s after the fix %s, exit code %s", took, options, again.Inspect("{{.State.ExitCode}}"))
			}
		})
	}
}

// stopping is how long docker stop takes.
func stopping(b *Box) time.Duration {
	b.T.Helper()
	began := time.Now()
	Docker(b.T, "stop", b.Name)
	return time.Since(began)
}

// forking is a script that exits with an error if fork does not work.
const forking = "true & wait $! && echo forked"

// full is a container whose pids limit is reached: no fork works in it.
func full(t *testing.T) *Box {
	t.Helper()
	b := Run(t, "--pids-limit", "4", "--", "sh", "-c", "for i in 1 2 3; do sleep 1000 & done; wait")
	settled(t, b, 4)
	if _, err := Command("docker", "exec", b.Name, "sh", "-c", forking); err == nil {
		t.Fatalf("a fork works in %s, which has no PID left", b.Name)
	}
	return b
}

// A fork fails. Which limit is it, and what helps now?
func TestTaskForkThatFails(t *testing.T) {
	t.Parallel()
	b := full(t)
	found := typed(t, fromHelp(t, "limits", "docker pidns limits demo", "demo", b.Name)).WantStatus(t, 0).Want(t, "Fork fails now: pids.max is full (4 of 4 used)")
	check := toldOnce(t, found, "Check")
	typed(t, toldOnce(t, found, "Fix now")).WantStatus(t, 0)
	if out := b.Sh(forking); out != "forked" {
		t.Errorf("a fork after the fix: %q", out)
	}
	if a := typed(t, check).WantStatus(t, 0).WantNoWordOf(t, "fork fails now"); len(toldLines(a, "Fix now", "Check")) > 0 {
		t.Errorf("more to fix after the fix\n%s", a)
	}
}

// A sidecar has lost the network of its owner, which was restarted.
func TestTaskSidecarWhoseOwnerWasRestarted(t *testing.T) {
	t.Parallel()
	owner := Run(t)
	sidecar := runJoined(t, "--network", "container:"+owner.Name)
	Docker(t, "restart", "-t", "0", owner.Name)
	if sameNetwork(t, owner, sidecar) {
		t.Fatal("they still share a network: nothing is lost")
	}
	found := typed(t, fromHelp(t, "doctor", "docker pidns doctor")+" "+sidecar.Name).WantStatus(t, 0).Want(t, owner.Name+" was restarted and has a new one")
	check := toldOnce(t, found, "Check")
	typed(t, check).WantStatus(t, 0).Want(t, "STALE")
	typed(t, toldOnce(t, found, "Fix now")).WantStatus(t, 0)
	wantSharing(t, check, owner, sidecar)
}

// A sidecar has lost the network of its owner, which was created again with its name.
func TestTaskSidecarWhoseOwnerWasRecreated(t *testing.T) {
	t.Parallel()
	owner := Run(t)
	sidecar := runJoined(t, "--network", "container:"+owner.Name)
	owner = recreated(t, owner, "--network none", "sleep", "infinity")
	found := typed(t, fromHelp(t, "doctor", "docker pidns doctor")+" "+sidecar.Name).WantStatus(t, 0).Want(t, "which was removed")
	check := toldOnce(t, found, "Check")
	typed(t, check).WantStatus(t, 0).Want(t, "GONE")
	// Only the reader knows the present name of the owner.
	options := strings.ReplaceAll(toldOptions(t, found), "OWNER", owner.Name)
	wantSharing(t, check, owner, recreated(t, sidecar, options, "sleep", "infinity"))
}

// wantSharing checks that both share the network, and that the command that checks the fix
// reports no problem.
func wantSharing(t *testing.T, check string, owner, sidecar *Box) {
	t.Helper()
	if !sameNetwork(t, owner, sidecar) {
		t.Errorf("%s does not share the network of %s after the fix", sidecar.Name, owner.Name)
	}
	a := typed(t, check).WantStatus(t, 0).Want(t, "="+owner.Name)
	a.WantNoRemark(t, sidecar)
	if list := toldLines(a, "Fix now", "Check"); len(list) > 0 {
		t.Errorf("more to fix after the fix: %q\n%s", list, a)
	}
}

func sameNetwork(t *testing.T, a, b *Box) bool {
	t.Helper()
	var inodes [2]string
	for i, box := range []*Box{a, b} {
		link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", box.PID()))
		if err != nil {
			t.Fatal(err)
		}
		inodes[i] = link
	}
	return inodes[0] == inodes[1]
}

// A snapshot is sent to a friend, who has neither the engine nor rights.
func TestTaskSnapshotForAFriend(t *testing.T) {
	t.Parallel()
	home, as := ordinaryHome(t)
	sick, slow, dead := full(t), Run(t), Run(t, "--", "sh", "-c", "exit 3")
	slow.Leave("exit 7")
	slow.Zombies(1)
	dead.Ended()
	ofAge(slow)
	names := strings.Join([]string{sick.Name, slow.Name, dead.Name}, " ")

	// A name that a shell would split if it were not quoted.
	file := filepath.Join(home, "from a friend's host.json.gz")
	quoted := `"` + file + `"`
	typed(t, fromHelp(t, "snapshot", "docker pidns snapshot -o api.json.gz api", " api.json.gz", " "+quoted, " api", " "+names)).WantStatus(t, 0)
	if err := os.Chown(file, 65534, 65534); err != nil {
		t.Fatal(err)
	}

	friend := Call{Through: append(as, "sh", "-c"), Env: []string{"DOCKER_HOST=unix:///nowhere/docker.sock"}}
	friend.Run(t, "docker version").WantError(t, "/nowhere/")
	from := strings.TrimPrefix(fromHelp(t, "snapshot", "docker pidns tree --from host.json", "host.json", quoted), "docker pidns tree")
	lines := []string{"docker pidns doctor" + from, "docker pidns tree" + from}
	for _, b := range []*Box{sick, slow, dead} {
		lines = append(lines, fromHelp(t, "explain", "docker pidns explain demo", "demo", b.Name)+from)
	}
	for i := 0; i < len(lines) && i < 40; i++ {
		a := friend.Run(t, lines[i]).WantStatus(t, 0)
		if a.OfFile == "" || a.Stdout == "" {
			t.Errorf("no answer of the file\n%s", a)
		}
		if strings.Contains(a.Stdout+a.Stderr, "sudo ") {
			t.Errorf("sudo does not help who reads a file\n%s", a)
		}
		for _, line := range toldLines(a, "Fix now", "Next", "Check") {
			wantInHelp(t, line)
			if !strings.HasPrefix(line, "docker pidns ") {
				t.Errorf("%q cannot be run where the file is\n%s", line, a)
			} else if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
		if strings.HasPrefix(lines[i], "docker pidns doctor"+from) {
			a.Want(t, "Fork fails now", sick.Name, slow.Name)
		}
	}
	if len(lines) < 7 {
		t.Errorf("no further command was printed: %q", lines)
	}
}

// A cron job mails only when there is a problem. Cron mails everything that is written.
func TestTaskMailOnlyWhenThereIsSomething(t *testing.T) {
	t.Parallel()
	home, _ := ordinaryHome(t)
	well, sick := Run(t, "--init"), full(t)
	fields := strings.Fields(fromHelp(t, "doctor", "*/10 * * * * docker pidns doctor --quiet --fail-on error"))
	// Cron's environment, with docker on its PATH.
	cron := Call{Through: []string{"env", "-i", "SHELL=/bin/sh", "LOGNAME=root", "HOME=" + home, "DOCKER_HOST=" + Suite.Endpoint, "PATH=" + os.Getenv("PATH"), "/bin/sh", "-c"}}
	job := strings.Join(fields[5:], " ") + " " + well.Name
	silent := func(line string) {
		t.Helper()
		if a := cron.Run(t, line).WantStatus(t, 0); a.Stdout+a.Stderr != "" {
			t.Errorf("a mail about nothing\n%s", a)
		}
	}

	silent(job)
	both := job + " " + sick.Name
	mail := cron.Run(t, both).WantStatus(t, 3)
	mail.WantLine(t, sick.Name)
	// The mail has the next command.
	found := typed(t, fromHelp(t, "doctor", "docker pidns doctor")+" "+strings.TrimSpace(mail.Stdout)).WantStatus(t, 0)
	typed(t, toldOnce(t, found, "Fix now")).WantStatus(t, 0)
	silent(both)
}

// An ordinary user with the plugin in their own folder pastes every line with sudo.
func TestTaskOrdinaryUserPastesWithSudo(t *testing.T) {
	t.Parallel()
	home, as := ordinaryHome(t)
	b, oom := Run(t, "--init"), Run(t, "--memory", "8m", "--", "tail", "/dev/zero")
	Docker(t, "exec", "-d", b.Name, "sh", "-c", "sleep 0.1 & exec sleep 777")
	b.Zombies(1)
	oom.Ended()
	ofAge(b)
	user := Call{Through: append(as, "sh", "-c")}
	var kills []string
	pasted := 0
	for _, line := range []string{
		"docker pidns doctor " + b.Name, "docker pidns explain " + b.Name, "docker pidns signals " + b.Name, "docker pidns ns " + b.Name,
		"docker pidns limits " + b.Name, "docker pidns zombies " + b.Name, "docker pidns explain " + oom.Name, "docker pidns version",
	} {
		wantInHelp(t, line)
		for _, hint := range sudoLines(t, user.Run(t, line).WantStatus(t, 0)) {
			if strings.HasPrefix(hint, "sudo kill ") {
				kills = append(kills, hint)
				continue
			}
			wantInHelp(t, hint)
			a := asRoot(t, home, hint).WantStatus(t, 0)
			if strings.Contains(a.Stdout+a.Stderr, "sudo ") || a.Stdout == "" {
				t.Errorf("%q does not give root the full answer\n%s", hint, a)
			}
			if strings.HasPrefix(hint, "sudo dmesg") {
				a.Want(t, oom.ID)
			}
			pasted++
		}
	}
	if pasted < 7 {
		t.Errorf("only %d lines with sudo were printed", pasted)
	}

	// What kills is last: first the parent of the zombie, then PID 1.
	slices.Sort(kills)
	kills = slices.Compact(kills)
	slices.Reverse(kills)
	if len(kills) != 2 {
		t.Fatalf("want one command that ends the zombie's parent and one that ends PID 1: %q", kills)
	}
	asRoot(t, home, kills[0]).WantStatus(t, 0)
	b.Zombies(0)
	asRoot(t, home, kills[1]).WantStatus(t, 0)
	b.Ended()
}

// sudoForms are the places where a command with sudo can be.
var sudoForms = regexp.MustCompile(`(?m)(sudo kill -9 \d+) on the host|\([^()\n]*: (sudo [^()\n]*)\)|: (sudo .*?)(?:   \(.*)?$`)

// sudoLines are all commands with sudo in an answer.
func sudoLines(t *testing.T, a Answer) []string {
	t.Helper()
	var list []string
	text := a.Stdout + a.Stderr
	for _, match := range sudoForms.FindAllStringSubmatch(text, -1) {
		list = append(list, match[1]+match[2]+match[3])
	}
	if count := strings.Count(text, "sudo "); count != len(list) {
		t.Errorf("%d times sudo, and %d commands: %q\n%s", count, len(list), list, a)
	}
	return list
}

// asRoot types a line with sudo as the user would. These tests run as root, on a machine that
// may lack sudo.
func asRoot(t *testing.T, home, line string) Answer {
	t.Helper()
	if _, err := exec.LookPath("sudo"); err != nil {
		line = strings.TrimPrefix(line, "sudo ")
	}
	return Call{Through: append(atHome(home), "sh", "-c")}.Run(t, line)
}
